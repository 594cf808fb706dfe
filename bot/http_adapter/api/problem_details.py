"""Problem details of the API's errors (RFC 9457)."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from aiohttp import web

from core.errors import FetchError, FilterError, FilterProblem, InputError

CONTENT_TYPE: Final = "application/problem+json"
_SEASON_PROBLEMS: Final = (FilterProblem.NO_SEASON_NUMBER, FilterProblem.BAD_SEASON, FilterProblem.UNKNOWN_SEASON)
_TITLES: Final = {
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "Content Too Large",
    HTTPStatus.REQUEST_URI_TOO_LONG: "URI Too Long",
    HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE: "Range Not Satisfiable",
    HTTPStatus.UNPROCESSABLE_ENTITY: "Unprocessable Content",
}
"""Titles of RFC 9110 that Python's own phrases have from 3.13 on: an answer is the same on every Python."""


class OptionError(InputError):
    """An option, or a field of the body, that cannot be used; `field` is its name."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


def field_of(error: Exception) -> str:
    """The option that an error is about; empty when it is about none."""
    if isinstance(error, OptionError):
        return error.field
    if isinstance(error, FilterError):
        return "season" if error.problem in _SEASON_PROBLEMS else "show"
    return "url" if isinstance(error, FetchError) else ""


def problem_json(status: HTTPStatus, detail: str, field: str = "") -> Mapping[str, object]:
    """The object: type, title, status and detail; the field that is wrong, where one is."""
    body = {"type": "about:blank", "title": _TITLES.get(status, status.phrase), "status": int(status), "detail": detail}
    return body | ({"field": field} if field else {})


def problem_response(
    status: HTTPStatus, detail: str, *, field: str = "", headers: Mapping[str, str] | None = None
) -> web.Response:
    """A response with that object."""
    body = problem_json(status, detail, field)
    return web.json_response(body, status=status, headers=headers, content_type=CONTENT_TYPE)
