"""Hosts that a server answers to, so that a foreign page cannot become its own (DNS rebinding)."""

import json
import socket
from pathlib import Path

import pytest

from bot.http_adapter.middleware.host_check import host_name, is_own_host
from bot.http_adapter.services import HttpSpec
from tests.bot.http_adapter.raw_client import exchange, request
from tests.bot.http_adapter.serving import served

LOOPBACK = HttpSpec()
NETWORK = HttpSpec(host="0.0.0.0")  # noqa: S104  # nothing listens
PROXIED = HttpSpec(public_url="https://when.example.org:8443/")
NAMED = HttpSpec(hosts=("nas.example.org", "Other.Example.org"))


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("localhost:8080", "localhost"),
        ("When.Example.ORG.:443", "when.example.org"),
        ("[::1]:8080", "::1"),
        ("[::1]", "::1"),
        ("127.0.0.1", "127.0.0.1"),
        ("", ""),
    ],
)
def test_the_name_of_a_host_has_no_port(host: str, expected: str) -> None:
    assert host_name(host) == expected


@pytest.mark.parametrize(
    ("spec", "own", "foreign"),
    [
        (
            LOOPBACK,
            ["localhost", "127.0.0.1", "127.0.0.2", "::1"],
            ["evil.example", "192.0.2.7", "nas", "nas.local", "localhost.evil.example", "127.0.0.1.evil.example"],
        ),
        (
            NETWORK,
            ["localhost", "127.0.0.1", "192.168.1.7", "::1", "fd00::7", "nas", "nas.local", "box.home.arpa"],
            ["evil.example", "nas.local.evil.example", "192.168.1.7.evil.example"],
        ),
        (PROXIED, ["when.example.org", "127.0.0.1"], ["evil.example", "www.when.example.org"]),
        (NAMED, ["nas.example.org", "other.example.org", "localhost"], ["example.org"]),
        (HttpSpec(hosts=("*",)), ["evil.example"], []),
        (HttpSpec(host="::1"), ["localhost", "::1"], ["evil.example", "192.0.2.7"]),
        (HttpSpec(host="localhost"), ["127.0.0.1"], ["192.0.2.7"]),
    ],
)
def test_names_that_others_can_have_are_not_answered(spec: HttpSpec, own: list[str], foreign: list[str]) -> None:
    assert [host for host in own if not is_own_host(host, spec)] == []
    assert [host for host in foreign if is_own_host(host, spec)] == []


def test_this_machine_is_known_by_its_name() -> None:
    assert is_own_host(socket.gethostname().lower(), NETWORK)


@pytest.mark.asyncio
async def test_a_foreign_name_is_refused_in_the_form_of_the_part(tmp_path: Path) -> None:
    evil = {"Host": "evil.example:8080"}
    async with served(tmp_path) as server:
        api = await exchange(server, request("GET", "/api/v1/shows", b"", **evil))
        trace_moe = await exchange(server, request("GET", "/me", b"", **evil))
        page = await exchange(server, request("GET", "/", b"", Accept="text/html", Accept_Language="ja", **evil))
        metrics = await exchange(server, request("GET", "/metrics", b"", **evil))
        near = [
            await exchange(server, request("GET", "/metrics", Host=host))
            for host in ("localhost:8080", "[::1]:1", "127.0.0.1")
        ]
        unnamed = await exchange(server, b"GET /healthz HTTP/1.0\r\n\r\n")
    sentence = "This server does not answer to evil.example. If that is its name, add it to WHENANIME_HTTP__HOSTS."
    assert [answer.status for answer in (api, trace_moe, page, metrics)] == [421] * 4
    assert json.loads(api.body) == {
        "type": "about:blank",
        "title": "Misdirected Request",
        "status": 421,
        "detail": sentence,
    }
    assert json.loads(trace_moe.body) == {"error": sentence}
    assert metrics.body.decode() == sentence
    assert "evil.example という名前では応答しません" in page.body.decode()
    assert "WHENANIME_HTTP__HOSTS" in page.body.decode()
    assert [answer.status for answer in (*near, unnamed)] == [200] * 4


@pytest.mark.asyncio
async def test_what_a_foreign_name_holds_is_not_told_unless_it_is_plain(tmp_path: Path) -> None:
    async with served(tmp_path) as server:
        html = await exchange(server, request("GET", "/", Accept="text/html", Host="<b>evil</b>"))
        text = await exchange(server, request("GET", "/", Host="\xe9vil"))
    assert (html.status, text.status) == (421, 421)
    assert b"<b>evil" not in html.body
    assert text.body.startswith(b"This server does not answer to this name.")
