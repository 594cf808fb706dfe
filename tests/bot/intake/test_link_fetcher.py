"""Reading links over real sockets: files, failures, and the text of errors."""

import asyncio
import gzip
import socket
import traceback

import pytest
from aiohttp import web
from aiohttp.abc import ResolveResult

from bot.intake.link_fetcher import REDIRECTS, LinkFetcher
from core.errors import FetchError, FetchProblem
from tests.bot.loopback import LIMIT, LOOPBACK, PNG, Names, picture, refusing, saying, serving


@pytest.mark.asyncio
async def test_a_picture_comes_as_it_is() -> None:
    async def test() -> bytes:
        async with serving(picture) as server, LinkFetcher(5, LOOPBACK) as fetcher:
            return await fetcher.fetch(str(server.make_url("/shot.png?size=large")), len(PNG))

    assert await test() == PNG


@pytest.mark.asyncio
async def test_nothing_is_told_about_anybody_and_nothing_unpacked_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[web.Request] = []

    async def handler(request: web.Request) -> web.Response:
        heard.append(request)
        if request.path == "/a":
            response = web.Response(status=302, headers={"Location": "/b"})
            response.set_cookie("who", "somebody")
            return response
        return await picture(request)

    with socket.create_server(("127.0.0.1", 0)) as nobody:
        monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{nobody.getsockname()[1]}")
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{nobody.getsockname()[1]}")
        async with serving(handler) as server, LinkFetcher(5, ["localhost"]) as fetcher:
            await fetcher.fetch(f"http://localhost:{server.port}/a", LIMIT)
            await fetcher.fetch(f"http://localhost:{server.port}/b", LIMIT)
    assert [request.path for request in heard] == ["/a", "/b", "/b"]
    for request in heard:
        assert "Cookie" not in request.headers
        assert "Referer" not in request.headers
        assert request.headers["Accept-Encoding"] == "identity"
        assert request.headers["User-Agent"] == "WhenAnime"


@pytest.mark.parametrize("length", [REDIRECTS, REDIRECTS + 1])
@pytest.mark.asyncio
async def test_a_few_redirects_are_followed(length: int) -> None:
    heard: list[str] = []

    async def handler(request: web.Request) -> web.Response:
        heard.append(request.path)
        left = int(request.path.lstrip("/"))
        return web.Response(status=307, headers={"Location": str(left - 1)}) if left else await picture(request)

    async def test() -> bytes:
        async with serving(handler) as server, LinkFetcher(5, LOOPBACK) as fetcher:
            return await fetcher.fetch(str(server.make_url(f"/{length}")), LIMIT)

    if length == REDIRECTS:
        assert await test() == PNG
    else:
        with refusing(FetchProblem.UNREACHABLE):
            await test()
    assert len(heard) == REDIRECTS + 1


@pytest.mark.asyncio
async def test_a_ring_of_redirects_ends() -> None:
    heard: list[str] = []

    async def handler(request: web.Request) -> web.Response:
        heard.append(request.path)
        return web.Response(status=301, headers={"Location": "/b" if request.path == "/a" else "/a"})

    async def test() -> None:
        async with serving(handler) as server, LinkFetcher(5, LOOPBACK) as fetcher:
            await fetcher.fetch(str(server.make_url("/a")), LIMIT)

    with refusing(FetchProblem.UNREACHABLE):
        await test()
    assert len(heard) == REDIRECTS + 1


@pytest.mark.asyncio
async def test_a_name_without_an_address_is_not_reached() -> None:
    async def test() -> None:
        async with LinkFetcher(5, resolver=Names(())) as fetcher:
            await fetcher.fetch("http://nowhere.example/", LIMIT)

    with refusing(FetchProblem.UNREACHABLE):
        await test()


