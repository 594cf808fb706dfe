"""Routes of the operator's page."""

import asyncio
from typing import Final

from aiohttp import web

from bot.http_adapter.operator.access import SESSIONS
from bot.http_adapter.operator.feedback_routes import (
    DECODED_AT_ONCE,
    DECODING,
    delete_entry,
    feedback_picture,
    mark_looked_at,
)
from bot.http_adapter.operator.operator_page import operator_page
from bot.http_adapter.operator.run_events import prepare_events, run_events
from bot.http_adapter.operator.sessions import OperatorSessions
from bot.http_adapter.operator.sign_in import sign_in, sign_out
from bot.http_adapter.services import SERVICES

_ENTRY: Final = "/operator/feedback/{entry_id}"
ROUTES: Final = (
    web.get("/operator", operator_page),
    web.post("/operator/sign-in", sign_in),
    web.post("/operator/sign-out", sign_out),
    web.get("/operator/events", run_events, allow_head=False),
    web.get(f"{_ENTRY}/picture/{{index:[0-9]{{1,4}}}}", feedback_picture),
    web.post(f"{_ENTRY}/looked-at", mark_looked_at),
    web.post(f"{_ENTRY}/delete", delete_entry),
)


def add_operator_page(app: web.Application) -> None:
    """Serve the operator's page, with sessions that end with the application. Its services are there already."""
    app[SESSIONS] = OperatorSessions(app[SERVICES].keys)
    app[DECODING] = asyncio.Semaphore(DECODED_AT_ONCE)
    prepare_events(app)
    app.add_routes(ROUTES)
