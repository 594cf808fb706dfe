"""Answers to pictures: read, searched or remembered, stored for their buttons, worded, with a preview."""

import asyncio
import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final, TypeVar

from bot.dispatch.rate_limits import LIGHT_COUNT, RateLimits, Ticket
from bot.dispatch.result_cache import ResultCache
from bot.dispatch.search_job import SearchJob, SearchKey, SearchOutcome, search
from bot.dispatch.worker import Worker
from bot.intake.picture_reader import PictureReader
from bot.language.translations import Translator
from bot.messages import Reply, Request
from bot.metrics import Metrics
from bot.replies.album_replies import album_reply, album_rows, with_preview_of
from bot.replies.answers import AnswerReplies
from bot.replies.attachments import AttachmentForm, AttachmentHandle, PreviewAttachments
from bot.replies.button_actions import AnswerId
from bot.replies.public_search import public_search_row
from bot.search_engine import SearchEngine
from bot.storage.answer_store import AnswerFacts, AnswerStore, new_answer_id
from core.domain import SearchResult, Verdict
from core.errors import BusyError, InputError, StorageError

PICTURE_MEMORY_BYTES: Final = 512 << 20
"""Pictures in memory whose answers are waited for; a single request is admitted whatever its size."""
_MEMORY_RETRY_S: Final = 5.0
_log = logging.getLogger(__name__)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class SearchAnswer:
    """A result in values. `id` is that of the stored answer, empty where the disk refused it; `age_s`: how long ago it
    was searched, if it was remembered.
    """

    id: AnswerId
    result: SearchResult
    generation: str
    age_s: float | None = None


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


