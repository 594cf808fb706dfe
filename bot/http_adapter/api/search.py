"""`POST /api/v1/search`: the scenes that a picture may be from, as JSON or as server-sent events with progress."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final

from aiohttp import web
from multidict import MultiDict, MultiMapping

from bot.http_adapter.api.answer_json import MAX_SCENES, answer_json
from bot.http_adapter.api.options import filter_of, locale_option, number_option, text_option
from bot.http_adapter.api.problem_details import OptionError, field_of, problem_json
from bot.http_adapter.clients import KEY_OPTION, Client, searching_client_of
from bot.http_adapter.event_stream import EventStream, wants_events
from bot.http_adapter.middleware.errors import sentence_of, status_of
from bot.http_adapter.picture_body import read_picture
from bot.http_adapter.search_request import answered, search_request
from bot.http_adapter.services import SERVICES
from bot.messages import PictureUrl, Reply, Upload
from bot.replies.canned_replies import waiting_reply
from core.domain import SearchFilter
from core.errors import InputError, WhenAnimeError

_URL_LIMIT: Final = 4000
_NAME_LIMIT: Final = 60
_OPTIONS: Final = frozenset({"show", "season", "themes", "limit", "locale", "url"})


@dataclass(frozen=True, slots=True)
class SearchOptions:
    """What the query says. `limit`: scenes in the answer at most; `url`: a link to the picture, empty without one."""

    where: SearchFilter
    limit: int
    locale: str
    url: str

    @classmethod
    def of(cls, request: web.Request) -> "SearchOptions":
        """`OptionError` and `FilterError` for what cannot be read, `OptionError` also for a name that is no option."""
        for name in request.query:
            if name not in _OPTIONS and name != KEY_OPTION:
                raise OptionError(name[:_NAME_LIMIT], f"There is no option {name[:_NAME_LIMIT]!r}.")
        return cls._of(request.query)

    @classmethod
    def of_form(cls, request: web.Request, fields: Mapping[str, str]) -> "SearchOptions":
        """The same with options among the fields of a form; the query is preferred."""
        query = MultiDict(request.query)
        query.extend({name: value for name, value in fields.items() if name in _OPTIONS and name not in query})
        return cls._of(query)

    @classmethod
    def _of(cls, query: MultiMapping[str]) -> "SearchOptions":
        return cls(
            where=filter_of(query),
            limit=number_option(query, "limit", MAX_SCENES, MAX_SCENES),
            locale=locale_option(query),
            url=text_option(query, "url", _URL_LIMIT).strip(),
        )


async def search(request: web.Request) -> web.StreamResponse:
    """An answer. Errors are problem details, or with `Accept: text/event-stream` an event `problem`; before the search
    begins they are problem details in both cases.
    """
    client = searching_client_of(request)
    options = SearchOptions.of(request)
    form = await read_picture(request, request.app[SERVICES].spec.picture_limit_bytes)
    if form.fields:
        options = SearchOptions.of_form(request, form.fields)
    picture = form.picture or (PictureUrl(options.url) if options.url else None)
    if picture is None:
        raise InputError(
            "The file is empty."
            if form.empty_file
            else "There is no picture in the request: send a file, or a link as url."
        )
    search_with = partial(_answer, request, client, picture, options)
    if not wants_events(request):
        return web.json_response(await search_with())
    async with EventStream(request) as events:
        await events.follow(
            search_with, partial(_problem, request), partial(_progress, request, client, options.locale)
        )
    return events.response


async def _answer(
    request: web.Request,
    client: Client,
    picture: Upload | PictureUrl,
    options: SearchOptions,
    notify: Callable[[Reply], Awaitable[None]] | None = None,  # noqa: ARG001  # the stream tells the queue by itself
) -> Mapping[str, object]:
    answer = await answered(request, client, search_request(client, picture, options.where, locale=options.locale))
    return answer_json(request, answer.id, answer.result, options.limit)


def _progress(request: web.Request, client: Client, locale: str) -> Mapping[str, object]:
    """Where the client's search is: how many pictures come first, and seconds until it should be done."""
    services = request.app[SERVICES]
    position, wait_s = services.queue_position(client.user)
    text = " ".join(waiting_reply(services.translations.of(locale), position, wait_s).lines) if position else ""
    stage = "waiting" if position else "searching"
    return {"stage": stage, "position": position, "seconds": round(wait_s), "text": text}


def _problem(request: web.Request, error: WhenAnimeError) -> Mapping[str, object]:
    return problem_json(status_of(error), sentence_of(error, request.app[SERVICES].translations), field_of(error))
