"""Health and metrics: `/healthz` for whatever restarts us, `/metrics` for Prometheus."""

from http import HTTPStatus

from aiohttp import web

from bot.http_adapter.client_address import client_address, is_forwarded
from bot.http_adapter.clients import client_of
from bot.http_adapter.services import SERVICES
from bot.metrics import CONTENT_TYPE


async def health(request: web.Request) -> web.Response:
    """200 when every part works and else 503; names each."""
    parts = dict(request.app[SERVICES].health())
    well = all(parts.values())
    status = HTTPStatus.OK if well else HTTPStatus.SERVICE_UNAVAILABLE
    return web.json_response({"ok": well, "parts": parts}, status=status)


async def metrics(request: web.Request) -> web.Response:
    """For clients of this machine and of private networks that no proxy passes on, and for an operator's key."""
    services = request.app[SERVICES]
    address = client_address(request, services.spec.proxies)
    is_near = (address.is_loopback or address.is_private) and not is_forwarded(request)
    if not is_near and not client_of(request).operator:
        raise web.HTTPForbidden(text="Metrics are for this machine, and for an operator's key.")
    return web.Response(body=services.metrics.text(), headers={"Content-Type": CONTENT_TYPE})


ROUTES = (web.get("/healthz", health), web.get("/metrics", metrics))
