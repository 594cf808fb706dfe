"""Signals to the process: stop, stop at once, check for a new index."""

import asyncio
import signal
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Self

_STOP = (signal.SIGTERM, signal.SIGINT)
_RELOAD = getattr(signal, "SIGHUP", None)


class Signals:
    """Handles SIGTERM, SIGINT and SIGHUP in the running loop while it is entered.

    The first SIGTERM or SIGINT sets `stopped`, the next one `forced`; SIGHUP calls `on_reload`.
    """

    def __init__(self) -> None:
        self.stopped = asyncio.Event()
        self.forced = asyncio.Event()
        self.on_reload: Callable[[], None] = lambda: None

    def __enter__(self) -> Self:
        loop = asyncio.get_running_loop()
        with suppress(NotImplementedError):  # loops of Windows: Ctrl-C is an interrupt there
            for number in _STOP:
                loop.add_signal_handler(number, self._stop)
            if _RELOAD is not None:
                loop.add_signal_handler(_RELOAD, self._reload)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        loop = asyncio.get_running_loop()
        with suppress(NotImplementedError):
            for number in (*_STOP, *([_RELOAD] if _RELOAD is not None else [])):
                loop.remove_signal_handler(number)

    def _stop(self) -> None:
        (self.forced if self.stopped.is_set() else self.stopped).set()

    def _reload(self) -> None:
        self.on_reload()
