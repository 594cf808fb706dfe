"""Searches in values: what a program gets in place of a reply, under the same limits."""

from pathlib import Path

import pytest

from bot.messages import Options
from core.domain import Verdict
from core.errors import InputError, LimitError, PictureError, PictureProblem
from tests.bot.fake_engine import FakeEngine
from tests.bot.results import result, scene
from tests.bot.world import opened, request_of

BROKEN = PictureError("picture: it is broken", PictureProblem.BROKEN)


@pytest.mark.asyncio
async def test_a_search_gives_the_result_and_stores_it_for_what_comes_after(tmp_path: Path) -> None:
    unsure = result(scene(probability=0.6), verdict=Verdict.UNSURE)
    async with opened(tmp_path, FakeEngine({b"picture": unsure})) as bot:
        answer = await bot.dispatcher.search(request_of(b"picture"))
        assert (answer.result, answer.age_s) == (unsure, None)
        stored = bot.store.get(answer.id)
        assert stored is not None
        assert stored.result == unsure
        assert b'whenanime_requests_total{outcome="unsure",platform="test"} 1.0' in bot.metrics.text()


@pytest.mark.asyncio
async def test_a_search_that_a_chat_has_asked_for_comes_from_memory(tmp_path: Path) -> None:
    engine = FakeEngine()
    async with opened(tmp_path, engine) as bot:
        await bot.send(b"picture")
        bot.clock.now_s += 5
        answer = await bot.dispatcher.search(request_of(b"picture"))
        assert answer.age_s == 5
        assert len(engine.searched) == 1


@pytest.mark.asyncio
async def test_what_is_wrong_is_raised_and_counted(tmp_path: Path) -> None:
    async with opened(tmp_path, FakeEngine({b"broken": BROKEN}), limits=(1, 9, 9)) as bot:
        with pytest.raises(PictureError, match="it is broken"):
            await bot.dispatcher.search(request_of(b"broken"))
        with pytest.raises(LimitError):
            await bot.dispatcher.search(request_of(b"picture"))
        assert b'whenanime_refused_total{kind="picture",platform="test"} 1.0' in bot.metrics.text()
        assert b'whenanime_refused_total{kind="limit",platform="test"} 1.0' in bot.metrics.text()


@pytest.mark.asyncio
async def test_several_pictures_are_searched_only_as_one_scene(tmp_path: Path) -> None:
    async with opened(tmp_path, FakeEngine()) as bot:
        with pytest.raises(InputError, match="One picture a request"):
            await bot.dispatcher.search(request_of(b"first", b"second"))
        with pytest.raises(InputError, match="One picture a request"):
            await bot.dispatcher.search(request_of())
        answer = await bot.dispatcher.search(request_of(b"first", b"second", options=Options(together=True)))
        assert answer.result.verdict is Verdict.FOUND
