"""Picture quotas: searches of a client in any 24 hours and at one time, by its address or its key."""

import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from bot.messages import UserId
from core.errors import LimitError

_DAY_S: Final = 86_400.0
_RETRY_S: Final = 1.0


class QuotaError(LimitError):
    """A client has searched as many pictures in 24 hours as it may."""


class ConcurrencyError(LimitError):
    """A client has as many searches under way as it may have."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a client may do: pictures in 24 hours, and searches at one time."""

    quota: int
    concurrency: int


class PictureQuota:
    """Counts searches in memory; for one event loop. `clock` gives monotonic seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._searches_s: dict[UserId, deque[float]] = {}
        self._under_way: dict[UserId, int] = {}

    def used(self, user: UserId) -> int:
        """Searches of the last 24 hours that were answered."""
        searches_s = self._searches_s.get(user)
        if searches_s is None:
            return 0
        while searches_s and searches_s[0] + _DAY_S <= self._clock():
            searches_s.popleft()
        if not searches_s:
            del self._searches_s[user]
        return len(searches_s)

    @contextmanager
    def search(self, user: UserId, allowance: Allowance, count: int = 1) -> Iterator[None]:
        """A search of `count` pictures under way; it is counted when the block ends without an error.

        `QuotaError` says when the quota allows the next one, `ConcurrencyError` that others have to end first.
        """
        if self.used(user) + count > allowance.quota:
            first_s = self._searches_s[user][0] if user in self._searches_s else self._clock()
            raise QuotaError("The pictures of 24 hours are used up.", first_s + _DAY_S - self._clock())
        if self._under_way.get(user, 0) >= allowance.concurrency:
            raise ConcurrencyError("Too many searches at one time.", _RETRY_S)
        self._under_way[user] = self._under_way.get(user, 0) + 1
        try:
            yield
            self._forget_idle()
            self._searches_s.setdefault(user, deque()).extend([self._clock()] * count)
        finally:
            self._under_way[user] -= 1
            if not self._under_way[user]:
                del self._under_way[user]

    def _forget_idle(self) -> None:
        """Clients without a search in 24 hours: those that came first stand first."""
        for user in list(self._searches_s)[:2]:
            self.used(user)
