"""`/api/v1/shows`: the library by show, season and episode, with identities and hours; names while they are typed."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Final

from aiohttp import web

from bot.http_adapter.api.options import locale_option, number_option, text_option
from bot.http_adapter.clients import client_of
from bot.http_adapter.library_contents import EpisodeContents, SeasonContents, ShowContents, library_contents
from bot.http_adapter.search_request import CHAT
from bot.http_adapter.services import SERVICES
from core.search.result_json import identity_json
from core.timecode import to_seconds

_HOUR_MS: Final = 3_600_000
_SUGGESTIONS: Final = 10
_MAX_SUGGESTIONS: Final = 25


async def shows(request: web.Request) -> web.Response:
    """Every show of the library."""
    client_of(request)  # refuses a key that does not exist
    engine = request.app[SERVICES].engine
    contents = await asyncio.to_thread(library_contents, engine)
    episodes = [episode for show in contents for episode in show.episodes]
    return web.json_response(
        {
            "shows": [_show_json(show) for show in contents],
            "files": len(episodes),
            "missing": _missing(episodes),
            "hours": _hours(episodes),
            "frames": engine.generation.frames,
        }
    )


async def suggestions(request: web.Request) -> web.Response:
    """Shows whose names or titles begin like, contain or resemble `q`."""
    limit = number_option(request.query, "limit", _SUGGESTIONS, _MAX_SUGGESTIONS)
    text, user = text_option(request.query, "q"), client_of(request).user
    suggested = await request.app[SERVICES].handler.shows(text, user, CHAT, locale_option(request.query), limit)
    return web.json_response([{"name": show.name, "title": show.title} for show in suggested])


def _show_json(show: ShowContents) -> Mapping[str, object]:
    identity = show.identity
    return {
        "name": show.name,
        **identity_json(identity),
        "synonyms": list(identity.synonyms),
        "adult": identity.adult,
        "link": identity.page(),
        "files": len(show.episodes),
        "missing": _missing(show.episodes),
        "hours": _hours(show.episodes),
        "seasons": [_season_json(season) for season in show.seasons],
    }


def _season_json(season: SeasonContents) -> Mapping[str, object]:
    return {
        "season": season.season,
        "season_name": season.name or None,
        "hours": _hours(season.episodes),
        "episodes": [
            {
                "episode": episode.record.name.number,
                "episode_name": episode.record.name.name or None,
                "kind": episode.record.name.kind,
                "duration_s": to_seconds(episode.duration_ms),
                "missing": episode.missing,
            }
            for episode in season.episodes
        ],
    }


def _missing(episodes: Sequence[EpisodeContents]) -> int:
    return sum(episode.missing for episode in episodes)


def _hours(episodes: Sequence[EpisodeContents]) -> float:
    return round(sum(episode.duration_ms for episode in episodes) / _HOUR_MS, 3)