class PictureAnswers:
    """Answers requests. The event loop reads pictures and keeps order; all else is done by the worker, in one go.

    `previews`: without, none are attached. `public_search`: a picture that is not in the library gets buttons that open
    it in public search engines, where its address is public. `memory_bytes` of pictures may be held at one time.
    """

    def __init__(
        self,
        *,
        engine: SearchEngine,
        worker: Worker,
        limits: RateLimits,
        reader: PictureReader,
        cache: ResultCache,
        store: AnswerStore,
        replies: AnswerReplies,
        previews: PreviewAttachments | None,
        metrics: Metrics,
        public_search: bool,
        memory_bytes: int = PICTURE_MEMORY_BYTES,
    ) -> None:
        self._engine = engine
        self._worker = worker
        self._limits = limits
        self._reader = reader
        self._cache = cache
        self._store = store
        self._replies = replies
        self._previews = previews
        self._metrics = metrics
        self._public_search = public_search
        self._memory_bytes = memory_bytes
        self._held_bytes = 0

    async def answer(self, picture_request: PictureRequest, ticket: Ticket, began_s: float, deadline_s: float) -> Reply:
        """The reply to a request; raises what stands in its way.

        An answer from memory gives most of the ticket back; a result found since `began_s` is not called remembered.
        """
        return await self._finished(
            picture_request, ticket, began_s, deadline_s, partial(self._finish, picture_request)
        )

    async def search(
        self, picture_request: PictureRequest, ticket: Ticket, began_s: float, deadline_s: float
    ) -> SearchAnswer:
        """The result of a request in values, stored like any answer; raises what stands in its way.

        The request has one picture, or several of one scene.
        """
        return await self._finished(
            picture_request, ticket, began_s, deadline_s, partial(self._stored, picture_request)
        )

    async def _finished(
        self,
        picture_request: PictureRequest,
        ticket: Ticket,
        began_s: float,
        deadline_s: float,
        finish: Callable[[SearchOutcome, float | None], T],
    ) -> T:
        """What `finish` makes, in the worker, of a request's outcome and of its age if that was remembered."""
        picture_request.pictures = await self._reader.read(picture_request.request.pictures)
        with self._in_memory(picture_request.readable()):
            search_job = picture_request.search_job()
            key = await self._worker.run_unqueued(search_job.key)
            async with self._cache.turn(key):
                cached = self._cache.get(key, self._engine.generation.name)
                if cached is None or not (cached.outcome.exact or self._worker.overloaded):
                    work = partial(self._search, search_job, key, asyncio.get_running_loop(), finish)
                    return await self._worker.run(picture_request.request.user, work, deadline_s)
            self._limits.refund(ticket, LIGHT_COUNT * ticket.count)
            # an outcome that came in while this request waited for its turn was searched for both
            age_s = self._cache.age_s(cached) if cached.at_s < began_s else None
            return await self._worker.run(
                picture_request.request.user, partial(finish, cached.outcome, age_s), deadline_s
            )

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

    def _search(
        self,
        job: SearchJob,
        key: SearchKey,
        loop: asyncio.AbstractEventLoop,
        finish: Callable[[SearchOutcome, float | None], T],
    ) -> T:
        # while others wait for long, the exact frame is left out
        outcome = search(self._engine, job, exact=not self._worker.overloaded)
        loop.call_soon_threadsafe(self._cache.put, key, outcome)  # also when nobody waits for it any more
        for result in outcome.results:
            if isinstance(result, SearchResult):
                self._metrics.stages(result.timing_ms)
        return finish(outcome, None)

    def _stored(self, picture_request: PictureRequest, outcome: SearchOutcome, age_s: float | None) -> SearchAnswer:
        (result,) = outcome.results
        if isinstance(result, InputError):
            raise result
        facts = _facts(picture_request, outcome.generation)
        answer_id = new_answer_id()
        stored = self._put(answer_id, result, picture_request.readable(), facts)
        return SearchAnswer(answer_id if stored else AnswerId(""), result, outcome.generation, age_s)

    def _finish(self, picture_request: PictureRequest, outcome: SearchOutcome, age_s: float | None) -> Reply:
        results = outcome.results
        if len(results) == 1 and isinstance(results[0], SearchResult):
            return self._single(picture_request, outcome.generation, results[0], age_s)
        return self._album(picture_request, outcome)

    def _single(
        self, picture_request: PictureRequest, generation: str, result: SearchResult, age_s: float | None
    ) -> Reply:
        request, translator, answer_id = picture_request.request, picture_request.translator, new_answer_id()
        reply = self._replies.answer(translator, result, request.chat, answer_id, cached_age_s=age_s)
        if not self._put(answer_id, result, picture_request.readable(), _facts(picture_request, generation)):
            reply = replace(reply, rows=())
        if self._public_search and _is_unknown(result):
            reply = replace(reply, rows=tuple(filter(None, (*reply.rows, public_search_row(_public_url(request))))))
        problem = picture_request.first_problem()
        if problem is not None:
            reply = replace(reply, lines=(*reply.lines, self._replies.problem(translator, problem).title))
        picture_request.draft = reply
        return self._with_preview(picture_request, reply, answer_id, result)

    def _album(self, picture_request: PictureRequest, outcome: SearchOutcome) -> Reply:
        """One line a picture, with a button that shows its answer as if it had come alone; and a preview of the first
        picture that was found.
        """
        request, translator = picture_request.request, picture_request.translator
        searched = iter(outcome.results)
        results = [
            picture if isinstance(picture, InputError) else next(searched) for picture in picture_request.pictures
        ]
        answer_ids = tuple(new_answer_id() if isinstance(result, SearchResult) else AnswerId("") for result in results)
        facts = replace(_facts(picture_request, outcome.generation), album=answer_ids)
        stored = [
            self._put(answer_id, result, [picture], facts)
            for picture, result, answer_id in zip(picture_request.pictures, results, answer_ids, strict=True)
            if isinstance(picture, bytes) and isinstance(result, SearchResult)
        ]
        reply = album_reply(self._replies, translator, results, request.chat)
        picture_request.draft = reply = replace(reply, rows=album_rows(answer_ids) if all(stored) else ())
        for number, (result, answer_id) in enumerate(zip(results, answer_ids, strict=True), 1):
            if isinstance(result, SearchResult) and self._replies.named_scene(result, request.chat) is not None:
                previewed = self._with_preview(picture_request, reply, answer_id, result)
                return with_preview_of(previewed, translator, number) if previewed.media else previewed
        return reply

    def _with_preview(
        self, picture_request: PictureRequest, reply: Reply, answer_id: AnswerId, result: SearchResult
    ) -> Reply:
        """The reply with a preview of the scene that it names, if it names one."""
        request = picture_request.request
        index = self._replies.named_scene(result, request.chat)
        if index is None or self._previews is None or request.options.muted:
            return reply
        handle = AttachmentHandle(answer_id, index, AttachmentForm.MOVING)
        return self._previews.attach(
            reply, handle, result.scenes[index], request.chat, picture_request.translator, spoiler=request.spoiler
        )

    def _put(self, answer_id: AnswerId, result: SearchResult, pictures: Sequence[bytes], facts: AnswerFacts) -> bool:
        """Store an answer for its buttons; whether the disk took it."""
        try:
            self._store.put(result, pictures, facts, answer_id)
        except StorageError as exc:
            _log.warning("%s", exc)
            return False
        return True


def _public_url(request: Request) -> str:
    """Where anybody can see the only picture of a request; empty when that is nowhere, or there are several."""
    return request.pictures[0].url if len(request.pictures) == 1 else ""


def _facts(picture_request: PictureRequest, generation: str) -> AnswerFacts:
    request = picture_request.request
    return AnswerFacts(
        user=request.user,
        generation=generation,
        locale=picture_request.translator.locale,
        spoiler=request.spoiler,
        muted=request.options.muted,
    )


def _is_unknown(result: SearchResult) -> bool:
    """Whether nothing of the library is known to show it, though there is enough to see."""
    return result.verdict is Verdict.NOT_IN_LIBRARY and not result.too_little and result.elsewhere is None
