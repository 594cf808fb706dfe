"""The edge between Discord and us: what goes wrong there ends one answer, never the bot."""

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
    """Logs and counts what Discord or the network refuses; an error of our own is logged with its traceback."""
    try:
        yield
    except discord.NotFound as error:
        # the message, its channel or the interaction is gone: there is nobody to tell
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
    except Exception:  # noqa: BLE001  # the edge: one answer is lost, the bot goes on
        metrics.platform_fault(PLATFORM, "internal")
        _log.exception("Discord: %s failed.", action)
