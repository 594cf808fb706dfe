"""Client addresses: who made a request, also behind proxies, and the user that it counts for."""

from collections.abc import Collection
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final

from aiohttp import web

from bot.messages import UserId

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

PLATFORM: Final = "http"
_IPV6_PREFIX: Final = 64
"""Bits of an IPv6 address that one subscriber has; the rest is the subscriber's to choose."""
_NO_ADDRESS: Final = IPv4Address(0)
"""Of a connection that is closed."""
_FORWARDED: Final = "X-Forwarded-For"


def client_address(request: web.Request, proxies: Collection[Network]) -> Address:
    """The address that a request came from.

    `X-Forwarded-For` is believed only as far as trusted proxies wrote it: from its end to the first address that is
    none of them. Anything else in the header is what a client made up.
    """
    address = peer_address(request)
    hops = [hop.strip() for value in request.headers.getall(_FORWARDED, []) for hop in value.split(",")]
    while hops and any(address in network for network in proxies):
        hop = parsed_address(hops.pop())
        if hop is None:
            break
        address = hop
    return address


def peer_address(request: web.Request) -> Address:
    """The address at the other end of the connection: the client's, or that of the last proxy."""
    peer = request.transport.get_extra_info("peername") if request.transport else None
    return (parsed_address(peer[0]) if peer else None) or _NO_ADDRESS


def address_user(address: Address) -> UserId:
    """The user that requests from an address count for: an IPv4 address, or the /64 network of an IPv6 one."""
    if isinstance(address, IPv6Address):
        return UserId(f"{PLATFORM}:{ip_network((address, _IPV6_PREFIX), strict=False)}")
    return UserId(f"{PLATFORM}:{address}")


def is_forwarded(request: web.Request) -> bool:
    """Whether a proxy stands between the client and us."""
    return _FORWARDED in request.headers or "Forwarded" in request.headers


def parsed_address(text: str) -> Address | None:
    """The IP address that a text is, also with brackets or a zone; an IPv4 address that is mapped to IPv6 as such."""
    try:
        address = ip_address(text.strip("[]").partition("%")[0])
    except ValueError:
        return None
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address
