"""JSON of an answer: one object a result, a scene or a name, the same for every front door."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from core.catalogue.identities import TITLE_FORMS, ShowIdentity
from core.domain import Area, EpisodeName, Occurrence, Reason, Scene, SearchResult
from core.timecode import to_seconds

_NONE: Final[Mapping[str, ShowIdentity]] = {}


def result_json(
    pictures: Sequence[Path | str], result: SearchResult, identities: Mapping[str, ShowIdentity] = _NONE
) -> Mapping[str, object]:
    """The object of one answer: `picture`, or `pictures` of several that were looked up together, by their names.
    `identities` of shows, by the show's name in the library, are those of the scenes.

    Where those are not one sequence, the `pictures` of a scene are the numbers, from 1, of those that it is of.
    """
    names = [str(picture) for picture in pictures]

    def described(scene: Scene) -> Mapping[str, object]:
        return scene_json(scene) | identity_json(identities.get(scene.name.show), scene.name.season)

    return {
        **({"picture": names[0]} if len(names) == 1 else {"pictures": names}),
        "verdict": result.verdict,
        "reason": result.reason,
        "too_little": result.too_little,
        "sequence": result.sequence,
        "elsewhere": None if result.elsewhere is None else described(result.elsewhere),
        "cut_off": result.cut_off,
        "scenes": [
            {
                **described(scene),
                **({"pictures": list(scene.pictures)} if scene.pictures else {}),
                **({"clip_s": [to_seconds(time) for time in scene.clip]} if scene.clip else {}),
                **({"probability": None} if result.reason is Reason.UNCALIBRATED else {}),
            }
            for scene in result.scenes
        ],
        "timing_ms": {stage.replace(" ", "_"): round(spent, 1) for stage, spent in result.timing_ms.items()},
    }


def scene_json(scene: Scene) -> dict[str, object]:
    """One scene: times in seconds, areas as left, top, right, bottom in shares of 1."""
    return {
        **name_json(scene.name),
        "file": scene.path,
        "from_s": to_seconds(scene.from_ms),
        "at_s": to_seconds(scene.at_ms),
        "to_s": to_seconds(scene.to_ms),
        "probability": math.floor(scene.probability * 1e4 + 1e-6) / 1e4,  # as for people, never more than it is
        "similarity": round(scene.similarity, 4),
        "mirrored": scene.mirrored,
        "turned": scene.turned,
        "backwards": scene.backwards,
        "region": _area_json(scene.region),
        "shown": None if scene.shown is None else _area_json(scene.shown),
        "inliers": scene.inliers,
        "exact": scene.exact,
        "also": [_sighting_json(sighting) for sighting in scene.repeats],
        "video_missing": scene.video_missing,
    }


def name_json(name: EpisodeName) -> Mapping[str, object]:
    """Show, season and episode; `null` for what the name does not say."""
    return {
        "show": name.show,
        "season": name.season,
        "season_name": name.season_name or None,
        "episode": name.number,
        "episode_name": name.name or None,
    }


def identity_json(identity: ShowIdentity | None, season: int | None = None) -> dict[str, object]:
    """The number at AniList of a show's season, and its titles by their form; `null` for what is not known."""
    shown = identity or ShowIdentity()
    return {"anilist": shown.anilist_of(season), "titles": {form: getattr(shown, form) for form in TITLE_FORMS}}


def _area_json(area: Area) -> list[float]:
    return [round(edge, 4) for edge in (area.left, area.top, area.right, area.bottom)]


def _sighting_json(sighting: Occurrence) -> Mapping[str, object]:
    return {**name_json(sighting.name), "file": sighting.path, "at_s": to_seconds(sighting.at_ms)}
