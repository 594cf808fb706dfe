"""Signing in to the operator's page with an API key, and out again."""

import re
from http import HTTPStatus
from typing import Final

from aiohttp import web

from bot.http_adapter.operator.access import (
    COOKIE_PATH,
    SESSION_COOKIE,
    SESSIONS,
    TOKEN_FIELD,
    form_fields,
    operator_form,
    require_token,
)
from bot.http_adapter.operator.sessions import LIFETIME_S, new_token
from bot.http_adapter.pages.page_language import translator_of
from bot.http_adapter.pages.rendering import page
from bot.http_adapter.public_address import request_scheme

_FORM_COOKIE: Final = "operator-form"
_KEY_FIELD: Final = "key"
_TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{40,64}")
PAGE_HEADERS: Final = {"Referrer-Policy": "same-origin"}
"""Without a referrer browsers name no origin either when they send a form, and that is checked."""


def sign_in_page(request: web.Request, *, problem: str = "") -> web.Response:
    """The form for a key, with status 401. Its token is also in a cookie, which a foreign page can neither read nor set
    (OWASP: double-submit cookie).
    """
    sent = request.cookies.get(_FORM_COOKIE, "")
    token = sent if _TOKEN.fullmatch(sent) else new_token()
    response = page(
        request,
        "operator_sign_in.html",
        status=HTTPStatus.UNAUTHORIZED,
        page="operator",
        problem=problem,
        form_token=token,
        token_field=TOKEN_FIELD,
    )
    response.headers.update(PAGE_HEADERS | {"WWW-Authenticate": "Bearer"})
    _set_cookie(request, response, _FORM_COOKIE, token)
    return response


async def sign_in(request: web.Request) -> web.Response:
    """`POST /operator/sign-in` with the field `key`: to the page, with a session cookie; 401 for a key that is no
    operator's.
    """
    fields = await form_fields(request)
    require_token(fields, request.cookies.get(_FORM_COOKIE, ""))
    token = request.app[SESSIONS].sign_in(fields.get(_KEY_FIELD, "").strip())
    if token is None:
        return sign_in_page(request, problem=translator_of(request).gettext("This key does not open the page."))
    response = to_page()
    _set_cookie(request, response, SESSION_COOKIE, token, max_age_s=LIFETIME_S)
    response.del_cookie(_FORM_COOKIE, path=COOKIE_PATH)
    return response


async def sign_out(request: web.Request) -> web.Response:
    """`POST /operator/sign-out`: ends the session."""
    await operator_form(request)
    request.app[SESSIONS].sign_out(request.cookies[SESSION_COOKIE])
    response = to_page()
    response.del_cookie(SESSION_COOKIE, path=COOKIE_PATH)
    return response


def to_page(query: str = "", part: str = "") -> web.Response:
    """Leads back to the page, to one of its parts."""
    address = COOKIE_PATH + (f"?{query}" if query else "") + (f"#{part}" if part else "")
    return web.Response(status=HTTPStatus.SEE_OTHER, headers={"Location": address})


def _set_cookie(
    request: web.Request, response: web.Response, name: str, value: str, *, max_age_s: int | None = None
) -> None:
    response.set_cookie(
        name,
        value,
        max_age=max_age_s,
        path=COOKIE_PATH,
        httponly=True,
        samesite="Strict",
        secure=request_scheme(request) == "https",
    )
