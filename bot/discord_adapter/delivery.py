"""Getting a reply to Discord: lighter when it is refused as too large, again when it was lost on the way."""

import logging
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TypeVar

import discord

from bot.discord_adapter.retrying import Retry
from bot.discord_adapter.spec import PLATFORM
from bot.dispatch.protocol import PlatformMetrics, RequestHandler
from bot.messages import Chat, Reply

_log = logging.getLogger(__name__)
_TOO_LARGE_STATUS, _TOO_LARGE_CODE = 413, 40005

T = TypeVar("T")


class Delivery:
    """Sends replies."""

    def __init__(self, dispatcher: RequestHandler, metrics: PlatformMetrics, retry: Retry) -> None:
        self._dispatcher = dispatcher
        self._metrics = metrics
        self._retry = retry

    async def deliver(self, reply: Reply, chat: Chat, send: Callable[[Reply], Awaitable[T]]) -> T:
        """Send a reply by `send`, with media as light as Discord wants them. Raises what `send` raises else."""
        while True:
            try:
                return await self._retry(partial(send, reply))
            except discord.HTTPException as error:
                if not is_too_large(error) or reply.media is None:
                    raise
                self._metrics.platform_fault(PLATFORM, "too_large")
                _log.warning("Discord refuses a file of %d bytes as too large.", len(reply.media.data))
            reply = await self._dispatcher.lighter(reply, chat)


def is_too_large(error: discord.HTTPException) -> bool:
    """Whether an upload was refused for its size."""
    return error.status == _TOO_LARGE_STATUS or error.code == _TOO_LARGE_CODE
