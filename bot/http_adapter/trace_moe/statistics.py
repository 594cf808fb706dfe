"""`/status` and `/stats`: what the library holds, and how searches went. What cannot be told is `null`."""

import re
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from pathlib import PurePath
from typing import Final

from aiohttp import web

from bot.http_adapter.search_record import SearchSpan, percentile
from bot.http_adapter.services import SERVICES
from bot.http_adapter.trace_moe.account import parse_period, time_json, traffic_json
from bot.http_adapter.trace_moe.errors import TraceMoeError, errors_as_json
from bot.http_adapter.trace_moe.shows import number_filter

_NOT_TOLD: Final = (
    "memory",
    "memoryUsage",
    "storage",
    "storageFree",
    "storageAvailable",
    "mediaFramesTotal",
)
"""Of the machine, which is nobody's business, and of frames that were never counted."""
_SHARES: Final = (0, 10, 25, 50, 75, 90, 100)
_SAMPLES: Final[Mapping[str, Callable[[SearchSpan], Sequence[float]]]] = {
    "speed": lambda span: [round(1000 * duration_s) for duration_s in span.durations_s],
    "accuracy": lambda span: span.similarities,
}


@errors_as_json
async def status(request: web.Request) -> web.Response:
    """What the library holds; with `id` the files of one show."""
    services = request.app[SERVICES]
    if "id" in request.query:
        return web.json_response(_files(request))
    records = services.engine.records.values()
    return web.json_response(
        {
            "updated": services.engine.generation.built_at,
            "rowCount": services.engine.generation.frames,
            **dict.fromkeys(_NOT_TOLD),
            "mediaCount": len(records),
            "mediaDurationTotal": round(sum(record.outcome.duration_ms for record in records) / 1000, 3),
        }
    )


@errors_as_json
async def stats(request: web.Request) -> web.Response:
    """Searches of all users by span: `traffic`, `speed` in milliseconds, or `accuracy`, which is similarity."""
    kind = request.query.get("type", "")
    if kind != "traffic" and kind not in _SAMPLES:
        raise TraceMoeError(HTTPStatus.BAD_REQUEST, "Invalid type")
    spans = request.app[SERVICES].searches.spans(parse_period(request))
    if kind == "traffic":
        return web.json_response([traffic_json(span) for span in spans])
    return web.json_response([_percentiles(span, _SAMPLES[kind](span)) for span in spans])


def _percentiles(span: SearchSpan, values: Sequence[float]) -> Mapping[str, object]:
    return {"time": time_json(span), **{f"p{share}": percentile(values, share / 100) for share in _SHARES}}


def _files(request: web.Request) -> list[Mapping[str, str]]:
    """Files of a show by its number: names where the settings allow them, else numbers."""
    services = request.app[SERVICES]
    digits = re.search(r"-?\d{1,18}", request.query["id"], re.ASCII)
    if digits is None:
        raise TraceMoeError(HTTPStatus.BAD_REQUEST, "Invalid param id: must be a number")
    number = int(digits[0])
    chosen = number_filter(services.engine, number).files
    paths = [PurePath(services.engine.records[file_id].stamp.path) for file_id in sorted(chosen)]
    names = [path.name if services.spec.file_names else f"{place}{path.suffix}" for place, path in enumerate(paths, 1)]
    return [{"path": f"{number}/{name}"} for name in names]
