"""Problem details of the API's errors (RFC 9457)."""

import math
from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from aiohttp import web

CONTENT_TYPE: Final = "application/problem+json"


def problem_json(status: HTTPStatus, detail: str) -> Mapping[str, object]:
    """The object: type, title, status and detail."""
    return {"type": "about:blank", "title": status.phrase, "status": int(status), "detail": detail}


def problem_response(status: HTTPStatus, detail: str, *, retry_after_s: float = 0.0) -> web.Response:
    """A response with that object; `Retry-After` where it is known when to try again."""
    headers = {"Retry-After": str(math.ceil(retry_after_s))} if retry_after_s > 0 else None
    return web.json_response(problem_json(status, detail), status=status, headers=headers, content_type=CONTENT_TYPE)
