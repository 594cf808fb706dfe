"""A dispatcher and metrics that record their calls."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from bot.dispatch.show_suggestions import ShowSuggestion
from bot.messages import ButtonPress, Chat, Command, Media, MediaKind, Reply, Request, Tone, Upload, UserId
from core.errors import FetchError, FetchProblem
from tests.bot.request_handlers import PlainRequestHandler

PICTURE = b"a picture"
LIMIT_BYTES = 1_000_000


@dataclass
class FakeDispatcher(PlainRequestHandler):
    """Answers by `answer` and `press_reply`, reads all uploads, and records requests, presses and commands."""

    answer: Callable[[Request], Reply] = lambda _: Reply(Tone.FOUND, "Found")
    press_reply: Callable[[ButtonPress], Reply] = lambda _: Reply(Tone.INFO, "Pressed")
    notice: Reply | None = None
    requests: list[Request] = field(default_factory=list)
    read: list[list[bytes | FetchProblem]] = field(default_factory=list)
    presses: list[ButtonPress] = field(default_factory=list)
    commands: list[Command] = field(default_factory=list)
    show_names: tuple[str, ...] = ("Aria", "Paper Boats")
    typed: list[tuple[str, Chat]] = field(default_factory=list)
    cancelled: list[Request] = field(default_factory=list)
    lightened: list[Reply] = field(default_factory=list)
    started: asyncio.Event = field(default_factory=asyncio.Event)
    proceed: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.proceed.set()
        self._handled: set[str] = set()

    async def handle(self, request: Request) -> Reply | None:
        if request.id in self._handled:
            return None
        self._handled.add(request.id)
        self.requests.append(request)
        try:
            self.read.append([await _bytes(picture) for picture in request.pictures if isinstance(picture, Upload)])
            self.started.set()
            if self.notice is not None and request.notify is not None:
                await request.notify(self.notice)
            await self.proceed.wait()
        except asyncio.CancelledError:
            self.cancelled.append(request)
            raise
        return self.answer(request)

    async def press(self, press: ButtonPress) -> Reply:
        self.presses.append(press)
        self.started.set()
        await self.proceed.wait()
        return self.press_reply(press)

    async def command(self, command: Command) -> Reply:
        self.commands.append(command)
        return Reply(Tone.INFO, "Help")

    async def shows(self, text: str, user: UserId, chat: Chat, locale: str, limit: int) -> tuple[ShowSuggestion, ...]:
        assert user
        assert locale
        self.typed.append((text, chat))
        return tuple(ShowSuggestion(name, name) for name in self.show_names[:limit])

    async def lighter(self, reply: Reply, chat: Chat) -> Reply:
        del chat
        self.lightened.append(reply)
        kinds = {MediaKind.GIF: MediaKind.JPEG}
        media = reply.media
        kind = kinds.get(media.kind) if media else None
        lighter = Media(kind, b"light", "scene.jpg") if kind else None
        return Reply(reply.tone, reply.title, reply.lines, media=lighter)


async def _bytes(upload: Upload) -> bytes | FetchProblem:
    try:
        return await upload.read(LIMIT_BYTES)
    except FetchError as error:
        return error.problem


@dataclass
class FakeMetrics:
    """Records its calls; `note` is called after each."""

    note: Callable[[], None] = lambda: None
    acknowledged_s: list[float] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def acknowledged(self, platform: str, seconds: float) -> None:
        assert platform == "discord"
        self.acknowledged_s.append(seconds)
        self.note()

    def platform_fault(self, platform: str, kind: str) -> None:
        assert platform == "discord"
        self.faults.append(kind)
        self.note()
