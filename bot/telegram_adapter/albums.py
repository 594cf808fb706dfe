"""Albums: Telegram sends the pictures of an album one by one, and does not mark the last one."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Final

from telegram import Message

_PICTURES_LIMIT: Final = 10
"""Telegram's limit for an album."""


class Albums:
    """Collects the messages of an album until none has arrived for `window_s`, and passes them to `on_complete`."""

    def __init__(self, window_s: float, on_complete: Callable[[Sequence[Message]], None]) -> None:
        self._window_s = window_s
        self._on_complete = on_complete
        self._open: dict[tuple[int, str], list[Message]] = {}
        self._timers: dict[tuple[int, str], asyncio.TimerHandle] = {}

    def add(self, message: Message) -> bool:
        """Add a message that has a `media_group_id`; whether it is the first of its album."""
        key = (message.chat.id, str(message.media_group_id))
        messages = self._open.setdefault(key, [])
        messages.append(message)
        if timer := self._timers.pop(key, None):
            timer.cancel()
        if len(messages) == _PICTURES_LIMIT:
            self._close(key)
        else:
            self._timers[key] = asyncio.get_running_loop().call_later(self._window_s, self._close, key)
        return len(messages) == 1

    def close(self) -> None:
        """Complete every album."""
        for key in tuple(self._open):
            self._close(key)

    def _close(self, key: tuple[int, str]) -> None:
        if timer := self._timers.pop(key, None):
            timer.cancel()
        self._on_complete(sorted(self._open.pop(key), key=lambda message: message.message_id))
