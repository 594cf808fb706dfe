"""Buttons for public search engines: for pictures that are not in the library, where their address is public."""

from dataclasses import replace
from pathlib import Path

import pytest

from bot.messages import Button, PictureUrl
from bot.replies.public_search import PUBLIC_ENGINES, public_search_row
from core.domain import Verdict
from tests.bot.fake_engine import FakeEngine
from tests.bot.results import result, scene
from tests.bot.world import labels, opened, upload

MISSING = result(scene(probability=0.1), verdict=Verdict.NOT_IN_LIBRARY)
PAGE = "https://pictures.example/shot.png?ex=1&is=2"
PUBLIC = [f"{name} ↗" for name in PUBLIC_ENGINES]


def test_each_engine_is_given_the_address() -> None:
    buttons = public_search_row(PAGE)
    assert [button.label for button in buttons] == PUBLIC
    for button in buttons:
        assert button.action == ""
        assert button.url.startswith("https://")
        assert button.url.endswith("=https%3A%2F%2Fpictures.example%2Fshot.png%3Fex%3D1%26is%3D2")


@pytest.mark.parametrize("url", ["", "file:///etc/passwd", "javascript:alert(1)", "https://x.example/" + "a" * 600])
def test_what_is_no_public_address_or_too_long_for_a_button_gets_none(url: str) -> None:
    assert public_search_row(url) == ()


@pytest.mark.asyncio
async def test_what_is_not_found_can_be_opened_elsewhere_if_its_address_is_public(tmp_path: Path) -> None:
    engine = FakeEngine({b"1": MISSING}, joint=MISSING)
    async with opened(tmp_path, engine, pages={PAGE: b"1"}) as bot:
        public = replace(upload(b"1"), url=PAGE)
        assert labels(await bot.send(public))[-3:] == PUBLIC
        assert labels(await bot.send(PictureUrl(PAGE)))[-3:] == PUBLIC
        assert not set(labels(await bot.send(b"1"))) & set(PUBLIC)  # a platform that gives no address out
        assert not set(labels(await bot.send(public, public))) & set(PUBLIC)
        assert not set(labels(await bot.send(replace(upload(b"2"), url=PAGE)))) & set(PUBLIC)  # found
    async with opened(tmp_path / "off", engine, public_search=False) as bot:
        assert not set(labels(await bot.send(replace(upload(b"1"), url=PAGE)))) & set(PUBLIC)


def test_a_button_is_an_action_or_a_link() -> None:
    assert Button("Next", "s:abc:1").url == ""
