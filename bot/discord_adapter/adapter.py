"""The Discord adapter: connects, serves, and waits for answers in progress at the end."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import datetime
from types import TracebackType
from typing import Self

import discord
from discord.backoff import ExponentialBackoff

from bot.chat_platform.connection_state import ConnectionState
from bot.discord_adapter.client import DiscordClient
from bot.discord_adapter.connection import (
    PortalSettings,
    endpoints,
    is_temporary,
    logged_in,
    login_errors,
    portal_settings,
    short_reconnect_log,
)
from bot.discord_adapter.delivery import new_delivery
from bot.discord_adapter.interaction_answers import InteractionAnswers
from bot.discord_adapter.message_answers import MessageAnswers
from bot.discord_adapter.message_parsing import MessageParser
from bot.discord_adapter.picture_finder import PictureFinder
from bot.discord_adapter.platform_errors import logged_errors
from bot.discord_adapter.retry_policy import new_retry
from bot.discord_adapter.slash_commands import new_tree
from bot.discord_adapter.spec import PLATFORM, DiscordSpec
from bot.dispatch.protocol import PlatformFetcher, PlatformMetrics, RequestHandler
from bot.language.translations import Translations
from core.errors import PlatformError

_log = logging.getLogger(__name__)
_FINISH_TIMEOUT_S = 10.0
"""How long the answers in progress are waited for at the end."""


class DiscordAdapter:
    """Answers on Discord while `run` runs; leaving it waits a limited time for the answers in progress.

    `pause` waits in seconds before a call is repeated, `clock` gives seconds, `now` the time of day. `connected` is
    called with the bot's name and its number of servers once messages arrive.
    """

    def __init__(
        self,
        spec: DiscordSpec,
        dispatcher: RequestHandler,
        metrics: PlatformMetrics,
        fetcher: PlatformFetcher,
        *,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = discord.utils.utcnow,
        connected: Callable[[str, int], None] = lambda _name, _servers: None,
    ) -> None:
        self._spec = spec
        self._dispatcher = dispatcher
        self._metrics = metrics
        self._fetcher = fetcher
        self._pause = pause
        self._clock = clock
        self._now = now
        self._connected = connected
        self._texts = Translations(spec.locale)
        self._state = ConnectionState("Discord")
        self._client: DiscordClient | None = None
        self._stack = AsyncExitStack()

    @property
    def healthy(self) -> bool:
        """Whether messages arrive."""
        return self._client is not None and self._client.connected and not self._client.is_closed()

    async def __aenter__(self) -> Self:
        await self._stack.__aenter__()
        self._stack.enter_context(endpoints(self._spec))
        self._stack.enter_context(short_reconnect_log(self._state))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            await self._close_client()
        finally:
            await self._stack.aclose()

    async def run(self) -> None:
        """Answer until cancelled; after that no new message is answered, and answers in progress can still be sent.

        `PlatformError` when Discord refuses the token or the connection permanently.
        """
        backoff: ExponentialBackoff[bool] = ExponentialBackoff()
        content_refused = False
        while True:
            portal = await self._portal(backoff)
            if content_refused:
                portal = replace(portal, message_content=False)
            if self._spec.channels and not portal.message_content:
                _log.warning(
                    "Discord shows the bot no pictures in WHENANIME_DISCORD__CHANNELS: switch on “Message Content "
                    "Intent” in the developer portal (Bot, Privileged Gateway Intents), and start the bot again."
                )
            try:
                await self._serve(portal)
            except discord.PrivilegedIntentsRequired:
                content_refused = True  # switched off since the portal was asked
            except Exception as error:
                if not (is_temporary(error) or self._never_connected(error)):
                    raise
                if is_temporary(error):
                    self._state.lost(error)
                self._metrics.platform_fault(PLATFORM, "login")
                await self._pause(backoff.delay())
            else:
                return
            await self._close_client()

    def _never_connected(self, error: Exception) -> bool:
        """Whether the first connection failed: discord.py has logged why, and raises as it tries to resume it."""
        return isinstance(error, AttributeError) and self._client is not None and self._client.ws is None

    async def _portal(self, backoff: ExponentialBackoff[bool]) -> PortalSettings:
        """The application's settings; asked for repeatedly while Discord or the network is down."""
        while True:
            try:
                async with logged_in(self._spec) as client:
                    return portal_settings(client)
            except PlatformError as error:
                if error.__cause__ is None or not is_temporary(error.__cause__):
                    raise
                self._state.lost(error.__cause__)
                self._metrics.platform_fault(PLATFORM, "login")
            await self._pause(backoff.delay())

    async def _serve(self, portal: PortalSettings) -> None:
        client = self._client = DiscordClient(
            self._metrics, self._state, message_content=portal.message_content, on_connected=self._connected
        )
        retry = new_retry(self._metrics, self._pause)
        delivery = new_delivery(self._dispatcher, self._metrics, retry)
        finder = PictureFinder(self._fetcher, self._spec.cdn_hosts, self._pause)
        parser = MessageParser(finder, self._dispatcher.translator, retry, self._spec.channels, portal.message_content)
        tree = await new_tree(client, self._texts, client, user_install=portal.user_install)
        client.answer_with(
            MessageAnswers(self._dispatcher, delivery, parser, self._metrics, self._clock, self._now),
            InteractionAnswers(self._dispatcher, delivery, parser, retry, self._metrics, self._clock),
        )
        with login_errors():
            await client.login(self._spec.token)
            if self._spec.sync:
                with logged_errors(self._metrics, "registering the commands"):
                    await tree.sync()
            await client.connect()

    async def _close_client(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            try:
                await client.finish(_FINISH_TIMEOUT_S)
            finally:
                await client.close()
