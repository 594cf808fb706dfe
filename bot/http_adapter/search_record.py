"""Record of searches: how many came in each minute, hour and day, how they ended, how long they took and how like the
best scene was. In memory, from the start of the process.
"""

import random
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from cachetools import LRUCache

from bot.messages import UserId

_USERS: Final = 10_000
"""Users whose searches are recorded; beyond that the ones that have been silent for longest are forgotten."""
_SAMPLES: Final = 500
"""Durations and similarities that one span keeps; of more, an even sample (reservoir sampling, Vitter 1985)."""


class Period(StrEnum):
    """Length of the spans of a record."""

    MINUTE = "minute"
    HOUR = "hour"
    DAY = "day"

    @property
    def seconds(self) -> int:
        """Length of one span."""
        return {Period.MINUTE: 60, Period.HOUR: 3600, Period.DAY: 86_400}[self]

    @property
    def spans(self) -> int:
        """How many spans there are at most: an hour of minutes, 72 hours, 60 days."""
        return {Period.MINUTE: 60, Period.HOUR: 72, Period.DAY: 60}[self]


@dataclass(slots=True)
class SearchSpan:
    """Searches of one span. `statuses`: how many had each HTTP status; the samples are of those with status 200."""

    start_s: int
    statuses: Counter[int] = field(default_factory=Counter)
    durations_s: list[float] = field(default_factory=list)
    similarities: list[float] = field(default_factory=list)


class _History:
    """Spans by their start, of each period."""

    def __init__(self) -> None:
        self._spans: Mapping[Period, dict[int, SearchSpan]] = {period: {} for period in Period}

    def current(self, now_s: float) -> list[SearchSpan]:
        """The span of each period in which a moment lies; what is too old is dropped."""
        current = []
        for period, spans in self._spans.items():
            start_s = _start_s(period, now_s)
            for old_s in [start for start in spans if start <= start_s - period.spans * period.seconds]:
                del spans[old_s]
            current.append(spans.setdefault(start_s, SearchSpan(start_s)))
        return current

    def span(self, period: Period, start_s: int) -> SearchSpan:
        return self._spans[period].get(start_s) or SearchSpan(start_s)


class SearchRecord:
    """Records searches; for one event loop. `clock` gives seconds since the epoch."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._began_s = clock()
        self._all = _History()
        self._users: LRUCache[UserId, _History] = LRUCache(_USERS)

    def add(self, user: UserId | None, status: int, duration_s: float, similarity: float | None) -> None:
        """Record a search that has ended; `user` is `None` where it is not known."""
        now_s = self._clock()
        for span in self._all.current(now_s):
            span.statuses[status] += 1
            if status == 200:
                _sample(span.durations_s, duration_s, span.statuses[status])
                if similarity is not None:
                    _sample(span.similarities, similarity, span.statuses[status])
        if user is not None:
            history = self._users.get(user)
            if history is None:
                history = self._users[user] = _History()
            for span in history.current(now_s):
                span.statuses[status] += 1

    def spans(self, period: Period, user: UserId | None = None) -> list[SearchSpan]:
        """Spans of a period up to now, the oldest first, of one user or of all; none from before the process began."""
        history = self._all if user is None else self._users.get(user) or _History()
        last_s, step_s = _start_s(period, self._clock()), period.seconds
        first_s = max(_start_s(period, self._began_s), last_s - (period.spans - 1) * step_s)
        return [history.span(period, start_s) for start_s in range(first_s, last_s + step_s, step_s)]


def _start_s(period: Period, now_s: float) -> int:
    return int(now_s // period.seconds) * period.seconds


def _sample(samples: list[float], value: float, count: int) -> None:
    if len(samples) < _SAMPLES:
        samples.append(value)
    elif (place := random.randrange(count)) < _SAMPLES:
        samples[place] = value


def percentile(values: Sequence[float], share: float) -> float | None:
    """The value below which a share of the values lies, by the nearest rank; `None` of none."""
    if not values:
        return None
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
