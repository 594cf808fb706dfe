"""What Telegram refuses and why, and which of its failures are worth another try."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from telegram.error import BadRequest, InvalidToken, NetworkError, TelegramError, TimedOut

T = TypeVar("T")
_ATTEMPTS: Final = 4
_TOO_LARGE: Final = ("too large", "too big")
_NOT_ALLOWED: Final = ("not enough rights", "have no rights", "_forbidden")
_UNCHANGED: Final = ("is not modified",)
_GONE: Final = ("message to edit not found", "message can't be edited", "message_id_invalid", "there is no text")


def is_token_refused(error: TelegramError) -> bool:
    """Whether the token is not valid any more; the library takes every "not found" for that."""
    return isinstance(error, InvalidToken) and _has_words(error, ("unauthorized",))


def is_too_large(error: TelegramError) -> bool:
    """Whether a file is larger than the server takes or hands out."""
    return _has_words(error, _TOO_LARGE)


def is_not_allowed(error: TelegramError) -> bool:
    """Whether this chat lets us write, but not this kind of message."""
    return isinstance(error, BadRequest) and _has_words(error, _NOT_ALLOWED)


def is_unchanged(error: TelegramError) -> bool:
    """Whether an edit was refused since it changes nothing."""
    return isinstance(error, BadRequest) and _has_words(error, _UNCHANGED)


def is_gone(error: TelegramError) -> bool:
    """Whether the message is no more, or not one that we may edit this way."""
    return isinstance(error, BadRequest) and _has_words(error, _GONE)


def is_temporary(error: TelegramError) -> bool:
    """Whether the same call may work in a moment, and has not been heard already.

    What timed out may have been: it is not sent a second time, since nobody wants two answers.
    """
    if not isinstance(error, NetworkError) or isinstance(error, BadRequest | TimedOut):
        return False
    return not is_too_large(error)


class Retry:
    """Makes a call again while it fails in passing, a few times, after pauses that grow and are never quite alike."""

    def __init__(
        self,
        pause_s: float,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        failed: Callable[[], None] = lambda: None,
    ) -> None:
        self._pause_s = pause_s
        self._sleep = sleep
        self._failed = failed

    async def __call__(self, call: Callable[[], Awaitable[T]]) -> T:
        """What the call gives. Raises its last `TelegramError`."""
        for attempt in range(1, _ATTEMPTS):
            try:
                return await call()
            except NetworkError as exc:
                if not is_temporary(exc):
                    raise
                self._failed()
            await self._sleep(self._pause_s * 2 ** (attempt - 1) * random.uniform(0.5, 1.5))
        return await call()


def _has_words(error: TelegramError, words: tuple[str, ...]) -> bool:
    text = error.message.casefold()
    return any(word in text for word in words)
