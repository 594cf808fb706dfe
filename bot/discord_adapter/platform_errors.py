"""Errors of Discord and the network: logged and counted, so that one of them ends one answer and never the bot."""

import logging
from collections.abc import Generator
from contextlib import contextmanager

import aiohttp
import discord

from bot.discord_adapter.spec import PLATFORM
from bot.dispatch.protocol import PlatformMetrics

_log = logging.getLogger(__name__)


@contextmanager
def logged_errors(metrics: PlatformMetrics, action: str) -> Generator[None]:
    """Logs and counts errors instead of raising them; an error of our own is logged with its traceback."""
    try:
        yield
    except discord.NotFound as error:
        # the message, its channel or the interaction was deleted or has expired: there is nobody to notify
        metrics.platform_fault(PLATFORM, "gone")
        _log.info("Discord: %s: gone (%d).", action, error.code)
    except discord.Forbidden as error:
        metrics.platform_fault(PLATFORM, "forbidden")
        _log.warning("Discord: %s: not allowed (%d %s).", action, error.code, error.text)
    except discord.HTTPException as error:
        metrics.platform_fault(PLATFORM, f"http_{error.status}")
        _log.warning("Discord: %s: answered %d (%d %s).", action, error.status, error.code, error.text)
    except (aiohttp.ClientError, OSError) as error:
        metrics.platform_fault(PLATFORM, "connection")
        _log.warning("Discord: %s: %s.", action, type(error).__name__)
    except Exception:  # noqa: BLE001  # the process edge: one answer is lost, the bot goes on
        metrics.platform_fault(PLATFORM, "internal")
        _log.exception("Discord: %s failed.", action)
