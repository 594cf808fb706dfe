"""Public addresses: connections are made to IP addresses of the public internet only.

The addresses of a host are checked after its name was resolved, aiohttp connects to exactly those, and the socket
checks once more. This guard is our own code: aiohttp has none, and the best known package for it, Advocate,
wraps requests and was last released in July 2020.
"""

import ipaddress
import socket
from collections.abc import Callable
from typing import Final

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

_IPV4_REFUSED: Final = tuple(
    map(
        ipaddress.IPv4Network,
        (
            "100.64.0.0/10",  # carriers' NAT (RFC 6598); clouds use it for metadata
            "168.63.129.16/32",  # Azure's virtual machines reach their host by it
            "192.0.0.0/24",  # protocol assignments (RFC 6890); clouds use it for metadata
            "192.88.99.0/24",  # 6to4 relays (RFC 7526)
        ),
    )
)
_IPV6_GLOBAL: Final = ipaddress.IPv6Network("2000::/3")
"""All global unicast addresses; IPv4-mapped, IPv4-compatible and NAT64 addresses are outside of it."""
_IPV6_REFUSED: Final = tuple(
    map(
        ipaddress.IPv6Network,
        (
            "2001::/23",  # protocol assignments (RFC 2928), Teredo among them
            "2001:db8::/32",  # documentation (RFC 3849)
            "2002::/16",  # 6to4: an IPv4 address inside (RFC 3056)
            "3fff::/20",  # documentation (RFC 9637)
        ),
    )
)


def is_public(address: str) -> bool:
    """Whether an IP address, as it is written in digits, is one of the public internet's; false for anything else."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    if not ip.is_global or ip.is_multicast or ip.is_reserved:
        return False
    if isinstance(ip, ipaddress.IPv4Address):
        return not any(ip in network for network in _IPV4_REFUSED)
    return ip.scope_id is None and ip in _IPV6_GLOBAL and not any(ip in network for network in _IPV6_REFUSED)


class NotPublicError(OSError):
    """An address that is not one of the public internet's."""

    def __init__(self) -> None:
        super().__init__("its address is not one of the public internet.")


def public_connector(resolver: AbstractResolver, is_allowed: Callable[[str], bool] = is_public) -> aiohttp.TCPConnector:
    """Connects to the addresses of a name that `is_allowed` lets through; otherwise `NotPublicError`.

    Each connection resolves its name anew. The caller closes `resolver`.
    """

    def checked_socket(address: tuple[int, int, int, str, tuple[object, ...]]) -> socket.socket:
        """No socket is made for an address that is not allowed, whatever the way here."""
        family, kind, protocol, _name, target = address
        if not is_allowed(str(target[0])):
            raise NotPublicError
        return socket.socket(family, kind, protocol)

    return aiohttp.TCPConnector(
        resolver=PublicResolver(resolver, is_allowed),
        use_dns_cache=False,
        socket_factory=checked_socket,
        force_close=True,
    )


class PublicResolver(AbstractResolver):
    """Resolves a name to those of its addresses that are allowed; aiohttp connects to what this returns."""

    def __init__(self, resolver: AbstractResolver, is_allowed: Callable[[str], bool] = is_public) -> None:
        self._resolver = resolver
        self._is_allowed = is_allowed

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """The allowed addresses. `NotPublicError` when the name has others only, `OSError` when it has none."""
        results = await self._resolver.resolve(host, port, family)
        allowed = [result for result in results if self._is_allowed(result["host"])]
        if results and not allowed:
            raise NotPublicError
        if not allowed:
            raise OSError(None, "the name has no address")
        return allowed

    async def close(self) -> None:
        """Close the resolver beneath."""
        await self._resolver.close()
