"""Error pages: what a browser shows in place of a page that is not there."""

from http import HTTPStatus

from aiohttp import web
from aiohttp.typedefs import Handler

from bot.http_adapter.middleware.errors import API_PATH
from bot.http_adapter.pages.page_language import translator_of
from bot.http_adapter.pages.rendering import page


def error_page(request: web.Request, status: HTTPStatus, title: str, *lines: str) -> web.Response:
    """A page that says what is wrong, and leads back to the search."""
    return page(request, "error.html", status=status, page="", title=title, lines=lines)


@web.middleware
async def errors_as_pages(request: web.Request, handler: Handler) -> web.StreamResponse:
    """HTTP errors as pages for those who ask for HTML; the API's and other clients' stay as they are."""
    try:
        return await handler(request)
    except web.HTTPException as exc:
        html = "text/html" in request.headers.get("Accept", "")
        if exc.status < HTTPStatus.BAD_REQUEST or request.path.startswith(API_PATH) or not html:
            raise
        translator = translator_of(request)
        if exc.status == HTTPStatus.NOT_FOUND:
            title = translator.gettext("There is nothing at this address.")
        else:
            title = translator.gettext("This cannot be done here.")
        return error_page(request, HTTPStatus(exc.status), title)
