"""Reading pictures from addresses: links that users send, with care, and a platform's own files.

A user's link may lead to something that only this machine can reach: a router, a database, a cloud's metadata. It is
opened by `public_addresses`, and so is every redirect. No proxy of the environment is used: it would resolve names
itself.
"""

import asyncio
import re
from collections.abc import Callable, Collection
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Final, Self

import aiohttp
from aiohttp.abc import AbstractResolver
from aiohttp.typedefs import StrOrURL
from yarl import URL

from bot.intake.public_addresses import NotPublicError, is_public, public_connector
from core.errors import FetchError, FetchProblem
from core.pictures.file_types import FileKind, sniff

REDIRECTS: Final = 4
"""Redirects that are followed at most."""

_REDIRECT_STATUSES: Final = frozenset({301, 302, 303, 307, 308})
_NOT_FOUND_STATUSES: Final = frozenset({404, 410})
_SNIFFED_BYTES: Final = 512
_SHOWN_LIMIT: Final = 120
_HEADERS: Final = {
    "User-Agent": "WhenAnime",
    "Accept": "image/*, video/*;q=0.9, */*;q=0.1",
    "Accept-Encoding": "identity",
}

_URL_START: Final = re.compile(r"\s*([A-Za-z][A-Za-z0-9+.-]*:|//)")
"""A text that begins with a scheme (RFC 3986, section 3.1), or with an authority."""
_HOST_NAME: Final = re.compile(r"(?=.{1,253}\Z)[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*")
_NUMERIC_HOST: Final = re.compile(r"(.*\.)?([0-9]+|0x[0-9a-f]*)")
"""A host whose last label is a number is an IPv4 address in one of its old forms (WHATWG URL, "ends in a number")."""


class LinkFetcher:
    """Reads files over HTTP; an async context manager. Several may be read at one time.

    `timeout_s` is for a file as a whole, names, redirects and all. Links may lead to `hosts_allowed`, names or IP
    addresses, though they are not public. `resolver` looks up names for other links, aiohttp's own if none is given;
    `is_allowed` says which IP addresses these may have.
    """

    def __init__(
        self,
        timeout_s: float,
        hosts_allowed: Collection[str] = (),
        *,
        resolver: AbstractResolver | None = None,
        is_allowed: Callable[[str], bool] = is_public,
    ) -> None:
        self._timeout_s = timeout_s
        self._hosts_allowed = frozenset(map(_plain_host, hosts_allowed))
        self._resolver = resolver
        self._is_allowed = is_allowed
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        resolver = self._resolver or aiohttp.DefaultResolver()
        self._stack.push_async_callback(resolver.close)
        connector = public_connector(resolver, self._is_allowed)
        self._guarded = await self._stack.enter_async_context(_session(connector))
        self._unguarded = await self._stack.enter_async_context(_session(aiohttp.TCPConnector()))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    async def fetch(self, url: str, limit_bytes: int) -> bytes:
        """The picture, animation or clip at a user's link, at most `limit_bytes`.

        http and https only, without a user name, to public addresses only. `FetchError` when it cannot be had, when the
        link may not be opened or is none, and when the file is neither a picture nor a video; its text never has the
        link's query in it.
        """
        if not _URL_START.match(url):
            raise FetchError(FetchProblem.NOT_A_LINK, "That is not an address: it has no https:// at its beginning.")

        def session_for(host: str) -> aiohttp.ClientSession:
            if host in self._hosts_allowed:
                return self._unguarded
            if (":" in host or _NUMERIC_HOST.fullmatch(host)) and not self._is_allowed(host):
                raise FetchError(FetchProblem.REFUSED, f"{host} is not an address of the public internet.")
            return self._guarded

        return await self._read(url, limit_bytes, session_for, sniffed=True)

    async def fetch_from(self, url: str, limit_bytes: int, hosts: Collection[str]) -> bytes:
        """The file at a platform's address, whatever it is: only from `hosts`, whose IP addresses are not checked.

        Raises what `fetch` raises.
        """
        names = frozenset(map(_plain_host, hosts))

        def session_for(host: str) -> aiohttp.ClientSession:
            if host not in names:
                raise FetchError(FetchProblem.REFUSED, f"{host} is not one of the hosts that files are read from.")
            return self._unguarded

        return await self._read(url, limit_bytes, session_for, sniffed=False)

    async def _read(
        self, address: str, limit_bytes: int, session_for: Callable[[str], aiohttp.ClientSession], *, sniffed: bool
    ) -> bytes:
        url = _parse_url(address)
        shown = _without_query(url)
        try:
            async with asyncio.timeout(self._timeout_s):
                for _ in range(REDIRECTS + 1):
                    shown = _without_query(url)
                    async with session_for(_checked_host(url)).get(url, allow_redirects=False) as response:
                        if response.status not in _REDIRECT_STATUSES or "Location" not in response.headers:
                            return await _body(response, shown, limit_bytes, sniffed=sniffed)
                        url = _parse_url(response.headers["Location"], url)
        except TimeoutError as exc:
            raise FetchError(FetchProblem.TOO_SLOW, f"{shown}: takes longer than {self._timeout_s:g} s.") from exc
        except (aiohttp.InvalidURL, aiohttp.ClientResponseError) as exc:
            # Not chained: the text of these has the whole address in it, and a log would show it.
            problem = f"{shown}: what it answers is not HTTP ({type(exc).__name__})."
            raise FetchError(FetchProblem.UNREACHABLE, problem) from None
        except aiohttp.ClientConnectorError as exc:
            if isinstance(exc.os_error, NotPublicError):
                raise FetchError(FetchProblem.REFUSED, f"{shown}: {exc.os_error}") from exc
            reason = exc.os_error.strerror or "no connection"
            raise FetchError(FetchProblem.UNREACHABLE, f"{shown}: cannot be reached: {reason}.") from exc
        except aiohttp.ClientError as exc:
            raise FetchError(
                FetchProblem.UNREACHABLE, f"{shown}: the connection broke off ({type(exc).__name__})."
            ) from exc
        raise FetchError(FetchProblem.UNREACHABLE, f"{shown}: redirects more than {REDIRECTS} times.")


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


