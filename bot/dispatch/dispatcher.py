"""What stands between the chats and the engine: requests, buttons and commands in, replies out. Knows no platform."""

import asyncio
import logging
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Final, cast

from bot.dispatch.button_presses import ButtonPresses
from bot.dispatch.picture_requests import PictureRequest, PictureRequests
from bot.dispatch.rate_limits import RateLimits, Ticket
from bot.dispatch.result_cache import ResultCache
from bot.dispatch.show_suggestions import ShowSuggestion, ShowSuggestions
from bot.dispatch.waiting_notice import waiting_notice
from bot.dispatch.worker import Worker
from bot.intake.picture_reader import PictureReader, UrlFetcher
from bot.intake.typed_options import ShowTitles
from bot.language.translations import Translations, Translator
from bot.language.user_locales import UserLocales
from bot.messages import ButtonPress, Chat, Command, CommandName, PictureUrl, Reply, Request, RequestId, Tone, UserId
from bot.metrics import Metrics
from bot.replies.answers import Replies
from bot.replies.attachments import PreviewAttachments
from bot.search_engine import SearchEngine
from bot.storage.answer_store import AnswerStore
from core.errors import (
    BusyError,
    DeadlineError,
    FetchError,
    FetchProblem,
    FilterError,
    InputError,
    LibraryError,
    LimitError,
    PictureError,
    ServiceError,
    WhenAnimeError,
)
from core.library.feedback import FeedbackStore

_REMEMBERED: Final = 10_000
"""Requests whose ids are known when they come again."""
_OURS: Final = (FetchProblem.NOT_FOUND, FetchProblem.TOO_SLOW, FetchProblem.UNREACHABLE)
"""Why a platform's file may be missing without the fault of who sent it."""
_KINDS: Final[tuple[tuple[type[Exception], str], ...]] = (
    (LimitError, "limit"),
    (BusyError, "busy"),
    (DeadlineError, "deadline"),
    (PictureError, "picture"),
    (FetchError, "fetch"),
    (FilterError, "filter"),
    (LibraryError, "library"),
)
_REFUSALS: Final = (Tone.REFUSED, Tone.FAILED)
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class DispatcherSpec:
    """What of the settings the dispatcher itself needs.

    `languages` is the file that users' choices are kept in. `pictures` of a message are looked up at most, each of at
    most `picture_limit_bytes`; `downloads` are read at one time. `deadline_s` is for a request as a whole; a user who
    waits longer than `notice_s` is told how the queue is. Answers are remembered for `cache_s` seconds (0: never), at
    most `cache_size`. `preview`: whether one is attached at all;
    `links`: whether they are followed; `public_search`: whether what is not in the library gets buttons that open it in
    public search engines, where its address is public. `titles`: of a show, by its name in the library, by locale; a
    filter takes them.
    """

    languages: Path
    pictures: int = 4
    picture_limit_bytes: int = 25 * 1024 * 1024
    downloads: int = 8
    deadline_s: float = 30.0
    notice_s: float = 5.0
    cache_s: float = 3600.0
    cache_size: int = 1000
    preview: bool = True
    links: bool = True
    public_search: bool = True
    titles: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


