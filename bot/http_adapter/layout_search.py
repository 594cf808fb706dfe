"""Searches by color layouts over HTTP: in the worker, within the deadline, counted like searches by picture."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from bot.dispatch.worker import Worker
from bot.http_adapter.client_address import PLATFORM
from bot.messages import Tone, UserId
from bot.metrics import Metrics
from core.domain import SearchFilter, SearchResult, Verdict

_TONES: Final = {Verdict.FOUND: Tone.FOUND, Verdict.UNSURE: Tone.UNSURE, Verdict.NOT_IN_LIBRARY: Tone.NOT_FOUND}


class LayoutEngine(Protocol):
    """A blocking call of the engine; `core.engine.Engine` has it."""

    def search_layouts(
        self, layouts: NDArray[np.integer[Any]], *, where: SearchFilter = ..., limit: int = 0
    ) -> tuple[SearchResult, ...]:
        """The scenes of each of (n, 33) layouts."""


@dataclass(frozen=True, slots=True)
class LayoutSearch:
    """Searches layouts in the worker's threads."""

    engine: LayoutEngine
    worker: Worker
    metrics: Metrics
    deadline_s: float
    clock: Callable[[], float] = time.monotonic

    async def search(
        self, user: UserId, layouts: NDArray[np.integer[Any]], where: SearchFilter
    ) -> tuple[SearchResult, ...]:
        """The scenes of each of (n, 33) layouts.

        Raises what `Engine.search_layouts` raises, and `BusyError` and `DeadlineError` as for pictures.
        """
        began_s = self.clock()
        results = await self.worker.run(
            user, partial(self.engine.search_layouts, layouts, where=where), self.deadline_s
        )
        for result in results:
            self.metrics.answered(PLATFORM, _TONES[result.verdict], self.clock() - began_s)
        return results