def _parse_url(address: str, base: URL | None = None) -> URL:
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
        raise FetchError(FetchProblem.REFUSED, f"{_without_query(url)}: addresses with a user name are not opened.")
    host = _plain_host(url.raw_host or "")
    if not url.port or not (":" in host or _HOST_NAME.fullmatch(host)):
        raise FetchError(FetchProblem.REFUSED, f"{_without_query(url)}: is not an address that can be opened.")
    return host


def _plain_host(host: str) -> str:
    """As hosts are compared: in ASCII and lower case, without brackets and the dot at the end."""
    try:
        ascii_host = URL.build(scheme="http", host=host.strip("[]")).raw_host
    except ValueError:
        ascii_host = host
    return (ascii_host or "").rstrip(".").lower()


def _without_query(url: StrOrURL) -> str:
    """Host and path, for a message; a query may hold a secret."""
    url = URL(url)
    return f"{url.raw_host or ''}{url.raw_path}"[:_SHOWN_LIMIT]


async def _body(response: aiohttp.ClientResponse, shown: str, limit_bytes: int, *, sniffed: bool) -> bytes:
    if response.status in _NOT_FOUND_STATUSES:
        raise FetchError(FetchProblem.NOT_FOUND, f"{shown}: is not there ({response.status}).", status=response.status)
    if not 200 <= response.status < 300:
        problem = f"{shown}: is not served ({response.status})."
        raise FetchError(FetchProblem.UNREACHABLE, problem, status=response.status)
    if response.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise FetchError(FetchProblem.NOT_A_PICTURE, f"{shown}: is sent compressed, which was not asked for.")
    too_large = f"{shown}: has more than {limit_bytes} bytes."
    if (response.content_length or 0) > limit_bytes:
        raise FetchError(FetchProblem.TOO_LARGE, too_large)
    data = bytearray()
    sniffing = sniffed
    async for chunk in response.content.iter_any():
        data += chunk
        if len(data) > limit_bytes:
            raise FetchError(FetchProblem.TOO_LARGE, too_large)
        if sniffing and len(data) >= _SNIFFED_BYTES:
            _check_file_kind(data, response, shown)
            sniffing = False
    if sniffing:
        _check_file_kind(data, response, shown)
    return bytes(data)


def _check_file_kind(data: bytearray, response: aiohttp.ClientResponse, shown: str) -> None:
    """`FetchError` unless the data begin like a picture or a video."""
    if sniff(bytes(data[:_SNIFFED_BYTES])) is FileKind.UNKNOWN:
        what = "a page" if response.content_type == "text/html" else "neither a picture nor a video"
        raise FetchError(FetchProblem.NOT_A_PICTURE, f"{shown}: is {what}.")
