"""A dispatcher with all its parts but the engine and the network."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, fields, replace
from itertools import count
from pathlib import Path

from bot.dispatch.dispatcher import Dispatcher
from bot.dispatch.picture_search import PICTURE_MEMORY_BYTES
from bot.dispatch.rate_limits import RateLimits
from bot.dispatch.worker import Worker
from bot.intake.picture_reader import UrlFetcher
from bot.language.user_locales import UserLocales
from bot.messages import (
    ButtonPress,
    Chat,
    ChatKind,
    Command,
    CommandName,
    MediaKind,
    Options,
    PictureUrl,
    Reply,
    Request,
    RequestId,
    Upload,
    UserId,
)
from bot.metrics import Metrics
from bot.replies.answers import ReplySpec
from bot.search_engine import SearchEngine
from bot.storage.answer_store import AnswerStore
from bot.wiring import new_dispatcher
from config.bot_settings import BotSettings
from core.errors import FetchError, FetchProblem, LimitError
from core.library.feedback import FeedbackStore
from tests.bot.fake_engine import FakeEngine

ANN, BEN = UserId("test:ann"), UserId("test:ben")
PRIVATE = Chat(ChatKind.PRIVATE, 100_000)
GROUP = Chat(ChatKind.GROUP, 100_000)
GIFS = replace(GROUP, preview_kind=MediaKind.GIF)
_ids = count()


class Clock:
    def __init__(self, now_s: float) -> None:
        self.now_s = now_s

    def __call__(self) -> float:
        return self.now_s


@dataclass
class FakeLinks:
    """Links that lead to `pages`, by address: to a picture, or to why it cannot be had."""

    pages: Mapping[str, bytes | FetchProblem] = field(default_factory=dict)

    async def fetch(self, url: str, limit_bytes: int) -> bytes:
        if url not in self.pages:
            raise FetchError(FetchProblem.UNREACHABLE, f"{url}: no such host")
        page = self.pages[url]
        if isinstance(page, FetchProblem):
            raise FetchError(page, f"{url}: 10.1.2.3 is a private address")
        assert len(page) <= limit_bytes
        return page


@dataclass
class Bot:
    """A dispatcher, its parts, and the requests of a test."""

    dispatcher: Dispatcher
    worker: Worker
    limits: RateLimits
    store: AnswerStore
    feedback: FeedbackStore
    metrics: Metrics
    clock: Clock
    wall: Clock

    async def send(
        self,
        *pictures: bytes | Upload | PictureUrl,
        user: UserId = ANN,
        chat: Chat = PRIVATE,
        locale: str = "en",
        options: Options | None = None,
        spoiler: bool = False,
    ) -> Reply:
        request = request_of(*pictures, user=user, chat=chat, locale=locale, options=options, spoiler=spoiler)
        reply = await self.dispatcher.handle(request)
        assert reply is not None
        return reply

    async def press(
        self, action: str, *, user: UserId = ANN, chat: Chat = PRIVATE, text: str = "", locale: str = "en"
    ) -> Reply:
        return await self.dispatcher.press(ButtonPress(action, user, chat, locale, text))

    async def command(self, name: CommandName, argument: str = "", *, locale: str = "en") -> Reply:
        return await self.dispatcher.command(Command(name, ANN, PRIVATE, locale, argument))


def request_of(
    *pictures: bytes | Upload | PictureUrl,
    user: UserId = ANN,
    chat: Chat = PRIVATE,
    locale: str = "en",
    options: Options | None = None,
    spoiler: bool = False,
    request_id: str = "",
) -> Request:
    sent = tuple(upload(picture) if isinstance(picture, bytes) else picture for picture in pictures)
    name = RequestId(request_id or f"test:{next(_ids)}")
    return Request(name, user, chat, locale, sent, options or Options(), spoiler)


def upload(data: bytes) -> Upload:
    async def read(limit_bytes: int) -> bytes:
        assert len(data) <= limit_bytes
        await asyncio.sleep(0)
        return data

    return Upload("picture.png", read, len(data))


def lost(error: Exception) -> Upload:
    async def read(_limit_bytes: int) -> bytes:
        raise error

    return Upload("picture.png", read)


def reads(read: Callable[[int], Awaitable[bytes]]) -> Upload:
    return Upload("picture.png", read)


def labels(reply: Reply) -> list[str]:
    return [button.label for row in reply.rows for button in row]


def action(reply: Reply, label: str) -> str:
    return next(button.action for row in reply.rows for button in row if label in button.label)


def remaining(limits: RateLimits, user: UserId, limit: int) -> int:
    """Pictures that a user may still send; counts them all."""
    for taken_pictures in range(limit + 1):
        try:
            limits.take(user, 1)
        except LimitError:
            return taken_pictures
    raise AssertionError("there is no limit")


async def until_searched(engine: FakeEngine) -> None:
    assert await asyncio.to_thread(engine.begun.acquire, timeout=30)


@asynccontextmanager
async def opened(
    folder: Path,
    engine: SearchEngine,
    *,
    replies: ReplySpec | None = None,
    limits: tuple[int, int, int] = (1000, 1000, 1000),
    queue: int = 64,
    threads: int = 1,
    pages: Mapping[str, bytes | FetchProblem] | None = None,
    memory_bytes: int = PICTURE_MEMORY_BYTES,
    fetcher: UrlFetcher | None = None,
    **settings: object,
) -> AsyncIterator[Bot]:
    clock, wall = Clock(100.0), Clock(1_700_000_000.0)
    metrics = Metrics()
    store = AnswerStore(folder / "bot" / "cases", 3600, wall)
    feedback = FeedbackStore(folder / "feedback")
    limited = RateLimits(*limits, clock)
    worded = {name.name: getattr(replies or ReplySpec(), name.name) for name in fields(ReplySpec)}
    async with Worker(threads, queue, clock) as worker:
        dispatcher = new_dispatcher(
            BotSettings().model_copy(update={**worded, **settings}),
            engine=engine,
            worker=worker,
            limits=limited,
            store=store,
            feedback=feedback,
            user_locales=UserLocales(folder / "bot" / "languages.json"),
            links=fetcher or FakeLinks(pages or {}),
            metrics=metrics,
            clock=clock,
            memory_bytes=memory_bytes,
        )
        yield Bot(dispatcher, worker, limited, store, feedback, metrics, clock, wall)
