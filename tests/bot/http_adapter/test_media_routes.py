"""Previews and pictures by their links, as trace.moe's clients and browsers ask for them."""

import asyncio
import threading
from collections.abc import Mapping
from pathlib import Path

import pytest

from bot.http_adapter.media_links import MediaLinks, MediaMoment
from core.domain import FileId
from core.previews.spec import PreviewFormat, PreviewSides
from core.timecode import Millis
from tests.bot.http_adapter.serving import LIFETIME_S, SECRET, HttpEngine, Server, served
from tests.bot.world import until_searched

MOMENT = MediaMoment(FileId(7), Millis(753_000), Millis(754_000), Millis(756_100))
Answer = tuple[int, Mapping[str, str], bytes]


async def get(server: Server, path: str, method: str = "GET", **headers: str) -> Answer:
    async with server.session.request(method, server.url(path), headers=headers) as response:
        return response.status, response.headers, await response.read()


def link(server: Server, kind: str) -> str:
    return f"/{kind}/{server.services.links.sign(MOMENT)}"


@pytest.mark.asyncio
async def test_a_video_says_which_part_of_its_file_it_shows(tmp_path: Path) -> None:
    async with served(tmp_path) as server:
        status, headers, data = await get(server, link(server, "video"))
    assert (status, headers["Content-Type"], len(data)) == (200, "video/mp4", 4000)
    assert [headers[f"x-video-{name}"] for name in ("start", "end", "duration")] == ["753.0", "756.1", "3.1"]
    assert headers["Cache-Control"] == "max-age=86400"
    assert "x-video-duration" in headers["Access-Control-Expose-Headers"]


@pytest.mark.parametrize("kind", ["video", "image", "gif"])
@pytest.mark.asyncio
async def test_a_head_request_says_how_long_the_file_is(kind: str, tmp_path: Path) -> None:
    async with served(tmp_path) as server:
        head = await get(server, link(server, kind), "HEAD")
        whole = await get(server, link(server, kind))
    assert (head[0], head[2]) == (200, b"")
    assert head[1]["Content-Length"] == whole[1]["Content-Length"] == str(len(whole[2]))


@pytest.mark.parametrize(
    ("options", "width", "sound"),
    [
        ("", 320, True),
        ("?size=l", 640, True),
        ("&size=l", 640, True),
        ("?size=s&mute", 160, False),
        ("&size=s&mute", 160, False),
        ("&size=m&mute=1", 320, False),
        ("&mute?size=l", 640, False),
    ],
)
@pytest.mark.asyncio
async def test_options_may_be_appended_with_or_without_a_question_mark(
    options: str, width: int, sound: bool, tmp_path: Path
) -> None:
    engine = HttpEngine()
    async with served(tmp_path, engine) as server:
        status, _headers, _data = await get(server, link(server, "video") + options)
    assert (status, engine.rendered) == (200, [("mp4", width, sound)])


@pytest.mark.parametrize(
    ("options", "sides"),
    [
        ("", None),
        ("?minDuration=1&maxDuration=2", PreviewSides(1.0, 2.0)),
        ("&minDuration=2", PreviewSides(2.0, 5.0)),
        ("?maxDuration=0.5", PreviewSides(0.5, 0.5)),
        ("?minDuration=2&maxDuration=1", PreviewSides(2.0, 2.0)),
    ],
)
@pytest.mark.asyncio
async def test_a_video_is_as_long_as_its_options_say(options: str, sides: PreviewSides | None, tmp_path: Path) -> None:
    engine = HttpEngine()
    async with served(tmp_path, engine) as server:
        assert (await get(server, link(server, "video") + options))[0] == 200
    assert engine.sides == [sides]


@pytest.mark.parametrize(
    ("options", "name"),
    [
        ("?size=xl", "size"),
        ("&size=xl", "size"),
        ("?minDuration=3", "minDuration"),
        ("?minDuration=nan", "minDuration"),
        ("?maxDuration=5.5", "maxDuration"),
        ("?maxDuration=long", "maxDuration"),
    ],
)
@pytest.mark.asyncio
async def test_an_option_that_cannot_be_is_named(options: str, name: str, tmp_path: Path) -> None:
    async with served(tmp_path) as server:
        status, _headers, text = await get(server, link(server, "video") + options)
    assert (status, text.decode()) == (400, f"Bad Request. Invalid param: {name}")


