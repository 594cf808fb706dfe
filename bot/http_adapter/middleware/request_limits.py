"""Request limits: requests of an address in a minute, told in the headers that trace.moe's clients read."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware
from cachetools import TTLCache

from bot.http_adapter.client_address import address_user, client_address
from bot.http_adapter.services import SERVICES
from bot.messages import UserId

WINDOW_S: Final = 60
_ADDRESSES: Final = 100_000
"""Addresses that are counted at one time; beyond that the oldest windows are forgotten."""


@dataclass(slots=True)
class Allowance:
    """Requests of one address in its window, which ends `ends_s` seconds on the limiter's clock."""

    ends_s: float
    count: int = 0


class RequestLimiter:
    """Counts requests in fixed windows of a minute. `clock` gives monotonic seconds."""

    def __init__(self, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.per_minute = per_minute
        self._clock = clock
        self._allowances: TTLCache[UserId, Allowance] = TTLCache(_ADDRESSES, WINDOW_S, clock)

    def count(self, user: UserId) -> Allowance:
        """The allowance of an address after one more request."""
        allowance = self._allowances.get(user)
        if allowance is None:
            allowance = self._allowances[user] = Allowance(self._clock() + WINDOW_S)
        allowance.count += 1
        return allowance

    def headers(self, allowance: Allowance) -> dict[str, str]:
        """The headers of trace.moe and of the IETF draft, for a request with this allowance."""
        remaining = str(max(0, self.per_minute - allowance.count))
        left_s = max(0, math.ceil(allowance.ends_s - self._clock()))
        return {
            "X-RateLimit-Limit": str(self.per_minute),
            "X-RateLimit-Remaining": remaining,
            "X-RateLimit-Reset": str(math.ceil(time.time()) + left_s),
            "RateLimit-Policy": f"{self.per_minute};w={WINDOW_S}",
            "RateLimit-Limit": str(self.per_minute),
            "RateLimit-Remaining": remaining,
            "RateLimit-Reset": str(left_s),
        }


_HEADERS_KEY: Final = web.RequestKey("request limit headers", dict[str, str])


def limit_requests(limiter: RequestLimiter) -> Middleware:
    """Refuses requests beyond the limit with status 429. The body is trace.moe's: a sentence, no JSON."""

    @web.middleware
    async def counted(request: web.Request, handler: Handler) -> web.StreamResponse:
        user = address_user(client_address(request, request.app[SERVICES].spec.proxies))
        allowance = limiter.count(user)
        headers = request[_HEADERS_KEY] = limiter.headers(allowance)
        if allowance.count > limiter.per_minute:
            wait = {"Retry-After": headers["RateLimit-Reset"]}
            return web.Response(status=429, text="Too many requests, please try again later.", headers=wait)
        return await handler(request)

    return counted


async def add_limit_headers(request: web.Request, response: web.StreamResponse) -> None:
    """An `on_response_prepare` signal: every response says what is left."""
    response.headers.update(request.get(_HEADERS_KEY, {}))
