"""Rendering of pages: Jinja2 templates in the reader's language, with every value escaped."""

from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Final

from aiohttp import web
from jinja2 import Environment, FileSystemLoader, StrictUndefined

import bot.web
from bot.http_adapter.pages.page_language import translator_of
from bot.http_adapter.pages.static_files import accepts_gzip, static_path
from bot.http_adapter.services import SERVICES
from bot.language.translations import LANGUAGES

TEMPLATES: Final = Path(bot.web.__file__).with_name("templates")
_API_PAGE: Final = "/api"
_THEME_COOKIE: Final = "theme"
_THEMES: Final = ("dark", "light")


@cache
def environment() -> Environment:
    """The templates; a value that is missing is an error."""
    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def render(request: web.Request, template: str, **values: object) -> str:
    """HTML of a template for the reader of a request. `_` and `ngettext` translate in it."""
    translator = translator_of(request)
    return (
        environment()
        .get_template(template)
        .render(
            _=translator.gettext,
            ngettext=translator.ngettext,
            locale=translator.locale,
            languages=LANGUAGES,
            theme=chosen_theme(request),
            static=static_path,
            path=request.path_qs if request.method == "GET" else "/",
            api=_API_PAGE if request.app[SERVICES].spec.api and _has_api_page(request.app) else None,
            **values,
        )
    )


def page(
    request: web.Request,
    template: str,
    *,
    status: HTTPStatus = HTTPStatus.OK,
    compressed: bool = False,
    **values: object,
) -> web.Response:
    """A whole page. It depends on cookie and language, so no cache may keep it.

    `compressed`: with gzip where the client takes it; not for pages with a secret beside what the client sent, which
    the size of the response would give away (BREACH).
    """
    headers = {"Vary": "Accept, Accept-Encoding, Accept-Language, Cookie"}
    text = render(request, template, **values)
    response = web.Response(text=text, content_type="text/html", charset="utf-8", status=status, headers=headers)
    if compressed and accepts_gzip(request.headers.get("Accept-Encoding", "")):
        response.enable_compression(web.ContentCoding.gzip)
    return response


def chosen_theme(request: web.Request) -> str | None:
    """The theme that the reader chose, `dark` or `light`, from the cookie of `theme.js`; `None`: the system's."""
    theme = request.cookies.get(_THEME_COOKIE)
    return theme if theme in _THEMES else None


def _has_api_page(app: web.Application) -> bool:
    return any(resource.canonical == _API_PAGE for resource in app.router.resources())
