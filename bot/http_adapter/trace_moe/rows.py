"""Rows of an answer as trace.moe has them: one a scene, with links to its media."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import Final

from aiohttp import web

from bot.http_adapter.media_links import MediaMoment
from bot.http_adapter.public_address import public_url
from bot.http_adapter.services import SERVICES
from bot.http_adapter.trace_moe.shows import NOT_KNOWN, NumberedShow, show_of_season
from bot.http_adapter.trace_moe.similarities import SimilarityScale
from core.domain import EpisodeKind, EpisodeName, FileId, Scene, SearchResult
from core.timecode import Millis

ROWS: Final = 10
"""Rows of an answer at most."""
_NOT_IN_NAMES: Final = re.compile(r'[\\/:*?"<>|\x00-\x1f]+')
Episode = int | float | str | list[int | float] | None


@dataclass(frozen=True, slots=True)
class RowOptions:
    """`anilist_info`: rows have the show's object in place of its number; `files`: only scenes of these, if any."""

    anilist_info: bool
    files: frozenset[FileId] | None = None


def result_rows(request: web.Request, result: SearchResult, options: RowOptions) -> list[Mapping[str, object]]:
    """At most ten rows, the best first."""
    spec = request.app[SERVICES].spec
    similarities = SimilarityScale(spec.found_at, spec.unsure_at).similarities(result)
    return [
        _row(request, scene, similarity, options)
        for scene, similarity in zip(result.scenes, similarities, strict=True)
        if options.files is None or scene.file_id in options.files
    ][:ROWS]


def episode_number(name: EpisodeName) -> Episode:
    """`5`, `5.5`, `[1, 2]`; `"OVA 2"` of what is no episode but has a number; else `None`."""
    if name.first is None:
        return None
    if name.kind is not EpisodeKind.EPISODE:
        return name.number
    first, last = _whole(name.first), _whole(name.first if name.last is None else name.last)
    return first if first == last else [first, last]


def _row(request: web.Request, scene: Scene, similarity: float, options: RowOptions) -> Mapping[str, object]:
    services = request.app[SERVICES]
    show = show_of_season(services.engine, scene.name.show, scene.name.season)
    record = services.engine.records.get(scene.file_id)
    media_id = services.links.sign(MediaMoment.of(scene))
    is_episode = scene.name.kind is EpisodeKind.EPISODE and scene.name.first is not None
    first = scene.name.first or 0.0
    return {
        "anilist": show.anilist_json() if options.anilist_info else max(show.number, NOT_KNOWN),
        "filename": PurePath(scene.path).name if services.spec.file_names else made_file_name(show, scene),
        "episode": episode_number(scene.name),
        "episode_start": int(first) if is_episode else None,
        "episode_end": int(first if scene.name.last is None else scene.name.last) if is_episode else None,
        "from": _seconds(scene.from_ms),
        "at": _seconds(scene.at_ms),
        "to": _seconds(scene.to_ms),
        "duration": _seconds(record.outcome.duration_ms) if record else None,
        "similarity": similarity,
        "video": public_url(request, f"/video/{media_id}"),
        "image": public_url(request, f"/image/{media_id}"),
    }


def made_file_name(show: NumberedShow, scene: Scene) -> str:
    """A name for a file whose own is not told, of show, season and episode: `Paper Boats S02E05.mkv`."""
    name = scene.name
    season = "" if name.season is None else f"S{name.season:02d}"
    number = name.number
    if isinstance(number, int):
        parts = [f"{season}E{number:02d}"]
    elif name.kind is EpisodeKind.EPISODE and number is not None:
        parts = [f"{season}E{number}"]
    else:
        parts = [season, "" if number is None else str(number)]
    stem = " ".join(filter(None, (show.shown_name, *parts)))
    return _NOT_IN_NAMES.sub("_", stem) + PurePath(scene.path).suffix


def _whole(number: float) -> int | float:
    return int(number) if float(number).is_integer() else number


def _seconds(time_ms: Millis) -> float:
    return round(time_ms / 1000, 4)
