"""What strangers may send to the port: too much, too slowly, too often, nonsense; others are still served."""

import asyncio
import io
import os
import time
from pathlib import Path

import aiohttp
import psutil
import pytest

from bot.http_adapter import connections, picture_body
from bot.http_adapter.media_links import MediaLinks, MediaMoment
from bot.http_adapter.services import HttpSpec
from core.domain import FileId
from core.errors import PictureError
from core.previews.spec import PreviewFormat
from core.timecode import Millis
from tests.bot.http_adapter.api_client import call
from tests.bot.http_adapter.raw_client import SECURITY_HEADERS, connected, exchange, files_with, received, request
from tests.bot.http_adapter.serving import LIFETIME_S, SECRET, HttpEngine, Server, served

SEARCH = "/api/v1/search"
PNG = {"Content-Type": "image/png"}
LIMIT_BYTES = 25 << 20
BAD_REQUESTS = int(os.environ.get("BAD_REQUESTS", "1000"))
"""10,000 by hand; fewer in the suite."""
MOMENT = MediaMoment(FileId(7), Millis(1000), Millis(2000), Millis(3000))


async def is_served(server: Server) -> bool:
    answer = await exchange(server, request("GET", "/healthz"), "127.0.0.9")
    return answer.status == 200


@pytest.mark.asyncio
async def test_a_picture_of_25_mib_is_searched_and_one_byte_more_is_not(tmp_path: Path) -> None:
    engine = HttpEngine()
    async with served(tmp_path, engine) as server:
        whole = await call(server, "POST", SEARCH, data=io.BytesIO(b"x" * LIMIT_BYTES), headers=PNG)
        more = await call(server, "POST", SEARCH, data=io.BytesIO(b"x" * (LIMIT_BYTES + 1)), headers=PNG)
        form = aiohttp.FormData()
        form.add_field("picture", io.BytesIO(b"x" * (LIMIT_BYTES + 1)), filename="a.png")
        formed = await call(server, "POST", SEARCH, data=form)
    assert (whole.status, more.status, formed.status) == (200, 413, 413)
    assert [len(picture) for picture in engine.searched] == [LIMIT_BYTES]


@pytest.mark.asyncio
async def test_a_body_that_is_announced_too_large_is_refused_before_it_comes(tmp_path: Path) -> None:
    async with served(tmp_path) as server:
        answer = await exchange(
            server, request("POST", SEARCH, Content_Type="image/png", Content_Length=str(LIMIT_BYTES + 1))
        )
    assert answer.status == 413


@pytest.mark.asyncio
async def test_a_body_without_end_is_cut_off_at_the_limit(tmp_path: Path) -> None:
    """It is streamed: what the process holds grows by the limit, not by what was sent."""
    sent = 0
    process = psutil.Process()

    async def endless() -> object:
        nonlocal sent
        while sent < 40 * LIMIT_BYTES:
            sent += 1 << 20
            yield b"x" * (1 << 20)

    async with served(tmp_path) as server:
        before_bytes = process.memory_info().rss
        try:
            answer = await call(server, "POST", SEARCH, data=endless(), headers=PNG)
            assert answer.status == 413
        except aiohttp.ClientError:
            pass  # it was still being sent when the server closed the connection
        grown_bytes = process.memory_info().rss - before_bytes
        assert await is_served(server)
    assert grown_bytes < 6 * LIMIT_BYTES
    assert sent < 40 * LIMIT_BYTES


@pytest.mark.asyncio
async def test_headers_that_trickle_in_are_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "KEEP_ALIVE_S", 0.5)
    async with served(tmp_path) as server, connected(server) as (reader, writer):
        began_s = time.monotonic()
        writer.write(b"GET / HTTP/1.1\r\n")
        closing = asyncio.create_task(reader.read())
        while not closing.done():
            writer.write(b"X-Slow: 1\r\n")
            assert await is_served(server)
            await asyncio.sleep(0.05)
        await asyncio.gather(closing, return_exceptions=True)
    assert time.monotonic() - began_s < 5


