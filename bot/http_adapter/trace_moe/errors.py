"""Errors as trace.moe words them: clients tell them apart by status and by how the sentence begins."""

import logging
import math
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Final

from aiohttp import web

from bot.http_adapter.clients import InvalidKeyError, client_of
from bot.http_adapter.picture_body import BodyTooLargeError, BodyTypeError, SeveralPicturesError, SlowBodyError
from bot.http_adapter.picture_quota import ConcurrencyError, QuotaError
from bot.http_adapter.services import SERVICES
from core.errors import (
    BusyError,
    DeadlineError,
    FetchError,
    FetchProblem,
    InputError,
    LibraryError,
    LimitError,
    PictureError,
    ServiceError,
    WhenAnimeError,
)

PATHS: Final = frozenset({"/search", "/me", "/anilist", "/status", "/stats"})
"""What is answered in this form."""
Handler = Callable[[web.Request], Awaitable[web.Response]]

_TEXTS: Final[tuple[tuple[type[WhenAnimeError], HTTPStatus, str], ...]] = (
    (BodyTooLargeError, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "Payload Too Large"),
    (SlowBodyError, HTTPStatus.REQUEST_TIMEOUT, "Request Timeout"),
    (BodyTypeError, HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "Unsupported Media Type"),
    (SeveralPicturesError, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "Payload Too Large: one picture a request"),
    (PictureError, HTTPStatus.BAD_REQUEST, "Failed to process image"),
    (ConcurrencyError, HTTPStatus.PAYMENT_REQUIRED, "Concurrency limit exceeded"),
    (LimitError, HTTPStatus.TOO_MANY_REQUESTS, "Too many requests, please try again later."),
    (BusyError, HTTPStatus.SERVICE_UNAVAILABLE, "Error: Search queue is full"),
    (DeadlineError, HTTPStatus.GATEWAY_TIMEOUT, "Server is overloaded"),
    (InputError, HTTPStatus.BAD_REQUEST, "Failed to process file"),
    (LibraryError, HTTPStatus.INTERNAL_SERVER_ERROR, "Search failed. Library temporarily unavailable."),
)
_STATUSES: Final = frozenset(int(status) for status in HTTPStatus)
_FAILED: Final = "Search failed. The server could not do this."
_log = logging.getLogger(__name__)


class TraceMoeError(InputError):
    """An error whose status and sentence are known where it is raised."""

    def __init__(self, status: HTTPStatus, message: str) -> None:
        super().__init__(message)
        self.status = status


def errors_as_json(handler: Handler) -> Handler:
    """A handler whose errors are responses `{"error": …}`; one that was not foreseen is logged with its traceback."""

    async def guarded(request: web.Request) -> web.Response:
        try:
            return await handler(request)
        except WhenAnimeError as exc:
            return trace_moe_response(request, exc)
        except web.HTTPException as exc:
            return error_response(HTTPStatus(exc.status), exc.reason)
        except ConnectionError:
            raise  # the client has gone
        except Exception:  # noqa: BLE001  # the edge of a request: its client waits for an answer
            _log.exception("a request failed in a way that is not known")
            return error_response(HTTPStatus.INTERNAL_SERVER_ERROR, _FAILED)

    return guarded


def error_response(
    status: HTTPStatus, sentence: str, *, retry_after_s: float = 0.0, more: Mapping[str, object] | None = None
) -> web.Response:
    """A response with `error`, and `Retry-After` where it is known when to try again."""
    headers = {"Retry-After": str(math.ceil(retry_after_s))} if retry_after_s > 0 else None
    return web.json_response({**(more or {}), "error": sentence}, status=status, headers=headers)


def trace_moe_response(request: web.Request, error: WhenAnimeError) -> web.Response:
    """The response to an error, as trace.moe words it."""
    match error:
        case TraceMoeError():
            return error_response(error.status, str(error))
        case InvalidKeyError():
            return error_response(HTTPStatus.FORBIDDEN, str(error))
        case FetchError():
            return _fetch_response(request, error)
        case QuotaError():
            return _quota_response(request, error)
    for kind, status, sentence in _TEXTS:
        if isinstance(error, kind):
            retry_after_s = error.retry_after_s if isinstance(error, ServiceError) else 0.0
            return error_response(status, sentence, retry_after_s=retry_after_s)
    _log.warning("a request failed: %s", error)
    return error_response(HTTPStatus.INTERNAL_SERVER_ERROR, _FAILED)


def _fetch_response(request: web.Request, error: FetchError) -> web.Response:
    """trace.moe passes the status of the other server on."""
    url = request.query.get("url", "")
    if error.problem is FetchProblem.NOT_A_LINK:
        return error_response(HTTPStatus.BAD_REQUEST, f"Invalid image url {url}".rstrip())
    passed_on = error.status >= HTTPStatus.BAD_REQUEST and error.status in _STATUSES
    status = HTTPStatus(error.status) if passed_on else HTTPStatus.BAD_REQUEST
    return error_response(status, f"Failed to fetch image {url}".rstrip())


def _quota_response(request: web.Request, error: QuotaError) -> web.Response:
    client = client_of(request)
    quota, used = client.allowance.quota, request.app[SERVICES].quota.used(client.user)
    sentence = f"Search quota depleted (quota per 24 hours: {quota}, used: {used})"
    more = {"quota": quota, "quotaUsed": used}
    return error_response(HTTPStatus.PAYMENT_REQUIRED, sentence, retry_after_s=error.retry_after_s, more=more)
