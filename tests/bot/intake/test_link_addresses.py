"""Links and their addresses: nothing private is connected to, however it is written or reached."""

import pytest
from aiohttp import web

from bot.intake.link_fetcher import LinkFetcher
from bot.intake.public_addresses import is_public
from core.errors import FetchProblem
from tests.bot.loopback import ALL, LIMIT, LOOPBACK, PNG, Names, NoNames, picture, refusing, serving

PRIVATE = """
0.0.0.0 0.1.2.3 10.0.0.1 127.0.0.1 127.8.8.8 169.254.169.254 172.16.0.1 172.31.255.255 192.168.1.1 100.64.0.1 127.1
100.100.100.200 192.0.0.192 192.0.2.1 192.88.99.1 198.18.0.1 198.51.100.1 203.0.113.1 224.0.0.1 233.1.1.1 240.0.0.1
255.255.255.255 168.63.129.16 2130706433 0x7f.1 localhost 8.8.8.8.
:: ::1 fe80::1 fe80::1%eth0 fec0::1 fc00::1 fd00:ec2::254 ff02::1 ff0e::1 ::ffff:127.0.0.1 ::ffff:8.8.8.8 ::127.0.0.1
::8.8.8.8 64:ff9b::7f00:1 64:ff9b::808:808 64:ff9b:1::a00:1 2002:7f00:1:: 2002:808:808::1 2001::1 2001:10::1 2001:20::1
2001:0:4136:e378:8000:63bf:3fff:fdd2 2001:db8::1 3fff::1 100::1 5f00::1 2606:4700::1%eth0
"""


@pytest.mark.parametrize(
    "address",
    ["8.8.8.8", "1.1.1.1", "93.184.216.34", "2606:4700:4700::1111", "2a00:1450:4001:80b::200e"],
)
def test_addresses_of_the_internet_are_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    PRIVATE.split(),
)
def test_all_others_are_not(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "target",
    [
        *("http://127.0.0.2:{port}/", "http://2130706433:{port}/", "http://0x7f.1:{port}/", "http://127.1:{port}/"),
        *("http://[::1]:{port}/", "http://[::ffff:127.0.0.2]:{port}/", "http://127.0.0.2.:{port}/", "http://0:{port}/"),
        *("http://169.254.169.254/latest/meta-data", "//127.0.0.2:{port}/", "http://127。0。0。2:{port}/"),
        *("http://017700000002:{port}/", "http://[64:ff9b::7f00:2]:{port}/", "http://a.1:{port}/"),
        *("ftp://127.0.0.1/", "file:///etc/hosts", "data:image/png;base64,AAAA", "gopher://127.0.0.1/"),
        *("http://me:word@127.0.0.1:{port}/", "http://me@127.0.0.1:{port}/", "http://:@127.0.0.1:{port}/"),
        *("http://127.0.0.1:0/", "http://127.0.0.1:99999/", "http://[::1", "http://.../", "http://a b/"),
        *("http://%31%32%37.0.0.2:{port}/", "http://" + "a" * 64 + ".example/", "http://a..example/"),
    ],
)
@pytest.mark.parametrize("redirected", [False, True])
@pytest.mark.asyncio
async def test_addresses_that_may_not_be_opened_are_not(target: str, redirected: bool) -> None:
    heard: list[str] = []

    async def handler(request: web.Request) -> web.Response:
        heard.append(request.path)
        leads_to = target.format(port=request.url.port)
        return web.Response(status=302, headers={"Location": leads_to}) if redirected else await picture(request)

    async def test() -> None:
        async with serving(handler, ALL) as server, LinkFetcher(5, LOOPBACK, resolver=NoNames()) as fetcher:
            first = f"http://127.0.0.1:{server.port}/first"
            await fetcher.fetch(first if redirected else target.format(port=server.port), LIMIT)

    with refusing(FetchProblem.REFUSED):
        await test()
    assert heard == (["/first"] if redirected else [])


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        *((text, FetchProblem.REFUSED) for text in ("http://", "http:///a.png", "//127.0.0.1/a.png", "C:\\a.png")),
        *((text, FetchProblem.NOT_A_LINK) for text in ("", "shot.png", "/a.png")),
    ],
)
@pytest.mark.asyncio
async def test_what_is_not_a_whole_address_is_not_opened(text: str, problem: FetchProblem) -> None:
    async def test() -> None:
        async with LinkFetcher(5, LOOPBACK, resolver=NoNames()) as fetcher:
            await fetcher.fetch(text, LIMIT)

    with refusing(problem):
        await test()


@pytest.mark.parametrize("addresses", [("127.0.0.1",), ("10.0.0.1", "::1"), ("::ffff:127.0.0.1",), ("fe80::1%2",)])
@pytest.mark.asyncio
async def test_a_name_that_stands_for_a_private_address_is_refused(addresses: tuple[str, ...]) -> None:
    heard: list[str] = []

    async def handler(request: web.Request) -> web.Response:
        heard.append(request.path)
        return await picture(request)

    async def test() -> None:
        async with serving(handler) as server, LinkFetcher(5, resolver=Names(addresses)) as fetcher:
            await fetcher.fetch(f"http://pictures.example:{server.port}/a.png", LIMIT)

    with refusing(FetchProblem.REFUSED):
        await test()
    assert heard == []


