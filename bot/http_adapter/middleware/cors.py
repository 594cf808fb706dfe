"""Cross-origin requests, as trace.moe allows them: any origin may call the API and read its headers."""

from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler

_METHODS: Final = "GET, POST, OPTIONS"
_REQUEST_HEADERS: Final = "Content-Type, Authorization, x-trace-key"
_READABLE_HEADERS: Final = (
    "x-video-start, x-video-end, x-video-duration, Retry-After, "
    "X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset, "
    "RateLimit-Policy, RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset"
)
_MAX_AGE_S: Final = "86400"
_SAME_ORIGIN: Final = ("/metrics", "/operator")
"""What only pages of this server may read."""


@web.middleware
async def cross_origin(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answers preflight requests itself. No cookie is ever allowed from another origin: the operator's page has one."""
    is_open = not request.path.startswith(_SAME_ORIGIN)
    if is_open and request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers:
        response: web.StreamResponse = web.Response(status=204)
        requested = request.headers.get("Access-Control-Request-Headers", "")
        response.headers["Access-Control-Allow-Headers"] = requested or _REQUEST_HEADERS
        response.headers["Access-Control-Max-Age"] = _MAX_AGE_S
    else:
        response = await handler(request)
    return response


async def add_cors_headers(request: web.Request, response: web.StreamResponse) -> None:
    """An `on_response_prepare` signal, so that errors have them too. Not on the operator's pages and metrics: what a
    browser on this machine may read there is not for every page that it shows.
    """
    if request.path.startswith(_SAME_ORIGIN):
        return
    response.headers.setdefault("Access-Control-Allow-Origin", "*")
    response.headers.setdefault("Access-Control-Allow-Methods", _METHODS)
    response.headers.setdefault("Access-Control-Allow-Headers", _REQUEST_HEADERS)
    response.headers.setdefault("Access-Control-Expose-Headers", _READABLE_HEADERS)
    response.headers.setdefault("Vary", "Origin")
