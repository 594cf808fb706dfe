"""Answers to messages: seen at once, answered by one reply, given up when the message is deleted."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta

import aiohttp
import discord

from bot.discord_adapter import wording
from bot.discord_adapter.chat_context import ChatContext, context_of_message, is_private, sending_permission
from bot.discord_adapter.delivery import Delivery
from bot.discord_adapter.message_parsing import MessageParser, ParsedMessage
from bot.discord_adapter.rendering import ALL_PERMISSIONS, ChannelPermissions, new_message
from bot.discord_adapter.spec import PLATFORM
from bot.dispatch.protocol import PlatformMetrics, RequestHandler
from bot.language.translations import Translations
from bot.messages import Command, Reply, Request
from bot.replies.error_messages import problem_reply
from core.errors import FetchError, FetchProblem

_log = logging.getLogger(__name__)
_REMEMBERED = 1000
"""Channels and people whom something was said to once, and messages that were answered."""
_NEW = timedelta(minutes=5)
"""Discord tells of changes long after anything was written; what was written longer ago is passed over."""
_EDITED = "e"
"""Of the nonce of what is said to a message after it was changed: it is another message than what was said before."""
_PLAIN = ChannelPermissions(embeds=False, files=False, points=False)
"""What is left where more is refused though nothing says so."""


class MessageAnswers:
    """Answers messages. `clock` gives seconds, `now` the time of day."""

    def __init__(
        self,
        dispatcher: RequestHandler,
        delivery: Delivery,
        reader: MessageParser,
        texts: Translations,
        metrics: PlatformMetrics,
        clock: Callable[[], float],
        now: Callable[[], datetime] = discord.utils.utcnow,
    ) -> None:
        self._dispatcher = dispatcher
        self._delivery = delivery
        self._reader = reader
        self._texts = texts
        self._metrics = metrics
        self._clock = clock
        self._now = now
        self._told: dict[tuple[str, int, int], None] = {}
        self._answered: dict[int, bool] = {}

    async def answer(self, message: discord.Message, me: discord.ClientUser) -> None:
        """Answer a message if it is for us. Cancelling it gives the request up."""
        if self._reader.is_for_us(message, me):
            await self._answer(message, me)

    async def answer_edited(self, message: discord.Message, me: discord.ClientUser) -> None:
        """Answer a message that has just been changed, or whose links Discord has only now looked up, if it is for us
        now. Once its pictures were looked up nothing more is said to it, and words of ours are said to it once.
        """
        changed = message.edited_at or message.created_at
        if self._now() - changed > _NEW or self._answered.get(message.id):
            return
        if self._reader.is_for_us(message, me):
            await self._answer(message, me, edited=True)

    async def _answer(self, message: discord.Message, me: discord.ClientUser, *, edited: bool = False) -> None:
        started = self._clock()
        place = context_of_message(message)
        wanted = await self._wanted(message, me, place)
        if wanted is None or (edited and message.id in self._answered and not isinstance(wanted, Request)):
            return
        self._answered[message.id] = isinstance(wanted, Request)
        while len(self._answered) > _REMEMBERED:
            self._answered.pop(next(iter(self._answered)))
        if place.missing:
            await self._say_elsewhere(message, place)
            return
        seen = asyncio.Event()
        typing = asyncio.create_task(self._show_seen(message.channel, seen, started))
        notices: list[discord.Message] = []

        async def notify(words: Reply) -> None:
            notices.append(await message.channel.send(**new_message(words, place.permissions), silent=True))

        try:
            reply = await self._reply_to(replace(wanted, notify=notify) if isinstance(wanted, Request) else wanted)
            if reply is not None:
                await self._send(message, place, reply, nonce=f"{message.id}{_EDITED if edited else ''}")
        finally:
            typing.cancel()
            for notice in notices:
                with suppress(discord.HTTPException, aiohttp.ClientError, OSError):
                    await notice.delete()
        if reply is None:
            return
        if not seen.is_set():
            self._metrics.acknowledged(PLATFORM, self._clock() - started)

    async def _wanted(self, message: discord.Message, me: discord.ClientUser, place: ChatContext) -> ParsedMessage:
        try:
            return await self._reader.read(message, me, place)
        except (discord.DiscordServerError, aiohttp.ClientError, OSError) as error:
            problem = f"Discord does not give out a message ({type(error).__name__})."
            return problem_reply(self._texts.of(place.locale), FetchError(FetchProblem.UNREACHABLE, problem))

    async def _reply_to(self, wanted: ParsedMessage) -> Reply | None:
        match wanted:
            case Request():
                return await self._dispatcher.handle(wanted)
            case Command():
                return await self._dispatcher.command(wanted)
            case _:
                return wanted

    async def _show_seen(self, channel: discord.abc.Messageable, seen: asyncio.Event, started: float) -> None:
        """Be seen typing until cancelled: it needs no permission beyond writing, and goes away by itself."""
        with suppress(discord.HTTPException, aiohttp.ClientError, OSError):
            async with channel.typing():
                seen.set()
                self._metrics.acknowledged(PLATFORM, self._clock() - started)
                await asyncio.Event().wait()

    async def _send(self, message: discord.Message, place: ChatContext, reply: Reply, *, nonce: str) -> None:
        """The reply as far as permissions go; plain words where more is refused, and else to the asker in private."""
        if place.permissions != ALL_PERMISSIONS:
            self._log_once(message.channel, "Discord: in channel %d the bot lacks permissions: %s.", place)
        refusal: discord.Forbidden | None = None
        for manner in dict.fromkeys((place.permissions, _PLAIN)):
            try:
                await self._send_in(message, place, manner, reply, nonce)
            except discord.Forbidden as error:
                if is_private(message):  # who blocks us is left alone
                    raise
                refusal = error
            else:
                return
        self._metrics.platform_fault(PLATFORM, "forbidden")
        _log.warning("Discord: answering: not allowed (%s).", refusal)
        await self._say_elsewhere(message, place)

    async def _send_in(
        self, message: discord.Message, place: ChatContext, manner: ChannelPermissions, reply: Reply, nonce: str
    ) -> None:
        if reply.media and not manner.files:
            reply = replace(reply, lines=(*reply.lines, wording.cannot_attach(self._texts.of(place.locale))))

        async def send(attempt: Reply) -> None:
            kwargs = new_message(attempt, manner)
            if manner.points:
                kwargs |= {"reference": message.to_reference(fail_if_not_exists=False), "mention_author": False}
            # sent again under the same nonce it is still one message
            await message.channel.send(**kwargs, nonce=nonce)

        await self._delivery.deliver(reply, place.chat, send)

    async def _say_elsewhere(self, message: discord.Message, place: ChatContext) -> None:
        """Tell the asker in private, once, that we may not answer where they asked."""
        self._log_once(message.channel, "Discord: no permission to answer in channel %d: %s.", place)
        if not self._first_time("asker", message.channel.id, message.author.id):
            return
        name = f"#{getattr(message.channel, 'name', message.channel.id)}"
        missing = place.missing or (sending_permission(message.channel),)
        names = ", ".join(name.replace("_", " ").title() for name in missing)
        reply = wording.cannot_write(self._texts.of(place.locale), name, names)
        with suppress(discord.Forbidden):  # takes no messages from strangers
            await message.author.send(**new_message(reply, replace(place.permissions, embeds=True)))

    def _log_once(self, channel: discord.abc.Messageable, text: str, place: ChatContext) -> None:
        number = int(getattr(channel, "id", 0))
        lacking = [
            name
            for name, given in (
                ("Embed Links", place.permissions.embeds),
                ("Attach Files", place.permissions.files),
                ("Read Message History", place.permissions.points),
            )
            if not given
        ]
        names = [one.replace("_", " ").title() for one in place.missing] or lacking
        if self._first_time(text, number, 0):
            _log.warning(text, number, ", ".join(names))

    def _first_time(self, what: str, channel: int, user: int) -> bool:
        key = (what, channel, user)
        if key in self._told:
            return False
        self._told[key] = None
        while len(self._told) > _REMEMBERED:
            self._told.pop(next(iter(self._told)))
        return True
