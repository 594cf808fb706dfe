"""From a request to its reply: read, remember or search, keep the case, say it, show it."""

import asyncio
import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final

from bot.dispatch.rate_limits import LIGHT, RateLimits, Ticket
from bot.dispatch.result_cache import ResultCache
from bot.dispatch.search_job import SearchJob, SearchKey, SearchOutcome, search
from bot.dispatch.worker import Worker
from bot.intake.picture_reader import PictureReader
from bot.language.translations import Translator
from bot.messages import Reply, Request
from bot.metrics import Metrics
from bot.replies.album_buttons import album_rows
from bot.replies.answers import Replies
from bot.replies.attachments import AttachmentForm, AttachmentHandle, PreviewAttachments
from bot.replies.button_actions import AnswerId
from bot.replies.public_search import public_search_row
from bot.search_engine import SearchEngine
from bot.storage.answer_store import AnswerFacts, AnswerStore, new_answer_id
from core.domain import SearchResult, Verdict
from core.errors import BusyError, InputError, StorageError

_HELD_BYTES: Final = 512 << 20
"""Pictures in memory whose answers are waited for; a single request is let in whatever it brings."""
_HELD_RETRY_S: Final = 5.0
_log = logging.getLogger(__name__)


@dataclass(slots=True)
class PictureRequest:
    """A request on its way. `sent` are its pictures or what is wrong with them; `draft` is the answer before it has a
    preview.
    """

    request: Request
    words: Translator
    sent: Sequence[bytes | InputError] = field(default_factory=tuple)
    draft: Reply | None = None

    def question(self) -> SearchJob:
        """The pictures that could be read. Raises what is wrong: with all of them, or with one of those together."""
        pictures = tuple(one for one in self.sent if isinstance(one, bytes))
        problem = next(self.problems(), None)
        if problem is not None and (not pictures or self.request.options.together):
            raise problem
        return SearchJob(pictures, self.request.options.where, self.request.options.together)

    def problems(self) -> Iterator[InputError]:
        """What is wrong with pictures that could not be read."""
        return (one for one in self.sent if isinstance(one, InputError))


