"""Return of freed memory to the system, for processes that run for long.

glibc keeps freed memory in up to eight arenas a core, and buffers of searches, decoders and encoders are spread over
all of them: several hundred megabytes that are not in use.
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
    """Let all threads share two arenas; to be called at the start of a process. Does nothing without glibc."""
    if libc := _glibc():
        libc.mallopt(_M_ARENA_MAX, _ARENA_LIMIT)


class HeapTrimmer:
    """Returns freed memory when called, at most every two seconds: it takes ten milliseconds, and memory that is needed
    again has to be requested anew. Does nothing without glibc. For any thread.
    """

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, trim: Callable[[int], object] | None = None
    ) -> None:
        libc = _glibc()
        self._clock = clock
        self._trim = trim or (libc.malloc_trim if libc else None)
        self._due_s = clock()

    def __call__(self) -> None:
        """Return freed memory if two seconds have passed since the last time."""
        now_s = self._clock()
        if self._trim is not None and now_s >= self._due_s:
            self._due_s = now_s + _TRIM_INTERVAL_S
            self._trim(0)


def _glibc() -> ctypes.CDLL | None:
    return ctypes.CDLL(None) if platform.libc_ver()[0] == "glibc" else None
