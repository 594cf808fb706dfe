"""Error pages: what a browser shows in place of a page that is not there."""

import math
from http import HTTPStatus

from aiohttp import web
from aiohttp.typedefs import Handler

from bot.http_adapter.middleware.errors import API_PATH, kept_headers, status_of
from bot.http_adapter.middleware.host_check import HOSTS_SETTING, host_name
from bot.http_adapter.pages.page_language import translator_of
from bot.http_adapter.pages.rendering import page
from bot.http_adapter.trace_moe.errors import PATHS as TRACE_MOE_PATHS
from bot.replies.error_messages import problem_reply
from core.errors import ServiceError


def error_page(request: web.Request, status: HTTPStatus, title: str, *lines: str) -> web.Response:
    """A page that says what is wrong, and leads back to the search."""
    return page(request, "error.html", status=status, page="", title=title, lines=lines)


@web.middleware
async def errors_as_pages(request: web.Request, handler: Handler) -> web.StreamResponse:
    """HTTP errors and refusals as pages for those who ask for HTML; the API's, trace.moe's and other clients' stay as
    they are.
    """
    try:
        return await handler(request)
    except web.HTTPException as exc:
        if exc.status < HTTPStatus.BAD_REQUEST or not _is_for_people(request):
            raise
        response = error_page(request, HTTPStatus(exc.status), *_http_problem(request, exc))
        response.headers.update(kept_headers(exc))
        return response
    except ServiceError as exc:  # refused before its handler was called
        if not _is_for_people(request):
            raise
        reply = problem_reply(translator_of(request), exc)
        response = error_page(request, status_of(exc), reply.title, *reply.lines)
        if exc.retry_after_s > 0:
            response.headers["Retry-After"] = str(math.ceil(exc.retry_after_s))
        return response


def _is_for_people(request: web.Request) -> bool:
    is_program = request.path.startswith(API_PATH) or request.path in TRACE_MOE_PATHS
    return "text/html" in request.headers.get("Accept", "") and not is_program


def _http_problem(request: web.Request, error: web.HTTPException) -> tuple[str, ...]:
    """A title, and lines about what to do."""
    translator = translator_of(request)
    match error.status:
        case HTTPStatus.NOT_FOUND:
            return (translator.gettext("There is nothing at this address."),)
        case HTTPStatus.TOO_MANY_REQUESTS:
            wait = translator.duration(float(error.headers.get("Retry-After", "0")))
            again = translator.gettext("Please try again in {wait}.", wait=wait)
            return translator.gettext("Too many requests came from your network."), again
        case HTTPStatus.MISDIRECTED_REQUEST:
            host, setting = host_name(request.headers.get("Host", "")), HOSTS_SETTING
            return (
                translator.gettext("This server does not answer to the name {host}.", host=host),
                translator.gettext("If that is its name, whoever runs it adds it to {setting}.", setting=setting),
            )
    return (translator.gettext("This cannot be done here."),)
