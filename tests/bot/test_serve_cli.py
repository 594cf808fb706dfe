"""`whenanime serve` as a process, on a small drawn library."""

import json
import os
import re
import signal
import socket
import struct
import subprocess
import sys
import time
import urllib.error
import urllib.request
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import cv2
import pytest

from tests.episodes import scene_frame

ROOT = Path(__file__).parents[2]


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT)}


def started(*arguments: str, **settings: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "whenanime", "serve", *arguments],
        env=environment() | {f"WHENANIME_{name}": value for name, value in settings.items()},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@contextmanager
def serving(**settings: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """The address of a server, and its process."""
    process = started("--port", "0", **settings)
    try:
        assert process.stdout is not None
        line = ""
        while "Serving" not in line:
            line = process.stdout.readline()
            assert line, process.stderr.read() if process.stderr else ""
        address = re.search(r"http://\S+", line)
        assert address
        yield address[0].rstrip("/"), process
    finally:
        process.kill()
        process.communicate()


def post(url: str, body: bytes, content_type: str) -> tuple[int, Mapping[str, Any]]:
    request = urllib.request.Request(url, body, {"Content-Type": content_type})  # noqa: S310  # our own address
    try:
        with urllib.request.urlopen(request, timeout=60) as response:  # noqa: S310
            return response.status, json.load(response)
    except urllib.error.HTTPError as exc:
        with exc:
            return exc.code, json.load(exc)


def png(number: int, shot: int) -> bytes:
    done, data = cv2.imencode(".png", scene_frame(number, shot)[..., ::-1])
    assert done
    return data.tobytes()


def bomb(side: int) -> bytes:
    """A PNG that says it has `side`² pixels, all black."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    pixels = zlib.compress(b"\0" * (1 << 20))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


@pytest.mark.usefixtures("library_settings")
def test_pictures_are_answered_with_media_and_what_is_dangerous_is_not() -> None:
    with socket.create_server(("127.0.0.1", 0)) as private, serving() as (address, process):
        search = f"{address}/api/v1/search"
        status, answer = post(search, png(12, 10), "image/png")
        assert (status, answer["scenes"][0]["show"]) == (200, "Paper Boats")
        heads = {}
        for name, url in answer["scenes"][0]["preview"].items():
            with urllib.request.urlopen(url, timeout=60) as response:  # noqa: S310
                heads[name] = (response.headers["Content-Type"], response.read(12))
        assert heads["mp4"][0] == "video/mp4"
        assert heads["mp4"][1][4:8] == b"ftyp"
        assert heads["gif"] == ("image/gif", heads["gif"][1])
        assert heads["gif"][1][:4] == b"GIF8"
        assert heads["still"][1][:3] == b"\xff\xd8\xff"
        link = f"http://127.0.0.1:{private.getsockname()[1]}/shot.png"
        refused = post(search, json.dumps({"url": link}).encode(), "application/json")
        assert (refused[0], refused[1]["detail"]) == (400, "I may not open this link.")
        for body in (bomb(60_000), b"%PDF-1.7", png(12, 10)[:200], b"\0" * 1000):
            status, problem = post(search, body, "image/png")
            assert (status, problem["title"]) == (422, "Unprocessable Content")
            assert "/" not in problem["detail"]
        assert post(search + "?show=Nobody", png(12, 10), "image/png")[0] == 400
        process.send_signal(signal.SIGINT)
        began_s = time.monotonic()
        _out, err = process.communicate(timeout=30)
        assert time.monotonic() - began_s < 15  # within one second where nothing else runs; a drain may take 20
    assert process.returncode == 0
    assert "Traceback" not in err
    private.close()


@pytest.mark.usefixtures("library_settings")
def test_a_key_that_a_command_makes_works_in_the_running_server_at_once() -> None:
    def key(*arguments: str) -> str:
        command = [sys.executable, "-m", "whenanime", "bot", "key", *arguments]
        return subprocess.run(command, env=environment(), capture_output=True, text=True, check=True).stdout.strip()

    with serving(HTTP__KEY_REQUIRED="true") as (address, _process):
        url = f"{address}/api/v1/search?key="
        secret = key("add", "program")
        statuses = [post(url, png(12, 10), "image/png")[0], post(url + secret, png(12, 10), "image/png")[0]]
        key("remove", "program")
        statuses.append(post(url + secret, png(12, 10), "image/png")[0])
    assert statuses == [401, 200, 401]


@pytest.mark.usefixtures("library_settings")
def test_no_request_is_lost_while_the_index_is_made_anew() -> None:
    statuses: list[int] = []
    with serving(BOT__RELOAD_S="0.1", HTTP__PER_MINUTE="10000") as (address, _process):
        rebuilding = subprocess.Popen([sys.executable, "-m", "whenanime", "index", "rebuild"], env=environment())
        while rebuilding.poll() is None or len(statuses) % 20:
            picture = png(12, 10) + b"%d" % len(statuses)  # not one that is remembered
            statuses.append(post(f"{address}/api/v1/search", picture, "image/png")[0])
            with urllib.request.urlopen(f"{address}/api/v1/shows", timeout=60) as response:  # noqa: S310
                assert json.load(response)["shows"]
    assert rebuilding.returncode == 0
    assert set(statuses) == {200}


def ended(*arguments: str, **settings: str) -> tuple[int, str]:
    process = started(*arguments, **settings)
    _out, err = process.communicate(timeout=60)
    assert "Traceback" not in err
    return process.returncode, err


@pytest.mark.usefixtures("library_settings")
def test_an_address_that_cannot_be_listened_on_is_told_by_the_setting() -> None:
    with socket.create_server(("127.0.0.1", 0)) as busy:
        port = busy.getsockname()[1]
        code, err = ended("--port", str(port))
    assert code == 2
    assert f"WHENANIME_HTTP__PORT: port {port} of 127.0.0.1 is used by another program" in err
    code, err = ended("--port", "0", "--host", "192.0.2.1")
    assert code == 2
    assert "WHENANIME_HTTP__HOST: 192.0.2.1 cannot be listened on" in err


def test_without_a_library_it_says_how_to_make_one() -> None:
    code, err = ended()
    assert code == 1
    assert "library add" in err


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("HTTP__PROXIES", "10.0.0.0/99", "WHENANIME_HTTP__PROXIES"),
        ("HTTP__PORT", "99999", "WHENANIME_HTTP__PORT"),
        ("HTTP__PUBLIC_URL", "example.org", "WHENANIME_HTTP__PUBLIC_URL"),
        ("HTTP__PER_MINUTE", "0", "WHENANIME_HTTP__PER_MINUTE"),
    ],
)
def test_a_bad_setting_is_named(name: str, value: str, message: str) -> None:
    code, err = ended(**{name: value})
    assert code == 2
    assert message in err


def test_options_that_make_no_sense_are_refused() -> None:
    code, err = ended("--port", "99999")
    assert code == 2
    assert "--port" in err
