"""Access to the operator's page: by session cookie, or by `Authorization: Bearer` for reading; forms by their token."""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from aiohttp import web

from bot.http_adapter.clients import client_of
from bot.http_adapter.operator.sessions import OperatorSessions
from bot.http_adapter.picture_body import BodyTypeError, read_body
from bot.http_adapter.public_address import request_host
from bot.http_adapter.services import SERVICES

SESSIONS: Final = web.AppKey("operator sessions", OperatorSessions)
SESSION_COOKIE: Final = "operator"
COOKIE_PATH: Final = "/operator"
TOKEN_FIELD: Final = "form_token"  # noqa: S105  # the name of a field
_FORM_TYPE: Final = "application/x-www-form-urlencoded"
_FORM_LIMIT_BYTES: Final = 8192


@dataclass(frozen=True, slots=True)
class Operator:
    """Who reads the page; `form_token` is empty for one who came by a key alone, and may change nothing."""

    name: str
    form_token: str = ""


def operator_of(request: web.Request) -> Operator | None:
    """The operator of a request; `None` for anybody else.

    `InvalidKeyError` for a key that does not exist, `HTTPForbidden` for one that is no operator's.
    """
    session = request.app[SESSIONS].find(request.cookies.get(SESSION_COOKIE, ""))
    if session is not None:
        return Operator(session.name, session.form_token)
    if "Authorization" not in request.headers:
        return None
    client = client_of(request)
    if not client.operator:
        raise web.HTTPForbidden(text="This is for an operator's key.")
    return Operator(client.name)


def require_operator(request: web.Request) -> Operator:
    """The operator of a request; `HTTPUnauthorized` for anybody else, and what `operator_of` raises."""
    operator = operator_of(request)
    if operator is None:
        raise web.HTTPUnauthorized(text="Sign in at /operator.", headers={"WWW-Authenticate": "Bearer"})
    return operator


async def operator_form(request: web.Request) -> Mapping[str, str]:
    """Fields of a form that an operator's page has sent.

    `HTTPUnauthorized` without a session, `HTTPForbidden` for a form of another origin or without the session's token.
    """
    operator = require_operator(request)
    if not operator.form_token:
        raise web.HTTPForbidden(text="Forms are for those who are signed in.")
    fields = await form_fields(request)
    require_token(fields, operator.form_token)
    return fields


async def form_fields(request: web.Request) -> Mapping[str, str]:
    """Fields of a form of this origin. `HTTPForbidden` for another one, `BodyTypeError` for what is no form."""
    require_same_origin(request)
    if request.content_type != _FORM_TYPE:
        raise BodyTypeError(f"The form should be {_FORM_TYPE}.")
    body = await read_body(request, _FORM_LIMIT_BYTES)
    return dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))


def require_same_origin(request: web.Request) -> None:
    """`HTTPForbidden` for a request that a page of another origin has sent.

    A browser names the origin of a page that sends a form. It has to be the host that the request went to, or that of
    the setting `public_url`; its scheme and what programs send, which name none, are not checked.
    """
    origin = request.headers.get("Origin")
    if origin is None:
        return
    public_host = urlsplit(request.app[SERVICES].spec.public_url).netloc
    hosts = {host.lower() for host in (request_host(request), public_host) if host}
    if urlsplit(origin).netloc.lower() not in hosts:
        raise web.HTTPForbidden(text="The form came from another origin; is WHENANIME_HTTP__PUBLIC_URL right?")


def require_token(fields: Mapping[str, str], token: str) -> None:
    """`HTTPForbidden` unless the form has this token; compared in constant time."""
    if not token or not hmac.compare_digest(fields.get(TOKEN_FIELD, "").encode(), token.encode()):
        raise web.HTTPForbidden(text="The form is not of this session; load the page again.")
