"""The health server, asked over a socket."""

import asyncio
import socket
from collections.abc import Mapping
from typing import TypeVar

import aiohttp
import pytest

from bot.messages import Tone
from bot.metrics import Metrics
from bot.service.health_server import HealthServer
from core.errors import InputError

T = TypeVar("T")


async def ask(port: int, path: str, method: str = "GET") -> tuple[int, Mapping[str, str], str]:
    async with (
        aiohttp.ClientSession() as session,
        session.request(method, f"http://127.0.0.1:{port}{path}") as response,
    ):
        return response.status, dict(response.headers), await response.text()


@pytest.mark.asyncio
async def test_health_names_what_does_not_work() -> None:
    parts = {"discord": True, "telegram": True}

    async def test() -> list[tuple[int, str]]:
        async with HealthServer("127.0.0.1", 0, Metrics(), lambda: parts) as monitoring:
            well = await ask(monitoring.port, "/healthz")
            parts["telegram"] = False
            ill = await ask(monitoring.port, "/healthz")
            parts["telegram"] = True
            again = await ask(monitoring.port, "/healthz", "HEAD")
            return [(status, text) for status, _headers, text in (well, ill, again)]

    assert await test() == [
        (200, '{"ok": true, "parts": {"discord": true, "telegram": true}}'),
        (503, '{"ok": false, "parts": {"discord": true, "telegram": false}}'),
        (200, ""),
    ]


@pytest.mark.asyncio
async def test_metrics_are_those_of_the_bot() -> None:
    metrics = Metrics()
    metrics.answered("discord", Tone.FOUND, 0.5)

    async def test() -> tuple[int, Mapping[str, str], str]:
        async with HealthServer("127.0.0.1", 0, metrics, dict) as monitoring:
            return await ask(monitoring.port, "/metrics")

    status, headers, text = await test()
    assert status == 200
    assert headers["Content-Type"].startswith("text/plain; version=0.0.4")
    assert 'whenanime_requests_total{outcome="found",platform="discord"} 1.0' in text


@pytest.mark.parametrize(("path", "method", "status"), [("/", "GET", 404), ("/healthz", "POST", 405)])
@pytest.mark.asyncio
async def test_nothing_else_is_there_and_no_version_is_told(path: str, method: str, status: int) -> None:
    async def test() -> list[tuple[int, Mapping[str, str], str]]:
        async with HealthServer("127.0.0.1", 0, Metrics(), dict) as monitoring:
            return [await ask(monitoring.port, path, method), await ask(monitoring.port, "/healthz")]

    refused, served = await test()
    assert (refused[0], served[0]) == (status, 200)
    assert refused[1]["Server"] == served[1]["Server"] == "WhenAnime"
    assert served[1]["Cache-Control"] == "no-store"


@pytest.mark.asyncio
async def test_the_port_is_free_again_afterwards() -> None:
    monitoring = HealthServer("127.0.0.1", 0, Metrics(), dict)
    async with monitoring:
        port = monitoring.port
        assert port > 0
    assert monitoring.port == 0
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", port)
    async with HealthServer("127.0.0.1", port, Metrics(), dict) as again:
        assert again.port == port


@pytest.mark.asyncio
async def test_a_port_in_use_is_told_by_the_name_of_the_setting() -> None:
    async def test(port: int) -> None:
        async with HealthServer("127.0.0.1", port, Metrics(), dict):
            pytest.fail("it listens on a port that is taken")

    with socket.create_server(("127.0.0.1", 0)) as busy:
        port = busy.getsockname()[1]
        with pytest.raises(InputError, match=rf"^WHENANIME_HTTP__PORT: port {port} of 127\.0\.0\.1 is used by another"):
            await test(port)


@pytest.mark.asyncio
async def test_an_address_that_is_not_ours_is_told_by_the_name_of_the_setting() -> None:
    async def test() -> None:
        async with HealthServer("192.0.2.1", 0, Metrics(), dict):
            pytest.fail("it listens on an address of somebody else")

    with pytest.raises(InputError, match=r"^WHENANIME_HTTP__HOST: 192\.0\.2\.1 cannot be listened on"):
        await test()
