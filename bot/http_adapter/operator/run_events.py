"""Events of the run: the part of the operator's page that changes, whenever it does."""

import asyncio
from typing import Final

from aiohttp import web

from bot.http_adapter.event_stream import EventStream
from bot.http_adapter.operator.access import operator_of, require_operator
from bot.http_adapter.operator.run_view import RunView, RunWatch
from bot.http_adapter.pages.page_language import translator_of
from bot.http_adapter.pages.rendering import render
from bot.http_adapter.services import SERVICES
from core.errors import WhenAnimeError

WATCH: Final = web.AppKey("run watch", RunWatch)
STOPPING: Final = web.AppKey("operator events end", asyncio.Event)
_EVERY_S: Final = 1.0
_LOOKS: Final = 600
"""Looks at the run in one stream; a browser asks for the next stream by itself."""


async def run_view(request: web.Request) -> RunView:
    """The view of the run for the reader of a request."""
    return await asyncio.to_thread(request.app[WATCH].view, translator_of(request))


async def run_events(request: web.Request) -> web.StreamResponse:
    """`GET /operator/events`: an event `run` with `html` whenever it changes, and `over` when the session is over."""
    require_operator(request)
    stopping = request.app[STOPPING]
    sent = ""
    async with EventStream(request) as events:
        for _ in range(_LOOKS):
            if not _is_operator(request):
                await events.send("over", {})
                break
            view = await run_view(request)
            html = render(request, "operator_run.html", run=view)
            if html != sent:
                await events.send("run", {"html": html, "said": view.said, "news": view.news})
                sent = html
            try:
                await asyncio.wait_for(stopping.wait(), _EVERY_S)
            except TimeoutError:
                continue
            break
    return events.response


def _is_operator(request: web.Request) -> bool:
    try:
        return operator_of(request) is not None
    except (WhenAnimeError, web.HTTPForbidden):
        return False


async def end_events(app: web.Application) -> None:
    """An `on_shutdown` signal: streams end at once, so that stopping the server waits for none."""
    app[STOPPING].set()


def prepare_events(app: web.Application) -> None:
    """Give an application what its streams need, before it starts."""
    app[WATCH] = RunWatch(app[SERVICES].layout)
    app[STOPPING] = asyncio.Event()
    app.on_shutdown.append(end_events)
