"""The search for a request's pictures: read, remembered or searched, one at a time for the same pictures."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Final, TypeVar

from bot.dispatch.rate_limits import CHEAP_REQUEST_COST, RateLimits, Ticket
from bot.dispatch.result_cache import ResultCache
from bot.dispatch.search_job import SearchJob, SearchKey, SearchOutcome, search
from bot.dispatch.worker import Worker
from bot.intake.picture_reader import PictureReader
from bot.language.translations import Translator
from bot.messages import Reply, Request
from bot.metrics import Metrics
from bot.search_engine import SearchEngine
from core.domain import SearchResult
from core.errors import BusyError, InputError

PICTURE_MEMORY_BYTES: Final = 512 << 20
"""Pictures in memory whose answers are waited for; a single request is admitted whatever its size."""
_MEMORY_RETRY_S: Final = 5.0

T = TypeVar("T")


@dataclass(slots=True)
class PictureRequest:
    """A request on its way. `pictures` are its pictures as they were read, or what is wrong with them; `draft` is the
    reply before it has a preview.
    """

    request: Request
    translator: Translator
    pictures: Sequence[bytes | InputError] = field(default_factory=tuple)
    draft: Reply | None = None

    def search_job(self) -> SearchJob:
        """The pictures that could be read. Raises what is wrong: with all of them, or with one of those together."""
        readable = self.readable()
        problem = self.first_problem()
        if problem is not None and (not readable or self.request.options.together):
            raise problem
        return SearchJob(readable, self.request.options.where, self.request.options.together)

    def readable(self) -> tuple[bytes, ...]:
        """The pictures that could be read."""
        return tuple(picture for picture in self.pictures if isinstance(picture, bytes))

    def first_problem(self) -> InputError | None:
        """What is wrong with the first picture that could not be read."""
        return next((picture for picture in self.pictures if isinstance(picture, InputError)), None)


class PictureSearch:
    """Searches requests' pictures. The event loop reads them and keeps order; all else is done by the worker, in one
    go. `memory_bytes` of pictures may be held at one time.
    """

    def __init__(
        self,
        *,
        engine: SearchEngine,
        worker: Worker,
        limits: RateLimits,
        reader: PictureReader,
        cache: ResultCache,
        metrics: Metrics,
        memory_bytes: int = PICTURE_MEMORY_BYTES,
    ) -> None:
        self._engine = engine
        self._worker = worker
        self._limits = limits
        self._reader = reader
        self._cache = cache
        self._metrics = metrics
        self._memory_bytes = memory_bytes
        self._held_bytes = 0

    async def run(
        self,
        picture_request: PictureRequest,
        ticket: Ticket,
        began_s: float,
        deadline_s: float,
        answer: Callable[[PictureRequest, SearchOutcome, float | None], T],
    ) -> T:
        """What `answer` makes, in the worker, of the outcome and of its age in seconds if that was remembered.

        A remembered outcome gives most of the ticket back; one that came in since `began_s` is not called remembered.
        Raises what stands in the way: `InputError`, `BusyError`, `DeadlineError`, and what engine and `answer` raise.
        """
        user = picture_request.request.user
        picture_request.pictures = await self._reader.read(picture_request.request.pictures)
        with self._in_memory(picture_request.readable()):
            job = picture_request.search_job()
            key = await self._worker.run_unqueued(job.key)
            async with self._cache.turn(key):
                cached = self._cache.get(key, self._engine.generation.name)
                if cached is None or not (cached.outcome.exact or self._worker.overloaded):
                    work = partial(self._search_and_cache, job, key, asyncio.get_running_loop())
                    return await self._worker.run(user, lambda: answer(picture_request, work(), None), deadline_s)
            self._limits.refund(ticket, CHEAP_REQUEST_COST * ticket.count)
            # an outcome that came in while this request waited for its turn was searched for both
            age_s = self._cache.age_s(cached) if cached.at_s < began_s else None
            return await self._worker.run(user, partial(answer, picture_request, cached.outcome, age_s), deadline_s)

    @contextmanager
    def _in_memory(self, pictures: Sequence[bytes]) -> Iterator[None]:
        """Counts the bytes of pictures inside the block; `BusyError` when too many of others are held already."""
        size_bytes = sum(map(len, pictures))
        if self._held_bytes and self._held_bytes + size_bytes > self._memory_bytes:
            raise BusyError("Too many large pictures are waiting.", _MEMORY_RETRY_S)
        self._held_bytes += size_bytes
        try:
            yield
        finally:
            self._held_bytes -= size_bytes

    def _search_and_cache(self, job: SearchJob, key: SearchKey, loop: asyncio.AbstractEventLoop) -> SearchOutcome:
        # while others wait for long, the exact frame is left out
        outcome = search(self._engine, job, exact=not self._worker.overloaded)
        loop.call_soon_threadsafe(self._cache.put, key, outcome)  # also when nobody waits for it any more
        for result in outcome.results:
            if isinstance(result, SearchResult):
                self._metrics.stages(result.timing_ms)
        return outcome
