"""Log lines about a platform that cannot be reached, and about the end of that."""

import logging
import socket
from collections.abc import Callable
from typing import Any

import aiohttp
import httpx
import pytest
from telegram.error import NetworkError, TimedOut

from bot.chat_platform.connection_state import ConnectionState, reason_of


def test_it_is_said_once_and_then_when_it_is_back(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    state = ConnectionState("Discord")
    state.restored()
    for _ in range(3):
        state.lost(OSError(111, "Connection refused"))
    state.restored()
    state.restored()
    assert [(record.levelname, record.getMessage()) for record in caplog.records] == [
        ("WARNING", "Discord cannot be reached (connection refused). Trying again until it can."),
        ("INFO", "Discord still cannot be reached (connection refused)."),
        ("INFO", "Discord still cannot be reached (connection refused)."),
        ("WARNING", "Discord can be reached again."),
    ]


def _chained(outer: BaseException, inner: BaseException) -> BaseException:
    outer.__cause__ = inner
    return outer


NAME = socket.gaierror(-2, "Name or service not known")
KEY: Any = type("Key", (), {"ssl": None, "host": "discord.com", "port": 443})()


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (lambda: aiohttp.ClientConnectorError(KEY, NAME), "its name cannot be looked up"),
        (
            lambda: _chained(NetworkError("httpx.ConnectError"), _chained(httpx.ConnectError("x"), NAME)),
            "its name cannot be looked up",
        ),
        (lambda: aiohttp.ClientConnectorError(KEY, OSError(111, "Connection refused")), "connection refused"),
        (TimedOut, "no answer in time"),
        (TimeoutError, "no answer in time"),
        (lambda: _chained(NetworkError("x"), httpx.ReadTimeout("x")), "no answer in time"),
        (lambda: aiohttp.WSServerHandshakeError(Any, (), status=503), "it answers 503"),  # type: ignore[arg-type]  # unused
        (lambda: NetworkError("Bad Gateway"), "it answers 502"),
        (lambda: NetworkError("Service Unavailable (503). Parsing the server response b'x' failed"), "it answers 503"),
        (lambda: NetworkError("https://api.telegram.org/bot1:secret"), "NetworkError"),
    ],
)
def test_the_reason_is_said_in_the_same_words_whatever_library_met_it(
    error: Callable[[], BaseException], reason: str
) -> None:
    assert reason_of(error()) == reason
