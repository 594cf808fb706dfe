"""Clients that go away, and the server that stops: nothing is lost, and nothing is held."""

import asyncio
import json
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.http_adapter.services import HttpSpec
from tests.bot.http_adapter.api_client import call
from tests.bot.http_adapter.raw_client import connected, request
from tests.bot.http_adapter.serving import HttpEngine, Server, served
from tests.bot.world import until_searched

SEARCH = "/api/v1/search"
PNG = {"Content-Type": "image/png"}


async def pictures_used(server: Server) -> int:
    async with server.session.get(server.url("/me")) as response:
        return int((await response.json())["quotaUsed"])


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("accept", ["application/json", "text/event-stream"])
@pytest.mark.asyncio
async def test_who_goes_away_while_a_picture_waits_gives_everything_back(accept: str, tmp_path: Path) -> None:
    engine = HttpEngine(gates={b"first": threading.Event()})
    async with served(
        tmp_path, engine, limits=(1000, 1000, 2), spec=HttpSpec(port=0, quota=2, concurrency=2)
    ) as server:
        first = asyncio.create_task(call(server, "POST", SEARCH, data=b"first", headers=PNG))
        await until_searched(engine)
        async with connected(server) as (_reader, writer):
            writer.write(request("POST", SEARCH, b"second", Content_Type="image/png", Accept=accept))
            await until(lambda: server.bot.worker.waiting == 1)
        await until(lambda: server.bot.worker.waiting == 0)
        engine.gates[b"first"].set()
        assert (await first).status == 200
        assert await pictures_used(server) == 1
        third = await call(server, "POST", SEARCH, data=b"third", headers=PNG)
    assert third.status == 200  # the limits of all users and of this one had room for it
    assert engine.searched == [b"first", b"third"]


@pytest.mark.asyncio
async def test_who_goes_away_while_a_picture_is_searched_frees_the_place(tmp_path: Path) -> None:
    engine = HttpEngine(gates={b"first": threading.Event()})
    async with served(tmp_path, engine, spec=HttpSpec(port=0, concurrency=1), threads=2) as server:
        async with connected(server) as (_reader, writer):
            writer.write(request("POST", SEARCH, b"first", Content_Type="image/png"))
            await until_searched(engine)
            refused = await call(server, "POST", SEARCH, data=b"second", headers=PNG)
        await asyncio.sleep(0.1)
        second = await call(server, "POST", SEARCH, data=b"second", headers=PNG)
        used = await pictures_used(server)
        engine.gates[b"first"].set()
    assert (refused.status, second.status, used) == (429, 200, 1)


@pytest.mark.asyncio
async def test_when_the_server_stops_an_open_stream_of_events_gets_its_answer(tmp_path: Path) -> None:
    engine = HttpEngine(gates={b"first": threading.Event()})
    async with served(tmp_path, engine) as server:
        headers = PNG | {"Accept": "text/event-stream"}
        async with server.session.post(server.url(SEARCH), data=b"first", headers=headers) as response:
            await until_searched(engine)
            draining = asyncio.create_task(server.bot.dispatcher.drain(20))
            await asyncio.sleep(0)
            late = await call(server, "POST", SEARCH, data=b"late", headers=PNG)
            engine.gates[b"first"].set()
            text = (await response.read()).decode()
            await draining
    assert (late.status, late.json["detail"]) == (503, "The bot is being stopped.")
    events = [event for event in text.split("\n\n") if event.startswith("event: ")]
    assert events[-1].startswith("event: answer\n")
    assert json.loads(events[-1].partition("data: ")[2])["verdict"] == "found"


@pytest.mark.asyncio
async def test_it_stops_at_once_though_connections_are_open(tmp_path: Path) -> None:
    async with served(tmp_path) as server:
        await call(server, "GET", "/api/v1/shows")  # its connection is kept alive
        opened = [await asyncio.open_connection("127.0.0.1", server.adapter.port) for _ in range(3)]
        opened[0][1].write(b"GET / HTT")
        began_s = asyncio.get_running_loop().time()
        await server.adapter.__aexit__(None, None, None)
        stopped_s = asyncio.get_running_loop().time() - began_s
        for _reader, writer in opened:
            writer.close()
    assert stopped_s < 1
