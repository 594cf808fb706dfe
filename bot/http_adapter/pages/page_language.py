"""Language of a page: a cookie with the reader's choice, else what the browser asks for, else the server's own."""

import re
from typing import Final

from aiohttp import web

from bot.http_adapter.services import SERVICES
from bot.language.translations import Translator

COOKIE: Final = "locale"
_COOKIE_S: Final = 365 * 86_400
_TAGS_LIMIT: Final = 20
_LOCAL_PATH: Final = re.compile(r"/(?![/\\])[!-\[\]-~]*", re.ASCII)
"""A path on this server; `//host` and `/\\host` are another one to browsers."""


def translator_of(request: web.Request) -> Translator:
    """The translator for whoever reads the page."""
    translations = request.app[SERVICES].translations
    for tag in (request.cookies.get(COOKIE, ""), *accepted_tags(request.headers.get("Accept-Language", ""))):
        if translations.supports(tag):
            return translations.of(tag)
    return translations.of("")


def accepted_tags(header: str) -> list[str]:
    """Language tags of an `Accept-Language` header, best first (RFC 9110, section 12.5.4)."""
    weighted = []
    for part in header.split(",")[:_TAGS_LIMIT]:
        tag, _, weight = part.strip().partition(";q=")
        try:
            weighted.append((-float(weight or 1), tag.strip()))
        except ValueError:
            continue
    return [tag for _weight, tag in sorted(weighted, key=lambda pair: pair[0])]


async def choose_language(request: web.Request) -> web.Response:
    """`GET /language?locale=&back=`: keeps the choice in a cookie and goes back to a path of this server."""
    back = request.query.get("back", "/")
    response = web.Response(status=303, headers={"Location": back if _LOCAL_PATH.fullmatch(back) else "/"})
    locale = request.query.get("locale", "")
    if request.app[SERVICES].translations.supports(locale):
        response.set_cookie(COOKIE, locale, max_age=_COOKIE_S, httponly=True, samesite="Lax")
    return response
