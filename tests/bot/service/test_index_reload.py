"""Index reload: a new index is used while the bot runs, and an unusable one is logged once."""

import asyncio
import logging
from dataclasses import dataclass

import pytest

from bot.service.index_reload import IndexReloader
from core.errors import LibraryEmptyError, StoreError


@dataclass(frozen=True)
class Named:
    name: str


@dataclass
class FakeEngine:
    """Does at each `reload` what stands next in `will`."""

    will: list[bool | Exception]
    generation: Named = Named("generation-000002")
    looked: int = 0

    def reload(self) -> bool:
        step = self.will[min(self.looked, len(self.will) - 1)]
        self.looked += 1
        if isinstance(step, Exception):
            raise step
        return step


async def _look(engine: FakeEngine, names: list[str], times: int) -> list[bool]:
    turn = iter(names)

    reloader = IndexReloader(engine, 1000, lambda: next(turn))
    return [await reloader.check() for _ in range(times)]


@pytest.mark.asyncio
async def test_a_new_index_is_named_once(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "bot.service.index_reload")
    assert await _look(FakeEngine([False, True, False]), [], 3) == [False, True, False]
    assert caplog.messages == ["searching generation-000002 now"]


@pytest.mark.asyncio
async def test_a_problem_is_said_once_for_each_index(caplog: pytest.LogCaptureFixture) -> None:
    broken = StoreError("It cannot be loaded.")
    assert not any(await _look(FakeEngine([broken]), ["seven", "seven", "eight"], 3))
    message = "the new index cannot be used, the old one goes on: It cannot be loaded."
    assert caplog.messages == [message, message]


@pytest.mark.asyncio
async def test_a_problem_that_came_back_is_said_again(caplog: pytest.LogCaptureFixture) -> None:
    broken = StoreError("It cannot be loaded.")
    await _look(FakeEngine([broken, False, broken]), ["seven"] * 2, 3)
    assert len(caplog.messages) == 2


@pytest.mark.asyncio
async def test_another_problem_with_the_same_index_is_said_too(caplog: pytest.LogCaptureFixture) -> None:
    await _look(FakeEngine([StoreError("One."), StoreError("Two.")]), ["seven"] * 2, 2)
    assert [message.rpartition(": ")[2] for message in caplog.messages] == ["One.", "Two."]


@pytest.mark.asyncio
async def test_a_failure_nobody_foresaw_has_its_traceback_and_ends_nothing(caplog: pytest.LogCaptureFixture) -> None:
    assert await _look(FakeEngine([RuntimeError("bad magic"), True]), ["seven"], 2) == [False, True]
    (record,) = caplog.records
    assert record.exc_info is not None
    assert "RuntimeError: bad magic" in caplog.text
    caplog.clear()


@pytest.mark.asyncio
async def test_an_index_without_a_name_is_no_reason_to_stop(caplog: pytest.LogCaptureFixture) -> None:
    def no_index() -> str:
        raise LibraryEmptyError("There is none.")

    async def look() -> bool:
        return await IndexReloader(FakeEngine([LibraryEmptyError("There is none.")]), 1000, no_index).check()

    assert await look() is False
    assert len(caplog.messages) == 1


@pytest.mark.asyncio
async def test_it_looks_when_told_to_and_when_time_has_passed() -> None:
    async def both() -> int:
        engine = FakeEngine([False])
        for every_s, requested in ((1000.0, True), (0.001, False)):
            reloader = IndexReloader(engine, every_s, str)
            before, task = engine.looked, asyncio.create_task(reloader.run())
            if requested:
                reloader.check_soon()
            async with asyncio.timeout(10):
                while engine.looked == before:
                    await asyncio.sleep(0)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        return engine.looked

    assert await both() >= 2
