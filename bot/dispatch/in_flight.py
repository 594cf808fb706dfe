"""Replies in flight: who is being answered now, and the end of the process, which waits for them."""

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

from core.errors import BusyError

_log = logging.getLogger(__name__)


class InFlightReplies:
    """Tracks replies under way. A reply counts as done when it is returned, not when its platform has it.

    For one event loop.
    """

    def __init__(self) -> None:
        self._tasks: dict[asyncio.Future[None], asyncio.Task[object]] = {}
        self._draining_s: float | None = None

    @contextmanager
    def track(self) -> Iterator[None]:
        """The current task is making a reply until the block is left."""
        done = asyncio.get_running_loop().create_future()
        self._tasks[done] = cast("asyncio.Task[object]", asyncio.current_task())
        try:
            yield
        finally:
            del self._tasks[done]
            done.set_result(None)

    def refuse_when_draining(self) -> None:
        """`BusyError` once `drain` was called."""
        if self._draining_s is not None:
            raise BusyError("The bot is being stopped.", self._draining_s)

    async def drain(self, timeout_s: float) -> None:
        """Wait up to `timeout_s` for replies under way; cancel the tasks of those that are late."""
        self._draining_s = timeout_s
        if not self._tasks:
            return
        _done, late = await asyncio.wait(self._tasks, timeout=timeout_s)
        if late:
            _log.warning("%d requests were not answered before the end", len(late))
            for done in late:
                self._tasks[done].cancel()
            await asyncio.wait(late)
