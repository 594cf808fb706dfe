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
    scheme, host = request.scheme, request.headers.get("Host", "")
    peer = peer_address(request)
    if any(peer in network for network in spec.proxies):
        scheme = request.headers.get("X-Forwarded-Proto", scheme)
        host = request.headers.get("X-Forwarded-Host", host)
    if scheme not in {"http", "https"} or not _HOST.fullmatch(host):
        return path
    return f"{scheme}://{host}{path}"
