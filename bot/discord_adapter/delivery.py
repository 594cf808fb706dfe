"""Delivery of replies to Discord, with a lighter attachment where an upload is refused as too large."""

import logging

import discord

from bot.chat_platform.reply_delivery import AttachmentRefusal, ReplyDelivery
from bot.chat_platform.retry import Retry
from bot.discord_adapter.spec import PLATFORM
from bot.dispatch.protocol import PlatformMetrics, RequestHandler
from bot.messages import Media

_log = logging.getLogger(__name__)
_TOO_LARGE_STATUS, _TOO_LARGE_CODE = 413, 40005


def new_delivery(dispatcher: RequestHandler, metrics: PlatformMetrics, retry: Retry) -> ReplyDelivery:
    """Delivery that counts and logs refused uploads."""

    def refusal(error: Exception, media: Media) -> AttachmentRefusal | None:
        if not isinstance(error, discord.HTTPException) or not _is_too_large(error):
            return None
        metrics.platform_fault(PLATFORM, "too_large")
        _log.warning("Discord refuses a file of %d bytes as too large.", len(media.data))
        return AttachmentRefusal.TOO_LARGE

    return ReplyDelivery(dispatcher, retry, refusal)


def _is_too_large(error: discord.HTTPException) -> bool:
    return error.status == _TOO_LARGE_STATUS or error.code == _TOO_LARGE_CODE
