"""Platforms side by side: one that fails does not stop the other."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

import pytest

from bot.service.platforms import PlatformAdapter, Platforms
from core.errors import PlatformError

REFUSED = PlatformError("The token is refused; make a new one.")


@dataclass
class FakeAdapter:
    """Runs until cancelled, or ends as `ends` says; counts how often it was entered and left."""

    ends: Exception | None = None
    refuses: bool = False
    healthy: bool = True
    running: asyncio.Event = field(default_factory=asyncio.Event)
    left: int = 0

    async def __aenter__(self) -> Self:
        if self.refuses:
            raise REFUSED
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.left += 1

    async def run(self) -> None:
        self.running.set()
        if self.ends:
            raise self.ends
        await asyncio.Event().wait()


def _of(adapters: Mapping[str, FakeAdapter]) -> Mapping[str, Callable[[], PlatformAdapter]]:
    return {name: lambda adapter=adapter: adapter for name, adapter in adapters.items()}  # type: ignore[misc]  # defaults


@pytest.mark.asyncio
async def test_the_only_platform_refused_ends_it(caplog: pytest.LogCaptureFixture) -> None:
    for adapter in (FakeAdapter(refuses=True), FakeAdapter(ends=REFUSED)):
        with pytest.raises(PlatformError, match="make a new one"):
            await Platforms(_of({"discord": adapter})).run()
    assert not caplog.messages


@pytest.mark.asyncio
async def test_the_other_platform_goes_on_when_one_is_refused(caplog: pytest.LogCaptureFixture) -> None:
    async def both() -> Mapping[str, bool]:
        telegram = FakeAdapter()
        platforms = Platforms(_of({"discord": FakeAdapter(refuses=True), "telegram": telegram}))
        serving = asyncio.create_task(platforms.run())
        await telegram.running.wait()
        for _ in range(5):
            await asyncio.sleep(0)
        health = platforms.health()
        assert not serving.done()
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)
        assert telegram.left == 1
        return health

    assert await both() == {"discord": False, "telegram": True}
    assert caplog.messages == ["The token is refused; make a new one. The other platform goes on."]
    caplog.clear()


@pytest.mark.asyncio
async def test_when_the_last_one_is_refused_it_ends() -> None:
    adapters = {"discord": FakeAdapter(refuses=True), "telegram": FakeAdapter(refuses=True)}
    with pytest.raises(PlatformError):
        await Platforms(_of(adapters)).run()


@pytest.mark.asyncio
async def test_a_failure_is_logged_and_the_platform_opened_anew_after_a_growing_pause(
    caplog: pytest.LogCaptureFixture,
) -> None:
    pauses: list[float] = []

    async def pause(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 9:
            raise asyncio.CancelledError

    adapter = FakeAdapter(ends=ConnectionError("gone"))
    with pytest.raises(asyncio.CancelledError):
        await Platforms(_of({"discord": adapter}), pause).run()
    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert adapter.left == 9
    assert "ConnectionError: gone" in caplog.text
    assert caplog.messages[0] == "discord has failed; it is opened again in 1 s"
    caplog.clear()


@pytest.mark.asyncio
async def test_one_that_just_ends_is_opened_anew(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)

    class Ending(FakeAdapter):
        async def run(self) -> None:
            return

    async def pause(_seconds: float) -> None:
        raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await Platforms(_of({"discord": Ending()}), pause).run()
    assert caplog.messages == ["discord has ended; it is opened again in 1 s"]
    caplog.clear()


@pytest.mark.asyncio
async def test_health_is_false_before_and_what_the_adapter_says_after() -> None:
    async def look() -> list[Mapping[str, bool]]:
        adapter = FakeAdapter()
        platforms = Platforms(_of({"discord": adapter}))
        states = [platforms.health()]
        serving = asyncio.create_task(platforms.run())
        await adapter.running.wait()
        states.append(platforms.health())
        adapter.healthy = False
        states.append(platforms.health())
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)
        return [*states, platforms.health()]

    assert [state["discord"] for state in await look()] == [False, True, False, False]
