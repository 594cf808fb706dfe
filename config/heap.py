"""Freed memory goes back to the system, in processes that run for long.

glibc keeps what is freed for later, in up to eight arenas for each core, and the buffers of searches, decoders and
encoders come to lie in all of them: several hundred megabytes that nobody uses.
"""

import ctypes
import platform
import time
from collections.abc import Callable
from typing import Final

_M_ARENA_MAX: Final = -8  # M_ARENA_MAX of <malloc.h>
_ARENA_LIMIT: Final = 2
_TRIM_INTERVAL_S: Final = 2.0


def limit_arenas() -> None:
    """Let all threads share two arenas; for the start of a process. Does nothing where the C library is not glibc."""
    if libc := _glibc():
        libc.mallopt(_M_ARENA_MAX, _ARENA_LIMIT)


class HeapTrimmer:
    """Gives freed memory back when called, every two seconds at most: it costs ten milliseconds, and what is needed
    again has to be taken anew. Does nothing where the C library is not glibc. For any thread.
    """

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, trim: Callable[[int], object] | None = None
    ) -> None:
        libc = _glibc()
        self._clock = clock
        self._trim = trim or (libc.malloc_trim if libc else None)
        self._due_s = clock()

    def __call__(self) -> None:
        """Give back if it is time to."""
        now_s = self._clock()
        if self._trim is not None and now_s >= self._due_s:
            self._due_s = now_s + _TRIM_INTERVAL_S
            self._trim(0)


def _glibc() -> ctypes.CDLL | None:
    return ctypes.CDLL(None) if platform.libc_ver()[0] == "glibc" else None
