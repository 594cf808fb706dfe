"""Delivery of replies to Telegram: new messages, edits, and lighter attachments where one is refused."""

import logging
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final

from telegram import Bot, LinkPreviewOptions, Message, ReplyParameters, User
from telegram.constants import ParseMode
from telegram.error import BadRequest, ChatMigrated, NetworkError, TelegramError

from bot.chat_platform.reply_delivery import AttachmentRefusal, ReplyDelivery
from bot.chat_platform.retry import Retry
from bot.dispatch.protocol import PlatformMetrics, RequestHandler
from bot.messages import Chat, Media, MediaKind, Reply
from bot.telegram_adapter.platform_errors import is_gone, is_not_allowed, is_too_large, is_unchanged
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
_NO_PREVIEW: Final = LinkPreviewOptions(is_disabled=True)


@dataclass(frozen=True, slots=True)
class ChatContext:
    """The chat of a message, its topic (`thread_id`), and the message that is replied to."""

    chat_id: int
    chat: Chat
    thread_id: int | None = None
    reply_to_id: int | None = None


class Delivery:
    """Sends and edits messages. Raises `TelegramError` when repeating a call did not help."""

    def __init__(self, bot: Bot, dispatcher: RequestHandler, metrics: PlatformMetrics, retry: Retry) -> None:
        self._bot = bot
        self._metrics = metrics
        self._delivery = ReplyDelivery(dispatcher, retry, self._refusal)

    async def send(self, context: ChatContext, reply: Reply, asker: User | None = None) -> None:
        """Send a new message. In a group `asker` is mentioned when the reply asks for a text."""
        try:
            await self._delivery.deliver(reply, context.chat, partial(self._send, context, asker))
        except ChatMigrated as exc:
            # the group was upgraded to a supergroup, where messages have other ids
            supergroup = replace(context, chat_id=exc.new_chat_id, reply_to_id=None)
            await self._delivery.deliver(reply, context.chat, partial(self._send, supergroup, asker))

    async def send_notice(self, context: ChatContext, reply: Reply) -> int:
        """Send a temporary message without a notification sound; returns its id, for `delete`."""
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
        """Delete a message of the bot; one that cannot be deleted stays."""
        try:
            await self._bot.delete_message(context.chat_id, message_id)
        except TelegramError as exc:
            _log.info("a message in chat %d stays: %s", context.chat_id, exc.message)

    async def edit(self, message: Message, context: ChatContext, reply: Reply) -> None:
        """Edit a message of the bot; where that is not possible, send a new one and remove the buttons of the old."""
        await self._delivery.deliver(reply, context.chat, partial(self._replace, message, context))

    def _refusal(self, error: Exception, media: Media) -> AttachmentRefusal | None:
        if not isinstance(error, NetworkError) or not (isinstance(error, BadRequest) or is_too_large(error)):
            return None
        self._metrics.platform_fault(PLATFORM, "upload")
        _log.info("Telegram refuses %s (%s)", media.kind.value, error.message)
        return AttachmentRefusal.NOT_ALLOWED if is_not_allowed(error) else AttachmentRefusal.TOO_LARGE

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
        if reply.text_prompt:
            text = prompt_of(reply, reply.text_prompt, asker, self._bot.username)
            options["reply_markup"] = force_reply(reply.text_prompt, selective=asker is not None)
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
        """Whether the message could be edited to show the reply."""
        chat_id, message_id, keyboard = message.chat.id, message.message_id, keyboard_of(reply)
        if reply.text_prompt:
            return False
        if reply.media:
            media = media_of(reply.media, html_of(reply, CAPTION_LIMIT))
            await self._bot.edit_message_media(media, chat_id, message_id, reply_markup=keyboard)
            return True
        if message.effective_attachment:
            # an attachment can be replaced, but not removed
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
