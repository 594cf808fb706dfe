"""Body limits: bytes of all bodies under way, and bodies of one client at one time."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from bot.http_adapter.clients import InvalidKeyError, anonymous_user_of, client_of
from bot.http_adapter.picture_quota import ConcurrencyError
from bot.http_adapter.services import SERVICES
from bot.messages import UserId
from core.errors import BusyError

MEMORY_BYTES: Final = 512 << 20
_SPARE_BODIES: Final = 4
"""Bodies of a client beyond its searches at one time, so that the error about these is their own part's."""
_RETRY_S: Final = 5.0


class BodyMemory:
    """Counts bodies from when they begin to arrive until their requests are answered. For one event loop."""

    def __init__(self, limit_bytes: int = MEMORY_BYTES) -> None:
        self._limit_bytes = limit_bytes
        self._held_bytes = 0
        self._bodies: Counter[UserId] = Counter()

    @contextmanager
    def held(self, user: UserId, size_bytes: int, most_bodies: int) -> Iterator[None]:
        """A body of a client under way. `ConcurrencyError` when the client has `most_bodies`, `BusyError` when all
        together are too large.
        """
        if self._bodies[user] >= most_bodies:
            raise ConcurrencyError("Too many uploads at one time.", _RETRY_S)
        if self._held_bytes and self._held_bytes + size_bytes > self._limit_bytes:
            raise BusyError("Too many large pictures are waiting.", _RETRY_S)
        self._held_bytes += size_bytes
        self._bodies[user] += 1
        try:
            yield
        finally:
            self._held_bytes -= size_bytes
            self._bodies[user] -= 1
            if not self._bodies[user]:
                del self._bodies[user]


def limit_bodies(memory: BodyMemory) -> Middleware:
    """Refuses bodies beyond the limits before any of them is read."""

    @web.middleware
    async def limited(request: web.Request, handler: Handler) -> web.StreamResponse:
        if not request.can_read_body:
            return await handler(request)
        spec = request.app[SERVICES].spec
        try:
            client = client_of(request)
            user, concurrency = client.user, client.allowance.concurrency
        except InvalidKeyError:  # the handler says so, in the form of its part
            user, concurrency = anonymous_user_of(request), spec.concurrency
        limit_bytes = spec.picture_limit_bytes
        size_bytes = limit_bytes if request.content_length is None else min(request.content_length, limit_bytes)
        with memory.held(user, size_bytes, concurrency + _SPARE_BODIES):
            return await handler(request)

    return limited
