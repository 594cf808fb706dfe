"""`/me`: what a client may do, what it has done, and its searches by minute, hour or day."""

from collections.abc import Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Final

from aiohttp import web

from bot.http_adapter.clients import client_of
from bot.http_adapter.search_record import Period, SearchSpan
from bot.http_adapter.services import SERVICES
from bot.http_adapter.trace_moe.errors import TraceMoeError, errors_as_json

_PRIORITY: Final = 0
"""Of every client: users take turns."""
_STATUSES: Final = (200, 400, 402, 405, 500, 503)


@errors_as_json
async def me(request: web.Request) -> web.Response:
    """The client's quota; with `period` its searches in spans of a minute, an hour or a day."""
    client = client_of(request)
    services = request.app[SERVICES]
    if "period" in request.query:
        period = parse_period(request)
        return web.json_response([traffic_json(span) for span in services.searches.spans(period, client.user)])
    return web.json_response(
        {
            "id": client.name,
            "priority": _PRIORITY,
            "concurrency": client.allowance.concurrency,
            "quota": client.allowance.quota,
            "quotaUsed": services.quota.used(client.user),
        }
    )


def parse_period(request: web.Request) -> Period:
    """The period of a query; `TraceMoeError` when it is none."""
    try:
        return Period(request.query.get("period", ""))
    except ValueError as exc:
        raise TraceMoeError(HTTPStatus.BAD_REQUEST, "Invalid period") from exc


def time_json(span: SearchSpan) -> str:
    """The start of a span, ISO 8601 in UTC."""
    return datetime.fromtimestamp(span.start_s, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def traffic_json(span: SearchSpan) -> Mapping[str, object]:
    """How many searches had each status, and how many there were."""
    statuses = {str(status): span.statuses[status] for status in sorted({*_STATUSES, *span.statuses})}
    return {"time": time_json(span), **statuses, "total": span.statuses.total()}
