"""Clients of a request: the user that it counts for, and what that one may do, by API key or by address."""

import hmac
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from aiohttp import web

from bot.http_adapter.client_address import PLATFORM, address_user, client_address
from bot.http_adapter.picture_quota import Allowance
from bot.http_adapter.services import SERVICES
from bot.messages import UserId
from core.errors import InputError

_KEY_HEADER: Final = "x-trace-key"
KEY_OPTION: Final = "key"
"""The option of a query that holds a key."""
_BEARER: Final = "bearer "
_DIGEST_PURPOSE: Final = b"address of "
_DIGEST_BYTES: Final = 16


class InvalidKeyError(InputError):
    """An API key that does not exist."""


@dataclass(frozen=True, slots=True)
class Client:
    """Who a request counts for. `name`: the key's name, or the address; `operator`: whether the operator's page
    opens.
    """

    user: UserId
    name: str
    allowance: Allowance
    operator: bool = False


class MissingKeyError(InvalidKeyError):
    """No API key where one is required."""


def client_of(request: web.Request, form_key: str = "") -> Client:
    """The client of a request: by `Authorization: Bearer …`, by trace.moe's `x-trace-key` or `?key=`, by `form_key`, a
    field of its form, else by address.

    `InvalidKeyError` for a key that does not exist.
    """
    services = request.app[SERVICES]
    spec = services.spec
    secret = _secret_of(request) or form_key or None
    if secret is None:
        network = address_user(client_address(request, spec.proxies)).partition(":")[2]
        return Client(anonymous_user_of(request), network, Allowance(spec.quota, spec.concurrency))
    key = services.keys.find(secret)
    if key is None:
        raise InvalidKeyError("Invalid API key")
    user = UserId(f"{PLATFORM}:key:{key.name}")
    return Client(user, key.name, Allowance(key.quota, key.concurrency), key.operator)


def anonymous_user_of(request: web.Request) -> UserId:
    """The user that a request without a key counts for: a digest of its address, since answers are stored with it."""
    services = request.app[SERVICES]
    address = address_user(client_address(request, services.spec.proxies))
    digest = hmac.digest(services.secret, _DIGEST_PURPOSE + address.encode(), sha256)[:_DIGEST_BYTES]
    return UserId(f"{PLATFORM}:{digest.hex()}")


def searching_client_of(request: web.Request, form_key: str = "") -> Client:
    """The client of a request that searches: `MissingKeyError` also without a key where one is required."""
    client = client_of(request, form_key)
    if request.app[SERVICES].spec.key_required and not (has_key(request) or form_key):
        raise MissingKeyError("An API key is required.")
    return client


def has_key(request: web.Request) -> bool:
    """Whether a request brings a key outside of its body, valid or not."""
    return _secret_of(request) is not None


def _secret_of(request: web.Request) -> str | None:
    bearer = request.headers.get("Authorization", "")
    if bearer.lower().startswith(_BEARER):
        return bearer[len(_BEARER) :].strip()
    return request.headers.get(_KEY_HEADER) or request.query.get(KEY_OPTION) or None
