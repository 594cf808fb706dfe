"""Answers to a request's outcome: worded as a reply or given in values, stored for their buttons, with a preview."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.dispatch.picture_search import PictureRequest
from bot.dispatch.search_job import SearchOutcome
from bot.messages import Reply, Request
from bot.replies.album_replies import album_reply, album_rows, with_preview_of
from bot.replies.answers import AnswerReplies
from bot.replies.attachments import AttachmentForm, AttachmentHandle, PreviewAttachments
from bot.replies.button_actions import AnswerId
from bot.replies.public_search import public_search_row
from bot.storage.answer_store import AnswerFacts, AnswerStore, new_answer_id
from core.domain import SearchResult, Verdict
from core.errors import InputError, StorageError

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SearchAnswer:
    """A result in values. `id` is that of the stored answer, empty where the disk refused it; `age_s`: how long ago it
    was searched, if it was remembered.
    """

    id: AnswerId
    result: SearchResult
    generation: str
    age_s: float | None = None


class PictureAnswers:
    """Makes answers; blocking.

    `previews`: without, none are attached. `public_search`: a picture that is not in the library gets buttons that open
    it in public search engines, where its address is public.
    """

    def __init__(
        self, store: AnswerStore, replies: AnswerReplies, previews: PreviewAttachments | None, *, public_search: bool
    ) -> None:
        self._store = store
        self._replies = replies
        self._previews = previews
        self._public_search = public_search

    def reply(self, picture_request: PictureRequest, outcome: SearchOutcome, age_s: float | None) -> Reply:
        """The reply to an outcome, remembered for `age_s` seconds; its draft without a preview is the request's."""
        results = outcome.results
        if len(results) == 1 and isinstance(results[0], SearchResult):
            return self._single(picture_request, outcome.generation, results[0], age_s)
        return self._album(picture_request, outcome)

    def search_answer(
        self, picture_request: PictureRequest, outcome: SearchOutcome, age_s: float | None
    ) -> SearchAnswer:
        """The only result of an outcome in values; raises what is wrong with its picture."""
        (result,) = outcome.results
        if isinstance(result, InputError):
            raise result
        answer_id, facts = new_answer_id(), _facts(picture_request, outcome.generation)
        stored = self._put(answer_id, result, picture_request.readable(), facts)
        return SearchAnswer(answer_id if stored else AnswerId(""), result, outcome.generation, age_s)

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