@pytest.mark.parametrize("kind", ["image/png", "application/json", "multipart/form-data; boundary=b"])
@pytest.mark.asyncio
async def test_a_body_that_trickles_in_is_given_up(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(picture_body, "GRACE_S", 0.5)
    async with served(tmp_path) as server, connected(server) as (reader, writer):
        writer.write(request("POST", SEARCH, Content_Type=kind, Content_Length="5000"))
        writer.write(b"--b\r\n")
        answering = asyncio.create_task(received(reader))
        while not answering.done():
            writer.write(b"x")
            assert await is_served(server)
            await asyncio.sleep(0.05)
        answer = await answering
    assert answer.status == 408


@pytest.mark.asyncio
async def test_who_does_not_read_a_response_is_disconnected(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "READ_GRACE_S", 0.2)
    monkeypatch.setattr(connections, "MIN_READ_BYTES_S", 64 << 20)
    monkeypatch.setattr(connections, "CHECK_S", 0.1)
    engine = HttpEngine(sizes={PreviewFormat.GIF: 8 << 20})
    async with served(tmp_path, engine) as server, connected(server) as (reader, writer):
        path = f"/gif/{server.services.links.sign(MOMENT)}"
        for _ in range(4):
            writer.write(request("GET", path))
        await asyncio.sleep(2)
        assert await is_served(server)
        with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
            await reader.readexactly(4 * (8 << 20))


@pytest.mark.asyncio
async def test_a_flood_is_answered_with_429_and_other_addresses_are_served(tmp_path: Path) -> None:
    async with served(tmp_path, spec=HttpSpec(port=0, per_minute=5)) as server:
        answers = [await call(server, "GET", "/api/v1/shows") for _ in range(7)]
        key = server.services.keys.add("program", quota=100, concurrency=4)
        keyed = [await call(server, "GET", "/api/v1/shows", headers={"x-trace-key": key}) for _ in range(51)]
        other = await is_served(server)
        media = [await call(server, "GET", "/image/x") for _ in range(51)]
    assert [answer.status for answer in answers] == [200] * 5 + [429] * 2
    assert [answer.headers["RateLimit-Remaining"] for answer in answers] == ["4", "3", "2", "1", "0", "0", "0"]
    assert 1 <= int(answers[-1].headers["Retry-After"]) <= 60
    assert [answer.status for answer in keyed] == [200] * 50 + [429]
    assert [answer.status for answer in media] == [403] * 50 + [429]
    assert (media[-1].headers["X-RateLimit-Limit"], media[-1].body) == (
        "50",
        b"Too many requests, please try again later.",
    )
    assert other


@pytest.mark.asyncio
async def test_a_client_has_a_quota_of_pictures_and_of_searches_at_one_time(tmp_path: Path) -> None:
    async with served(tmp_path, spec=HttpSpec(port=0, quota=2)) as server:
        key = server.services.keys.add("program", quota=1, concurrency=1)
        anonymous = [await call(server, "POST", SEARCH, data=f"{number}", headers=PNG) for number in range(3)]
        keyed = [
            await call(server, "POST", SEARCH, data=b"key", headers=PNG | {"Authorization": f"Bearer {key}"})
            for _ in range(2)
        ]
    assert [answer.status for answer in anonymous] == [200, 200, 429]
    assert [answer.status for answer in keyed] == [200, 429]
    assert int(anonymous[-1].headers["Retry-After"]) > 80_000


@pytest.mark.asyncio
async def test_many_uploads_at_one_time_are_refused_before_they_are_read(tmp_path: Path) -> None:
    async with served(tmp_path, spec=HttpSpec(port=0, concurrency=1)) as server:
        slow = request("POST", SEARCH, Content_Type="image/png", Content_Length="1000000")
        opened = [await asyncio.open_connection("127.0.0.1", server.adapter.port) for _ in range(6)]
        for _reader, writer in opened[:5]:
            writer.write(slow)
        await asyncio.sleep(0.2)
        opened[5][1].write(slow)
        answer = await received(opened[5][0])
        assert await is_served(server)
        for _reader, writer in opened:
            writer.close()
    assert answer.status == 429


@pytest.mark.asyncio
async def test_connections_of_one_address_are_limited(tmp_path: Path) -> None:
    async with served(tmp_path) as server:
        opened = [await asyncio.open_connection("127.0.0.1", server.adapter.port) for _ in range(connections.MOST_EACH)]
        await asyncio.sleep(0.1)
        refused = await exchange(server, request("GET", "/healthz"))
        assert await is_served(server)
        for _reader, writer in opened:
            writer.close()
        await asyncio.sleep(0.1)
        again = await exchange(server, request("GET", "/healthz"))
    assert (refused.status, again.status) == (0, 200)


@pytest.mark.parametrize(
    "sent",
    [
        request("GET", "/healthz", b"", **{f"X-{number}": "x" for number in range(500)}),
        request("GET", "/healthz", X_Large="x" * 100_000),
        request("GET", "/healthz?" + "x" * 100_000),
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET  HTTP/1.1\r\n\r\n",
        b"\0" * 1000,
        b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: -5\r\n\r\n",
    ],
    ids=[
        "500 headers",
        "a large header",
        "a long address",
        "TLS",
        "HTTP/9.9",
        "no path",
        "zeros",
        "smuggling",
        "length",
    ],
)
@pytest.mark.asyncio
async def test_what_is_no_http_is_refused_in_few_words(sent: bytes, tmp_path: Path) -> None:
    async with served(tmp_path) as server:
        answer = await exchange(server, sent)
        assert await is_served(server)
    assert answer.status in {400, 431}
    assert len(answer.body) < 100
    assert all(name in answer.headers for name in SECURITY_HEADERS)
    assert answer.headers["Server"] == "WhenAnime"


@pytest.mark.parametrize("method", ["TRACE", "CONNECT", "PUT", "DELETE", "PATCH", "PROPFIND", "BREW", "OPTIONS"])
@pytest.mark.parametrize("path", ["/healthz", "/api/v1/search", "/api/v1/shows", "/image/x"])
@pytest.mark.asyncio
async def test_methods_that_a_route_does_not_have_are_refused(method: str, path: str, tmp_path: Path) -> None:
    async with served(tmp_path) as server:
        answer = await exchange(server, request(method, path, X_Told="told"))
        assert await is_served(server)
    assert answer.status in {400, 404, 405}
    assert b"told" not in answer.body
    assert "Allow" in answer.headers or answer.status != 405


TRAVERSALS = (
    "/../../../../etc/passwd",
    "/..%2f..%2f..%2f..%2fetc%2fpasswd",
    "/%2e%2e/%2e%2e/%2e%2e/etc/passwd",
    "/....//....//etc/passwd",
    "/..\\..\\etc\\passwd",
    "//etc/passwd",
    "/%00/etc/passwd",
    "/file:///etc/passwd",
)
PLACES = (
    "",
    "/api/v1",
    "/api/v1/answers",
    "/api/v1/openapi.yaml",
    "/video",
    "/image",
    "/gif",
    "/static",
    "/scene",
    "/library",
    "/operator",
    "/search",
)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.asyncio
async def test_no_path_leads_out_of_what_is_served(place: str, tmp_path: Path) -> None:
    secret = Path("/etc/passwd").read_bytes()[:20]
    async with served(tmp_path) as server:
        for path in TRAVERSALS:
            for ending in ("", "/case.json", "/feedback", "/0"):
                answer = await exchange(server, request("GET", place + path + ending))
                assert answer.status in {400, 403, 404, 405, 429}
                assert secret not in answer.body
                assert str(tmp_path).encode() not in answer.body


@pytest.mark.asyncio
async def test_media_are_only_for_links_that_we_signed(tmp_path: Path) -> None:
    async with served(tmp_path) as server:
        signed = server.services.links.sign(MOMENT)
        forged = MediaLinks(b"x" * 32, LIFETIME_S).sign(MOMENT)
        expired = MediaLinks(SECRET, -7200).sign(MOMENT)
        changed = ("B" if signed[0] == "A" else "A") + signed[1:]
        ids = [signed, forged, expired, changed, signed[:-1], signed + "AA", "a", "!" * 40, "%00", "é"]
        statuses = {
            name: [(await call(server, "GET", f"/{name}/{media_id}")).status for media_id in ids]
            for name in ("image", "video", "gif")
        }
    expected = [200, 403, 410, *[403] * 7]
    assert statuses == {"image": expected, "video": expected, "gif": expected}


@pytest.mark.asyncio
async def test_every_response_has_the_security_headers(tmp_path: Path) -> None:
    engine = HttpEngine(answers={b"bug": ZeroDivisionError()})
    async with served(tmp_path, engine, spec=HttpSpec(port=0, per_minute=6)) as server:
        image = f"/image/{server.services.links.sign(MOMENT)}"
        answers = [
            await exchange(server, sent)
            for sent in (
                request("GET", "/healthz"),
                request("GET", "/nothing"),
                request("PUT", "/healthz"),
                request("GET", image),
                request("OPTIONS", SEARCH, Access_Control_Request_Method="POST"),
                request("POST", SEARCH, b"bug", Content_Type="image/png"),
                request("POST", SEARCH, b"picture", Content_Type="image/png", Accept="text/event-stream"),
                request("GET", "/nothing"),
                request("GET", "/nothing"),
                b"nonsense\r\n\r\n",
            )
        ]
    assert [answer.status for answer in answers] == [200, 404, 405, 200, 204, 500, 200, 404, 429, 400]
    for answer in answers:
        assert all(name in answer.headers for name in SECURITY_HEADERS)
        assert answer.headers["Server"] == "WhenAnime"
        assert "Access-Control-Allow-Credentials" not in answer.headers


@pytest.mark.asyncio
async def test_pages_of_others_may_call_the_api_without_cookies_and_read_no_metrics(tmp_path: Path) -> None:
    origin = {"Origin": "https://example.org", "Access_Control_Request_Method": "POST"}
    async with served(tmp_path) as server:
        preflight = await exchange(server, request("OPTIONS", SEARCH, b"", **origin))
        shows = await exchange(server, request("GET", "/api/v1/shows", Origin="https://example.org"))
        metrics = [await exchange(server, request(method, "/metrics", b"", **origin)) for method in ("GET", "OPTIONS")]
    assert (preflight.status, preflight.headers["Access-Control-Allow-Origin"]) == (204, "*")
    assert shows.headers["Access-Control-Allow-Origin"] == "*"
    readable = shows.headers["Access-Control-Expose-Headers"].split(", ")
    assert {"X-RateLimit-Remaining", "RateLimit-Remaining", "RateLimit-Reset", "Retry-After"} <= {*readable}
    assert {name for name in shows.headers if "RateLimit" in name} <= {*readable}
    assert not any(name.startswith("Access-Control") for answer in metrics for name in answer.headers)


@pytest.mark.asyncio
async def test_a_picture_is_on_the_disk_only_while_an_answer_needs_it(tmp_path: Path) -> None:
    engine = HttpEngine(answers={b"refused picture": PictureError("It is no picture.")})
    async with served(tmp_path, engine) as server:
        await call(server, "POST", SEARCH, data=b"refused picture", headers=PNG)
        assert files_with(tmp_path, b"refused picture") == []
        form = aiohttp.FormData()
        form.add_field("../../evil", b"answered picture", filename="../../../evil.png")
        answer = await call(server, "POST", SEARCH, data=form)
        assert files_with(tmp_path, b"answered picture") == [f"bot/cases/{answer.json['id']}/picture-0.bin"]
        assert not list(tmp_path.parent.rglob("evil*"))


@pytest.mark.asyncio
async def test_bad_requests_leave_no_memory_and_no_log_behind(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    bad = (
        b"nonsense\r\n\r\n",
        request("POST", SEARCH, b"{", Content_Type="application/json"),
        request("POST", SEARCH, b"--b\r\nbroken", Content_Type="multipart/form-data; boundary=b"),
        request("POST", SEARCH + "?limit=x", b"picture", Content_Type="image/png"),
        request("GET", "/image/forged"),
        request("GET", "/nothing", Authorization="Bearer wrong"),
        request("POST", SEARCH, Content_Type="image/png", Content_Length="90000000"),
        request("POST", "/api/v1/answers/abcdefghij/feedback", b"{}", Content_Type="application/json"),
    )
    process, sizes = psutil.Process(), []
    async with served(tmp_path, spec=HttpSpec(port=0, per_minute=10**9)) as server:
        for number in range(BAD_REQUESTS):
            answer = await exchange(server, bad[number % len(bad)])
            assert 400 <= answer.status < 500
            if number % (BAD_REQUESTS // 10) == 0:
                sizes.append(process.memory_info().rss)
        assert await is_served(server)
    assert max(sizes) - sizes[1] < 8 << 20
    assert not caplog.records