@pytest.mark.parametrize(
    ("status", "problem"),
    [
        (404, FetchProblem.NOT_FOUND),
        (410, FetchProblem.NOT_FOUND),
        (304, FetchProblem.UNREACHABLE),
        (302, FetchProblem.UNREACHABLE),
        (401, FetchProblem.UNREACHABLE),
        (403, FetchProblem.UNREACHABLE),
        (429, FetchProblem.UNREACHABLE),
        (500, FetchProblem.UNREACHABLE),
        (503, FetchProblem.UNREACHABLE),
    ],
)
@pytest.mark.asyncio
async def test_what_is_not_given_out(status: int, problem: FetchProblem) -> None:
    async def handler(_request: web.Request) -> web.Response:
        return web.Response(status=status)

    async def test() -> None:
        async with serving(handler) as server, LinkFetcher(5, LOOPBACK) as fetcher:
            await fetcher.fetch(str(server.make_url("/")), LIMIT)

    with refusing(problem):
        await test()


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100001\r\n\r\n", FetchProblem.TOO_LARGE),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2000\r\n\r\n" + PNG[:1000], FetchProblem.UNREACHABLE),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc", FetchProblem.UNREACHABLE),
        (b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n", FetchProblem.UNREACHABLE),
        (b"SSH-2.0-OpenSSH_9.2\r\n\r\n", FetchProblem.UNREACHABLE),
        (b"HTTP/1.1 200 OK\r\nX: " + b"a" * 100_000 + b"\r\n\r\n", FetchProblem.UNREACHABLE),
        (b"HTTP/1.1 302 Found\r\nLocation: http://[::1\r\nContent-Length: 0\r\n\r\n", FetchProblem.REFUSED),
        (b"", FetchProblem.UNREACHABLE),
    ],
    ids=[
        "too long",
        "too short",
        "half a chunk",
        "less than nothing",
        "another protocol",
        "headers",
        "location",
        "none",
    ],
)
@pytest.mark.asyncio
async def test_servers_that_break_the_rules(answer: bytes, problem: FetchProblem) -> None:
    async def test() -> None:
        async with saying(answer) as url, LinkFetcher(5, LOOPBACK) as fetcher:
            await fetcher.fetch(url, LIMIT)

    with refusing(problem):
        await test()


