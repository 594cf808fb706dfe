"""The dispatcher: requests, button presses and commands in, replies out. Knows no platform."""

import logging
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import Final

from cachetools import FIFOCache

from bot.dispatch.button_presses import ButtonPresses
from bot.dispatch.in_flight import InFlightReplies
from bot.dispatch.picture_answers import SearchAnswer
from bot.dispatch.picture_requests import PictureRequests
from bot.dispatch.show_suggestions import ShowSuggestion, ShowSuggestions
from bot.dispatch.user_languages import UserLanguages
from bot.dispatch.worker import Worker
from bot.language.translations import Translator
from bot.messages import ButtonPress, Chat, Command, CommandName, Reply, Request, RequestId, Tone, UserId
from bot.metrics import Metrics
from bot.replies.answers import AnswerReplies
from bot.replies.canned_replies import help_reply, start_reply
from core.domain import Verdict
from core.errors import (
    BusyError,
    DeadlineError,
    FetchError,
    FilterError,
    InputError,
    LibraryError,
    LimitError,
    PictureError,
    ServiceError,
    WhenAnimeError,
)

_HANDLED_LIMIT: Final = 10_000
"""Requests whose ids are remembered, so that one that comes again is answered once."""
_REFUSAL_KINDS: Final[tuple[tuple[type[Exception], str], ...]] = (
    (LimitError, "limit"),
    (BusyError, "busy"),
    (DeadlineError, "deadline"),
    (PictureError, "picture"),
    (FetchError, "fetch"),
    (FilterError, "filter"),
    (LibraryError, "library"),
)
"""Errors and their `kind` in the metrics; any other is a `fault`."""
_TONES: Final = {Verdict.FOUND: Tone.FOUND, Verdict.UNSURE: Tone.UNSURE, Verdict.NOT_IN_LIBRARY: Tone.NOT_FOUND}
_PRIVATE_TONES: Final = (Tone.REFUSED, Tone.FAILED)
"""Tones of replies to a press that only the user who pressed sees."""
_log = logging.getLogger(__name__)


