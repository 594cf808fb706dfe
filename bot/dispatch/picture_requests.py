"""Requests with pictures: counted against the rate limits, answered within the deadline, with a notice of waiting."""

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass, replace
from typing import Final, TypeVar

from bot.dispatch.picture_answers import PictureAnswers, SearchAnswer
from bot.dispatch.picture_search import PictureRequest, PictureSearch
from bot.dispatch.rate_limits import RateLimits, Ticket
from bot.dispatch.waiting_notice import waiting_notice
from bot.dispatch.worker import Worker
from bot.intake.typed_options import ShowTitles
from bot.language.translations import Translator
from bot.messages import PictureUrl, Reply, Request
from bot.replies.canned_replies import help_reply, with_left_out
from core.errors import DeadlineError, FetchError, FetchProblem, InputError

T = TypeVar("T")
_PLATFORM_PROBLEMS: Final = (FetchProblem.NOT_FOUND, FetchProblem.TOO_SLOW, FetchProblem.UNREACHABLE)
"""Why a platform's own file may be missing without a fault of the user who sent it."""


@dataclass(frozen=True, slots=True)
class PictureRequestSpec:
    """`pictures` of a request are searched at most. `deadline_s` is for a request as a whole; a user who waits longer
    than `notice_s` is told how long the queue is.
    """

    pictures: int = 4
    deadline_s: float = 30.0
    notice_s: float = 5.0


class PictureRequests:
    """Answers requests within their limits.

    Pictures count against the rate limits when the request comes. They are given back when the answer fails for no
    fault of the user, and when the task is cancelled; most of them when the answer comes from memory.
    """

    def __init__(
        self,
        search: PictureSearch,
        answers: PictureAnswers,
        limits: RateLimits,
        titles: ShowTitles,
        worker: Worker,
        spec: PictureRequestSpec,
    ) -> None:
        self._search = search
        self._answers = answers
        self._limits = limits
        self._titles = titles
        self._worker = worker
        self._spec = spec

    async def reply(self, request: Request, translator: Translator, began_s: float) -> Reply:
        """The reply to a request that came at `began_s` by the cache's clock.

        Raises what stands in its way: `LimitError`, `DeadlineError`, and what `PictureSearch.run` raises.
        """
        if not request.pictures:
            return help_reply(translator)
        left_out = len(request.pictures) - self._spec.pictures
        if left_out > 0:
            request = replace(request, pictures=request.pictures[: self._spec.pictures])
            return with_left_out(await self.reply(request, translator, began_s), translator, left_out)
        picture_request = self._picture_request(request, translator)
        ticket = self._limits.take(request.user, len(request.pictures))
        work = self._search.run(picture_request, ticket, began_s, self._spec.deadline_s, self._answers.reply)
        try:
            return await self._within_limits(picture_request, ticket, work)
        except DeadlineError:
            if picture_request.draft is None:
                raise
            return picture_request.draft  # only the preview is late

    async def search(self, request: Request, translator: Translator, began_s: float) -> SearchAnswer:
        """The result of a request in values: of one picture, or of several of one scene. Raises what `reply` raises."""
        if not 0 < len(request.pictures) <= (self._spec.pictures if request.options.together else 1):
            raise InputError("One picture a request, please, or some of one scene together.")
        picture_request = self._picture_request(request, translator)
        ticket = self._limits.take(request.user, len(request.pictures))
        work = self._search.run(picture_request, ticket, began_s, self._spec.deadline_s, self._answers.search_answer)
        return await self._within_limits(picture_request, ticket, work)

    def _picture_request(self, request: Request, translator: Translator) -> PictureRequest:
        options = replace(request.options, where=self._titles.library_names(request.options.where))
        return PictureRequest(replace(request, options=options), translator)

    async def _within_limits(self, picture_request: PictureRequest, ticket: Ticket, work: Awaitable[T]) -> T:
        """What `work` gives within the deadline; the ticket is given back where the user is not to blame."""
        request = picture_request.request
        try:
            async with waiting_notice(request, picture_request.translator, self._worker, self._spec.notice_s):
                return await self._in_time(work)
        except DeadlineError:
            if picture_request.draft is None:
                self._limits.refund(ticket)
            raise
        except BaseException as exc:
            self._refund_unless_to_blame(ticket, request, exc)
            raise

    async def _in_time(self, answer: Awaitable[T]) -> T:
        try:
            async with asyncio.timeout(self._spec.deadline_s) as limit:
                return await answer
        except TimeoutError as exc:
            if not limit.expired():
                raise
            raise DeadlineError(f"No answer within {self._spec.deadline_s:.0f} seconds.") from exc

    def _refund_unless_to_blame(self, ticket: Ticket, request: Request, error: BaseException) -> None:
        linked = any(isinstance(picture, PictureUrl) for picture in request.pictures)
        lost_by_platform = isinstance(error, FetchError) and error.problem in _PLATFORM_PROBLEMS and not linked
        if lost_by_platform or not isinstance(error, InputError):
            self._limits.refund(ticket)