@pytest.mark.asyncio
async def test_a_name_that_changes_its_address_gains_nothing() -> None:
    """DNS rebinding: what was judged is what is connected to, and a second look-up is judged again."""
    heard: list[tuple[str, str]] = []

    async def handler(request: web.Request) -> web.Response:
        assert request.transport is not None
        heard.append((request.transport.get_extra_info("sockname")[0], request.path))
        return (
            web.Response(status=302, headers={"Location": "/again"}) if request.path == "/a" else await picture(request)
        )

    async def test(names: Names, path: str) -> bytes:
        async with (
            serving(handler, ALL) as server,
            LinkFetcher(5, resolver=names, is_allowed=lambda address: address == "127.0.0.2") as fetcher,
        ):
            return await fetcher.fetch(f"http://pictures.example:{server.port}{path}", LIMIT)

    names = Names(("127.0.0.2",), ("127.0.0.1",))
    assert await test(names, "/b") == PNG
    assert names.hosts == ["pictures.example"]
    with refusing(FetchProblem.REFUSED):
        await test(Names(("127.0.0.2",), ("127.0.0.1",)), "/a")
    assert await test(Names(("127.0.0.1", "127.0.0.2")), "/c") == PNG
    assert heard == [("127.0.0.2", "/b"), ("127.0.0.2", "/a"), ("127.0.0.2", "/c")]


@pytest.mark.asyncio
async def test_the_address_is_judged_once_more_at_the_socket() -> None:
    verdicts = iter([True, False])
    heard: list[str] = []

    async def handler(request: web.Request) -> web.Response:
        heard.append(request.path)
        return await picture(request)

    async def test() -> None:
        async with (
            serving(handler) as server,
            LinkFetcher(5, resolver=Names(("127.0.0.1",)), is_allowed=lambda _address: next(verdicts)) as fetcher,
        ):
            await fetcher.fetch(f"http://pictures.example:{server.port}/", LIMIT)

    with refusing(FetchProblem.REFUSED):
        await test()
    assert heard == []


@pytest.mark.asyncio
async def test_hosts_of_the_operators_choice_may_be_private() -> None:
    async def test() -> list[bytes]:
        names = Names(("127.0.0.1",))
        async with serving(picture) as server, LinkFetcher(5, ("LocalHost.", "127.0.0.1"), resolver=names) as fetcher:
            urls = [f"http://{host}:{server.port}/" for host in ("localhost", "LocalHost", "127.0.0.1")]
            return [await fetcher.fetch(url, LIMIT) for url in urls]

    assert await test() == [PNG, PNG, PNG]


@pytest.mark.asyncio
async def test_a_host_of_any_script_is_looked_up_by_its_ascii_name() -> None:
    names = Names(("127.0.0.1",))

    async def test() -> None:
        async with LinkFetcher(5, resolver=names) as fetcher:
            await fetcher.fetch("http://例え.example/絵.png?クエリ=秘密", LIMIT)

    with refusing(FetchProblem.REFUSED):
        await test()
    assert names.hosts == ["xn--r8jz45g.example"]


@pytest.mark.asyncio
async def test_a_platforms_file_comes_from_its_hosts_only() -> None:
    heard: list[str] = []

    async def handler(request: web.Request) -> web.Response:
        heard.append(request.path)
        if request.path == "/away":
            return web.Response(status=302, headers={"Location": f"http://127.0.0.2:{request.url.port}/secret"})
        if request.path == "/near":
            return web.Response(status=302, headers={"Location": f"http://LOCALHOST:{request.url.port}/file"})
        return web.Response(body=b"anything")

    async with serving(handler, ALL) as server, LinkFetcher(5) as fetcher:
        hosts = ("127.0.0.1", "localhost")
        for path in ("file", "near"):
            assert await fetcher.fetch_from(f"http://127.0.0.1:{server.port}/{path}", 8, hosts) == b"anything"
        with refusing(FetchProblem.TOO_LARGE):
            await fetcher.fetch_from(f"http://127.0.0.1:{server.port}/file", 7, hosts)
        for url in (
            f"http://127.0.0.1:{server.port}/away",
            f"http://127.0.0.2:{server.port}/",
            "http://a.example/",
        ):
            with refusing(FetchProblem.REFUSED):
                await fetcher.fetch_from(url, LIMIT, hosts)
    assert heard == ["/file", "/near", "/file", "/file", "/away"]


@pytest.mark.parametrize("text", ["shot.png", "that scene with the boat", "example.com/shot.png", "", "?", "季节"])
@pytest.mark.asyncio
async def test_a_link_that_is_none_is_called_so(text: str) -> None:
    async def test() -> None:
        async with LinkFetcher(5, resolver=NoNames()) as fetcher:
            await fetcher.fetch(text, LIMIT)

    with refusing(FetchProblem.NOT_A_LINK):
        await test()
