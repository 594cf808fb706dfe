"""Search page: `/`, a form that works without script, and with it by server-sent events; answers again by their ids."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from http import HTTPStatus
from typing import Final

from aiohttp import web

from bot.http_adapter.clients import Client, InvalidKeyError, MissingKeyError, has_key, searching_client_of
from bot.http_adapter.event_stream import EventStream, wants_events
from bot.http_adapter.middleware.errors import status_of
from bot.http_adapter.pages.answer_view import AnswerView, answer_view
from bot.http_adapter.pages.page_language import translator_of
from bot.http_adapter.pages.rendering import page, render
from bot.http_adapter.pages.scene_page import gone_page
from bot.http_adapter.picture_body import BodyTooLargeError, PictureForm, read_picture
from bot.http_adapter.search_request import answered, search_request
from bot.http_adapter.services import SERVICES
from bot.language.translations import Translator
from bot.messages import PictureUrl, Reply, Tone, Upload
from bot.replies.button_actions import AnswerId
from core.domain import SearchFilter
from core.errors import InputError, WhenAnimeError
from core.retrieval.filters import parse_seasons, parse_show

_SHOWS_LIMIT: Final = 500


class NoPictureError(InputError):
    """A form that was sent without a picture."""


async def search_form(request: web.Request) -> web.Response:
    """`GET /`: the form; the text `ok` for clients of trace.moe, which ask this address whether the server is there."""
    if not wants_page(request):
        return web.Response(text="ok")
    return _page(request, compressed=True)


async def search(request: web.Request) -> web.StreamResponse:
    """`POST /`: the page with the answer first; with `Accept: text/event-stream` events whose `html` is only that."""
    form = PictureForm(None, {})
    client: Client | None = None
    where = SearchFilter()
    refusal: WhenAnimeError | None = None
    try:
        spec = request.app[SERVICES].spec
        key_in_form = spec.key_required and not has_key(request)
        if not key_in_form:
            client = searching_client_of(request)
        form = await read_picture(request, spec.picture_limit_bytes)
        if key_in_form:
            client = searching_client_of(request, form.fields.get("key", "").strip())
        where = _filter_of(form)
        if form.picture is None:
            raise NoPictureError("There is no picture in the form.")
    except WhenAnimeError as exc:
        refusal = exc
    if wants_events(request):
        return await _events(request, client, form.picture, where, refusal)
    try:
        if refusal is not None:
            raise refusal
        answer = await _answer(request, client, form.picture, where)
    except WhenAnimeError as exc:
        problem = problem_of(request, exc)
        if isinstance(exc, InvalidKeyError):
            return _page(request, key_problem=problem.title, status=status_of(exc), fields=form.fields)
        return _page(request, problem=problem, status=status_of(exc), fields=form.fields)
    return _page(request, answer=answer, fields=form.fields)


async def answer_page(request: web.Request) -> web.Response:
    """`GET /answers/{id}`: an answer again, as long as its buttons work: after a reload, or when a reader goes back."""
    answer_id = AnswerId(request.match_info["answer_id"])
    stored = await asyncio.to_thread(request.app[SERVICES].answers.get, answer_id)
    if stored is None:
        return gone_page(request)
    return _page(request, answer=answer_view(request, answer_id, stored.result))


def wants_page(request: web.Request) -> bool:
    """Whether a client is a browser: one names HTML, or takes anything and says that it is one."""
    accepted = request.headers.get("Accept", "")
    return "text/html" in accepted or ("*/*" in accepted and "Mozilla" in request.headers.get("User-Agent", ""))


def problem_of(request: web.Request, error: WhenAnimeError) -> Reply:
    """What is wrong, in the chats' words where a page needs no others."""
    translator = translator_of(request)
    own = _own_problem(translator, error)
    return Reply(Tone.REFUSED, own[0], own[1:]) if own else request.app[SERVICES].replies.problem(translator, error)


def _own_problem(translator: Translator, error: WhenAnimeError) -> tuple[str, ...]:
    if isinstance(error, NoPictureError):
        return (
            translator.gettext("There is no picture here."),
            translator.gettext("Choose or paste one, or give a link to it."),
        )
    if isinstance(error, BodyTooLargeError):
        return (
            translator.gettext("This file is too large for me."),
            translator.gettext("Send a smaller one, or a screenshot of it."),
        )
    if isinstance(error, MissingKeyError):
        return (translator.gettext("This server searches only for those who have a key."),)
    if isinstance(error, InvalidKeyError):
        return (translator.gettext("There is no such key."),)
    return ()


async def _events(
    request: web.Request,
    client: Client | None,
    picture: Upload | PictureUrl | None,
    where: SearchFilter,
    refusal: WhenAnimeError | None,
) -> web.StreamResponse:
    def problem_html(error: WhenAnimeError) -> Mapping[str, object]:
        problem = problem_of(request, error)
        if isinstance(error, InvalidKeyError):
            return {"key_problem": problem.title}
        return {"html": render(request, "problem.html", problem=problem)}

    async def answer_html(notify: Callable[[Reply], Awaitable[None]]) -> Mapping[str, object]:
        answer = await _answer(request, client, picture, where, notify)
        return {"html": render(request, "answer.html", answer=answer)}

    async with EventStream(request) as events:
        if refusal is not None:
            await events.send("problem", problem_html(refusal))
        else:
            await events.follow(answer_html, problem_html)
    return events.response


async def _answer(
    request: web.Request,
    client: Client | None,
    picture: Upload | PictureUrl | None,
    where: SearchFilter,
    notify: Callable[[Reply], Awaitable[None]] | None = None,
) -> AnswerView:
    if client is None or picture is None:
        raise NoPictureError("There is no picture in the form.")
    locale = translator_of(request).locale
    answer = await answered(request, client, search_request(client, picture, where, locale=locale, notify=notify))
    return answer_view(request, answer.id, answer.result, age_s=answer.age_s)


def _filter_of(form: PictureForm) -> SearchFilter:
    show = form.fields.get("show", "").strip()
    seasons = form.fields.get("season", "").strip()
    return SearchFilter(
        (parse_show(show),) if show else (),
        parse_seasons(seasons) if seasons else frozenset(),
        themes="no_themes" not in form.fields,
    )


def _page(
    request: web.Request,
    *,
    answer: AnswerView | None = None,
    problem: Reply | None = None,
    key_problem: str = "",
    status: HTTPStatus = HTTPStatus.OK,
    fields: Mapping[str, str] | None = None,
    compressed: bool = False,
) -> web.Response:
    services, translator = request.app[SERVICES], translator_of(request)
    filled = request.query if fields is None else fields
    show, season = filled.get("show", ""), filled.get("season", "")
    title = partial(services.replies.naming.shows.title, locale=translator.locale)
    key_required = services.spec.key_required
    return page(
        request,
        "search.html",
        status=status,
        compressed=compressed,
        page="search",
        answer=answer,
        problem=problem,
        key_required=key_required,
        key_problem=key_problem,
        show=show,
        season=season,
        no_themes="no_themes" in filled,
        filter_open=bool(show or season or "no_themes" in filled),
        shows=[(title(name), name) for name in services.engine.shows[:_SHOWS_LIMIT]],
        texts={
            "searching": translator.gettext("Searching …"),
            "failed": translator.gettext("The server cannot be reached. Please try again in a moment."),
            "nothing": translator.gettext("Choose or paste one, or give a link to it."),
            "key": translator.gettext("This server searches only for those who have a key."),
        },
    )
