"""Calls to Discord that are made again: where the line broke, and for the server faults that discord.py gives up on."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

import aiohttp
import discord

from bot.discord_adapter.spec import PLATFORM
from bot.dispatch.protocol import PlatformMetrics

_log = logging.getLogger(__name__)
_ATTEMPTS: Final = 3
_FIRST_PAUSE_S: Final = 0.5
_BY_LIBRARY: Final = frozenset({500, 502, 504, 524})
"""Statuses after which discord.py has made the call again by itself, for half a minute, before it raises."""

T = TypeVar("T")


class Retry:
    """Makes a call up to three times. `pause` waits so many seconds between two attempts.

    The call has to be one that may arrive twice: reading, editing, or a message with a nonce.
    """

    def __init__(self, metrics: PlatformMetrics, pause: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        self._metrics = metrics
        self.pause = pause

    async def __call__(self, call: Callable[[], Awaitable[T]]) -> T:
        """Result of the call. Raises what its last attempt raises."""
        for attempt in range(_ATTEMPTS - 1):
            try:
                return await call()
            except discord.DiscordServerError as error:
                if error.status in _BY_LIBRARY:
                    raise
                self._failed(f"http_{error.status}", f"answered {error.status}")
            except (aiohttp.ClientError, OSError) as error:
                self._failed("connection", type(error).__name__)
            await self.pause(_FIRST_PAUSE_S * 2**attempt)
        return await call()

    def _failed(self, kind: str, what: str) -> None:
        self._metrics.platform_fault(PLATFORM, kind)
        _log.warning("Discord: %s; trying again.", what)
