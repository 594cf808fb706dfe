"""Reading pictures from addresses: those that users send, with care, and a platform's own.

What a user sends may be meant for something that only this machine can reach: a router, a database, a cloud's metadata.
So the IP addresses of its host are judged after it was resolved, the connection is made to exactly those that were
judged, and both is done again for every redirect. No proxy of the environment is used: it would resolve by itself.
"""

import asyncio
import ipaddress
import re
import socket
from collections.abc import Callable, Collection
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Final, Self

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.typedefs import StrOrURL
from yarl import URL

from core.errors import FetchError, FetchProblem
from core.pictures.file_types import FileKind, sniff

REDIRECTS: Final = 4
"""That are followed at most."""

_MOVED: Final = frozenset({301, 302, 303, 307, 308})
_GONE: Final = frozenset({404, 410})
_SNIFFED_BYTES: Final = 512
_SHOWN_CHARACTERS: Final = 120
_HEADERS: Final = {
    "User-Agent": "WhenAnime",
    "Accept": "image/*, video/*;q=0.9, */*;q=0.1",
    "Accept-Encoding": "identity",
}

_ADDRESS: Final = re.compile(r"\s*([A-Za-z][A-Za-z0-9+.-]*:|//)")
"""A text that begins with a scheme (RFC 3986, section 3.1), or with an authority."""
_NAME: Final = re.compile(r"(?=.{1,253}\Z)[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*")
_NUMERIC: Final = re.compile(r"(.*\.)?([0-9]+|0x[0-9a-f]*)")
"""A host whose last label is a number is an IPv4 address in one of its old forms (WHATWG URL, "ends in a number")."""

_IPV4_REFUSED: Final = tuple(
    map(
        ipaddress.IPv4Network,
        (
            "100.64.0.0/10",  # carriers' NAT (RFC 6598); clouds use it for metadata
            "168.63.129.16/32",  # Azure's virtual machines reach their host by it
            "192.0.0.0/24",  # protocol assignments (RFC 6890); clouds use it for metadata
            "192.88.99.0/24",  # 6to4 relays (RFC 7526)
        ),
    )
)
_IPV6_TAKEN: Final = ipaddress.IPv6Network("2000::/3")
"""All global unicast addresses; IPv4-mapped, IPv4-compatible and NAT64 addresses are outside of it."""
_IPV6_REFUSED: Final = tuple(
    map(
        ipaddress.IPv6Network,
        (
            "2001::/23",  # protocol assignments (RFC 2928), Teredo among them
            "2001:db8::/32",  # documentation (RFC 3849)
            "2002::/16",  # 6to4: an IPv4 address inside (RFC 3056)
            "3fff::/20",  # documentation (RFC 9637)
        ),
    )
)


