"""Getting a reply to Discord: lighter when it is refused as too large, again when the line breaks."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TypeVar

import aiohttp
import discord

from bot.discord_adapter.ports import Answering, Measuring
from bot.discord_adapter.spec import PLATFORM
from bot.messages import Chat, Reply

_log = logging.getLogger(__name__)
_TOO_LARGE_STATUS, _TOO_LARGE_CODE = 413, 40005
_ATTEMPTS, _FIRST_PAUSE_S = 3, 0.5

T = TypeVar("T")


class Delivery:
    """Sends replies. `pause` waits so many seconds between two attempts."""

    def __init__(
        self,
        dispatcher: Answering,
        metrics: Measuring,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._dispatcher = dispatcher
        self._metrics = metrics
        self._pause = pause

    async def deliver(self, reply: Reply, chat: Chat, send: Callable[[Reply], Awaitable[T]]) -> T:
        """Send a reply by `send`, with media as light as Discord wants them. Raises what `send` raises else."""
        while True:
            try:
                return await self._persist(partial(send, reply))
            except discord.HTTPException as error:
                if not is_too_large(error) or reply.media is None:
                    raise
                self._metrics.platform_fault(PLATFORM, "too_large")
                _log.warning("Discord refuses a file of %d bytes as too large.", len(reply.media.data))
            reply = await self._dispatcher.lighter(reply, chat)

    async def _persist(self, send: Callable[[], Awaitable[T]]) -> T:
        """Again where the connection broke. discord.py itself sees to rate limits and faults of the server."""
        for attempt in range(_ATTEMPTS - 1):
            try:
                return await send()
            except (aiohttp.ClientError, OSError) as error:
                self._metrics.platform_fault(PLATFORM, "connection")
                _log.warning("Discord: %s; trying again.", type(error).__name__)
                await self._pause(_FIRST_PAUSE_S * 2**attempt)
        return await send()


def is_too_large(error: discord.HTTPException) -> bool:
    """Whether an upload was refused for its size."""
    return error.status == _TOO_LARGE_STATUS or error.code == _TOO_LARGE_CODE