@pytest.mark.parametrize("tag", ['"v1"', "v1", 'W/"v1"', '"v0", "v1"', "*"])
@pytest.mark.asyncio
async def test_a_client_that_has_the_file_does_not_get_it_again(tag: str, tmp_path: Path) -> None:
    engine = HttpEngine()
    async with served(tmp_path, engine) as server:
        status, headers, data = await get(server, link(server, "video"), **{"If-None-Match": tag})
        other = await get(server, link(server, "video"), **{"If-None-Match": '"v0"'})
    assert (status, headers["ETag"], data, len(engine.rendered)) == (304, '"v1"', b"", 1)
    assert other[0] == 200


@pytest.mark.parametrize(
    ("asked_range", "status", "content_range", "length"),
    [
        ("bytes=0-1", 206, "bytes 0-1/4000", 2),
        ("bytes=3990-", 206, "bytes 3990-3999/4000", 10),
        ("bytes=-5", 206, "bytes 3995-3999/4000", 5),
        ("bytes=0-9999", 206, "bytes 0-3999/4000", 4000),
        ("bytes=4000-", 416, "bytes */4000", 0),
        ("bytes=0-1,5-6", 200, "", 4000),
        ("lines=1-2", 200, "", 4000),
    ],
)
@pytest.mark.asyncio
async def test_players_get_the_range_that_they_want(
    asked_range: str, status: int, content_range: str, length: int, tmp_path: Path
) -> None:
    async with served(tmp_path) as server:
        answer = await get(server, link(server, "video"), Range=asked_range)
    assert (answer[0], answer[1].get("Content-Range", ""), len(answer[2])) == (status, content_range, length)


@pytest.mark.asyncio
async def test_links_expire_and_cannot_be_made_up(tmp_path: Path) -> None:
    past = MediaLinks(SECRET, LIFETIME_S, lambda: 1_000_000.0)
    foreign = MediaLinks(b"o" * 32, LIFETIME_S)
    async with served(tmp_path) as server:
        good = server.services.links.sign(MOMENT)
        ids = (past.sign(MOMENT), foreign.sign(MOMENT), good[:-4], "B" + good[1:], "none")
        answers = [await get(server, f"/video/{media_id}") for media_id in ids]
    assert [(status, text.decode()) for status, _headers, text in answers] == [
        (410, "Gone"),
        *[(403, "Forbidden")] * 4,
    ]


@pytest.mark.asyncio
async def test_what_can_no_longer_be_shown_is_not_found(tmp_path: Path) -> None:
    for number, engine in enumerate((HttpEngine(removed=True), HttpEngine(unplayable=True))):
        async with served(tmp_path / str(number), engine) as server:
            status, _headers, text = await get(server, link(server, "video"))
            assert (status, text) == (404, b"Not found")
    async with served(tmp_path / "image", HttpEngine(frames=False)) as server:
        assert (await get(server, link(server, "image")))[0] == 404


@pytest.mark.asyncio
async def test_a_busy_server_says_when_to_try_again(tmp_path: Path) -> None:
    gate = threading.Event()
    engine = HttpEngine(preview_gate=gate)
    async with served(tmp_path, engine, queue=0) as server:
        first = asyncio.create_task(get(server, link(server, "video")))
        await until_searched(engine)
        status, headers, text = await get(server, link(server, "gif"))
        gate.set()
        assert (await first)[0] == 200
    assert (status, text) == (503, b"Service Unavailable")
    assert int(headers["Retry-After"]) >= 1


@pytest.mark.asyncio
async def test_the_same_media_are_rendered_once_for_all(tmp_path: Path) -> None:
    engine = HttpEngine()
    async with served(tmp_path, engine) as server:
        first, second = await asyncio.gather(*(get(server, link(server, "gif")) for _ in range(2)))
        third = await get(server, link(server, "gif"))
    assert first[2] == second[2] == third[2]
    assert [kind for kind, _width, _sound in engine.rendered] == [PreviewFormat.GIF]