class Dispatcher:
    """Answers whatever the chats hand on. Its methods raise nothing but `CancelledError`: what goes wrong is a reply,
    and what nobody foresaw is logged with its traceback. For the event loop in which it is used first.

    Pictures count against the limits when they are taken. They are given back when the answer fails for no fault of
    the one who asked, and when that one's task is cancelled; an answer from memory and a button count a quarter.
    """

    def __init__(
        self,
        engine: SearchEngine,
        worker: Worker,
        limits: RateLimits,
        cases: AnswerStore,
        feedback: FeedbackStore,
        fetcher: UrlFetcher,
        texts: Translations,
        replies: Replies,
        metrics: Metrics,
        spec: DispatcherSpec,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._limits = limits
        self._texts = texts
        self._replies = replies
        self._metrics = metrics
        self._worker = worker
        self._spec = spec
        self._clock = clock
        self._languages = UserLocales(spec.languages)
        self._titles = ShowTitles(spec.titles)
        self._suggestions = ShowSuggestions(engine, spec.titles, replies.adult_shows)
        previews = PreviewAttachments(engine) if spec.preview else None
        self._lookups = PictureRequests(
            engine=engine,
            worker=worker,
            limits=limits,
            intake=PictureReader(
                fetcher,
                downloads=spec.downloads,
                limit_bytes=spec.picture_limit_bytes,
                links_allowed=spec.links,
            ),
            cache=ResultCache(spec.cache_size, spec.cache_s, clock),
            cases=cases,
            replies=replies,
            previews=previews,
            metrics=metrics,
            public_search=spec.public_search,
        )
        self._presses = ButtonPresses(
            worker=worker,
            limits=limits,
            cases=cases,
            feedback=feedback,
            languages=self._languages,
            texts=texts,
            replies=replies,
            previews=previews,
            deadline_s=spec.deadline_s,
        )
        self._handled: OrderedDict[RequestId, None] = OrderedDict()
        self._under_way: dict[asyncio.Future[None], asyncio.Task[object]] = {}
        self._draining_s: float | None = None
        metrics.watch_queue(lambda: worker.waiting)

    async def handle(self, request: Request) -> Reply | None:
        """The reply to pictures; `None` when a request of this id was handled before.

        Cancelling the task takes the request out of every queue and gives back what it counted for.
        """
        if request.id in self._handled:
            return None
        self._handled[request.id] = None
        if len(self._handled) > _REMEMBERED:
            self._handled.popitem(last=False)
        began_s = self._clock()
        words = self.words(request.user, request.locale)
        platform = request.user.partition(":")[0]
        with self._counted():
            reply = await self._guarded(words, partial(self._answered, request, words, began_s), platform)
        seconds = self._clock() - began_s
        self._metrics.answered(platform, reply.tone, seconds)
        known = {"request": request.id, "platform": platform, "user": request.user, "case": reply.handle.split(":")[0]}
        _log.info("%s: %s in %.2f s", request.id, reply.tone, seconds, extra={**known, "seconds": round(seconds, 3)})
        return replace(reply, private=True) if request.options.private else reply

    async def press(self, press: ButtonPress) -> Reply:
        """The reply to a button, or to a text that was asked for."""
        words = self.words(press.user, press.locale)
        with self._counted():
            reply = await self._guarded(words, partial(self._presses.reply, press, words))
        return reply if reply.edits or reply.tone not in _REFUSALS else replace(reply, private=True)

    async def command(self, command: Command) -> Reply:
        """The reply to a command without a picture."""
        words = self.words(command.user, command.locale)
        with self._counted():
            return await self._guarded(words, partial(self._told, command, words))

    async def shows(self, text: str, user: UserId, chat: Chat, locale: str, limit: int) -> tuple[ShowSuggestion, ...]:
        """At most `limit` shows to choose from while a name is typed, without those that may not be named there."""
        suggest = partial(self._suggestions.suggest, text, chat, self.words(user, locale), limit)
        return await self._worker.aside(suggest)

    def words(self, user: UserId, locale: str) -> Translator:
        """The language that a user is spoken to in: the one that was chosen, else that of a BCP 47 tag."""
        return self._texts.of(self._languages.of(user) or locale)

    def speak(self, user: UserId, locale: str) -> None:
        """As if the user had chosen this language, until another is chosen or the process ends."""
        self._languages.speak(user, self._texts.of(locale).locale)

    async def lighter(self, reply: Reply, chat: Chat) -> Reply:
        """The same reply with less attached, for a chat that refused it: smaller, a still picture, then nothing."""
        with self._counted():
            try:
                return await self._presses.lighter(reply, chat)
            except Exception as exc:  # noqa: BLE001  # the answer goes out without a preview
                if not isinstance(exc, WhenAnimeError):
                    _log.exception("a lighter preview failed in a way that is not known")
                return replace(reply, media=None, handle="")

    async def drain(self, timeout_s: float) -> None:
        """Refuse requests from now on, and wait so long for replies that are under way; what is late is cancelled.

        A reply counts as done when it is returned, not when its platform has it.
        """
        self._draining_s = timeout_s
        if not self._under_way:
            return
        _done, late = await asyncio.wait(self._under_way, timeout=timeout_s)
        if late:
            _log.warning("%d requests were not answered before the end", len(late))
            for one in late:
                self._under_way[one].cancel()
            await asyncio.wait(late)

    async def _answered(self, request: Request, words: Translator, began_s: float) -> Reply:
        self._refuse_when_draining()
        if not request.pictures:
            return self._replies.help(words)
        left_out = len(request.pictures) - self._spec.pictures
        if left_out > 0:
            request = replace(request, pictures=request.pictures[: self._spec.pictures])
            reply = await self._answered(request, words, began_s)
            return self._replies.left_out(reply, words, left_out)
        options = replace(request.options, where=self._titles.named(request.options.where))
        request = replace(request, options=options)
        ticket = self._limits.take(request.user, len(request.pictures))
        job = PictureRequest(request, words)
        try:
            async with waiting_notice(request, words, self._worker, self._replies, self._spec.notice_s):
                return await self._in_time(self._lookups.answer(job, ticket, began_s, self._spec.deadline_s))
        except DeadlineError:
            if job.draft is not None:  # only the preview is late
                return job.draft
            self._limits.refund(ticket)
            raise
        except BaseException as exc:
            self._refund(ticket, request, exc)
            raise

    def _refund(self, ticket: Ticket, request: Request, error: BaseException) -> None:
        linked = any(isinstance(picture, PictureUrl) for picture in request.pictures)
        missing = isinstance(error, FetchError) and error.problem in _OURS and not linked
        if missing or not isinstance(error, InputError):
            self._limits.refund(ticket)

    async def _told(self, command: Command, words: Translator) -> Reply:
        match command.name:
            case CommandName.START:
                return self._replies.start(words)
            case CommandName.HELP:
                return self._replies.help(words)
            case CommandName.LANGUAGE:
                return await self._presses.language(command.user, command.argument.strip(), words)

    async def _in_time(self, answer: Awaitable[Reply]) -> Reply:
        try:
            async with asyncio.timeout(self._spec.deadline_s) as limit:
                return await answer
        except TimeoutError as exc:
            if not limit.expired():
                raise
            raise DeadlineError(f"No answer within {self._spec.deadline_s:.0f} seconds.") from exc

    async def _guarded(self, words: Translator, work: Callable[[], Awaitable[Reply]], platform: str = "") -> Reply:
        """What `work` returns, or in words what went wrong."""
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
            kind = next((name for known, name in _KINDS if isinstance(error, known)), "fault")
            self._metrics.refused(platform, kind)
        return self._replies.problem(words, error)

    def _refuse_when_draining(self) -> None:
        if self._draining_s is not None:
            raise BusyError("The bot is being stopped.", self._draining_s)

    @contextmanager
    def _counted(self) -> Iterator[None]:
        """Known to `drain` until it is done."""
        done = asyncio.get_running_loop().create_future()
        self._under_way[done] = cast("asyncio.Task[object]", asyncio.current_task())
        try:
            yield
        finally:
            del self._under_way[done]
            done.set_result(None)
