"""Connections: how many an address may have open, how slowly it may read, and what who speaks no HTTP is told."""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final, cast

from aiohttp import http_exceptions, web

from bot.http_adapter.client_address import Network, address_user, parsed_address
from bot.http_adapter.middleware.security_headers import SECURITY_HEADERS
from bot.messages import UserId

KEEP_ALIVE_S: Final = 30.0
"""A connection on which no whole request comes for so long is closed, also while its headers trickle in."""
_MAX_LINE_BYTES: Final = 8190
_MAX_HEADERS: Final = 100
_LINGERING_S: Final = 5.0
READ_GRACE_S: Final = 30.0
MIN_READ_BYTES_S: Final = 64 << 10
"""A response has to be read at this pace, after the first `READ_GRACE_S`: an unread one holds memory."""
CHECK_S: Final = 5.0
"""How often that is looked at."""
MOST: Final = 800
"""Open connections; below the 1,024 files that a process usually may have open."""
MOST_EACH: Final = 100
_log = logging.getLogger(__name__)


class OpenConnections:
    """Counts open connections: `most` of all, `most_each` of an address that is no trusted proxy."""

    def __init__(self, proxies: Collection[Network] = (), most: int = MOST, most_each: int = MOST_EACH) -> None:
        self._proxies = proxies
        self._most = most
        self._most_each = most_each
        self._counts: Counter[UserId] = Counter()
        self._total = 0

    def admit(self, peer: str) -> UserId | None:
        """Counts a connection from an IP address, until it is given to `closed`; `None` when there are too many."""
        address = parsed_address(peer)
        user = UserId("") if address is None else address_user(address)
        is_proxy = address is not None and any(address in network for network in self._proxies)
        if self._total >= self._most or (self._counts[user] >= self._most_each and not is_proxy):
            return None
        self._total += 1
        self._counts[user] += 1
        return user

    def closed(self, user: UserId) -> None:
        """A connection of this user is closed."""
        self._total -= 1
        self._counts[user] -= 1
        if not self._counts[user]:
            del self._counts[user]


class Connection(web.RequestHandler):
    """One connection; closed at once when there are too many."""

    def __init__(self, server: web.Server, connections: OpenConnections, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(
            server,
            loop=loop,
            access_log=cast(Any, None),  # aiohttp's own type does not say that none may be given
            keepalive_timeout=KEEP_ALIVE_S,
            lingering_time=_LINGERING_S,
            max_line_size=_MAX_LINE_BYTES,
            max_field_size=_MAX_LINE_BYTES,
            max_headers=_MAX_HEADERS,
            auto_decompress=False,
        )
        self._connections = connections
        self._user: UserId | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Part of `asyncio.Protocol`."""
        peer = transport.get_extra_info("peername")
        self._user = self._connections.admit(str(peer[0]) if peer else "")
        if self._user is None:
            cast(asyncio.Transport, transport).abort()
            return
        super().connection_made(transport)

    def connection_lost(self, exc: BaseException | None) -> None:
        """Part of `asyncio.Protocol`."""
        if self._user is not None:
            self._connections.closed(self._user)
            super().connection_lost(exc)

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,  # noqa: ARG002  # the parser's, with the client's bytes in it
    ) -> web.StreamResponse:
        """The response to what is no HTTP, or to an error outside of the middlewares; then the connection is closed."""
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            _log.error("a response failed in a way that is not known", exc_info=exc)
        if request.writer.output_size > 0:
            raise ConnectionError("the response has begun already")
        if isinstance(exc, http_exceptions.LineTooLong):
            status = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
        response = web.Response(status=status, text=HTTPStatus(status).phrase, headers=SECURITY_HEADERS)
        response.force_close()
        return response


@dataclass(slots=True)
class _Unread:
    """What a client has not read: since when, and how much it was then."""

    since_s: float
    size_bytes: int


async def close_slow_readers(
    connections: Callable[[], Iterable[web.RequestHandler]],
) -> None:
    """Close connections whose clients read too slowly, until cancelled."""
    unread: dict[web.RequestHandler, _Unread] = {}
    clock = asyncio.get_running_loop().time
    while True:
        await asyncio.sleep(CHECK_S)
        before, unread = unread, {}
        for connection in connections():
            transport = connection.transport
            size_bytes = transport.get_write_buffer_size() if transport else 0
            if transport is None or not size_bytes:
                continue
            unread[connection] = first = before.get(connection) or _Unread(clock(), size_bytes)
            if clock() - first.since_s > READ_GRACE_S + first.size_bytes / MIN_READ_BYTES_S:
                _log.info("a client reads too slowly; its connection is closed")
                transport.abort()
