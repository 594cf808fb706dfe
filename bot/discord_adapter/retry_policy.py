"""Retry policy: connection errors, and the server errors for which discord.py itself gives up at once."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final

import aiohttp
import discord

from bot.chat_platform.retry import Retry
from bot.discord_adapter.spec import PLATFORM
from bot.dispatch.protocol import PlatformMetrics

_log = logging.getLogger(__name__)
_ATTEMPTS: Final = 3
_PAUSE_S: Final = 0.5
_RETRIED_BY_LIBRARY: Final = frozenset({500, 502, 504, 524})
"""Statuses after which discord.py repeats a call by itself for half a minute before it raises."""


def new_retry(metrics: PlatformMetrics, pause: Callable[[float], Awaitable[None]] = asyncio.sleep) -> Retry:
    """Retries for calls that may arrive twice: reading, editing, a message with a nonce. `pause` waits in seconds."""

    def log_failure(error: Exception) -> None:
        status = error.status if isinstance(error, discord.HTTPException) else 0
        metrics.platform_fault(PLATFORM, f"http_{status}" if status else "connection")
        _log.warning("Discord: %s; trying again.", f"answered {status}" if status else type(error).__name__)

    return Retry(_is_temporary, attempts=_ATTEMPTS, pause_s=_PAUSE_S, sleep=pause, on_failure=log_failure)


def _is_temporary(error: Exception) -> bool:
    if isinstance(error, discord.DiscordServerError):
        return error.status not in _RETRIED_BY_LIBRARY
    return isinstance(error, aiohttp.ClientError | OSError)
