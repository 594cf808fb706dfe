"""Connection to Discord: endpoints, login, the application's settings, and errors of the connection in words."""

import logging
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass

import aiohttp
import discord
import yarl
from discord.gateway import DiscordWebSocket
from discord.http import Route

from bot.chat_platform.connection_state import ConnectionState
from bot.discord_adapter.spec import DiscordSpec
from core.errors import PlatformError

_log = logging.getLogger(__name__)

LOGIN_REFUSED = (
    "Discord does not accept the bot's token. Make a new one in the developer portal (Bot, Reset Token) and set "
    "WHENANIME_DISCORD__TOKEN or the file that WHENANIME_DISCORD__TOKEN_FILE names."
)
_AUTHENTICATION_FAILED_CODE = 4004


class ReconnectFilter(logging.Filter):
    """Replaces discord.py's "Attempting a reconnect" and its traceback by the lines of `ConnectionState`. For the
    logger `discord.client`.
    """

    def __init__(self, state: ConnectionState) -> None:
        super().__init__()
        self._state = state

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether a record is logged as it is."""
        error = record.exc_info[1] if record.exc_info else None
        if error is None or not str(record.msg).startswith("Attempting a reconnect"):
            return True
        self._state.lost(error)
        return False


@contextmanager
def short_reconnect_log(state: ConnectionState) -> Generator[None]:
    """Within the context a reconnect of discord.py is one line in the log."""
    logger, reconnect_filter = logging.getLogger("discord.client"), ReconnectFilter(state)
    logger.addFilter(reconnect_filter)
    try:
        yield
    finally:
        logger.removeFilter(reconnect_filter)


@dataclass(frozen=True, slots=True)
class PortalSettings:
    """The application's settings in the developer portal: its id, whether it may read the content of all messages, and
    whether users may install it for themselves.
    """

    application_id: int
    message_content: bool
    user_install: bool = False


@contextmanager
def endpoints(spec: DiscordSpec) -> Generator[None]:
    """Within the context discord.py uses the spec's REST API and gateway, which it keeps in two class attributes.

    From then on it does not warn of missing libraries for voice, which the bot does not use.
    """
    discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False
    base, gateway = Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY
    Route.BASE = spec.api_base.rstrip("/")
    DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(spec.gateway_url)
    try:
        yield
    finally:
        Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY = base, gateway


@contextmanager
def login_errors() -> Generator[None]:
    """Translates a refused login or connection into `PlatformError`; a temporary error stays as it is."""
    try:
        yield
    except discord.LoginFailure as error:
        raise PlatformError(LOGIN_REFUSED) from error
    except discord.ConnectionClosed as error:
        raise PlatformError(_close_message(error.code)) from error


def is_temporary(error: BaseException) -> bool:
    """Whether the same call may work later: the network is down, or Discord has a fault or limits the rate."""
    if isinstance(error, discord.HTTPException):
        return error.status >= 500 or error.status == 429
    return isinstance(error, OSError | aiohttp.ClientError | TimeoutError | discord.GatewayNotFound)


@asynccontextmanager
async def logged_in(spec: DiscordSpec, client: discord.Client | None = None) -> AsyncGenerator[discord.Client]:
    """A client that can call the REST API and is not connected to the gateway. `PlatformError` without a login."""
    if not spec.token.isascii() or not spec.token.isprintable() or " " in spec.token.strip():
        raise PlatformError(LOGIN_REFUSED)  # it cannot stand in an HTTP header
    with endpoints(spec):
        client = client or discord.Client(intents=discord.Intents(guilds=True))
        try:
            with login_errors():
                await client.login(spec.token)
            yield client
        except discord.HTTPException as error:
            raise PlatformError(
                f"Discord answered {error.status} instead of logging the bot in. See https://discordstatus.com "
                "and try again later."
            ) from error
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise PlatformError(f"Discord cannot be reached at {spec.api_base}. Is there a network?") from error
        finally:
            await client.close()


def portal_settings(client: discord.Client) -> PortalSettings:
    """The settings of the application that a client is logged in as."""
    application = client.application
    if application is None:
        raise PlatformError("Discord says nothing of the application behind the token. Try again later.")
    flags = application.flags
    return PortalSettings(
        application.id,
        message_content=flags.gateway_message_content or flags.gateway_message_content_limited,
        user_install=application.user_integration_config is not None,
    )


def _close_message(code: int) -> str:
    if code == _AUTHENTICATION_FAILED_CODE:
        return LOGIN_REFUSED
    return f"Discord closed the connection for good (code {code}). See the developer portal, and start the bot again."
