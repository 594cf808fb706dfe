"""A dispatcher and metrics that keep what they are told."""

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
    """Answers as it is told, reads what is sent, and keeps what it was asked."""

    answer: Callable[[Request], Reply] = lambda _: Reply(Tone.FOUND, "Found")
    pressed: Callable[[ButtonPress], Reply] = lambda _: Reply(Tone.INFO, "Pressed")
    notice: Reply | None = None
    requests: list[Request] = field(default_factory=list)
    read: list[list[bytes | FetchProblem]] = field(default_factory=list)
    presses: list[ButtonPress] = field(default_factory=list)
    commands: list[Command] = field(default_factory=list)
    shown: tuple[str, ...] = ("Aria", "Paper Boats")
    typed: list[tuple[str, Chat]] = field(default_factory=list)
    cancelled: list[Request] = field(default_factory=list)
    lightened: list[Reply] = field(default_factory=list)
    begun: asyncio.Event = field(default_factory=asyncio.Event)
    go_on: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.go_on.set()
        self._handled: set[str] = set()

    async def handle(self, request: Request) -> Reply | None:
        if request.id in self._handled:
            return None
        self._handled.add(request.id)
        self.requests.append(request)
        try:
            self.read.append([await _bytes(one) for one in request.pictures if isinstance(one, Upload)])
            self.begun.set()
            if self.notice is not None and request.notify is not None:
                await request.notify(self.notice)
            await self.go_on.wait()
        except asyncio.CancelledError:
            self.cancelled.append(request)
            raise
        return self.answer(request)

    async def press(self, press: ButtonPress) -> Reply:
        self.presses.append(press)
        self.begun.set()
        await self.go_on.wait()
        return self.pressed(press)

    async def command(self, command: Command) -> Reply:
        self.commands.append(command)
        return Reply(Tone.INFO, "Help")

    async def shows(self, text: str, user: UserId, chat: Chat, locale: str, limit: int) -> tuple[ShowSuggestion, ...]:
        assert user
        assert locale
        self.typed.append((text, chat))
        return tuple(ShowSuggestion(name, name) for name in self.shown[:limit])

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
    """Keeps what it is told."""

    note: Callable[[], None] = lambda: None
    seen_after_s: list[float] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def acknowledged(self, platform: str, seconds: float) -> None:
        assert platform == "discord"
        self.seen_after_s.append(seconds)
        self.note()

    def platform_fault(self, platform: str, kind: str) -> None:
        assert platform == "discord"
        self.faults.append(kind)
        self.note()