class Dispatcher:
    """Answers what adapters hand on; a `bot.dispatch.protocol.RequestHandler`.

    Its methods raise nothing but `CancelledError`: what goes wrong is a reply, and an error that was not foreseen is
    logged with its traceback. For the event loop in which it is used first.
    """

    def __init__(
        self,
        *,
        picture_requests: PictureRequests,
        button_presses: ButtonPresses,
        languages: UserLanguages,
        suggestions: ShowSuggestions,
        replies: AnswerReplies,
        worker: Worker,
        metrics: Metrics,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._picture_requests = picture_requests
        self._button_presses = button_presses
        self._languages = languages
        self._suggestions = suggestions
        self._replies = replies
        self._worker = worker
        self._metrics = metrics
        self._clock = clock
        self._handled: FIFOCache[RequestId, None] = FIFOCache(_HANDLED_LIMIT)
        self._in_flight = InFlightReplies()

    @property
    def replies(self) -> AnswerReplies:
        """The wording of its answers."""
        return self._replies

    async def handle(self, request: Request) -> Reply | None:
        """The reply to pictures; `None` when a request of this id was handled before.

        Cancelling the task takes the request out of every queue and gives back what it counted for.
        """
        if request.id in self._handled:
            return None
        self._handled[request.id] = None
        began_s = self._clock()
        translator = self.translator(request.user, request.locale)
        platform = request.user.partition(":")[0]
        with self._in_flight.track():
            reply = await self._guarded(translator, partial(self._reply, request, translator, began_s), platform)
        seconds = self._clock() - began_s
        self._metrics.answered(platform, reply.tone, seconds)
        extra = {"request": request.id, "platform": platform, "user": request.user, "case": reply.handle.split(":")[0]}
        _log.info("%s: %s in %.2f s", request.id, reply.tone, seconds, extra={**extra, "seconds": round(seconds, 3)})
        return replace(reply, private=True) if request.options.private else reply

    async def search(self, request: Request) -> SearchAnswer:
        """The result of a request in values; raises what stands in its way, in place of a reply about it."""
        began_s = self._clock()
        platform = request.user.partition(":")[0]
        translator = self.translator(request.user, request.locale)
        with self._in_flight.track(), self._counted_refusals(platform, began_s):
            self._in_flight.refuse_when_draining()
            answer = await self._picture_requests.search(request, translator, began_s)
        seconds = self._clock() - began_s
        self._metrics.answered(platform, _TONES[answer.result.verdict], seconds)
        extra = {"request": request.id, "platform": platform, "user": request.user, "case": answer.id}
        verdict = answer.result.verdict
        _log.info("%s: %s in %.2f s", request.id, verdict, seconds, extra={**extra, "seconds": round(seconds, 3)})
        return answer

    async def press(self, press: ButtonPress) -> Reply:
        """The reply to a button, or to a text that a reply asked for."""
        translator = self.translator(press.user, press.locale)
        with self._in_flight.track():
            reply = await self._guarded(translator, partial(self._button_presses.reply, press, translator))
        return reply if reply.edits or reply.tone not in _PRIVATE_TONES else replace(reply, private=True)

    async def command(self, command: Command) -> Reply:
        """The reply to a command without a picture."""
        translator = self.translator(command.user, command.locale)
        with self._in_flight.track():
            return await self._guarded(translator, partial(self._command_reply, command, translator))

    async def shows(self, text: str, user: UserId, chat: Chat, locale: str, limit: int) -> tuple[ShowSuggestion, ...]:
        """At most `limit` shows to choose from while a name is typed, without those that may not be named there."""
        suggest = partial(self._suggestions.suggest, text, chat, self.translator(user, locale), limit)
        return await self._worker.run_unqueued(suggest)

    def translator(self, user: UserId, locale: str) -> Translator:
        """The user's language: the one that the user chose, else that of a BCP 47 tag."""
        return self._languages.translator(user, locale)

    def use_language(self, user: UserId, locale: str) -> None:
        """Use a language as if the user had chosen it, until another is chosen or the process ends."""
        self._languages.use_language(user, locale)

    async def lighter(self, reply: Reply, chat: Chat) -> Reply:
        """The same reply with less attached, for a platform that refused it: smaller, a still picture, then nothing."""
        with self._in_flight.track():
            try:
                return await self._button_presses.lighter(reply, chat)
            except Exception as exc:  # noqa: BLE001  # the answer goes out without a preview
                if not isinstance(exc, WhenAnimeError):
                    _log.exception("a lighter preview failed in a way that is not known")
                return replace(reply, media=None, handle="")

    async def drain(self, timeout_s: float) -> None:
        """Refuse requests from now on, and wait so long for replies that are under way; what is late is cancelled.

        A reply counts as done when it is returned, not when its platform has it.
        """
        await self._in_flight.drain(timeout_s)

    async def _reply(self, request: Request, translator: Translator, began_s: float) -> Reply:
        self._in_flight.refuse_when_draining()
        return await self._picture_requests.reply(request, translator, began_s)

    async def _command_reply(self, command: Command, translator: Translator) -> Reply:
        match command.name:
            case CommandName.START:
                return start_reply(translator)
            case CommandName.HELP:
                return help_reply(translator)
            case CommandName.LANGUAGE:
                return await self._languages.choose(command.user, command.argument.strip(), translator)

    async def _guarded(self, translator: Translator, work: Callable[[], Awaitable[Reply]], platform: str = "") -> Reply:
        """What `work` returns, or a reply about what went wrong, which is counted for `platform`."""
        try:
            return await work()
        except WhenAnimeError as exc:
            error: Exception = exc
            expected = isinstance(exc, InputError | ServiceError)
            _log.log(logging.INFO if expected else logging.WARNING, "a request failed: %s", exc)
        except Exception as exc:  # noqa: BLE001  # the edge of the process: somebody waits for a reply
            error = exc
            _log.exception("a request failed in a way that is not known")
        if platform:
            self._metrics.refused(platform, _refusal_kind(error))
        return self._replies.problem(translator, error)

    @contextmanager
    def _counted_refusals(self, platform: str, began_s: float) -> Iterator[None]:
        """Counts an error that leaves the block as `handle` counts the reply about it."""
        try:
            yield
        except Exception as exc:
            tone = Tone.REFUSED if isinstance(exc, InputError | ServiceError) else Tone.FAILED
            self._metrics.answered(platform, tone, self._clock() - began_s)
            self._metrics.refused(platform, _refusal_kind(exc))
            raise


def _refusal_kind(error: Exception) -> str:
    return next((kind for error_type, kind in _REFUSAL_KINDS if isinstance(error, error_type)), "fault")
