"""Public address: scheme and host by which clients reach this server, for links in answers."""

import re
from typing import Final

from aiohttp import web

from bot.http_adapter.client_address import peer_address
from bot.http_adapter.services import SERVICES

_HOST: Final = re.compile(r"[\w.-]{1,253}(?::\d{1,5})?|\[[0-9a-fA-F:.]{2,45}\](?::\d{1,5})?", re.ASCII)


def public_url(request: web.Request, path: str) -> str:
    """The address of a path: below the setting `public_url`, else as the request names scheme and host.

    A trusted proxy may say both by `X-Forwarded-Proto` and `X-Forwarded-Host`; a host that is none stays a bare path.
    """
    spec = request.app[SERVICES].spec
    if spec.public_url:
        return spec.public_url.rstrip("/") + path
    scheme, host = request_scheme(request), request_host(request)
    if scheme not in {"http", "https"} or not _HOST.fullmatch(host):
        return path
    return f"{scheme}://{host}{path}"


def request_scheme(request: web.Request) -> str:
    """The scheme by which the client reached the server, as far as a trusted proxy says."""
    scheme = request.scheme
    return request.headers.get("X-Forwarded-Proto", scheme) if _is_proxied(request) else scheme


def request_host(request: web.Request) -> str:
    """The host, with its port, that the client asked, as far as a trusted proxy says; empty when it named none."""
    host = request.headers.get("Host", "")
    return request.headers.get("X-Forwarded-Host", host) if _is_proxied(request) else host


def _is_proxied(request: web.Request) -> bool:
    peer = peer_address(request)
    return any(peer in network for network in request.app[SERVICES].spec.proxies)
