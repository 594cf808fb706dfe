"""The result cache: outcomes of recent searches, and one search at a time for the same key."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from cachetools import TTLCache

from bot.dispatch.search_job import SearchKey, SearchOutcome


@dataclass(frozen=True, slots=True)
class CachedOutcome:
    """An outcome, and when it came in by the cache's clock."""

    outcome: SearchOutcome
    at_s: float


class ResultCache:
    """The last `size` outcomes (least recently used), for `keep_s` seconds, of the current index only.

    For one event loop.
    """

    def __init__(self, size: int, keep_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._outcomes: TTLCache[SearchKey, CachedOutcome] = TTLCache(size, keep_s, timer=clock)
        self._generation = ""
        self._turns: dict[SearchKey, tuple[asyncio.Lock, int]] = {}

    def get(self, key: SearchKey, generation: str) -> CachedOutcome | None:
        """The outcome for this key in this index; `None` when it has to be searched."""
        cached = self._outcomes.get(key)
        return cached if cached is not None and cached.outcome.generation == generation else None

    def age_s(self, cached: CachedOutcome) -> float:
        """How long ago an outcome came in."""
        return self._clock() - cached.at_s

    def put(self, key: SearchKey, outcome: SearchOutcome) -> None:
        """Remember an outcome in which no picture had a problem; those of other indexes are forgotten."""
        if not outcome.complete:
            return
        if outcome.generation != self._generation:
            self._outcomes.clear()
            self._generation = outcome.generation
        self._outcomes[key] = CachedOutcome(outcome, self._clock())

    def __len__(self) -> int:
        return len(self._outcomes)

    @property
    def turns(self) -> int:
        """Keys that somebody holds or waits for."""
        return len(self._turns)

    @asynccontextmanager
    async def turn(self, key: SearchKey) -> AsyncIterator[None]:
        """Hold a key alone: a request for the same key waits here, and finds the outcome when its turn comes.

        A request that is cancelled or fails leaves the turn to the next.
        """
        lock, requests = self._turns.get(key, (asyncio.Lock(), 0))
        self._turns[key] = lock, requests + 1
        try:
            async with lock:
                yield
        finally:
            lock, requests = self._turns[key]
            if requests == 1:
                del self._turns[key]
            else:
                self._turns[key] = lock, requests - 1
