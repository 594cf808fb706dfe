"""`whenanime bot` as a process, against platforms on a loopback port that refuse everything."""

import json
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.cli import app
from core.errors import InputError, PlatformError

ROOT = Path(__file__).parents[2]
TELEGRAM_TOKEN = "123456:AAverysecretverysecretverysecretver"  # noqa: S105  # nobody's
DISCORD_TOKEN = "MTIzNDU2Nzg5MDEyMzQ1Njc4.GveryS.verysecretverysecretverysecret"  # noqa: S105  # nobody's


class _Refusing(BaseHTTPRequestHandler):
    """Says 401 in Telegram's and in Discord's words at once."""

    def do_GET(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body = json.dumps({"ok": False, "error_code": 401, "description": "Unauthorized", "message": "401", "code": 0})
        self.send_response(401)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    do_POST = do_GET  # noqa: N815
    do_PUT = do_GET  # noqa: N815

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # its name there
        """Say nothing."""


@contextmanager
def _refusing() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Refusing) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def _bot(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "whenanime", "bot", *arguments],
        env={
            **os.environ,
            **{f"WHENANIME_{name}": value for name, value in environment.items()},
            "PYTHONPATH": str(ROOT),
        },
        capture_output=True,
        text=True,
        check=False,
    )


def test_without_a_token_it_says_which_variables_to_set() -> None:
    ended = _bot()
    assert ended.returncode == 2
    for name in ("WHENANIME_DISCORD__TOKEN", "WHENANIME_TELEGRAM__TOKEN", "docs/chat.md"):
        assert name in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.usefixtures("library_settings")
def test_refused_tokens_end_it_with_a_sentence_and_are_never_shown() -> None:
    with _refusing() as base:
        ended = _bot(
            LOG_LEVEL="DEBUG",
            TELEGRAM__TOKEN=TELEGRAM_TOKEN,
            TELEGRAM__BASE_URL=f"{base}/bot",
            TELEGRAM__BASE_FILE_URL=f"{base}/file/bot",
            DISCORD__TOKEN=DISCORD_TOKEN,
            DISCORD__API_BASE=f"{base}/api/v10",
        )
    assert ended.returncode == 1, ended.stderr
    for platform in ("DISCORD", "TELEGRAM"):
        assert f"WHENANIME_{platform}__TOKEN" in ended.stderr
    (last,) = [line for line in ended.stderr.splitlines() if line.startswith("whenanime: ")]
    assert "__TOKEN" in last
    for token in (TELEGRAM_TOKEN, DISCORD_TOKEN):
        assert token not in ended.stderr + ended.stdout


@pytest.mark.parametrize("command", ["invite", "sync"])
def test_discords_commands_want_discords_token(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WHENANIME_TELEGRAM__TOKEN", TELEGRAM_TOKEN)
    ended = CliRunner().invoke(app, [command])
    assert isinstance(ended.exception, InputError)
    assert "WHENANIME_DISCORD__TOKEN" in str(ended.exception)


@pytest.mark.parametrize("command", ["invite", "sync"])
def test_a_refused_token_is_said(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WHENANIME_DISCORD__TOKEN", DISCORD_TOKEN)
    with _refusing() as base:
        monkeypatch.setenv("WHENANIME_DISCORD__API_BASE", f"{base}/api/v10")
        ended = CliRunner().invoke(app, [command])
    assert isinstance(ended.exception, PlatformError)
    assert "WHENANIME_DISCORD__TOKEN" in str(ended.exception)
    assert DISCORD_TOKEN not in str(ended.exception)


@pytest.mark.parametrize("command", ["invite", "sync"])
def test_the_token_is_masked_in_what_is_logged(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WHENANIME_DISCORD__TOKEN", DISCORD_TOKEN)
    with _refusing() as base:
        monkeypatch.setenv("WHENANIME_DISCORD__API_BASE", f"{base}/api/v10")
        CliRunner().invoke(app, [command])
    record = logging.LogRecord("discord", logging.WARNING, "", 0, "sent %s", (DISCORD_TOKEN,), None)
    (line,) = {
        handler.format(record) for handler in logging.getLogger().handlers if type(handler) is logging.StreamHandler
    }
    assert line == "WARNING discord: sent ***"


@pytest.mark.parametrize("level", ["DEBUG", "debug"])
def test_an_unexpected_error_shows_where_at_any_writing_of_debug(level: str) -> None:
    failing = "import whenanime\nwhenanime.app = lambda **_: 1 / 0\nwhenanime.main()"
    environment = {**os.environ, "WHENANIME_LOG_LEVEL": level, "PYTHONPATH": str(ROOT)}
    ended = subprocess.run(
        [sys.executable, "-c", failing], env=environment, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 1
    assert "Traceback" in ended.stderr
    assert "unexpected error: ZeroDivisionError" in ended.stderr


def test_help_names_the_commands() -> None:
    output = CliRunner().invoke(app, ["--help"]).output
    assert "invite" in output
    assert "sync" in output
