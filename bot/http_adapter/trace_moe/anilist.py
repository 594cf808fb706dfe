"""`/anilist`: shows by name, and the GraphQL query by number that clients send to AniList's mirror."""

import json
import re
import unicodedata
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from aiohttp import web

from bot.http_adapter.picture_body import read_body
from bot.http_adapter.services import SERVICES
from bot.http_adapter.trace_moe.errors import TraceMoeError, errors_as_json
from bot.http_adapter.trace_moe.shows import NOT_KNOWN, NumberedShow, all_shows, show_of_number

_SHOWS: Final = 50
_LEAST_SIMILARITY: Final = 0.3
"""As PostgreSQL's `pg_trgm` has it."""
_BODY_LIMIT_BYTES: Final = 100_000
_WORD: Final = re.compile(r"\w+")
_MEDIA_ID: Final = re.compile(r"\bMedia\s*\(\s*id\s*:\s*(-?\d{1,18})", re.ASCII)
_NO_DATE: Final = {"year": None, "month": None, "day": None}
_NOTHING_KNOWN: Final[Mapping[str, object]] = {
    "idMal": None,
    "title": {"native": None, "romaji": None, "english": None, "chinese": None},
    "synonyms": [],
    "isAdult": False,
    "siteUrl": None,
}


@errors_as_json
async def shows_by_name(request: web.Request) -> web.Response:
    """At most 50 shows whose names or titles are like `q`, the likest first, by shared trigrams."""
    if "q" not in request.query:
        raise TraceMoeError(HTTPStatus.BAD_REQUEST, "Missing search query parameter 'q'")
    typed = trigrams(request.query["q"])
    if not typed:
        raise TraceMoeError(HTTPStatus.BAD_REQUEST, "Search query cannot be empty")
    matches = []
    for show in all_shows(request.app[SERVICES].engine):
        similarity, name = max((_similarity(typed, trigrams(name)), name) for name in show.names)
        if similarity >= _LEAST_SIMILARITY:
            matches.append((similarity, name, show))
    matches.sort(key=lambda match: (-match[0], match[1]))
    return web.json_response([_match_json(*match) for match in matches[:_SHOWS]])


@errors_as_json
async def show_by_number(request: web.Request) -> web.Response:
    """AniList's `Media` of one number, whole whatever fields are wanted; `0` is a show of which nothing is known."""
    body = await read_body(request, _BODY_LIMIT_BYTES)
    try:
        values = json.loads(body)
    except (ValueError, RecursionError) as exc:
        raise TraceMoeError(HTTPStatus.BAD_REQUEST, "Invalid JSON") from exc
    number = _number_of(values if isinstance(values, dict) else {})
    if number is None:
        problem = {"message": "Only Media by id is answered here.", "status": 400}
        return web.json_response({"errors": [problem], "data": None}, status=HTTPStatus.BAD_REQUEST)
    show = show_of_number(request.app[SERVICES].engine, number)
    if show is None and number != NOT_KNOWN:
        missing = {"errors": [{"message": "Not Found.", "status": 404}], "data": {"Media": None}}
        return web.json_response(missing, status=HTTPStatus.NOT_FOUND)
    return web.json_response({"data": {"Media": _media_json(show)}})


def trigrams(text: str) -> frozenset[str]:
    """Trigrams of the words of a text, as `pg_trgm` makes them: two blanks before each word and one behind."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    padded = [f"  {word} " for word in _WORD.findall(folded)]
    return frozenset(word[place : place + 3] for word in padded for place in range(len(word) - 2))


def _similarity(first: frozenset[str], second: frozenset[str]) -> float:
    return len(first & second) / (len(first | second) or 1)


def _match_json(similarity: float, title: str, show: NumberedShow) -> Mapping[str, object]:
    return {
        "id": show.number,
        "title": title,
        "similarity": round(similarity, 6),
        "anilist": show.anilist_json(),
    }


def _number_of(body: Mapping[str, Any]) -> int | None:
    """The number that a GraphQL query is for: its variable `id`, else what stands in `Media(id: …)`."""
    variables = body.get("variables")
    number = variables.get("id") if isinstance(variables, dict) else None
    if isinstance(number, int) and not isinstance(number, bool):
        return number
    named = _MEDIA_ID.search(str(body.get("query", "")))
    return int(named[1]) if named else None


def _media_json(show: NumberedShow | None) -> Mapping[str, object]:
    """AniList's object; what the library does not keep is `null`."""
    known = {"id": NOT_KNOWN, **_NOTHING_KNOWN} if show is None else show.anilist_json()
    return {
        **known,
        "type": "ANIME",
        "format": None,
        "startDate": _NO_DATE,
        "endDate": _NO_DATE,
        "coverImage": {"large": None},
    }
