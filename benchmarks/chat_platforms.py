"""Messages to the bot over loopback sockets: times until it acknowledges a picture, and until it answers.

The platforms' servers are those of the tests. They share process and cores with the bot, so the times are upper bounds.
"""

import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Protocol

from bot.dispatch.dispatcher import Dispatcher
from tests.bot.discord_adapter.running_adapter import opened_world, running_discord
from tests.bot.discord_adapter.world import World
from tests.bot.telegram_adapter.bot_api import BotApi
from tests.bot.telegram_adapter.calls import Call
from tests.bot.telegram_adapter.people import AKI, PRIVATE
from tests.bot.telegram_adapter.running_adapter import running_telegram

_ANSWER_METHODS = ("sendAnimation", "sendPhoto", "sendMessage")
_ACKNOWLEDGING_METHODS = ("setMessageReaction", "sendChatAction")


@dataclass(frozen=True, slots=True)
class TimedAnswer:
    """A message and its answer: milliseconds until the acknowledgement and until the answer, text and attachment."""

    acknowledged_ms: float
    answered_ms: float
    text: str
    attachment: bytes


class Room(Protocol):
    """A chat with the bot in it."""

    async def say(self, picture: bytes) -> None:
        """Post a picture."""

    async def acknowledged(self) -> None:
        """Wait until the bot acknowledges the picture."""

    async def answer(self) -> tuple[str, bytes]:
        """Wait for the answer: its text and attachment."""


class DiscordRoom:
    """A channel: pictures with a mention."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._sent = 0

    async def say(self, picture: bytes) -> None:
        """Post it."""
        self._sent += 1
        self._world.say(self._world.mention, [("shot.jpg", picture)])

    async def acknowledged(self) -> None:
        """Wait until the bot is typing."""
        await self._world.until(lambda: len(self._world.server.sent("POST", "*/typing")) >= self._sent)

    async def answer(self) -> tuple[str, bytes]:
        """The bot's message."""
        message = await self._world.answer(number=self._sent)
        embed: dict[str, Any] = dict(message.embeds[0]) if message.embeds else {}
        lines = (message.content, embed.get("title"), embed.get("description"))
        data = self._world.backend.cdn.get(message.attachments[0]["url"]) if message.attachments else b""
        return "\n".join(line for line in lines if line), data or b""


class TelegramRoom:
    """A private chat: photos."""

    def __init__(self, api: BotApi) -> None:
        self._api = api
        self._calls_before = 0

    async def say(self, picture: bytes) -> None:
        """Send it."""
        self._calls_before = len(self._api.calls)
        await self._api.say(PRIVATE, AKI, photo=self._api.photo(picture))

    async def acknowledged(self) -> None:
        """Wait for a reaction, or a chat action."""
        await self._api.until(lambda: self._of(_ACKNOWLEDGING_METHODS))

    async def answer(self) -> tuple[str, bytes]:
        """Wait for the bot's message."""
        await self._api.until(lambda: self._of(_ANSWER_METHODS))
        call = self._of(_ANSWER_METHODS)[0]
        text = call.result.get("caption") or call.result.get("text") or ""
        return text, next(iter(call.files.values()), b"")

    def _of(self, methods: Sequence[str]) -> list[Call]:
        return [call for call in self._api.calls[self._calls_before :] if call.method in methods and call.status == 200]


@asynccontextmanager
async def discord_room(dispatcher: Dispatcher) -> AsyncIterator[Room]:
    """Discord with the bot on it."""
    async with opened_world() as world, running_discord(world, dispatcher):
        yield DiscordRoom(world)


@asynccontextmanager
async def telegram_room(dispatcher: Dispatcher) -> AsyncIterator[Room]:
    """Telegram with the bot on it."""
    async with running_telegram(dispatcher) as at:
        yield TelegramRoom(at.api)


async def ask(room: Room, pictures: Sequence[bytes]) -> list[TimedAnswer]:
    """Post pictures one after the other, each after the answer to the one before."""
    answers = []
    for picture in pictures:
        started = time.perf_counter()
        await room.say(picture)
        await room.acknowledged()
        acknowledged_at = time.perf_counter()
        text, attachment = await room.answer()
        answers.append(
            TimedAnswer((acknowledged_at - started) * 1000, (time.perf_counter() - started) * 1000, text, attachment)
        )
    return answers
