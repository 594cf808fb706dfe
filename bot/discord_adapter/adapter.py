"""Discord in front of the dispatcher."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Self

import discord
from discord.backoff import ExponentialBackoff

from bot.discord_adapter.client import Client
from bot.discord_adapter.connection import Portal, endpoints, is_passing, logged_in, portal_of, refusals
from bot.discord_adapter.delivery import Delivery
from bot.discord_adapter.faults import forgiven
from bot.discord_adapter.interaction_answers import InteractionAnswers
from bot.discord_adapter.message_answers import MessageAnswers
from bot.discord_adapter.pictures import PictureFinder
from bot.discord_adapter.ports import Answering, Fetching, Measuring
from bot.discord_adapter.slash_commands import new_tree
from bot.discord_adapter.spec import PLATFORM, DiscordSpec
from bot.discord_adapter.wanted import Reader
from bot.texts import Texts
from core.errors import PlatformError

_log = logging.getLogger(__name__)
_FAREWELL_S = 10.0
"""How long answers under way are waited for at the end."""


class DiscordAdapter:
    """Answers on Discord while `run` runs; leaving it waits a little for the answers under way.

    `pause` waits so many seconds before Discord is tried again, `clock` gives seconds. `connected` is called with the
    name we have there and the number of servers that we are in, once messages come in.
    """

    def __init__(
        self,
        spec: DiscordSpec,
        dispatcher: Answering,
        metrics: Measuring,
        fetcher: Fetching,
        *,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
        clock: Callable[[], float] = time.monotonic,
        connected: Callable[[str, int], None] = lambda _name, _servers: None,
    ) -> None:
        self._spec = spec
        self._dispatcher = dispatcher
        self._metrics = metrics
        self._fetcher = fetcher
        self._pause = pause
        self._clock = clock
        self._connected = connected
        self._texts = Texts(spec.locale)
        self._client: Client | None = None
        self._stack = AsyncExitStack()

    @property
    def healthy(self) -> bool:
        """Whether messages come in."""
        return self._client is not None and self._client.connected and not self._client.is_closed()

    async def __aenter__(self) -> Self:
        await self._stack.__aenter__()
        self._stack.enter_context(endpoints(self._spec))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            await self._leave()
        finally:
            await self._stack.aclose()

    async def run(self) -> None:
        """Answer until cancelled; then nothing new is taken, and what is under way can still be sent.

        `PlatformError` when Discord refuses us for good: the token, or the way we connect.
        """
        portal = await self._portal()
        if self._spec.channels and not portal.message_content:
            _log.warning(
                "Discord shows us no pictures in WHENANIME_DISCORD__CHANNELS: switch on “Message Content Intent” in "
                "the developer portal (Bot, Privileged Gateway Intents), and start the bot again."
            )
        try:
            await self._serve(portal)
        except discord.PrivilegedIntentsRequired:
            # switched off since we asked
            await self._leave()
            await self._serve(Portal(portal.application_id, message_content=False))

    async def _portal(self) -> Portal:
        """Asks the portal what we may; again and again while Discord or the network is down."""
        backoff: ExponentialBackoff[bool] = ExponentialBackoff()
        while True:
            try:
                async with logged_in(self._spec) as client:
                    return portal_of(client)
            except PlatformError as error:
                if error.__cause__ is None or not is_passing(error.__cause__):
                    raise
                _log.warning("%s Trying again.", error)
                self._metrics.platform_fault(PLATFORM, "login")
            await self._pause(backoff.delay())

    async def _serve(self, portal: Portal) -> None:
        client = self._client = Client(
            self._metrics, message_content=portal.message_content, connected_as=self._connected
        )
        delivery = Delivery(self._dispatcher, self._metrics, self._pause)
        finder = PictureFinder(self._fetcher, self._spec.cdn_hosts)
        reader = Reader(finder, self._texts, self._spec.channels, portal.message_content)
        tree = await new_tree(client, self._texts, client.on_slash, client.on_menu)
        client.answer_with(
            MessageAnswers(self._dispatcher, delivery, reader, self._texts, self._metrics, self._clock),
            InteractionAnswers(self._dispatcher, delivery, reader, self._texts, self._metrics, self._clock),
        )
        with refusals():
            await client.login(self._spec.token)
            if self._spec.sync:
                with forgiven(self._metrics, "registering the commands"):
                    await tree.sync()
            await client.connect()

    async def _leave(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            try:
                await client.finish(_FAREWELL_S)
            finally:
                await client.close()
