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
from bot.discord_adapter.chat_context import ChatContext, context_of_message, is_direct_message, sending_permission
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
_MEMORY_LIMIT = 1000
"""Channels and people whom something was said to once, and messages that were answered."""
_EDIT_MAX_AGE = timedelta(minutes=5)
"""Discord tells of changes long after anything was written; what was written longer ago is passed over."""
_EDIT_NONCE_SUFFIX = "e"
"""Of the nonce of what is said to a message after it was changed: it is another message than what was said before."""
_TEXT_ONLY = ChannelPermissions(embed_links=False, attach_files=False, read_message_history=False)
"""What is left where more is refused though nothing says so."""


class MessageAnswers:
    """Answers messages. `clock` gives seconds, `now` the time of day."""

    def __init__(
        self,
        dispatcher: RequestHandler,
        delivery: Delivery,
        parser: MessageParser,
        texts: Translations,
        metrics: PlatformMetrics,
        clock: Callable[[], float],
        now: Callable[[], datetime] = discord.utils.utcnow,
    ) -> None:
        self._dispatcher = dispatcher
        self._delivery = delivery
        self._parser = parser
        self._texts = texts
        self._metrics = metrics
        self._clock = clock
        self._now = now
        self._reported: dict[tuple[str, int, int], None] = {}
        self._answered: dict[int, bool] = {}

    async def answer(self, message: discord.Message, me: discord.ClientUser) -> None:
        """Answer a message if it is for us. Cancelling it gives the request up."""
        if self._parser.is_for_us(message, me):
            await self._answer(message, me)

    async def answer_edited(self, message: discord.Message, me: discord.ClientUser) -> None:
        """Answer a message that has just been changed, or whose links Discord has only now looked up, if it is for us
        now. Once its pictures were looked up nothing more is said to it, and words of ours are said to it once.
        """
        changed = message.edited_at or message.created_at
        if self._now() - changed > _EDIT_MAX_AGE or self._answered.get(message.id):
            return
        if self._parser.is_for_us(message, me):
            await self._answer(message, me, edited=True)

    async def _answer(self, message: discord.Message, me: discord.ClientUser, *, edited: bool = False) -> None:
        started = self._clock()
        context = context_of_message(message)
        parsed = await self._parse(message, me, context)
        if parsed is None or (edited and message.id in self._answered and not isinstance(parsed, Request)):
            return
        self._answered[message.id] = isinstance(parsed, Request)
        while len(self._answered) > _MEMORY_LIMIT:
            self._answered.pop(next(iter(self._answered)))
        if context.missing:
            await self._report_missing_permissions(message, context)
            return
        acknowledged = asyncio.Event()
        typing = asyncio.create_task(self._show_typing(message.channel, acknowledged, started))
        notices: list[discord.Message] = []

        async def notify(notice: Reply) -> None:
            notices.append(await message.channel.send(**new_message(notice, context.permissions), silent=True))

        try:
            reply = await self._reply_to(replace(parsed, notify=notify) if isinstance(parsed, Request) else parsed)
            if reply is not None:
                await self._send(message, context, reply, nonce=f"{message.id}{_EDIT_NONCE_SUFFIX if edited else ''}")
        finally:
            typing.cancel()
            for notice in notices:
                with suppress(discord.HTTPException, aiohttp.ClientError, OSError):
                    await notice.delete()
        if reply is None:
            return
        if not acknowledged.is_set():
            self._metrics.acknowledged(PLATFORM, self._clock() - started)

    async def _parse(self, message: discord.Message, me: discord.ClientUser, context: ChatContext) -> ParsedMessage:
        try:
            return await self._parser.parse(message, me, context)
        except (discord.DiscordServerError, aiohttp.ClientError, OSError) as error:
            problem = f"Discord does not give out a message ({type(error).__name__})."
            return problem_reply(self._texts.of(context.locale), FetchError(FetchProblem.UNREACHABLE, problem))

    async def _reply_to(self, parsed: ParsedMessage) -> Reply | None:
        match parsed:
            case Request():
                return await self._dispatcher.handle(parsed)
            case Command():
                return await self._dispatcher.command(parsed)
            case _:
                return parsed

    async def _show_typing(self, channel: discord.abc.Messageable, acknowledged: asyncio.Event, started: float) -> None:
        """Be seen typing until cancelled: it needs no permission beyond writing, and goes away by itself."""
        with suppress(discord.HTTPException, aiohttp.ClientError, OSError):
            async with channel.typing():
                acknowledged.set()
                self._metrics.acknowledged(PLATFORM, self._clock() - started)
                await asyncio.Event().wait()

    async def _send(self, message: discord.Message, context: ChatContext, reply: Reply, *, nonce: str) -> None:
        """The reply as far as permissions go; plain words where more is refused, and else to the asker in private."""
        if context.permissions != ALL_PERMISSIONS:
            self._log_once(message.channel, "Discord: in channel %d the bot lacks permissions: %s.", context)
        error_of_last: discord.Forbidden | None = None
        for permissions in dict.fromkeys((context.permissions, _TEXT_ONLY)):
            try:
                await self._send_with(message, context, permissions, reply, nonce)
            except discord.Forbidden as error:
                if is_direct_message(message):  # who blocks us is left alone
                    raise
                error_of_last = error
            else:
                return
        self._metrics.platform_fault(PLATFORM, "forbidden")
        _log.warning("Discord: answering: not allowed (%s).", error_of_last)
        await self._report_missing_permissions(message, context)

    async def _send_with(
        self, message: discord.Message, context: ChatContext, permissions: ChannelPermissions, reply: Reply, nonce: str
    ) -> None:
        if reply.media and not permissions.attach_files:
            reply = replace(
                reply, lines=(*reply.lines, wording.attachments_not_allowed(self._texts.of(context.locale)))
            )

        async def send(attempt: Reply) -> None:
            kwargs = new_message(attempt, permissions)
            if permissions.read_message_history:
                kwargs |= {"reference": message.to_reference(fail_if_not_exists=False), "mention_author": False}
            # sent again under the same nonce it is still one message
            await message.channel.send(**kwargs, nonce=nonce)

        await self._delivery.deliver(reply, context.chat, send)

    async def _report_missing_permissions(self, message: discord.Message, context: ChatContext) -> None:
        """Tell the asker in private, once, that we may not answer where they asked."""
        self._log_once(message.channel, "Discord: no permission to answer in channel %d: %s.", context)
        if not self._first_time("asker", message.channel.id, message.author.id):
            return
        name = f"#{getattr(message.channel, 'name', message.channel.id)}"
        missing = context.missing or (sending_permission(message.channel),)
        names = ", ".join(name.replace("_", " ").title() for name in missing)
        reply = wording.missing_permissions(self._texts.of(context.locale), name, names)
        with suppress(discord.Forbidden):  # takes no messages from strangers
            await message.author.send(**new_message(reply, replace(context.permissions, embed_links=True)))

    def _log_once(self, channel: discord.abc.Messageable, text: str, context: ChatContext) -> None:
        channel_id = int(getattr(channel, "id", 0))
        lacking = [
            name
            for name, granted in (
                ("Embed Links", context.permissions.embed_links),
                ("Attach Files", context.permissions.attach_files),
                ("Read Message History", context.permissions.read_message_history),
            )
            if not granted
        ]
        names = [one.replace("_", " ").title() for one in context.missing] or lacking
        if self._first_time(text, channel_id, 0):
            _log.warning(text, channel_id, ", ".join(names))

    def _first_time(self, event: str, channel: int, user: int) -> bool:
        key = (event, channel, user)
        if key in self._reported:
            return False
        self._reported[key] = None
        while len(self._reported) > _MEMORY_LIMIT:
            self._reported.pop(next(iter(self._reported)))
        return True
