"""Wiring: from settings to parts; stored answers keep to their limits."""

import asyncio
import os
from pathlib import Path
from typing import cast

import pytest

from bot.messages import Tone
from bot.metrics import Metrics
from bot.wiring import open_adapter_services, warn_if_read_only
from config.settings import Settings
from core.engine import Engine
from tests.bot.fake_engine import FakeEngine
from tests.bot.world import request_of

PATIENCE_S = 20.0


@pytest.mark.asyncio
async def test_answers_keep_to_the_disk_that_is_set(tmp_path: Path) -> None:
    settings = _settings(cases_limit_bytes=1_000_000)
    async with open_adapter_services(settings, cast(Engine, FakeEngine()), Metrics(), tmp_path) as parts:
        for letter in (b"a", b"b", b"c"):
            reply = await parts.dispatcher.handle(request_of(letter * 400_000))
            assert reply is not None
            assert reply.tone is Tone.FOUND
    assert len([*(tmp_path / "cases").iterdir()]) == 2


@pytest.mark.asyncio
async def test_what_is_too_old_goes_though_nobody_asks(tmp_path: Path) -> None:
    old, new = (tmp_path / "cases" / name for name in ("aaaaaaaaaa", "bbbbbbbbbb"))
    for folder in (old, new):
        folder.mkdir(parents=True)
    os.utime(old, (1, 1))
    async with (
        open_adapter_services(_settings(), cast(Engine, FakeEngine()), Metrics(), tmp_path),
        asyncio.timeout(PATIENCE_S),
    ):
        while old.exists():
            await asyncio.sleep(0)
    assert new.exists()


def test_what_cannot_be_kept_is_logged_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    warn_if_read_only(tmp_path / "data")
    assert caplog.messages == []
    assert not (tmp_path / "data").exists()
    (tmp_path / "file").write_text("in the way")
    warn_if_read_only(tmp_path / "file")
    (message,) = caplog.messages
    assert "buttons" in message
    assert "corrections" in message


def _settings(**bot: object) -> Settings:
    settings = Settings()
    return settings.model_copy(update={"bot": settings.bot.model_copy(update=bot)})