@pytest.mark.parametrize(
    "answer",
    [b"", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 9000\r\n\r\n" + PNG[:900]],
    ids=["nothing", "half the headers", "half the body"],
)
@pytest.mark.asyncio
async def test_a_server_that_falls_silent_is_given_up(answer: bytes) -> None:
    async def test() -> None:
        async with saying(answer, close=False) as url, LinkFetcher(0.1, LOOPBACK) as fetcher:
            await fetcher.fetch(url, LIMIT)

    with refusing(FetchProblem.TOO_SLOW):
        await test()


@pytest.mark.asyncio
async def test_a_server_that_never_stops_talking_slowly_is_given_up() -> None:
    async def drip(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(PNG[:600])
        while True:
            await response.write(b"\0")
            await asyncio.sleep(0.005)

    async def test() -> None:
        async with serving(drip) as server, LinkFetcher(0.2, LOOPBACK) as fetcher:
            await fetcher.fetch(str(server.make_url("/")), LIMIT)

    with refusing(FetchProblem.TOO_SLOW):
        await test()


@pytest.mark.asyncio
async def test_a_name_server_that_does_not_answer_is_given_up() -> None:
    class Silent(Names):
        async def resolve(
            self,
            host: str,  # noqa: ARG002
            port: int = 0,  # noqa: ARG002
            family: socket.AddressFamily = socket.AF_INET,  # noqa: ARG002
        ) -> list[ResolveResult]:
            await asyncio.Event().wait()
            return []

    async def test() -> None:
        async with LinkFetcher(0.05, resolver=Silent()) as fetcher:
            await fetcher.fetch("http://pictures.example/", LIMIT)

    with refusing(FetchProblem.TOO_SLOW):
        await test()


@pytest.mark.parametrize(
    ("head", "problem"),
    [(PNG, FetchProblem.TOO_LARGE), (b"<!doctype html>" + b" " * 600, FetchProblem.NOT_A_PICTURE)],
    ids=["picture", "page"],
)
@pytest.mark.asyncio
async def test_a_body_without_an_end_is_cut_off(head: bytes, problem: FetchProblem) -> None:
    hung_up = asyncio.Event()

    async def handler(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/html"})
        await response.prepare(request)
        await response.write(head)
        try:
            while True:
                await response.write(b"\0" * 10_000 if problem is FetchProblem.TOO_LARGE else b"")
                await asyncio.sleep(0)
        finally:  # the server ends a handler whose client has gone
            hung_up.set()

    async with serving(handler) as server, LinkFetcher(5, LOOPBACK) as fetcher:
        with refusing(problem):
            await fetcher.fetch(str(server.make_url("/")), LIMIT)
        await hung_up.wait()


@pytest.mark.asyncio
async def test_what_is_sent_compressed_is_never_unpacked() -> None:
    bomb = gzip.compress(PNG + bytes(50_000_000))

    async def handler(_request: web.Request) -> web.Response:
        return web.Response(body=bomb, headers={"Content-Encoding": "gzip", "Content-Type": "image/png"})

    async def test() -> None:
        async with serving(handler) as server, LinkFetcher(5, LOOPBACK) as fetcher:
            await fetcher.fetch(str(server.make_url("/")), LIMIT)

    assert len(bomb) < LIMIT
    with refusing(FetchProblem.NOT_A_PICTURE, "is sent compressed"):
        await test()


@pytest.mark.parametrize(
    "body", [b"", b"<html><img src=a.png></html>", b"<svg/>", b"%PDF-1.7", bytes(2000), b'{"a": 1}']
)
@pytest.mark.asyncio
async def test_what_is_no_picture_is_refused_whatever_it_is_called(body: bytes) -> None:
    async def handler(_request: web.Request) -> web.Response:
        return web.Response(body=body, content_type="image/png")

    async def test() -> None:
        async with serving(handler) as server, LinkFetcher(5, LOOPBACK) as fetcher:
            await fetcher.fetch(str(server.make_url("/shot.png")), LIMIT)

    with refusing(FetchProblem.NOT_A_PICTURE):
        await test()


@pytest.mark.asyncio
async def test_a_file_of_the_limit_is_taken_and_one_byte_more_is_not() -> None:
    async def chunked(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(PNG)
        return response

    async def test(limit_bytes: int) -> bytes:
        async with serving(chunked) as server, LinkFetcher(5, LOOPBACK) as fetcher:
            return await fetcher.fetch(str(server.make_url("/")), limit_bytes)

    assert await test(len(PNG)) == PNG
    with refusing(FetchProblem.TOO_LARGE):
        await test(len(PNG) - 1)


@pytest.mark.asyncio
async def test_where_nobody_listens() -> None:
    with socket.socket() as unheard:
        unheard.bind(("127.0.0.1", 0))

        async def test() -> None:
            async with LinkFetcher(5, LOOPBACK) as fetcher:
                await fetcher.fetch(f"http://127.0.0.1:{unheard.getsockname()[1]}/", LIMIT)

        with refusing(FetchProblem.UNREACHABLE):
            await test()


@pytest.mark.parametrize(
    "target",
    [
        "http://127.0.0.1:{port}/404?key=hunter2",
        "http://127.0.0.1:{port}/garbage?key=hunter2",
        "http://127.0.0.1:{port}/on?key=hunter2",
        "http://127.0.0.1:{port}/page?key=hunter2",
        "http://127.0.0.1:{port}/silent?key=hunter2",
        "http://127.0.0.1:1/?key=hunter2",
        "http://127.0.0.1:99999/?key=hunter2",
        "http://[127.0.0.1/?key=hunter2",
        "http://u:hunter2@127.0.0.1/",
        "http://hunter2@a℀b.example/",
        "http://private.example/?key=hunter2",
        "ftp://a/?key=hunter2",
        "http://10.0.0.1/?key=hunter2",
        "http://8.8.8.8.:70/?key=hunter2#hunter2",
    ],
)
@pytest.mark.asyncio
async def test_no_query_is_ever_shown(target: str) -> None:
    never = asyncio.Event

    async def handler(request: web.Request) -> web.Response:
        if request.path == "/on":
            raise web.HTTPFound("http://127.0.0.2/?key=hunter2")
        if request.path == "/silent":
            await never().wait()
        if request.path == "/garbage":
            assert request.transport is not None
            request.transport.write(b"no http\r\n\r\n")
            request.transport.close()
        return web.Response(status=404 if request.path == "/404" else 200, text="<html>", content_type="text/html")

    async def test() -> None:
        names = Names(("10.0.0.1",))
        async with serving(handler) as server, LinkFetcher(0.3, LOOPBACK, resolver=names) as fetcher:
            await fetcher.fetch(target.format(port=server.port), LIMIT)

    with pytest.raises(FetchError) as raised:
        await test()
    assert "hunter2" not in "".join(traceback.format_exception(raised.value))
    assert "hunter2" not in str(raised.value)


@pytest.mark.asyncio
async def test_a_fetch_that_is_cancelled_hangs_up() -> None:
    requested, hung_up = asyncio.Event(), asyncio.Event()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        requested.set()
        assert await reader.read() == b""
        hung_up.set()
        writer.close()

    async with await asyncio.start_server(talk, "127.0.0.1", 0) as server, LinkFetcher(15, LOOPBACK) as fetcher:
        port = server.sockets[0].getsockname()[1]
        task = asyncio.create_task(fetcher.fetch(f"http://127.0.0.1:{port}/", LIMIT))
        await requested.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await hung_up.wait()
