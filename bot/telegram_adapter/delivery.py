"""Replies on their way: sent as one message or in the place of another, lighter when Telegram refuses the upload."""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final

from telegram import Bot, LinkPreviewOptions, Message, ReplyParameters, User
from telegram.constants import ParseMode
from telegram.error import BadRequest, ChatMigrated, NetworkError, TelegramError

from bot.dispatch.protocol import PlatformMetrics, RequestHandler
from bot.messages import Chat, MediaKind, Reply
from bot.telegram_adapter.platform_errors import Retry, is_gone, is_not_allowed, is_too_large, is_unchanged
from bot.telegram_adapter.rendering import (
    CAPTION_LIMIT,
    TEXT_LIMIT,
    force_reply,
    html_of,
    keyboard_of,
    media_of,
    prompt_of,
)
from bot.telegram_adapter.spec import PLATFORM

_log = logging.getLogger(__name__)
_FORMS_LIMIT: Final = 5
"""Forms of one reply that are tried before its media are left out."""
_NO_PREVIEW: Final = LinkPreviewOptions(is_disabled=True)


@dataclass(frozen=True, slots=True)
class ChatContext:
    """Where a reply goes: a chat, a topic of it, and the message that it answers."""

    chat_id: int
    chat: Chat
    thread_id: int | None = None
    reply_to_id: int | None = None


class Delivery:
    """Sends and edits. Raises `TelegramError` for what trying again did not help."""

    def __init__(self, bot: Bot, dispatcher: RequestHandler, metrics: PlatformMetrics, retry: Retry) -> None:
        self._bot = bot
        self._dispatcher = dispatcher
        self._metrics = metrics
        self._retry = retry

    async def send(self, context: ChatContext, reply: Reply, asker: User | None = None) -> None:
        """A message of its own. `asker` is named in what asks them for a text."""
        try:
            await self._lightened(reply, context.chat, partial(self._send, context, asker))
        except ChatMigrated as exc:
            # the group has become a supergroup, whose messages have other numbers
            supergroup = replace(context, chat_id=exc.new_chat_id, reply_to_id=None)
            await self._lightened(reply, context.chat, partial(self._send, supergroup, asker))

    async def send_notice(self, context: ChatContext, reply: Reply) -> int:
        """Words of a moment, without a sound; the number of the message, for `take_back`."""
        message = await self._bot.send_message(
            context.chat_id,
            html_of(reply, TEXT_LIMIT),
            parse_mode=ParseMode.HTML,
            message_thread_id=context.thread_id,
            disable_notification=True,
            reply_parameters=ReplyParameters(context.reply_to_id, allow_sending_without_reply=True)
            if context.reply_to_id
            else None,
        )
        return message.message_id

    async def delete(self, context: ChatContext, message_id: int) -> None:
        """Delete a message of ours; one that cannot be deleted stays."""
        try:
            await self._bot.delete_message(context.chat_id, message_id)
        except TelegramError as exc:
            _log.info("a message in chat %d stays: %s", context.chat_id, exc.message)

    async def edit(self, message: Message, context: ChatContext, reply: Reply) -> None:
        """In the place of a message of ours; where Telegram does not allow that, a new one takes over its buttons."""
        await self._lightened(reply, context.chat, partial(self._replace, message, context))

    async def _lightened(self, reply: Reply, chat: Chat, show: Callable[[Reply], Awaitable[None]]) -> None:
        for _ in range(_FORMS_LIMIT):
            try:
                return await self._retry(partial(show, reply))
            except NetworkError as exc:
                if reply.media is None or not (isinstance(exc, BadRequest) or is_too_large(exc)):
                    raise
                self._metrics.platform_fault(PLATFORM, "upload")
                _log.info("Telegram refuses %s (%s)", reply.media.kind.value, exc.message)
                if is_not_allowed(exc):
                    reply = replace(reply, media=None)
                else:
                    reply = await self._dispatcher.lighter(reply, chat)
        return await self._retry(partial(show, replace(reply, media=None)))

    async def _send(self, context: ChatContext, asker: User | None, reply: Reply) -> None:
        options: dict[str, Any] = {
            "chat_id": context.chat_id,
            "message_thread_id": context.thread_id,
            "parse_mode": ParseMode.HTML,
            "reply_parameters": (
                ReplyParameters(context.reply_to_id, allow_sending_without_reply=True) if context.reply_to_id else None
            ),
            "reply_markup": keyboard_of(reply),
        }
        if reply.ask:
            text = prompt_of(reply, reply.ask, asker, self._bot.username)
            options["reply_markup"] = force_reply(reply.ask, selective=asker is not None)
            await self._bot.send_message(text=text, link_preview_options=_NO_PREVIEW, **options)
        elif reply.media is None:
            text = html_of(reply, TEXT_LIMIT)
            await self._bot.send_message(text=text, link_preview_options=_NO_PREVIEW, **options)
        else:
            media = reply.media
            options |= {
                "caption": html_of(reply, CAPTION_LIMIT),
                "has_spoiler": media.spoiler,
                "filename": media.name,
            }
            if media.kind is MediaKind.JPEG:
                await self._bot.send_photo(photo=media.data, **options)
            else:
                await self._bot.send_animation(animation=media.data, **options)

    async def _replace(self, message: Message, context: ChatContext, reply: Reply) -> None:
        try:
            if await self._edit(message, reply):
                return
        except BadRequest as exc:
            if is_unchanged(exc):
                return
            if not is_gone(exc):
                raise
        await self._send(context, None, reply)
        try:
            await self._bot.edit_message_reply_markup(message.chat.id, message.message_id, reply_markup=None)
        except TelegramError as exc:
            _log.debug("the buttons of an old message stay: %s", exc.message)

    async def _edit(self, message: Message, reply: Reply) -> bool:
        """Whether the message could be made to show the reply."""
        chat_id, message_id, keyboard = message.chat.id, message.message_id, keyboard_of(reply)
        if reply.ask:
            return False
        if reply.media:
            media = media_of(reply.media, html_of(reply, CAPTION_LIMIT))
            await self._bot.edit_message_media(media, chat_id, message_id, reply_markup=keyboard)
            return True
        if message.effective_attachment:
            # what a message shows can be exchanged, but not taken away
            return False
        await self._bot.edit_message_text(
            html_of(reply, TEXT_LIMIT),
            chat_id,
            message_id,
            parse_mode=ParseMode.HTML,
            link_preview_options=_NO_PREVIEW,
            reply_markup=keyboard,
        )
        return True
