"""Answers to messages: acknowledged by typing, answered by one reply, cancelled when the message is deleted."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, replace
from datetime import datetime, timedelta

import aiohttp
import discord
from cachetools import FIFOCache

from bot.chat_platform.answered_messages import AnsweredMessages
from bot.chat_platform.reply_delivery import ReplyDelivery
from bot.discord_adapter import wording
from bot.discord_adapter.chat_context import (
    ChatContext,
    context_of_message,
    is_direct_message,
    sending_permission,
    user_id,
)
from bot.discord_adapter.message_parsing import MessageParser, ParsedMessage
from bot.discord_adapter.rendering import ALL_PERMISSIONS, ChannelPermissions, new_message
from bot.discord_adapter.spec import PLATFORM
from bot.dispatch.protocol import PlatformMetrics, RequestHandler
from bot.language.translations import Translator
from bot.messages import Command, Reply, Request
from bot.replies.error_messages import problem_reply
from core.errors import FetchError, FetchProblem

_log = logging.getLogger(__name__)
_REPORTS_LIMIT = 1000
"""Reports of missing permissions that are remembered, so that each is made once."""
_EDIT_MAX_AGE = timedelta(minutes=5)
"""Discord reports edits of old messages too; messages written or edited longer ago are not answered."""
_EDIT_NONCE_SUFFIX = "e"
"""Distinguishes the nonce of an answer to an edited message from that of the answer before the edit."""
_TEXT_ONLY = ChannelPermissions(embed_links=False, attach_files=False, read_message_history=False)
"""The form that is tried where Discord refuses more than the channel's permissions say."""


class MessageAnswers:
    """Answers messages. `clock` gives seconds, `now` the time of day."""

    def __init__(
        self,
        dispatcher: RequestHandler,
        delivery: ReplyDelivery,
        parser: MessageParser,
        metrics: PlatformMetrics,
        clock: Callable[[], float],
        now: Callable[[], datetime] = discord.utils.utcnow,
    ) -> None:
        self._dispatcher = dispatcher
        self._delivery = delivery
        self._parser = parser
        self._metrics = metrics
        self._clock = clock
        self._now = now
        self._reported: FIFOCache[tuple[str, int, int], None] = FIFOCache(_REPORTS_LIMIT)
        self._answered = AnsweredMessages[int]()

    async def answer(self, message: discord.Message, me: discord.ClientUser) -> None:
        """Answer a message if it is for the bot. Cancelling this cancels the request."""
        if self._parser.is_for_us(message, me):
            await self._answer(message, me)

    async def answer_edited(self, message: discord.Message, me: discord.ClientUser) -> None:
        """Answer a message that was just edited, or to which Discord has just added embeds, if it is for the bot now
        and `AnsweredMessages` allows it.
        """
        changed = message.edited_at or message.created_at
        if self._now() - changed > _EDIT_MAX_AGE or not self._answered.may_answer(message.id, has_pictures=True):
            return
        if self._parser.is_for_us(message, me):
            await self._answer(message, me, edited=True)

    async def _answer(self, message: discord.Message, me: discord.ClientUser, *, edited: bool = False) -> None:
        started = self._clock()
        context = context_of_message(message)
        parsed = await self._parse(message, me, context)
        has_pictures = isinstance(parsed, Request)
        if parsed is None or (edited and not self._answered.may_answer(message.id, has_pictures=has_pictures)):
            return
        self._answered.add(message.id, has_pictures=has_pictures)
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
            problem = f"Discord does not deliver a message ({type(error).__name__})."
            return problem_reply(self._translator_of(message, context), FetchError(FetchProblem.UNREACHABLE, problem))

    def _translator_of(self, message: discord.Message, context: ChatContext) -> Translator:
        return self._dispatcher.translator(user_id(message.author), context.locale)

    async def _reply_to(self, parsed: ParsedMessage) -> Reply | None:
        match parsed:
            case Request():
                return await self._dispatcher.handle(parsed)
            case Command():
                return await self._dispatcher.command(parsed)
            case _:
                return parsed

    async def _show_typing(self, channel: discord.abc.Messageable, acknowledged: asyncio.Event, started: float) -> None:
        """Show the bot as typing until cancelled: that needs no permission beyond sending, and ends by itself."""
        with suppress(discord.HTTPException, aiohttp.ClientError, OSError):
            async with channel.typing():
                acknowledged.set()
                self._metrics.acknowledged(PLATFORM, self._clock() - started)
                await asyncio.Event().wait()

    async def _send(self, message: discord.Message, context: ChatContext, reply: Reply, *, nonce: str) -> None:
        """Send the reply in the form that the permissions allow; as text where that is refused, and where that is
        refused too, tell the asker in a direct message.
        """
        if context.permissions != ALL_PERMISSIONS:
            self._log_once(message.channel, "Discord: in channel %d the bot lacks permissions: %s.", context)
        refusal: discord.Forbidden | None = None
        for permissions in dict.fromkeys((context.permissions, _TEXT_ONLY)):
            try:
                await self._send_with(message, context, permissions, reply, nonce)
            except discord.Forbidden as error:
                if is_direct_message(message):  # the user has blocked the bot
                    raise
                refusal = error
            else:
                return
        self._metrics.platform_fault(PLATFORM, "forbidden")
        _log.warning("Discord: answering: not allowed (%s).", refusal)
        await self._report_missing_permissions(message, context)

    async def _send_with(
        self, message: discord.Message, context: ChatContext, permissions: ChannelPermissions, reply: Reply, nonce: str
    ) -> None:
        if reply.media and not permissions.attach_files:
            line = wording.attachments_not_allowed(self._translator_of(message, context))
            reply = replace(reply, lines=(*reply.lines, line))

        async def send(attempt: Reply) -> None:
            kwargs = new_message(attempt, permissions)
            if permissions.read_message_history:
                kwargs |= {"reference": message.to_reference(fail_if_not_exists=False), "mention_author": False}
            # sent twice under one nonce it is still one message
            await message.channel.send(**kwargs, nonce=nonce)

        await self._delivery.deliver(reply, context.chat, send)

    async def _report_missing_permissions(self, message: discord.Message, context: ChatContext) -> None:
        """Tell the asker once, in a direct message, that the bot may not answer in this channel."""
        self._log_once(message.channel, "Discord: no permission to answer in channel %d: %s.", context)
        if not self._is_first(("asker", message.channel.id, message.author.id)):
            return
        name = f"#{getattr(message.channel, 'name', message.channel.id)}"
        names = _titles(context.missing or (sending_permission(message.channel),))
        reply = wording.missing_permissions(self._translator_of(message, context), name, names)
        with suppress(discord.Forbidden):  # the asker accepts no direct messages
            await message.author.send(**new_message(reply, replace(context.permissions, embed_links=True)))

    def _log_once(self, channel: discord.abc.Messageable, text: str, context: ChatContext) -> None:
        """Log a text with the channel's id and the missing permissions, once for each channel."""
        channel_id = int(getattr(channel, "id", 0))
        missing = context.missing or tuple(name for name, granted in asdict(context.permissions).items() if not granted)
        if self._is_first((text, channel_id, 0)):
            _log.warning(text, channel_id, _titles(missing))

    def _is_first(self, report: tuple[str, int, int]) -> bool:
        """Whether a report was not made before: its text, channel and user."""
        is_first = report not in self._reported
        self._reported[report] = None
        return is_first


def _titles(permissions: tuple[str, ...]) -> str:
    """Permissions as Discord's settings name them: `send_messages` is Send Messages."""
    return ", ".join(name.replace("_", " ").title() for name in permissions)
