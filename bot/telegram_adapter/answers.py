"""Answers to messages and buttons."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from telegram import CallbackQuery, Message
from telegram.error import BadRequest

from bot.dispatch.protocol import RequestHandler
from bot.language.translations import Translations
from bot.messages import ButtonPress, ChatKind, Command, Reply
from bot.telegram_adapter import wording
from bot.telegram_adapter.acknowledgement import Acknowledgement
from bot.telegram_adapter.delivery import ChatContext, Delivery
from bot.telegram_adapter.message_parsing import MessageParser, ParsedMessage, PictureMessage
from bot.telegram_adapter.rendering import alert_of

_log = logging.getLogger(__name__)
_REMEMBERED: Final = 1000
"""Messages that were answered, with whether pictures were looked up for them."""


class MessageAnswers:
    """Answers one thing at a time, many times at once. `press_s` as in `Pace`. Raises `TelegramError`."""

    def __init__(
        self,
        dispatcher: RequestHandler,
        delivery: Delivery,
        reader: MessageParser,
        acknowledgement: Acknowledgement,
        texts: Translations,
        press_s: float,
    ) -> None:
        self._dispatcher = dispatcher
        self._delivery = delivery
        self._reader = reader
        self._acknowledgement = acknowledgement
        self._texts = texts
        self._press_s = press_s
        self._answered: dict[tuple[int, int], bool] = {}

    def takes(self, message: Message) -> bool:
        """Whether a message is for us."""
        return self._reader.is_for_us(message)

    async def seen(self, message: Message, received_s: float) -> None:
        """Show that a message that is for us was seen."""
        await self._acknowledgement.seen(message, received_s)

    async def message(self, messages: Sequence[Message], received_s: float, *, seen: bool = False) -> None:
        """Answer a message, or those of an album. `seen`: this was shown already."""
        await self._answer(messages, self._reader.read(messages), received_s, seen=seen)

    async def edited(self, message: Message, received_s: float) -> None:
        """Answer a message that was changed. Once its pictures were looked up nothing more is said to it, and anything
        else is said to it once.
        """
        wanted = self._reader.read((message,))
        before = self._answered.get((message.chat.id, message.message_id))
        if before is None or (before is False and isinstance(wanted, PictureMessage)):
            await self._answer((message,), wanted, received_s)

    async def _answer(
        self, messages: Sequence[Message], wanted: ParsedMessage, received_s: float, *, seen: bool = False
    ) -> None:
        first = messages[0]
        if wanted is not None:
            self._remember(messages, looked_up=isinstance(wanted, PictureMessage))
        place = self._place(first)
        asker = first.from_user if place.chat.kind is ChatKind.GROUP else None
        match wanted:
            case PictureMessage():
                await self._look_up(first, wanted, received_s, seen=seen)
            case Command():
                await self._delivery.send(place, await self._dispatcher.command(wanted), asker)
            case ButtonPress():
                await self._delivery.send(place, await self._dispatcher.press(wanted), asker)
            case Reply():
                await self._delivery.send(place, wanted, asker)

    def _remember(self, messages: Sequence[Message], *, looked_up: bool) -> None:
        for message in messages:
            self._answered[message.chat.id, message.message_id] = looked_up
        while len(self._answered) > _REMEMBERED:
            self._answered.pop(next(iter(self._answered)))

    async def press(self, query: CallbackQuery) -> None:
        """Answer a button."""
        press = self._reader.press(query)
        if press is None:
            await self._stop_turning(query)
            return
        answering = asyncio.create_task(self._dispatcher.press(press))
        try:
            await asyncio.wait({answering}, timeout=self._press_s)
            in_time = answering.done()
            if not in_time:
                await self._stop_turning(query)
            reply = await answering
        finally:
            answering.cancel()
        alert = alert_of(reply)
        if in_time:
            await self._stop_turning(query, alert)
        if not (in_time and alert):
            await self._show(query, reply)

    async def _look_up(self, message: Message, lookup: PictureMessage, received_s: float, *, seen: bool) -> None:
        showing = None if seen else asyncio.create_task(self._acknowledgement.seen(message, received_s))
        place, notices = self._place(message), list[int]()

        async def notify(words: Reply) -> None:
            notices.append(await self._delivery.notice(place, words))

        try:
            reply = await self._dispatcher.handle(replace(lookup.request, notify=notify))
            if reply is not None:
                if lookup.cover:
                    line = wording.cover_only(self._texts.of(lookup.request.locale))
                    reply = replace(reply, lines=(*reply.lines, line))
                await self._delivery.send(place, reply)
            if showing:
                await showing
            await self._acknowledgement.done(message, reply.tone if reply else None)
        finally:
            if showing:
                showing.cancel()
            for notice in notices:
                await self._delivery.take_back(place, notice)

    async def _show(self, query: CallbackQuery, reply: Reply) -> None:
        message = query.message
        if message is None:
            return
        chat = self._reader.chat_of(message)
        asker = query.from_user if chat.kind is ChatKind.GROUP else None
        if not isinstance(message, Message):
            await self._delivery.send(ChatContext(message.chat.id, chat), reply, asker)
        elif reply.edits:
            asked = message.reply_to_message.message_id if message.reply_to_message else None
            await self._delivery.edit(message, replace(self._place(message), answers=asked), reply)
        else:
            await self._delivery.send(self._place(message), reply, asker)

    async def _stop_turning(self, query: CallbackQuery, alert: str | None = None) -> None:
        try:
            await query.answer(alert, show_alert=alert is not None)
        except BadRequest as exc:
            _log.info("a button was answered too late: %s", exc.message)

    def _place(self, message: Message) -> ChatContext:
        thread = message.message_thread_id if message.is_topic_message else None
        return ChatContext(message.chat.id, self._reader.chat_of(message), thread, message.message_id)
