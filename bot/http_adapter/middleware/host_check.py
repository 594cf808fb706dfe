"""Host check, against DNS rebinding: a foreign page whose name its owner lets point to this server is not answered.

Such a page is of the same origin as this server for a browser, which then lets its script read everything, also where
only this machine can reach the port. It is told apart by the `Host` header, which has the name of the page.
"""

import socket
from collections.abc import Collection
from functools import cache
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.typedefs import Handler

from bot.http_adapter.services import SERVICES, HttpSpec

HOSTS_SETTING: Final = "WHENANIME_HTTP__HOSTS"
ANY_HOST: Final = "*"
_LOCAL_NAME: Final = "localhost"
_PRIVATE_SUFFIXES: Final = (".local", ".localhost", ".internal", ".home.arpa", ".lan")
"""Ends of names that the public DNS does not have: RFC 6762, RFC 6761, ICANN 2024, RFC 8375, and common use."""


@web.middleware
async def check_host(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuses a request whose `Host` is none of this server's with status 421; browsers always send one."""
    host = host_name(request.headers.get("Host", ""))
    if host and not is_own_host(host, request.app[SERVICES].spec):
        raise web.HTTPMisdirectedRequest(text=misdirected_text(host))
    return await handler(request)


def misdirected_text(host: str) -> str:
    """Why a host is not answered, and what to set."""
    name = host if host.isascii() and host.isprintable() and len(host) <= 253 else "this name"
    return f"This server does not answer to {name}. If that is its name, add it to {HOSTS_SETTING}."


def host_name(authority: str) -> str:
    """The name or address of a `Host` header, in small letters, without a port, brackets and the final dot."""
    text = authority.strip().lower()
    if text.startswith("["):
        return text[1:].partition("]")[0]
    return text.partition(":")[0].removesuffix(".")


def is_own_host(host: str, spec: HttpSpec) -> bool:
    """Whether this server answers to a host.

    On loopback: to loopback's addresses, `localhost`, the host of `public_url` and `hosts`. Where the network reaches
    it also to any address, which cannot be rebound, and to names that the owner of a foreign page cannot have: without
    a dot, of a private network, or this machine's.
    """
    if host in _named(spec.hosts) or ANY_HOST in spec.hosts or host == _LOCAL_NAME:
        return True
    if spec.public_url and host == urlsplit(spec.public_url).hostname:
        return True
    near_only = _is_loopback(spec.host) or spec.host == _LOCAL_NAME
    if near_only:
        return _is_loopback(host)
    return _is_address(host) or "." not in host or host.endswith(_PRIVATE_SUFFIXES) or host == _machine_name()


@cache
def _named(hosts: Collection[str]) -> frozenset[str]:
    return frozenset(host_name(host) for host in hosts)


@cache
def _machine_name() -> str:
    return socket.gethostname().lower()


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _is_loopback(host: str) -> bool:
    return _is_address(host) and ip_address(host).is_loopback
