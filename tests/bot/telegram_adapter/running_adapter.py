"""The running Telegram adapter, over loopback sockets, between a simulated Bot API server and a fake dispatcher."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from bot.dispatch.protocol import RequestHandler
from bot.messages import ButtonPress, Chat, Command, PictureUrl, Reply, Request, Tone
from bot.metrics import Metrics
from bot.telegram_adapter import TelegramAdapter, TelegramSpec, Timing
from core.errors import InputError
from tests.bot.request_handlers import PlainRequestHandler
from tests.bot.telegram_adapter.api_document import DOCUMENT, ApiDocument
from tests.bot.telegram_adapter.bot_api import BotApi
from tests.bot.telegram_adapter.people import GROUP, MEI

TIMING = Timing(album_window_s=0.1, press_timeout_s=5.0, retry_pause_s=0.01, finish_timeout_s=5.0)


@dataclass
class FakeDispatcher(PlainRequestHandler):
    """Answers what it is told to, after reading the pictures; everything that came is kept."""

    answer: Callable[[Request], Reply | None] = lambda _: Reply(Tone.FOUND, "Paper Boats")
    press_reply: Callable[[ButtonPress], Reply] = lambda _: Reply(Tone.INFO, "pressed")
    command_reply: Callable[[Command], Reply] = lambda command: Reply(Tone.INFO, f"help {command.name}")
    lighter_reply: Callable[[Reply], Reply] = lambda reply: reply
    notice: Reply | None = None
    requests: list[Request] = field(default_factory=list)
    presses: list[ButtonPress] = field(default_factory=list)
    commands: list[Command] = field(default_factory=list)
    read: list[bytes | InputError] = field(default_factory=list)
    hold: asyncio.Event | None = None

    async def handle(self, request: Request) -> Reply | None:
        self.requests.append(request)
        if self.notice is not None and request.notify is not None:
            await request.notify(self.notice)
        if self.hold:
            await self.hold.wait()
        for picture in request.pictures:
            if isinstance(picture, PictureUrl):
                continue
            try:
                self.read.append(await picture.read(25_000_000))
            except InputError as exc:
                self.read.append(exc)
        return self.answer(request)

    async def press(self, press: ButtonPress) -> Reply:
        self.presses.append(press)
        if self.hold:
            await self.hold.wait()
        return self.press_reply(press)

    async def command(self, command: Command) -> Reply:
        self.commands.append(command)
        return self.command_reply(command)

    async def lighter(self, reply: Reply, chat: Chat) -> Reply:
        assert chat.upload_limit_bytes
        return self.lighter_reply(reply)


@dataclass
class RunningAdapter:
    """The adapter with what stands around it."""

    api: BotApi
    dispatcher: FakeDispatcher
    adapter: TelegramAdapter
    metrics: Metrics
    task: asyncio.Task[None]

    async def until_all_answered(self) -> None:
        """Wait until a last message is answered, and with it every earlier one."""
        await self.api.say(GROUP, MEI, "/help@whenanime_bot")
        await self.api.until(
            lambda: any(call.params["text"].startswith("<b>help") for call in self.api.of("sendMessage"))
        )

    def counted(self, line: str) -> bool:
        """Whether the metrics have a line, such as `whenanime_platform_faults_total{…} 1.0`."""
        return line in self.metrics.text().decode()


def spec_for(api: BotApi, **fields: Any) -> TelegramSpec:
    """The spec of an adapter for the server."""
    return TelegramSpec(
        token=fields.pop("token", api.token),
        base_url=f"{api.url}/bot",
        base_file_url=f"{api.url}/file/bot",
        **fields,
    )


@cache
def _document() -> ApiDocument | None:
    return ApiDocument() if DOCUMENT.exists() else None


@asynccontextmanager
async def running_telegram(
    dispatcher: RequestHandler | None = None,
    *,
    timing: Timing = TIMING,
    arguments: dict[str, Any] | None = None,
    api: BotApi | None = None,
    **fields: Any,
) -> AsyncIterator[RunningAdapter]:
    """Running server and adapter. At the end every call has to have been valid by the description of the API.

    `arguments` are of the adapter, `fields` of its spec.
    """
    server = api or BotApi()
    server.document = server.document or _document()
    handler = dispatcher or FakeDispatcher()
    metrics = Metrics()
    async with (
        server,
        TelegramAdapter(spec_for(server, **fields), handler, metrics, timing=timing, **(arguments or {})) as adapter,
    ):
        task = asyncio.create_task(adapter.run())
        try:
            yield RunningAdapter(server, handler, adapter, metrics, task)  # type: ignore[arg-type]  # tests know which it is
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
    assert not server.violations, server.violations
