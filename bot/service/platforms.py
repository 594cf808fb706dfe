"""Platforms: each chat platform that is on runs in a task of its own."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from types import TracebackType
from typing import Protocol, Self

from core.errors import PlatformError

_log = logging.getLogger(__name__)

_FIRST_PAUSE_S = 1.0
_LONGEST_PAUSE_S = 60.0


class PlatformAdapter(Protocol):
    """One platform: entered, run until cancelled, left. `PlatformError` when the platform refuses the bot for good."""

    @property
    def healthy(self) -> bool:
        """Whether messages come in."""

    async def run(self) -> None:
        """Take messages until cancelled."""

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool | None: ...


class Platforms:
    """Keeps every platform running. One that fails unexpectedly is opened again after a growing pause; one that refuses
    the bot for good stays off, and the others go on.
    """

    def __init__(
        self,
        adapters: Mapping[str, Callable[[], PlatformAdapter]],
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._adapters = adapters
        self._pause = pause
        self._running: dict[str, PlatformAdapter] = {}

    def health(self) -> Mapping[str, bool]:
        """Whether each platform works."""
        return {name: name in self._running and self._running[name].healthy for name in self._adapters}

    async def run(self) -> None:
        """Runs until cancelled, also without any platform; `PlatformError` when there were some and none is left."""
        if not self._adapters:
            await asyncio.Event().wait()
        tasks = [asyncio.create_task(self._keep_running(name), name=name) for name in self._adapters]
        try:
            for left, ended in zip(range(len(tasks) - 1, -1, -1), asyncio.as_completed(tasks), strict=True):
                error = await ended
                if not left:
                    raise error
                _log.error("%s The other platform goes on.", error)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _keep_running(self, name: str) -> PlatformError:
        """Run one platform; returns only when it refuses the bot."""
        pause_s = _FIRST_PAUSE_S
        while True:
            try:
                async with self._adapters[name]() as adapter:
                    self._running[name] = adapter
                    await adapter.run()
                _log.error("%s has ended; it is opened again in %.0f s", name, pause_s)
            except PlatformError as exc:
                return exc
            except Exception:  # noqa: BLE001  # the edge of a platform: the others have to go on
                _log.exception("%s has failed; it is opened again in %.0f s", name, pause_s)
            finally:
                self._running.pop(name, None)
            await self._pause(pause_s)
            pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)
