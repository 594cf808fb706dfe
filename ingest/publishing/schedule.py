"""When the index is published while videos are still being added."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

REST: Final = 10
"""Between two publishings passes so many times the time that the last one took: it costs a run an eleventh at most,
however large the library.
"""


class PublishSchedule:
    """Due at once, and then every `every_s` seconds, or `REST` times what the last publishing took if that is longer.

    Publishing loads, checks and writes the whole index, so that it takes the longer the larger the library is.
    """

    def __init__(self, every_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._every_s = every_s
        self._clock = clock
        self._next_s: float | None = None

    @property
    def due(self) -> bool:
        """Whether it is time to publish."""
        return self._next_s is None or self._clock() >= self._next_s

    @contextmanager
    def publishing(self) -> Iterator[None]:
        """Around a publishing, whether it works or not."""
        started_s = self._clock()
        try:
            yield
        finally:
            ended_s = self._clock()
            self._next_s = ended_s + max(self._every_s, REST * (ended_s - started_s))
