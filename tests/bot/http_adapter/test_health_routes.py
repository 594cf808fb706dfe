"""Health, metrics and the port itself, over a socket."""

import asyncio
import socket
from collections.abc import Mapping
from pathlib import Path

import pytest

from bot.http_adapter.services import HttpSpec
from bot.messages import Tone
from core.errors import InputError
from tests.bot.http_adapter.serving import Server, served


async def ask(server: Server, path: str, method: str = "GET", **headers: str) -> tuple[int, Mapping[str, str], str]:
    async with server.session.request(method, server.url(path), headers=headers) as response:
        return response.status, dict(response.headers), await response.text()


@pytest.mark.asyncio
async def test_health_names_what_does_not_work(tmp_path: Path) -> None:
    parts = {"discord": True, "telegram": True}
    async with served(tmp_path, health=parts) as server:
        well = await ask(server, "/healthz")
        parts["telegram"] = False
        ill = await ask(server, "/healthz")
        parts["telegram"] = True
        again = await ask(server, "/healthz", "HEAD")
    assert [(status, text) for status, _headers, text in (well, ill, again)] == [
        (200, '{"ok": true, "parts": {"discord": true, "telegram": true}}'),
        (503, '{"ok": false, "parts": {"discord": true, "telegram": false}}'),
        (200, ""),
    ]


@pytest.mark.asyncio
async def test_metrics_are_those_of_the_bot(tmp_path: Path) -> None:
    async with served(tmp_path) as server:
        server.bot.metrics.answered("discord", Tone.FOUND, 0.5)
        status, headers, text = await ask(server, "/metrics")
    assert status == 200
    assert headers["Content-Type"].startswith("text/plain; version=0.0.4")
    assert 'whenanime_requests_total{outcome="found",platform="discord"} 1.0' in text


@pytest.mark.asyncio
async def test_metrics_that_a_proxy_passes_on_are_for_an_operators_key(tmp_path: Path) -> None:
    async with served(tmp_path) as server:
        operator, user = (
            server.services.keys.add(name, quota=1, concurrency=1, operator=name == "operator")
            for name in ("operator", "user")
        )
        forwarded = {"X-Forwarded-For": "203.0.113.7"}
        statuses = [
            (await ask(server, "/metrics", **forwarded, **key))[0]
            for key in ({}, {"x-trace-key": user}, {"Authorization": f"Bearer {operator}"})
        ]
    assert statuses == [403, 403, 200]


@pytest.mark.parametrize(("path", "method", "status"), [("/nothing", "GET", 404), ("/healthz", "POST", 405)])
@pytest.mark.asyncio
async def test_nothing_else_is_there_and_no_version_is_told(
    path: str, method: str, status: int, tmp_path: Path
) -> None:
    async with served(tmp_path) as server:
        refused, well = await ask(server, path, method), await ask(server, "/healthz")
    assert (refused[0], well[0]) == (status, 200)
    assert refused[1]["Server"] == well[1]["Server"] == "WhenAnime"
    assert well[1]["Cache-Control"] == "no-store"


@pytest.mark.asyncio
async def test_the_port_is_free_again_afterwards(tmp_path: Path) -> None:
    async with served(tmp_path / "first") as server:
        port = server.adapter.port
        assert port > 0
    assert server.adapter.port == 0
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", port)


@pytest.mark.asyncio
async def test_a_port_in_use_is_told_by_the_name_of_the_setting(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as busy:
        port = busy.getsockname()[1]
        with pytest.raises(InputError, match=rf"^WHENANIME_HTTP__PORT: port {port} of 127\.0\.0\.1 is used by another"):
            async with served(tmp_path, spec=HttpSpec(port=port)):
                pytest.fail("it listens on a port that is taken")


@pytest.mark.asyncio
async def test_an_address_that_is_not_ours_is_told_by_the_name_of_the_setting(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"^WHENANIME_HTTP__HOST: 192\.0\.2\.1 cannot be listened on"):
        async with served(tmp_path, spec=HttpSpec(host="192.0.2.1", port=0)):
            pytest.fail("it listens on an address of somebody else")
