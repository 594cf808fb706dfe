"""Answers in memory, and one search at a time for the same question."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from bot.dispatch.search_job import SearchKey, SearchOutcome


@dataclass(frozen=True, slots=True)
class CachedOutcome:
    """Findings, and when they came in, by the cache's clock."""

    outcome: SearchOutcome
    at_s: float


class ResultCache:
    """The last `size` findings, for `keep_s` seconds, of the current index only. For one event loop."""

    def __init__(self, size: int, keep_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._size = size
        self._keep_s = keep_s
        self._clock = clock
        self._known: OrderedDict[SearchKey, CachedOutcome] = OrderedDict()
        self._generation = ""
        self._turns: dict[SearchKey, tuple[asyncio.Lock, int]] = {}

    def get(self, key: SearchKey, generation: str) -> CachedOutcome | None:
        """What was found for this question in this index; `None` when it has to be searched."""
        known = self._known.get(key)
        if known is None:
            return None
        if known.outcome.generation != generation or self._clock() - known.at_s >= self._keep_s:
            del self._known[key]
            return None
        self._known.move_to_end(key)
        return known

    def age_s(self, known: CachedOutcome) -> float:
        """How long ago it came in."""
        return self._clock() - known.at_s

    def put(self, key: SearchKey, findings: SearchOutcome) -> None:
        """Remember findings with which nothing is wrong; those of other indexes are forgotten."""
        if not findings.whole or self._keep_s <= 0:
            return
        if findings.generation != self._generation:
            self._known.clear()
            self._generation = findings.generation
        self._known[key] = CachedOutcome(findings, self._clock())
        self._known.move_to_end(key)
        while len(self._known) > self._size:
            self._known.popitem(last=False)

    def __len__(self) -> int:
        return len(self._known)

    @asynccontextmanager
    async def turn(self, key: SearchKey) -> AsyncIterator[None]:
        """Hold a question alone: who asks the same waits here, and finds it in the cache when its turn comes.

        Whoever is cancelled or fails leaves the turn to the next.
        """
        lock, askers = self._turns.get(key, (asyncio.Lock(), 0))
        self._turns[key] = lock, askers + 1
        try:
            async with lock:
                yield
        finally:
            lock, askers = self._turns[key]
            if askers == 1:
                del self._turns[key]
            else:
                self._turns[key] = lock, askers - 1
