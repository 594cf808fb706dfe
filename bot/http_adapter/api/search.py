"""`POST /api/v1/search`: the scenes that a picture may be from, as JSON or as server-sent events with progress."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial

from aiohttp import web

from bot.http_adapter.api.answer_json import answer_json
from bot.http_adapter.api.problem_details import problem_json
from bot.http_adapter.clients import Client, searching_client_of
from bot.http_adapter.event_stream import EventStream, wants_events
from bot.http_adapter.middleware.errors import status_of
from bot.http_adapter.picture_body import read_picture
from bot.http_adapter.search_request import answered, search_request
from bot.http_adapter.services import SERVICES
from bot.messages import PictureUrl, Reply, Upload
from core.domain import SearchFilter
from core.errors import InputError, WhenAnimeError
from core.retrieval.filters import parse_seasons, parse_show


async def search(request: web.Request) -> web.StreamResponse:
    """An answer. Errors are problem details, or with `Accept: text/event-stream` an event `problem`."""
    client = searching_client_of(request)
    form = await read_picture(request, request.app[SERVICES].spec.picture_limit_bytes)
    url = request.query.get("url")
    picture = form.picture or (PictureUrl(url) if url else None)
    if picture is None:
        raise InputError("There is no picture in the request: send a file, or a link as url.")
    where = filter_of(request.query.getall("show", []), request.query.get("season", ""))
    search_with = partial(_answer, request, client, picture, where)
    if not wants_events(request):
        return web.json_response(await search_with())
    async with EventStream(request) as events:
        await events.follow(search_with, _problem)
    return events.response


def filter_of(shows: Sequence[str], seasons: str) -> SearchFilter:
    """The filter of a query. `FilterError` for a blank show or seasons that cannot be read."""
    return SearchFilter(
        tuple(parse_show(show) for show in shows), parse_seasons(seasons) if seasons.strip() else frozenset()
    )


async def _answer(
    request: web.Request,
    client: Client,
    picture: Upload | PictureUrl,
    where: SearchFilter,
    notify: Callable[[Reply], Awaitable[None]] | None = None,
) -> Mapping[str, object]:
    locale = request.query.get("locale", "")
    answer = await answered(request, client, search_request(client, picture, where, locale=locale, notify=notify))
    return answer_json(request, answer.id, answer.result)


def _problem(error: WhenAnimeError) -> Mapping[str, object]:
    return problem_json(status_of(error), str(error))