class PictureRequests:
    """Answers requests. The event loop reads pictures and keeps order; all else is done by the worker, in one go."""

    def __init__(
        self,
        *,
        engine: SearchEngine,
        worker: Worker,
        limits: RateLimits,
        intake: PictureReader,
        cache: ResultCache,
        cases: AnswerStore,
        replies: Replies,
        previews: PreviewAttachments | None,
        metrics: Metrics,
        public_search: bool,
    ) -> None:
        self._engine = engine
        self._worker = worker
        self._limits = limits
        self._intake = intake
        self._cache = cache
        self._cases = cases
        self._replies = replies
        self._previews = previews
        self._metrics = metrics
        self._public_search = public_search
        self._held_bytes = 0

    async def answer(self, job: PictureRequest, ticket: Ticket, began_s: float, deadline_s: float) -> Reply:
        """The reply to a job; raises what stands in its way. An answer from memory gives most of the ticket back."""
        job.sent = await self._intake.read(job.request.pictures)
        with self._holding(job):
            return await self._answered(job, ticket, began_s, deadline_s)

    @contextmanager
    def _holding(self, job: PictureRequest) -> Iterator[None]:
        """Counts a job's pictures while it waits; `BusyError` when there are too many bytes of others already."""
        size_bytes = sum(len(one) for one in job.sent if isinstance(one, bytes))
        if self._held_bytes and self._held_bytes + size_bytes > _HELD_BYTES:
            raise BusyError("Too many large pictures are waiting.", _HELD_RETRY_S)
        self._held_bytes += size_bytes
        try:
            yield
        finally:
            self._held_bytes -= size_bytes

    async def _answered(self, job: PictureRequest, ticket: Ticket, began_s: float, deadline_s: float) -> Reply:
        question = job.question()
        key = await self._worker.aside(question.key)
        async with self._cache.turn(key):
            known = self._cache.get(key, self._engine.generation.name)
            if known is None or not (known.outcome.exact or self._worker.pressed):
                work = partial(self._search, job, question, key, asyncio.get_running_loop())
                return await self._worker.run(job.request.user, work, deadline_s)
        self._limits.refund(ticket, LIGHT * ticket.count)
        age_s = self._cache.age_s(known)
        # what came in while this one waited for its turn was searched for both
        finish = partial(self._finish, job, known.outcome, age_s if known.at_s < began_s else None)
        return await self._worker.run(job.request.user, finish, deadline_s)

    def _search(
        self, job: PictureRequest, question: SearchJob, key: SearchKey, loop: asyncio.AbstractEventLoop
    ) -> Reply:
        # while others wait for long, the exact frame is what can be done without
        findings = search(self._engine, question, exact=not self._worker.pressed)
        loop.call_soon_threadsafe(self._cache.put, key, findings)  # also when nobody waits for it any more
        for result in findings.results:
            if isinstance(result, SearchResult):
                self._metrics.stages(result.timing_ms)
        return self._finish(job, findings, None)

    def _finish(self, job: PictureRequest, findings: SearchOutcome, age_s: float | None) -> Reply:
        results = findings.results
        if len(results) == 1 and isinstance(results[0], SearchResult):
            return self._single(job, findings.generation, results[0], age_s)
        return self._album(job, findings)

    def _single(self, job: PictureRequest, generation: str, result: SearchResult, age_s: float | None) -> Reply:
        request, case = job.request, new_answer_id()
        reply = self._replies.answer(job.words, result, request.chat, case, cached_age_s=age_s)
        pictures = [one for one in job.sent if isinstance(one, bytes)]
        if not self._kept(case, result, pictures, _facts(job, generation)):
            reply = replace(reply, rows=())
        if self._public_search and _is_unknown(result):
            reply = replace(reply, rows=tuple(filter(None, (*reply.rows, public_search_row(_public_url(request))))))
        problem = next(job.problems(), None)
        if problem is not None:
            reply = replace(reply, lines=(*reply.lines, self._replies.problem(job.words, problem).title))
        job.draft = reply
        return self._previewed(job, reply, case, result)

    def _previewed(self, job: PictureRequest, reply: Reply, case: AnswerId, result: SearchResult) -> Reply:
        """The reply with a preview of what was found for sure, if anything was."""
        request, at = job.request, self._replies.shown(result, job.request.chat)
        if at is None or self._previews is None or request.options.muted:
            return reply
        handle = AttachmentHandle(case, at, AttachmentForm.MOVING)
        return self._previews.attach(reply, handle, result.scenes[at], request.chat, job.words, spoiler=request.spoiler)

    def _album(self, job: PictureRequest, findings: SearchOutcome) -> Reply:
        """One line a picture, and a button that shows its answer as if it had come alone; a preview of the first one
        that was found.
        """
        found = iter(findings.results)
        results = [one if isinstance(one, InputError) else next(found) for one in job.sent]
        album = tuple(new_answer_id() if isinstance(one, SearchResult) else AnswerId("") for one in results)
        facts = replace(_facts(job, findings.generation), album=album)
        kept = True
        for picture, result, case in zip(job.sent, results, album, strict=True):
            if isinstance(picture, bytes) and isinstance(result, SearchResult):
                kept = self._kept(case, result, [picture], facts) and kept
        reply = self._replies.several(job.words, results, job.request.chat)
        job.draft = reply = replace(reply, rows=album_rows(album) if kept else ())
        for number, (result, case) in enumerate(zip(results, album, strict=True), 1):
            if isinstance(result, SearchResult) and self._replies.shown(result, job.request.chat) is not None:
                shown = self._previewed(job, reply, case, result)
                return self._replies.shows_picture(shown, job.words, number) if shown.media else shown
        return reply

    def _kept(self, case: AnswerId, result: SearchResult, pictures: Sequence[bytes], facts: AnswerFacts) -> bool:
        try:
            self._cases.put(result, pictures, facts, case)
        except StorageError as exc:
            _log.warning("%s", exc)
            return False
        return True


def _public_url(request: Request) -> str:
    """Where anybody can see the only picture of a request; empty when that is nowhere, or there are several."""
    return request.pictures[0].url if len(request.pictures) == 1 else ""


def _facts(job: PictureRequest, generation: str) -> AnswerFacts:
    request = job.request
    return AnswerFacts(
        user=request.user,
        generation=generation,
        locale=job.words.locale,
        spoiler=request.spoiler,
        muted=request.options.muted,
    )


def _is_unknown(result: SearchResult) -> bool:
    """Whether nothing of the library is known to show it, though there is enough to see."""
    return result.verdict is Verdict.NOT_IN_LIBRARY and not result.too_little and result.elsewhere is None