def is_public(address: str) -> bool:
    """Whether an IP address, as it is written in digits, is one of the public internet's; false for anything else."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    if not ip.is_global or ip.is_multicast or ip.is_reserved:
        return False
    if isinstance(ip, ipaddress.IPv4Address):
        return not any(ip in network for network in _IPV4_REFUSED)
    return ip.scope_id is None and ip in _IPV6_TAKEN and not any(ip in network for network in _IPV6_REFUSED)


class LinkFetcher:
    """Reads files over HTTP; an async context manager. Several may be read at one time.

    `timeout_s` is for a file as a whole, names, redirects and all. Links may lead to `hosts_allowed`, names or IP
    addresses, though they are not public. `resolver` looks up names for other links, aiohttp's own if none is given.
    """

    def __init__(
        self, timeout_s: float, hosts_allowed: Collection[str] = (), *, resolver: AbstractResolver | None = None
    ) -> None:
        self._timeout_s = timeout_s
        self._exempt = frozenset(map(_plain_host, hosts_allowed))
        self._resolver = resolver
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        resolver = _PublicOnly(self._resolver or aiohttp.DefaultResolver())
        self._stack.push_async_callback(resolver.close)
        self._careful = await self._stack.enter_async_context(
            _session(
                aiohttp.TCPConnector(
                    resolver=resolver, use_dns_cache=False, socket_factory=_public_socket, force_close=True
                )
            )
        )
        self._trusting = await self._stack.enter_async_context(_session(aiohttp.TCPConnector()))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    async def fetch(self, url: str, limit_bytes: int) -> bytes:
        """The picture, animation or clip at an address that somebody sent, at most `limit_bytes`.

        http and https only, without a user name, to public addresses only. `FetchError` when it cannot be had, when the
        address may not be opened, when it is none, and when what lies there is neither a picture nor a video; its text
        never has the query in it.
        """
        if not _ADDRESS.match(url):
            raise FetchError(FetchProblem.NOT_A_LINK, "That is not an address: it has no https:// at its beginning.")

        def session_for(host: str) -> aiohttp.ClientSession:
            if host in self._exempt:
                return self._trusting
            if (":" in host or _NUMERIC.fullmatch(host)) and not is_public(host):
                raise FetchError(FetchProblem.REFUSED, f"{host} is not an address of the public internet.")
            return self._careful

        return await self._read(url, limit_bytes, session_for, sniffed=True)

    async def fetch_from(self, url: str, limit_bytes: int, hosts: Collection[str]) -> bytes:
        """The file at a platform's address, whatever it is: only from `hosts`, whose addresses are not judged.

        Raises what `fetch` raises.
        """
        names = frozenset(map(_plain_host, hosts))

        def session_for(host: str) -> aiohttp.ClientSession:
            if host not in names:
                raise FetchError(FetchProblem.REFUSED, f"{host} is not one of the hosts that files are read from.")
            return self._trusting

        return await self._read(url, limit_bytes, session_for, sniffed=False)

    async def _read(
        self, address: str, limit_bytes: int, session_for: Callable[[str], aiohttp.ClientSession], *, sniffed: bool
    ) -> bytes:
        url = _parsed(address)
        shown = _shown(url)
        try:
            async with asyncio.timeout(self._timeout_s):
                for _ in range(REDIRECTS + 1):
                    shown = _shown(url)
                    async with session_for(_checked_host(url)).get(url, allow_redirects=False) as response:
                        if response.status not in _MOVED or "Location" not in response.headers:
                            return await _body(response, shown, limit_bytes, sniffed=sniffed)
                        url = _parsed(response.headers["Location"], url)
        except TimeoutError as exc:
            raise FetchError(FetchProblem.TOO_SLOW, f"{shown}: takes longer than {self._timeout_s:g} s.") from exc
        except (aiohttp.InvalidURL, aiohttp.ClientResponseError) as exc:
            # Not chained: the text of these has the whole address in it, and a log would show it.
            problem = f"{shown}: what it answers is not HTTP ({type(exc).__name__})."
            raise FetchError(FetchProblem.UNREACHABLE, problem) from None
        except aiohttp.ClientConnectorError as exc:
            if isinstance(exc.os_error, _NotPublicError):
                raise FetchError(FetchProblem.REFUSED, f"{shown}: {exc.os_error}") from exc
            reason = exc.os_error.strerror or "no connection"
            raise FetchError(FetchProblem.UNREACHABLE, f"{shown}: cannot be reached: {reason}.") from exc
        except aiohttp.ClientError as exc:
            raise FetchError(FetchProblem.UNREACHABLE, f"{shown}: broke off ({type(exc).__name__}).") from exc
        raise FetchError(FetchProblem.UNREACHABLE, f"{shown}: leads on more than {REDIRECTS} times.")


class _NotPublicError(OSError):
    """An address that links may not lead to."""


class _PublicOnly(AbstractResolver):
    """Names have only those of their addresses that are public; aiohttp connects to what this returns."""

    def __init__(self, names: AbstractResolver) -> None:
        self._names = names

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = await self._names.resolve(host, port, family)
        public = [one for one in found if is_public(one["host"])]
        if found and not public:
            raise _NotPublicError("its address is not one of the public internet.")
        if not public:
            raise OSError(None, "the name has no address")
        return public

    async def close(self) -> None:
        await self._names.close()


def _public_socket(address: tuple[int, int, int, str, tuple[object, ...]]) -> socket.socket:
    """The last door: whatever the way here, no connection is begun to an address that is not public."""
    family, kind, protocol, _name, target = address
    if not is_public(str(target[0])):
        raise _NotPublicError("its address is not one of the public internet.")
    return socket.socket(family, kind, protocol)


def _session(connector: aiohttp.TCPConnector) -> aiohttp.ClientSession:
    """Without cookies, proxies and unpacking; time is limited for all requests of a file together."""
    return aiohttp.ClientSession(
        connector=connector,
        headers=_HEADERS,
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=None),
        auto_decompress=False,
        trust_env=False,
    )


def _parsed(address: str, base: URL | None = None) -> URL:
    try:
        url = URL(address)
        return base.join(url) if base else url
    except ValueError:
        # Not chained: the text of the cause has the whole address in it.
        raise FetchError(FetchProblem.REFUSED, "That is not an address that can be opened.") from None


def _checked_host(url: URL) -> str:
    """The host, in lower case and without the dot at its end, of an address that may be opened."""
    if url.scheme not in {"http", "https"}:
        raise FetchError(FetchProblem.REFUSED, "Only http and https addresses are opened.")
    if url.raw_user is not None or url.raw_password is not None:
        raise FetchError(FetchProblem.REFUSED, f"{_shown(url)}: addresses with a user name are not opened.")
    host = _plain_host(url.raw_host or "")
    if not url.port or not (":" in host or _NAME.fullmatch(host)):
        raise FetchError(FetchProblem.REFUSED, f"{_shown(url)}: is not an address that can be opened.")
    return host


def _plain_host(host: str) -> str:
    """As hosts are compared: in ASCII and lower case, without brackets and the dot at the end."""
    try:
        ascii_host = URL.build(scheme="http", host=host.strip("[]")).raw_host
    except ValueError:
        ascii_host = host
    return (ascii_host or "").rstrip(".").lower()


def _shown(url: StrOrURL) -> str:
    """Host and path, for a message; a query may hold a secret."""
    url = URL(url)
    return f"{url.raw_host or ''}{url.raw_path}"[:_SHOWN_CHARACTERS]


async def _body(response: aiohttp.ClientResponse, shown: str, limit_bytes: int, *, sniffed: bool) -> bytes:
    if response.status in _GONE:
        raise FetchError(FetchProblem.NOT_FOUND, f"{shown}: is not there ({response.status}).")
    if not 200 <= response.status < 300:
        raise FetchError(FetchProblem.UNREACHABLE, f"{shown}: is not given out ({response.status}).")
    if response.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise FetchError(FetchProblem.NOT_A_PICTURE, f"{shown}: is sent compressed, which was not asked for.")
    too_large = f"{shown}: has more than {limit_bytes} bytes."
    if (response.content_length or 0) > limit_bytes:
        raise FetchError(FetchProblem.TOO_LARGE, too_large)
    data = bytearray()
    known = not sniffed
    async for chunk in response.content.iter_any():
        data += chunk
        if len(data) > limit_bytes:
            raise FetchError(FetchProblem.TOO_LARGE, too_large)
        if not known and len(data) >= _SNIFFED_BYTES:
            known = _known(data, response, shown)
    if not known:
        _known(data, response, shown)
    return bytes(data)


def _known(data: bytearray, response: aiohttp.ClientResponse, shown: str) -> bool:
    """True when it begins like a picture or a video, else `FetchError`."""
    if sniff(bytes(data[:_SNIFFED_BYTES])) is FileKind.UNKNOWN:
        what = "a page" if response.content_type == "text/html" else "neither a picture nor a video"
        raise FetchError(FetchProblem.NOT_A_PICTURE, f"{shown}: is {what}.")
    return True
