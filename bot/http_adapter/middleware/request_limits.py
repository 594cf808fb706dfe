"""Request limits: requests of an address or a key in a minute, told in the headers that trace.moe's clients read."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware
from cachetools import TTLCache

from bot.http_adapter.clients import anonymous_user_of, client_of
from bot.http_adapter.services import SERVICES
from bot.messages import UserId
from core.errors import WhenAnimeError

WINDOW_S: Final = 60
_KEY_FACTOR: Final = 10
"""Requests that a key may make for each that an address may."""
_MEDIA_FACTOR: Final = 10
"""Files of pages and previews that a client may load for each other request: a page of an answer needs that many."""
_MEDIA_PATHS: Final = ("/static/", "/image/", "/gif/", "/video/")
TOO_MANY: Final = "Too many requests, please try again later."
_ADDRESSES: Final = 100_000
"""Addresses that are counted at one time; beyond that the oldest windows are forgotten."""


@dataclass(slots=True)
class Allowance:
    """Requests of one user, of `limit`, in their window, which ends `ends_s` seconds on the limiter's clock."""

    ends_s: float
    count: int = 0
    limit: int = 0


class RequestLimiter:
    """Counts requests in fixed windows of a minute, those for media beside the others. `clock` gives monotonic
    seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._allowances: TTLCache[tuple[UserId, bool], Allowance] = TTLCache(_ADDRESSES, WINDOW_S, clock)

    def count(self, user: UserId, limit: int, *, media: bool = False) -> Allowance:
        """The allowance of a user after one more request, of `limit` in a minute; of `media` ten times as many."""
        allowance = self._allowances.get((user, media))
        if allowance is None:
            allowance = self._allowances[user, media] = Allowance(self._clock() + WINDOW_S)
        allowance.count += 1
        allowance.limit = limit * _MEDIA_FACTOR if media else limit
        return allowance

    def headers(self, allowance: Allowance) -> dict[str, str]:
        """The headers of trace.moe and of the IETF draft, for a request with this allowance."""
        remaining = str(max(0, allowance.limit - allowance.count))
        left_s = max(0, math.ceil(allowance.ends_s - self._clock()))
        return {
            "X-RateLimit-Limit": str(allowance.limit),
            "X-RateLimit-Remaining": remaining,
            "X-RateLimit-Reset": str(math.ceil(time.time()) + left_s),
            "RateLimit-Policy": f"{allowance.limit};w={WINDOW_S}",
            "RateLimit-Limit": str(allowance.limit),
            "RateLimit-Remaining": remaining,
            "RateLimit-Reset": str(left_s),
        }


_HEADERS_KEY: Final = web.RequestKey("request limit headers", dict[str, str])


def limit_requests(limiter: RequestLimiter) -> Middleware:
    """Refuses requests beyond the limit with status 429, in the words of trace.moe; `HTTPTooManyRequests`, so that the
    part that the request is of answers it in its form.
    """

    @web.middleware
    async def counted(request: web.Request, handler: Handler) -> web.StreamResponse:
        allowance = limiter.count(*_user_and_limit(request), media=request.path.startswith(_MEDIA_PATHS))
        headers = request[_HEADERS_KEY] = limiter.headers(allowance)
        if allowance.count <= allowance.limit:
            return await handler(request)
        wait_s = max(1, int(headers["RateLimit-Reset"]))
        raise web.HTTPTooManyRequests(text=TOO_MANY, headers={"Retry-After": str(wait_s)})

    return counted


async def add_limit_headers(request: web.Request, response: web.StreamResponse) -> None:
    """An `on_response_prepare` signal: every response says what is left."""
    response.headers.update(request.get(_HEADERS_KEY, {}))


def _user_and_limit(request: web.Request) -> tuple[UserId, int]:
    """Who a request counts for, and how many they may make: a key, or without a valid one an address."""
    spec = request.app[SERVICES].spec
    address = anonymous_user_of(request)
    try:
        user = client_of(request).user
    except WhenAnimeError:  # no such key, or the file of keys cannot be read: the handler says so
        user = address
    return user, spec.per_minute if user == address else spec.per_minute * _KEY_FACTOR
