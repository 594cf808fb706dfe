"""Index reload: a new index is used while the bot runs."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

from bot.search_engine import Generation
from core.errors import WhenAnimeError

_log = logging.getLogger(__name__)


class ReloadableEngine(Protocol):
    """An engine whose index may be replaced by another process."""

    @property
    def generation(self) -> Generation:
        """The index that is searched now."""

    def reload(self) -> bool:
        """Open the current index; whether it is another one. On any error the old one stays."""


class IndexReloader:
    """Checks for a new index every `every_s` seconds, and on request.

    `current` names the index on disk. An error with it is logged once, and again when it is another error; the old
    index is used until a new one can be.
    """

    def __init__(self, engine: ReloadableEngine, every_s: float, current: Callable[[], str]) -> None:
        self._engine = engine
        self._every_s = every_s
        self._current = current
        self._requested = asyncio.Event()
        self._problem = ("", "")

    def check_soon(self) -> None:
        """Check without waiting for the next time; may be called from a signal handler of the loop."""
        self._requested.set()

    async def run(self) -> None:
        """Check until cancelled."""
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._requested.wait(), self._every_s)
            self._requested.clear()
            await self.check()

    async def check(self) -> bool:
        """Check once; whether there was a new index."""
        try:
            new = await asyncio.to_thread(self._engine.reload)
        except Exception as exc:  # noqa: BLE001  # a task that ends here would never check again
            await self._failed(exc)
            return False
        self._problem = ("", "")
        if new:
            _log.info("searching %s now", self._engine.generation.name)
        return new

    async def _failed(self, error: Exception) -> None:
        try:
            name = await asyncio.to_thread(self._current)
        except WhenAnimeError:
            name = ""
        if (name, str(error)) == self._problem:
            return
        self._problem = (name, str(error))
        if isinstance(error, WhenAnimeError):
            _log.warning("the new index cannot be used, the old one goes on: %s", error)
        else:
            _log.error("the new index cannot be used, the old one goes on", exc_info=error)
