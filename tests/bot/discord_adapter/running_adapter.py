"""The running Discord adapter, connected to a `World`."""

import asyncio
from collections.abc import AsyncGenerator, Collection
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from functools import cache
from typing import Any

import pytest

from bot.chat_platform import connection_state
from bot.discord_adapter import DiscordAdapter, DiscordSpec
from bot.dispatch.protocol import RequestHandler
from bot.intake.link_fetcher import LinkFetcher
from tests.bot.discord_adapter.fakes import FakeDispatcher, FakeMetrics
from tests.bot.discord_adapter.openapi import DOCUMENT, Specification
from tests.bot.discord_adapter.simcord_server import SimcordServer
from tests.bot.discord_adapter.world import World

_PATIENCE_S = 20.0


@cache
def _specification() -> Specification | None:
    return Specification() if DOCUMENT.exists() else None


def connection_log(caplog: pytest.LogCaptureFixture) -> list[tuple[str, str]]:
    """Levels and messages of what was logged about the connection."""
    records = [record for record in caplog.records if record.name == connection_state.__name__]
    return [(record.levelname, record.getMessage()) for record in records]


class CdnFetcher:
    """Reads files from the world's CDN whose addresses discord.py builds for Discord's own hosts."""

    def __init__(self, fetcher: LinkFetcher, cdn_base: str) -> None:
        self._fetcher = fetcher
        self._cdn_base = cdn_base

    async def fetch_from(self, url: str, limit_bytes: int, hosts: Collection[str]) -> bytes:
        for base in ("https://cdn.discordapp.com", "https://media.discordapp.net"):
            url = url.replace(base, self._cdn_base)
        return await self._fetcher.fetch_from(url, limit_bytes, hosts)


@dataclass
class RunningAdapter:
    """The adapter with what stands around it; `connections` are names and numbers of servers that it reported."""

    world: World
    dispatcher: FakeDispatcher
    metrics: FakeMetrics
    adapter: DiscordAdapter
    task: asyncio.Task[None]
    connections: list[tuple[str, int]]

    @property
    def server(self) -> SimcordServer:
        return self.world.server

    async def healthy(self) -> None:
        async with asyncio.timeout(_PATIENCE_S):
            while not self.adapter.healthy:
                await asyncio.sleep(0)


@asynccontextmanager
async def opened_world() -> AsyncGenerator[World]:
    """A Discord server with a `World`; at the end every request has to have been valid."""
    async with SimcordServer(_specification()) as server:
        yield World(server)
        assert not server.complaints, "\n".join(server.complaints)


def spec_for(world: World, **fields: Any) -> DiscordSpec:
    return DiscordSpec(
        token=fields.pop("token", world.server.portal.token),
        api_base=world.server.api_base,
        gateway_url=world.server.gateway_url,
        cdn_hosts=("127.0.0.1",),
        **fields,
    )


@asynccontextmanager
async def running_discord(
    world: World, dispatcher: RequestHandler | None = None, **fields: Any
) -> AsyncGenerator[RunningAdapter]:
    """A connected adapter; `fields` are of its spec."""
    fake = FakeDispatcher()
    metrics = FakeMetrics(world.note)
    connections: list[tuple[str, int]] = []

    def connected(name: str, servers: int) -> None:
        connections.append((name, servers))
        world.note()

    async def no_pause(_seconds: float) -> None:
        await asyncio.sleep(0)

    async with (
        LinkFetcher(_PATIENCE_S) as fetcher,
        DiscordAdapter(
            spec_for(world, **fields),
            dispatcher or fake,
            metrics,
            CdnFetcher(fetcher, world.server.cdn_base),
            pause=no_pause,
            now=world.now,
            connected=connected,
        ) as adapter,
    ):
        task = asyncio.create_task(adapter.run())
        task.add_done_callback(lambda _: world.note())
        before = len(world.server.gateway.opened)
        await world.until(lambda: task.done() or len(world.server.gateway.opened) > before, "a connection")
        if task.done():
            await task
        bot = RunningAdapter(world, fake, metrics, adapter, task, connections)
        yield bot
        bot.task.cancel()
        with suppress(asyncio.CancelledError):
            await bot.task
