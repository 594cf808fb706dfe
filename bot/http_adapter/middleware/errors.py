"""Errors of HTTP requests: what a handler raises becomes a response in the form of the part that it belongs to."""

import logging
import math
from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler

from bot.http_adapter.api.problem_details import field_of, problem_response
from bot.http_adapter.clients import InvalidKeyError
from bot.http_adapter.picture_body import BodyTooLargeError, BodyTypeError, SlowBodyError
from bot.http_adapter.services import SERVICES
from bot.http_adapter.trace_moe.errors import PATHS as TRACE_MOE_PATHS
from bot.http_adapter.trace_moe.errors import error_response, trace_moe_response
from bot.language.translations import SOURCE_LOCALE, Translations
from bot.replies.error_messages import problem_reply
from core.errors import (
    BusyError,
    DeadlineError,
    FetchError,
    FetchProblem,
    FileRemovedError,
    InputError,
    LibraryEmptyError,
    LimitError,
    PictureError,
    ServiceError,
    WhenAnimeError,
)

_STATUSES: Final[tuple[tuple[type[WhenAnimeError], HTTPStatus], ...]] = (
    (InvalidKeyError, HTTPStatus.UNAUTHORIZED),
    (SlowBodyError, HTTPStatus.REQUEST_TIMEOUT),
    (BodyTooLargeError, HTTPStatus.REQUEST_ENTITY_TOO_LARGE),
    (BodyTypeError, HTTPStatus.UNSUPPORTED_MEDIA_TYPE),
    (PictureError, HTTPStatus.UNPROCESSABLE_ENTITY),
    (InputError, HTTPStatus.BAD_REQUEST),
    (LimitError, HTTPStatus.TOO_MANY_REQUESTS),
    (BusyError, HTTPStatus.SERVICE_UNAVAILABLE),
    (DeadlineError, HTTPStatus.GATEWAY_TIMEOUT),
    (ServiceError, HTTPStatus.SERVICE_UNAVAILABLE),
    (LibraryEmptyError, HTTPStatus.SERVICE_UNAVAILABLE),
    (FileRemovedError, HTTPStatus.GONE),
)
_FETCH_STATUSES: Final = {
    FetchProblem.NOT_A_LINK: HTTPStatus.BAD_REQUEST,
    FetchProblem.REFUSED: HTTPStatus.BAD_REQUEST,
    FetchProblem.NOT_FOUND: HTTPStatus.BAD_GATEWAY,
    FetchProblem.UNREACHABLE: HTTPStatus.BAD_GATEWAY,
    FetchProblem.TOO_LARGE: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    FetchProblem.TOO_SLOW: HTTPStatus.GATEWAY_TIMEOUT,
    FetchProblem.NOT_A_PICTURE: HTTPStatus.UNPROCESSABLE_ENTITY,
}
API_PATH: Final = "/api/"
_UNEXPLAINED: Final = "404: Not Found"
"""The text of aiohttp's `HTTPNotFound` where nobody gave another one."""
FAULT: Final = "The server could not do this."
"""The sentence about an error that is ours; its reason is in the log only."""
_KEPT_HEADERS: Final = ("Allow", "Retry-After", "WWW-Authenticate")
"""Headers of an `HTTPException` that its response keeps."""
_log = logging.getLogger(__name__)


def status_of(error: WhenAnimeError) -> HTTPStatus:
    """The HTTP status of an error; 500 of one that is ours."""
    if isinstance(error, FetchError):
        return _FETCH_STATUSES[error.problem]
    return next((status for kind, status in _STATUSES if isinstance(error, kind)), HTTPStatus.INTERNAL_SERVER_ERROR)


def sentence_of(error: WhenAnimeError, translations: Translations) -> str:
    """What a client is told of an error: no path of the server, and of a link that failed nothing of its network."""
    if isinstance(error, FetchError | FileRemovedError | LibraryEmptyError):
        return problem_reply(translations.of(SOURCE_LOCALE), error).title
    return FAULT if status_of(error) is HTTPStatus.INTERNAL_SERVER_ERROR else str(error)


@web.middleware
async def errors_as_responses(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Errors of `/api/…` are answered as problem details, those of trace.moe's paths as its `{"error": …}`, others as
    plain text; a part's own routes, and the pages, answer theirs before.

    An error that was not foreseen is logged with its traceback and answered with 500 and no detail.
    """
    try:
        return await handler(request)
    except web.HTTPException as exc:
        if exc.status < HTTPStatus.BAD_REQUEST:
            raise
        return _rendered(request, HTTPStatus(exc.status), _http_sentence(request, exc), headers=kept_headers(exc))
    except WhenAnimeError as exc:
        return _of_error(request, exc)
    except ConnectionError:
        raise  # the client has gone
    except Exception:  # noqa: BLE001  # the edge of a request: its client waits for an answer
        _log.exception("a request failed in a way that is not known")
        return _rendered(request, HTTPStatus.INTERNAL_SERVER_ERROR, FAULT)


def kept_headers(error: web.HTTPException) -> Mapping[str, str]:
    """Headers of an error that its response has in any form."""
    return {name: error.headers[name] for name in _KEPT_HEADERS if name in error.headers}


def _of_error(request: web.Request, error: WhenAnimeError) -> web.Response:
    if request.path in TRACE_MOE_PATHS:  # refused before its handler was called
        return trace_moe_response(request, error)
    status = status_of(error)
    if status is HTTPStatus.INTERNAL_SERVER_ERROR:
        _log.warning("a request failed: %s", error)
    headers = {"WWW-Authenticate": "Bearer"} if status is HTTPStatus.UNAUTHORIZED else {}
    sentence = sentence_of(error, request.app[SERVICES].translations)
    wait_s = getattr(error, "retry_after_s", 0.0)
    return _rendered(request, status, sentence, field=field_of(error), retry_after_s=wait_s, headers=headers)


def _rendered(
    request: web.Request,
    status: HTTPStatus,
    sentence: str,
    *,
    field: str = "",
    retry_after_s: float = 0.0,
    headers: Mapping[str, str] | None = None,
) -> web.Response:
    headers = dict(headers or {})
    if retry_after_s > 0:
        headers["Retry-After"] = str(math.ceil(retry_after_s))
    if request.path.startswith(API_PATH):
        return problem_response(status, sentence, field=field, headers=headers)
    if request.path in TRACE_MOE_PATHS:
        response = error_response(status, sentence)
        response.headers.update(headers)
        return response
    return web.Response(status=status, text=sentence, headers=headers)


def _http_sentence(request: web.Request, error: web.HTTPException) -> str:
    status = HTTPStatus(error.status)
    if status is HTTPStatus.NOT_FOUND:
        return "There is nothing at this address." if error.text == _UNEXPLAINED else error.text or status.phrase
    if status is HTTPStatus.METHOD_NOT_ALLOWED:
        if request.path in TRACE_MOE_PATHS:
            return status.phrase
        return "This address does not answer this method."
    return error.text or status.phrase
