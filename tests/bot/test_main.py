"""The bot's process with a fake platform: starting, answering, reloading, stopping."""

import asyncio
import json
import logging
import os
import re
import signal
import socket
import urllib.error
import urllib.request
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from types import SimpleNamespace, TracebackType
from typing import Any, Self, cast

import cv2
import pytest

from bot.__main__ import NO_PLATFORM, discord_spec, platform_adapters, run_bot, telegram_spec
from bot.messages import Chat, ChatKind, MediaKind, Request, RequestId, Tone, Upload, UserId
from bot.process import serve, start_line
from bot.service.platforms import PlatformAdapter
from bot.service.tokens import Tokens
from bot.wiring import AdapterServices, current_generation_name
from config.opening import encoder_of
from config.settings import Settings, load_settings
from core.errors import InputError, LibraryEmptyError, PlatformError
from core.files import library_lock
from ingest.library.opening import open_library, publisher
from tests.episodes import scene_frame

LIMIT_S = 60
Script = Callable[[AdapterServices, "Probe"], Awaitable[None]]


@dataclass
class Probe:
    """A platform that does what a test wants and then stays; what went wrong in it is kept."""

    parts: AdapterServices
    script: Script
    story: list[str]
    failed: list[Exception]
    healthy: bool = True
    answering: list[asyncio.Task[None]] = field(default_factory=list)

    async def __aenter__(self) -> Self:
        self.story.append("entered")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.answering:
            await asyncio.wait(self.answering)
        self.story.append("left")

    async def run(self) -> None:
        try:
            await self.script(self.parts, self)
        except PlatformError:
            raise
        except Exception as exc:  # noqa: BLE001  # an assertion, told to the test when all is closed
            self.failed.append(exc)
            _tell(signal.SIGTERM)
        await asyncio.Event().wait()


def _serve(settings: Settings, script: Script) -> list[str]:
    story: list[str] = []
    failed: list[Exception] = []

    def adapters(parts: AdapterServices) -> Mapping[str, Callable[[], PlatformAdapter]]:
        return {"probe": lambda: Probe(parts, script, story, failed)}

    asyncio.run(asyncio.wait_for(serve(settings, adapters), LIMIT_S))
    if failed:
        raise failed[0]
    return story


def _tell(number: signal.Signals) -> None:
    os.kill(os.getpid(), number)


def _request(number: int, read: Callable[[int], Awaitable[bytes]]) -> Request:
    return Request(
        id=RequestId(f"probe:{number}"),
        user=UserId("probe:1"),
        chat=Chat(ChatKind.PRIVATE, 8 << 20, MediaKind.GIF),
        locale="en",
        pictures=(Upload("a.png", read),),
    )


async def _picture(_limit_bytes: int) -> bytes:
    whole, data = cv2.imencode(".png", scene_frame(12, 0)[:, :, ::-1])
    assert whole
    return data.tobytes()


