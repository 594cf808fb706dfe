"""Errors of the Bot API: what each one means, and which calls are repeated after it."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from telegram.error import BadRequest, InvalidToken, NetworkError, TelegramError, TimedOut

from bot.chat_platform.retry import Retry

_ATTEMPTS: Final = 4
_TOO_LARGE: Final = ("too large", "too big")
_NOT_ALLOWED: Final = ("not enough rights", "have no rights", "_forbidden")
_UNCHANGED: Final = ("is not modified",)
_GONE: Final = ("message to edit not found", "message can't be edited", "message_id_invalid", "there is no text")


def is_token_refused(error: TelegramError) -> bool:
    """Whether the token has become invalid; python-telegram-bot raises `InvalidToken` for any “not found” too."""
    return isinstance(error, InvalidToken) and _has_words(error, ("unauthorized",))


def is_too_large(error: TelegramError) -> bool:
    """Whether a file exceeds the limit for uploads or downloads."""
    return _has_words(error, _TOO_LARGE)


def is_not_allowed(error: TelegramError) -> bool:
    """Whether the chat allows messages, but not of this kind."""
    return isinstance(error, BadRequest) and _has_words(error, _NOT_ALLOWED)


def is_unchanged(error: TelegramError) -> bool:
    """Whether an edit was refused because it changes nothing."""
    return isinstance(error, BadRequest) and _has_words(error, _UNCHANGED)


def is_gone(error: TelegramError) -> bool:
    """Whether the message was deleted, or cannot be edited in this way."""
    return isinstance(error, BadRequest) and _has_words(error, _GONE)


def is_temporary(error: Exception) -> bool:
    """Whether the same call may work in a moment, and certainly was not carried out.

    A call that timed out may have been carried out: it is not repeated, so that nobody gets two answers.
    """
    if not isinstance(error, NetworkError) or isinstance(error, BadRequest | TimedOut):
        return False
    return not is_too_large(error)


def new_retry(
    pause_s: float,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    on_failure: Callable[[], None] = lambda: None,
) -> Retry:
    """Retries for calls to the Bot API; the first pause is about `pause_s` seconds."""
    return Retry(is_temporary, attempts=_ATTEMPTS, pause_s=pause_s, sleep=sleep, on_failure=lambda _error: on_failure())


def _has_words(error: TelegramError, words: tuple[str, ...]) -> bool:
    text = error.message.casefold()
    return any(word in text for word in words)
