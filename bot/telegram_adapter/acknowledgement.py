"""Acknowledgement of messages: a reaction, or a chat action in chats without reactions."""

import logging
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from cachetools import FIFOCache
from telegram import Bot, Message
from telegram.constants import ChatAction, ReactionEmoji
from telegram.error import BadRequest, TelegramError

from bot.dispatch.protocol import PlatformMetrics
from bot.messages import Tone
from bot.telegram_adapter.spec import PLATFORM

_log = logging.getLogger(__name__)
_CHATS_LIMIT: Final = 1000
"""Chats without reactions that are remembered."""
_REACTIONS: Final[Mapping[Tone, str]] = MappingProxyType(
    {
        Tone.FOUND: ReactionEmoji.OK_HAND_SIGN,
        Tone.UNSURE: ReactionEmoji.THINKING_FACE,
        Tone.NOT_FOUND: ReactionEmoji.SHRUG,
        Tone.REFUSED: ReactionEmoji.CRYING_FACE,
        Tone.FAILED: ReactionEmoji.CRYING_FACE,
    }
)


class Acknowledgement:
    """Shows that a message is being answered, and afterwards the result. Raises nothing when Telegram refuses.

    `clock` gives seconds.
    """

    def __init__(self, bot: Bot, metrics: PlatformMetrics, clock: Callable[[], float]) -> None:
        self._bot = bot
        self._metrics = metrics
        self._clock = clock
        self._without_reactions: FIFOCache[int, None] = FIFOCache(_CHATS_LIMIT)

    async def show_working(self, message: Message, received_s: float) -> None:
        """Show that the message, which was received at `received_s`, is being answered."""
        chat_id = message.chat.id
        try:
            if not await self._react(message, ReactionEmoji.EYES):
                thread = message.message_thread_id if message.is_topic_message else None
                await self._bot.send_chat_action(chat_id, ChatAction.UPLOAD_VIDEO, message_thread_id=thread)
        except TelegramError as exc:
            self._metrics.platform_fault(PLATFORM, "acknowledgement")
            _log.info("no acknowledgement could be shown in chat %d: %s", chat_id, exc.message)
        else:
            self._metrics.acknowledged(PLATFORM, self._clock() - received_s)

    async def show_result(self, message: Message, tone: Tone | None) -> None:
        """Show the result by a reaction; `None` removes the reaction."""
        try:
            await self._react(message, _REACTIONS.get(tone) if tone else None)
        except TelegramError as exc:
            _log.info("a reaction stays in chat %d: %s", message.chat.id, exc.message)

    async def _react(self, message: Message, reaction: str | None) -> bool:
        """Whether the chat has reactions."""
        chat_id = message.chat.id
        if chat_id in self._without_reactions:
            return False
        try:
            await self._bot.set_message_reaction(chat_id, message.message_id, reaction=reaction)
        except BadRequest as exc:
            if "not found" in exc.message.casefold():  # the message was deleted: that says nothing of its chat
                return False
            _log.info("no reactions in chat %d: %s", chat_id, exc.message)
            self._without_reactions[chat_id] = None
            return False
        return True
