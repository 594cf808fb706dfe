"""`/search` as trace.moe answers it: by a picture, a link, or color layouts in place of a picture."""

import json
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

import numpy as np
from aiohttp import web
from numpy.typing import NDArray

from bot.http_adapter.clients import Client, InvalidKeyError, client_of, searching_client_of
from bot.http_adapter.picture_body import is_picture_type, read_body, read_picture
from bot.http_adapter.search_request import search_request
from bot.http_adapter.services import SERVICES
from bot.http_adapter.trace_moe.errors import TraceMoeError, errors_as_json
from bot.http_adapter.trace_moe.rows import RowOptions, result_rows
from bot.http_adapter.trace_moe.shows import number_filter
from bot.http_adapter.trace_moe.vectors import parse_vectors
from bot.messages import PictureUrl, Upload, UserId
from core.domain import FileId, SearchFilter, SearchResult
from core.errors import LibraryError

_JSON_LIMIT_BYTES: Final = 100_000
_NUMBER: Final = re.compile(r"-?\d{1,18}", re.ASCII)
_BEST: Final = web.RequestKey("similarity of the best row", float)


@dataclass(frozen=True, slots=True)
class TraceMoeQuery:
    """What is searched: a picture, or layouts (n, 33). `batch`: the layouts came as an array, and so go the rows."""

    picture: Upload | PictureUrl | None = None
    layouts: NDArray[np.int64] | None = None
    batch: bool = False

    @property
    def count(self) -> int:
        """What it counts for in the quota."""
        return 1 if self.layouts is None else len(self.layouts)


async def search(request: web.Request) -> web.Response:
    """Rows of the scenes that it may be, whatever the method of the request; recorded for `/me` and `/stats`."""
    began_s = time.monotonic()
    response = await _answered(request)
    best = request.get(_BEST)
    request.app[SERVICES].searches.add(_user_of(request), response.status, time.monotonic() - began_s, best)
    return response


@errors_as_json
async def _answered(request: web.Request) -> web.Response:
    services, client = request.app[SERVICES], _searching_client(request)
    query = await read_query(request)
    used = services.quota.used(client.user)
    with services.quota.search(client.user, client.allowance, query.count):
        if query.picture is None and query.layouts is None:
            raise TraceMoeError(HTTPStatus.METHOD_NOT_ALLOWED, "Method Not Allowed")
        where, files = _filter_of(request)
        if files is not None and not files:
            return web.json_response({"frameCount": 0, "error": "", "result": []})
        results = await _results(request, client, query, where)
    options = RowOptions("anilistInfo" in request.query, files)
    rows = [result_rows(request, result, options) for result in results]
    _keep_best(request, rows)
    return web.json_response(
        {
            "quota": client.allowance.quota,
            "quotaUsed": used,
            "frameCount": _frame_count(request, files),
            "error": "",
            "result": rows if query.batch else rows[0],
        }
    )


async def read_query(request: web.Request) -> TraceMoeQuery:
    """What a request searches: JSON with `vector` before the parameter `url` before a body. Empty without any of them.

    `TraceMoeError` for what is none of these, and what `read_picture` raises.
    """
    url = request.query.get("url", "").strip()
    if request.content_type == "application/json" and request.can_read_body:
        values = await _read_json(request)
        if "vector" in values:
            layouts, batch = parse_vectors(values["vector"])
            return TraceMoeQuery(layouts=layouts, batch=batch)
        url = url or str(values.get("url") or "").strip()
        if not url:
            raise TraceMoeError(HTTPStatus.BAD_REQUEST, "Failed to process image")
    if url:
        return TraceMoeQuery(PictureUrl(url))
    if not request.can_read_body or not is_picture_type(request.content_type):
        return TraceMoeQuery()
    form = await read_picture(request, request.app[SERVICES].spec.picture_limit_bytes)
    if form.picture is None and form.empty_file:
        raise TraceMoeError(HTTPStatus.BAD_REQUEST, "Failed to process file")
    return TraceMoeQuery(form.picture)


async def _read_json(request: web.Request) -> Mapping[str, Any]:
    body = await read_body(request, _JSON_LIMIT_BYTES)
    try:
        values = json.loads(body)
    except (ValueError, RecursionError) as exc:
        raise TraceMoeError(HTTPStatus.BAD_REQUEST, "Invalid JSON") from exc
    return values if isinstance(values, dict) else {}


async def _results(
    request: web.Request, client: Client, query: TraceMoeQuery, where: SearchFilter
) -> Sequence[SearchResult]:
    services = request.app[SERVICES]
    if query.layouts is not None:
        try:
            return await services.layouts.search(client.user, query.layouts, where)
        except LibraryError as exc:
            problem = "Search by vector is not possible here: the library has no color layouts"
            raise TraceMoeError(HTTPStatus.NOT_IMPLEMENTED, problem) from exc
    if query.picture is None:
        return ()
    answer = await services.search.search(search_request(client, query.picture, where))
    return (answer.result,)


def _searching_client(request: web.Request) -> Client:
    try:
        return searching_client_of(request)
    except InvalidKeyError as exc:
        raise TraceMoeError(HTTPStatus.FORBIDDEN, "Invalid API key") from exc


def _user_of(request: web.Request) -> UserId | None:
    try:
        return client_of(request).user
    except InvalidKeyError:
        return None


def _filter_of(request: web.Request) -> tuple[SearchFilter, frozenset[FileId] | None]:
    """The filter of `anilistID`, and the files that it admits; anything but a number is ignored."""
    text = request.query.get("anilistID", "")
    if not _NUMBER.fullmatch(text):
        return SearchFilter(), None
    chosen = number_filter(request.app[SERVICES].engine, int(text))
    return chosen.where, chosen.files


def _frame_count(request: web.Request, files: frozenset[FileId] | None) -> int:
    generation = request.app[SERVICES].engine.generation
    return generation.frames if files is None else sum(generation.files.get(file_id, 0) for file_id in files)


def _keep_best(request: web.Request, rows: Sequence[Sequence[Mapping[str, object]]]) -> None:
    """Note the similarity of the best row for the record."""
    best = [row[0]["similarity"] for row in rows if row]
    if best and isinstance(best[0], float):
        request[_BEST] = best[0]