def test_videos_that_are_not_where_they_were_are_counted_at_the_start(
    library_settings: Settings, videos: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def script(_parts: AdapterServices, _probe: Probe) -> None:
        _tell(signal.SIGTERM)

    sorted(videos.rglob("*.mp4"))[0].unlink()
    _serve(library_settings.model_copy(update={"media_root": str(videos)}), script)
    assert any(line.startswith("1 of 3 videos is not where the library has them") for line in caplog.messages)


def test_it_answers_and_ends_when_told_to(library_settings: Settings) -> None:
    async def script(parts: AdapterServices, _probe: Probe) -> None:
        reply = await parts.dispatcher.handle(_request(1, _picture))
        assert reply is not None
        assert (reply.tone, reply.title) == (Tone.FOUND, "Paper Boats")
        assert reply.media is not None
        assert reply.media.data.startswith(b"GIF89a")
        _tell(signal.SIGTERM)

    handlers = [signal.getsignal(number) for number in (signal.SIGHUP, signal.SIGTERM)]
    try:
        assert _serve(library_settings, script) == ["entered", "left"]
    finally:
        for number, handler in zip((signal.SIGHUP, signal.SIGTERM), handlers, strict=True):
            signal.signal(number, handler)


def test_what_is_under_way_is_answered_before_the_platform_is_left(library_settings: Settings) -> None:
    story: list[str] = []

    async def script(parts: AdapterServices, _probe: Probe) -> None:
        reading, go_on = asyncio.Event(), asyncio.Event()

        async def read(limit_bytes: int) -> bytes:
            reading.set()
            await go_on.wait()
            return await _picture(limit_bytes)

        async def answer() -> None:
            reply = await parts.dispatcher.handle(_request(1, read))
            assert reply is not None
            story.append(reply.title)

        answering = asyncio.create_task(answer())
        await reading.wait()
        _tell(signal.SIGINT)
        await _until(_refuses(parts))
        go_on.set()
        await answering
        await asyncio.Event().wait()

    assert _serve(library_settings, script) == ["entered", "left"]
    assert story == ["Paper Boats"]


def test_a_second_signal_waits_for_nothing(library_settings: Settings) -> None:
    ended: list[str] = []

    async def script(parts: AdapterServices, probe: Probe) -> None:
        reading = asyncio.Event()

        async def read(_limit_bytes: int) -> bytes:
            reading.set()
            try:
                await asyncio.Event().wait()
                return b""
            finally:
                ended.append("cancelled")

        async def ask() -> None:
            await parts.dispatcher.handle(_request(1, read))

        probe.answering.append(asyncio.create_task(ask()))
        await reading.wait()
        _tell(signal.SIGTERM)
        await _until(_refuses(parts))
        _tell(signal.SIGTERM)

    bot = library_settings.bot.model_copy(update={"drain_s": 3600.0, "deadline_s": 3600.0})
    assert _serve(library_settings.model_copy(update={"bot": bot}), script) == ["entered", "left"]
    assert ended == ["cancelled"]


def _refuses(parts: AdapterServices) -> Callable[[], Awaitable[bool]]:
    """Asks, each time with a request of its own, whether nothing new is taken."""
    numbers = count(100)

    async def asks() -> bool:
        reply = await parts.dispatcher.handle(_request(next(numbers), _picture))
        return reply is not None and reply.tone is not Tone.FOUND

    return asks


async def _until(holds: Callable[[], Awaitable[bool]]) -> None:
    while not await holds():
        await asyncio.sleep(0)


def test_a_new_index_is_taken_up_on_a_signal(library_settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "bot.service.index_reload")
    bot = library_settings.bot.model_copy(update={"reload_s": 3600.0})

    def build() -> None:
        with open_library(library_settings) as library, library_lock(library.layout.lock):
            publisher(library_settings, library, encoder_of(library_settings)).publish(anew=True)

    async def has_it() -> bool:
        return any(message.startswith("searching generation-") for message in caplog.messages)

    async def script(_parts: AdapterServices, _probe: Probe) -> None:
        await asyncio.to_thread(build)
        _tell(signal.SIGHUP)
        await _until(has_it)
        _tell(signal.SIGTERM)

    before = current_generation_name(library_settings.data_dir)
    _serve(library_settings.model_copy(update={"bot": bot}), script)
    after = current_generation_name(library_settings.data_dir)
    assert after != before
    assert caplog.messages == [f"searching {after} now"]


def test_health_is_told_on_a_port_of_its_own(library_settings: Settings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    http = library_settings.http.model_copy(update={"enabled": True, "port": port})

    async def script(_parts: AdapterServices, probe: Probe) -> None:
        assert await asyncio.to_thread(_health, port) == (200, True)
        probe.healthy = False
        assert await asyncio.to_thread(_health, port) == (503, False)
        _tell(signal.SIGTERM)

    _serve(library_settings.model_copy(update={"http": http}), script)


def _health(port: int) -> tuple[int, bool]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=10) as answer:
            return answer.status, _probe_of(json.load(answer))
    except urllib.error.HTTPError as exc:
        with exc:
            return exc.code, _probe_of(json.load(exc))


def _probe_of(health: Any) -> bool:
    return bool(health["parts"]["probe"])


def test_a_refused_token_of_the_only_platform_ends_it(library_settings: Settings) -> None:
    async def script(_parts: AdapterServices, _probe: Probe) -> None:
        raise PlatformError("The token is refused; make a new one.")

    with pytest.raises(PlatformError, match="make a new one"):
        _serve(library_settings, script)


def test_without_a_library_it_says_what_to_do(settings: Settings) -> None:
    async def script(_parts: AdapterServices, _probe: Probe) -> None:
        raise AssertionError("no platform should be opened")

    with pytest.raises(LibraryEmptyError, match="whenanime library add DIR"):
        _serve(settings, script)


def test_without_a_token_it_says_which_variables_to_set(settings: Settings) -> None:
    with pytest.raises(InputError) as caught:
        run_bot(settings)
    assert str(caught.value) == NO_PLATFORM
    assert caught.value.exit_code == 2
    for name in ("WHENANIME_DISCORD__TOKEN", "WHENANIME_TELEGRAM__TOKEN", "docs/chat.md"):
        assert name in NO_PLATFORM


def test_adapters_get_all_that_is_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "whenanime.toml").write_text(
        '[discord]\napi_base = "http://127.0.0.1:1/api"\nchannels = [5]\nsync = false\n'
        '[telegram]\nmode = "webhook"\nurl = "https://example.org/hook"\nsecret = "s"\nlocal = true\n'
        '[bot]\nlocale = "ja"\n',
        "utf-8",
    )
    monkeypatch.setenv("WHENANIME_CONFIG", str(tmp_path / "whenanime.toml"))
    settings = load_settings()
    discord = discord_spec(settings, "token-d")
    assert (discord.token, discord.api_base, discord.channels, discord.sync, discord.locale) == (
        "token-d",
        "http://127.0.0.1:1/api",
        frozenset({5}),
        False,
        "ja",
    )
    telegram = telegram_spec(settings, "token-t")
    assert (telegram.token, telegram.mode, telegram.url, telegram.secret, telegram.local, telegram.locale) == (
        "token-t",
        "webhook",
        "https://example.org/hook",
        "s",
        True,
        "ja",
    )
    assert "token-" not in repr((discord, telegram))


