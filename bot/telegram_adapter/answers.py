"""Answers to messages and button presses."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import replace

from telegram import CallbackQuery, Message
from telegram.error import BadRequest

from bot.chat_platform.answered_messages import AnsweredMessages
from bot.chat_platform.late_answer import answer_or_notice
from bot.dispatch.protocol import RequestHandler
from bot.messages import ButtonPress, ChatKind, Command, Reply
from bot.telegram_adapter import wording
from bot.telegram_adapter.acknowledgement import Acknowledgement
from bot.telegram_adapter.delivery import ChatContext, Delivery
from bot.telegram_adapter.message_parsing import MessageParser, ParsedMessage, PictureMessage
from bot.telegram_adapter.rendering import alert_of

_log = logging.getLogger(__name__)


class MessageAnswers:
    """Answers messages and button presses, several at the same time. `press_timeout_s` as in `Timing`. Methods raise
    `TelegramError`.
    """

    def __init__(
        self,
        dispatcher: RequestHandler,
        delivery: Delivery,
        parser: MessageParser,
        acknowledgement: Acknowledgement,
        press_timeout_s: float,
    ) -> None:
        self._dispatcher = dispatcher
        self._delivery = delivery
        self._parser = parser
        self._acknowledgement = acknowledgement
        self._press_timeout_s = press_timeout_s
        self._answered = AnsweredMessages[tuple[int, int]]()

    def is_for_us(self, message: Message) -> bool:
        """Whether a message is for the bot."""
        return self._parser.is_for_us(message)

    async def acknowledge(self, message: Message, received_s: float) -> None:
        """Show that a message for the bot is being answered."""
        await self._acknowledgement.show_working(message, received_s)

    async def answer(self, messages: Sequence[Message], received_s: float, *, acknowledged: bool = False) -> None:
        """Answer a message, or the messages of an album; `acknowledged`: `acknowledge` was called already."""
        await self._answer(messages, self._parser.parse(messages), received_s, acknowledged=acknowledged)

    async def answer_edited(self, message: Message, received_s: float) -> None:
        """Answer a message that was edited, if `AnsweredMessages` allows it."""
        parsed = self._parser.parse((message,))
        has_pictures = isinstance(parsed, PictureMessage)
        if self._answered.may_answer((message.chat.id, message.message_id), has_pictures=has_pictures):
            await self._answer((message,), parsed, received_s)

    async def _answer(
        self, messages: Sequence[Message], parsed: ParsedMessage, received_s: float, *, acknowledged: bool = False
    ) -> None:
        if parsed is None:
            return
        for message in messages:
            has_pictures = isinstance(parsed, PictureMessage)
            self._answered.add((message.chat.id, message.message_id), has_pictures=has_pictures)
        first = messages[0]
        context = self._context(first)
        asker = first.from_user if context.chat.kind is ChatKind.GROUP else None
        match parsed:
            case PictureMessage():
                await self._search(first, parsed, received_s, acknowledged=acknowledged)
            case Command():
                await self._delivery.send(context, await self._dispatcher.command(parsed), asker)
            case ButtonPress():
                await self._delivery.send(context, await self._dispatcher.press(parsed), asker)
            case Reply():
                await self._delivery.send(context, parsed, asker)

    async def press(self, query: CallbackQuery) -> None:
        """Answer a button press."""
        press = self._parser.parse_press(query)
        if press is None:
            await self._answer_query(query)
            return
        reply, in_time = await answer_or_notice(
            self._dispatcher.press(press), self._press_timeout_s, lambda: self._answer_query(query)
        )
        alert = alert_of(reply)
        if in_time:
            await self._answer_query(query, alert)
        if not (in_time and alert):
            await self._show(query, reply)

    async def _search(
        self, message: Message, picture_message: PictureMessage, received_s: float, *, acknowledged: bool
    ) -> None:
        acknowledging = None if acknowledged else asyncio.create_task(self.acknowledge(message, received_s))
        context, notice_ids = self._context(message), list[int]()

        async def notify(notice: Reply) -> None:
            notice_ids.append(await self._delivery.send_notice(context, notice))

        try:
            reply = await self._dispatcher.handle(replace(picture_message.request, notify=notify))
            if reply is not None:
                if picture_message.thumbnail:
                    request = picture_message.request
                    line = wording.thumbnail_only(self._dispatcher.translator(request.user, request.locale))
                    reply = replace(reply, lines=(*reply.lines, line))
                await self._delivery.send(context, reply)
            if acknowledging:
                await acknowledging
            await self._acknowledgement.show_result(message, reply.tone if reply else None)
        finally:
            if acknowledging:
                acknowledging.cancel()
            for notice_id in notice_ids:
                await self._delivery.delete(context, notice_id)

    async def _show(self, query: CallbackQuery, reply: Reply) -> None:
        """Show the reply to a press by editing the button's message, or by a new message."""
        message = query.message
        if message is None:
            return
        chat = self._parser.chat_of(message)
        asker = query.from_user if chat.kind is ChatKind.GROUP else None
        if not isinstance(message, Message):
            await self._delivery.send(ChatContext(message.chat.id, chat), reply, asker)
        elif reply.edits:
            question_id = message.reply_to_message.message_id if message.reply_to_message else None
            await self._delivery.edit(message, replace(self._context(message), reply_to_id=question_id), reply)
        else:
            await self._delivery.send(self._context(message), reply, asker)

    async def _answer_query(self, query: CallbackQuery, alert: str | None = None) -> None:
        """Answer the callback query, after which the button no longer shows progress; with a text to show, or none."""
        try:
            await query.answer(alert, show_alert=alert is not None)
        except BadRequest as exc:
            _log.info("a button was answered too late: %s", exc.message)

    def _context(self, message: Message) -> ChatContext:
        thread = message.message_thread_id if message.is_topic_message else None
        return ChatContext(message.chat.id, self._parser.chat_of(message), thread, message.message_id)
