"""Schedule of publishing the index while videos are being added."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

PAUSE_FACTOR: Final = 10
"""The least pause between two publishings, in durations of the last one: publishing then takes an eleventh of a run at
most, however large the library is.
"""


class PublishSchedule:
    """Due at once, then every `every_s` seconds, or `PAUSE_FACTOR` durations of the last publishing if that is longer.

    Publishing loads, checks and writes the whole index, so its duration grows with the library.
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
        """The context of one publishing, successful or not."""
        started_s = self._clock()
        try:
            yield
        finally:
            ended_s = self._clock()
            self._next_s = ended_s + max(self._every_s, PAUSE_FACTOR * (ended_s - started_s))