@pytest.mark.parametrize(
    ("line", "text"),
    [
        (
            (12, 34567, ("discord", "telegram")),
            "Searching 12 videos with 34,567 frames. Connecting to Discord and Telegram.",
        ),
        ((1, 9, ("telegram",)), "Searching 1 video with 9 frames. Connecting to Telegram."),
    ],
)
def test_the_start_says_how_much_is_searched_and_where_it_answers(
    line: tuple[int, int, tuple[str, ...]], text: str
) -> None:
    assert start_line(*line) == text


def test_the_start_is_told_without_any_setting(library_settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    async def script(_parts: AdapterServices, _probe: Probe) -> None:
        _tell(signal.SIGTERM)

    _serve(library_settings, script)
    assert re.fullmatch(r"Searching \d+ videos? with [\d,]+ frames. Connecting to Probe.\n", capsys.readouterr().out)


def test_a_connection_is_told_whatever_is_logged(
    capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture, library_settings: Settings
) -> None:
    caplog.set_level(logging.INFO, "bot")
    tokens = Tokens(discord="token-d", telegram="token-t")
    parts = cast(AdapterServices, SimpleNamespace(dispatcher=None, metrics=None, fetcher=None))
    adapters = platform_adapters(library_settings, tokens, parts)
    assert "answering" not in caplog.text
    adapters["telegram"].keywords["connected"]("@x_bot")  # type: ignore[attr-defined]  # a partial
    adapters["discord"].keywords["connected"]("name#1", 1)  # type: ignore[attr-defined]  # a partial
    assert capsys.readouterr().out.splitlines() == [
        "Connected to Telegram as @x_bot. Ctrl-C stops it.",
        "Connected to Discord as name#1, in 1 server. Ctrl-C stops it.",
    ]
    assert caplog.messages == ["answering on telegram", "answering on discord"]
