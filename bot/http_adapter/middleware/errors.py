"""Errors of HTTP requests: what a handler raises becomes a response in the form of the part that it belongs to."""

import logging
from collections.abc import Callable
from http import HTTPStatus
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler

from bot.http_adapter.api.problem_details import problem_response
from bot.http_adapter.picture_body import BodyTooLargeError
from core.errors import (
    BusyError,
    DeadlineError,
    FetchError,
    FileRemovedError,
    FilterError,
    InputError,
    LimitError,
    PictureError,
    WhenAnimeError,
)

_STATUSES: Final[tuple[tuple[type[WhenAnimeError], HTTPStatus], ...]] = (
    (BodyTooLargeError, HTTPStatus.REQUEST_ENTITY_TOO_LARGE),
    (PictureError, HTTPStatus.UNPROCESSABLE_ENTITY),
    (FetchError, HTTPStatus.BAD_GATEWAY),
    (FilterError, HTTPStatus.BAD_REQUEST),
    (InputError, HTTPStatus.BAD_REQUEST),
    (LimitError, HTTPStatus.TOO_MANY_REQUESTS),
    (BusyError, HTTPStatus.SERVICE_UNAVAILABLE),
    (DeadlineError, HTTPStatus.GATEWAY_TIMEOUT),
    (FileRemovedError, HTTPStatus.GONE),
)
API_PATH: Final = "/api/"
_log = logging.getLogger(__name__)

ErrorRenderer = Callable[[web.Request, HTTPStatus, str, float], web.Response]
"""From a request, a status, a sentence and after how many seconds to try again (0: unknown) to a response."""


def status_of(error: WhenAnimeError) -> HTTPStatus:
    """The HTTP status of an error; 500 of one that is ours."""
    return next((status for kind, status in _STATUSES if isinstance(error, kind)), HTTPStatus.INTERNAL_SERVER_ERROR)


@web.middleware
async def errors_as_responses(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Errors of `/api/…` are answered as problem details, others as plain text; a part's own routes answer theirs
    before.

    An error that was not foreseen is logged with its traceback and answered with 500 and no detail.
    """
    try:
        return await handler(request)
    except web.HTTPException as exc:
        return _rendered(request, HTTPStatus(exc.status), _sentence_of(exc))
    except WhenAnimeError as exc:
        status = status_of(exc)
        if status is HTTPStatus.INTERNAL_SERVER_ERROR:
            _log.warning("a request failed: %s", exc)
            return _rendered(request, status, "The server could not do this.")
        return _rendered(request, status, str(exc), getattr(exc, "retry_after_s", 0.0))
    except ConnectionResetError:
        raise  # the client has gone
    except Exception:  # noqa: BLE001  # the edge of a request: its client waits for an answer
        _log.exception("a request failed in a way that is not known")
        return _rendered(request, HTTPStatus.INTERNAL_SERVER_ERROR, "The server could not do this.")


def _rendered(request: web.Request, status: HTTPStatus, sentence: str, retry_after_s: float = 0.0) -> web.Response:
    if request.path.startswith(API_PATH):
        return problem_response(status, sentence, retry_after_s=retry_after_s)
    return web.Response(status=status, text=sentence)


def _sentence_of(error: web.HTTPException) -> str:
    status = HTTPStatus(error.status)
    if status is HTTPStatus.NOT_FOUND:
        return "There is nothing at this address."
    if status is HTTPStatus.METHOD_NOT_ALLOWED:
        return "This address does not answer this method."
    return error.text or status.phrase
