"""JSON of an answer: objects of results, scenes and names, the same for every front end."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from core.catalogue.identities import TITLE_FORMS, ShowIdentity
from core.domain import Area, EpisodeName, Occurrence, Reason, Scene, SearchResult, ThemeMoment
from core.timecode import to_seconds

_NO_IDENTITIES: Final[Mapping[str, ShowIdentity]] = {}


def result_json(
    pictures: Sequence[Path | str], result: SearchResult, identities: Mapping[str, ShowIdentity] = _NO_IDENTITIES
) -> Mapping[str, object]:
    """Returns the object of one answer: `picture`, or `pictures` of several that were searched together, by their
    names. `identities` are those of the scenes' shows, by the show's name in the library.

    Where the scenes are not one sequence, the `pictures` of a scene are the numbers, from 1, of its pictures.
    """
    names = [str(picture) for picture in pictures]

    def identified_scene(scene: Scene) -> Mapping[str, object]:
        return scene_json(scene) | identity_json(identities.get(scene.name.show), scene.name.season)

    return {
        **({"picture": names[0]} if len(names) == 1 else {"pictures": names}),
        "verdict": result.verdict,
        "reason": result.reason,
        "too_little": result.too_little,
        "sequence": result.sequence,
        "elsewhere": None if result.elsewhere is None else identified_scene(result.elsewhere),
        "cut_off": result.cut_off,
        "scenes": [
            {
                **identified_scene(scene),
                **({"pictures": list(scene.pictures)} if scene.pictures else {}),
                **({"clip_s": [to_seconds(time) for time in scene.clip]} if scene.clip else {}),
                **({"probability": None} if result.reason is Reason.UNCALIBRATED else {}),
            }
            for scene in result.scenes
        ],
        "timing_ms": {stage.replace(" ", "_"): round(spent, 1) for stage, spent in result.timing_ms.items()},
    }


def scene_json(scene: Scene) -> dict[str, object]:
    """Returns the object of one scene: times in seconds, areas as left, top, right, bottom in shares of 1."""
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
        "also": [_occurrence_json(repeat) for repeat in scene.repeats],
        "video_missing": scene.video_missing,
        "theme": None if scene.theme is None else _theme_json(scene.theme),
    }


def name_json(name: EpisodeName) -> Mapping[str, object]:
    """Returns show, season and episode; `null` for parts that the name does not have."""
    return {
        "show": name.show,
        "season": name.season,
        "season_name": name.season_name or None,
        "episode": name.number,
        "episode_name": name.name or None,
    }


def identity_json(identity: ShowIdentity | None, season: int | None = None) -> dict[str, object]:
    """Returns the AniList number of a show's season, and its titles by their form; `null` for unknown values."""
    shown = identity or ShowIdentity()
    return {"anilist": shown.anilist_of(season), "titles": {form: getattr(shown, form) for form in TITLE_FORMS}}


def _area_json(area: Area) -> list[float]:
    return [round(edge, 4) for edge in (area.left, area.top, area.right, area.bottom)]


def _occurrence_json(occurrence: Occurrence) -> Mapping[str, object]:
    return {**name_json(occurrence.name), "file": occurrence.path, "at_s": to_seconds(occurrence.at_ms)}


def _theme_json(theme: ThemeMoment) -> Mapping[str, object]:
    return {
        "kind": theme.kind,
        "number": theme.number,
        "season": theme.season,
        "offset_s": to_seconds(theme.offset_ms),
        "length_s": to_seconds(theme.length_ms),
        "episodes": [int(number) if number.is_integer() else number for number in map(float, theme.episodes)],
        "occurrences": theme.occurrences,
    }
