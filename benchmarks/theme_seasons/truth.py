"""Truth of rendered seasons, as JSON beside their episodes."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from benchmarks.theme_seasons.season_plan import EpisodePlan, SeasonPlan
from core.catalogue.segments import SegmentKind
from core.errors import InputError
from core.files import write_file

TRUTH_FILE: Final = "truth.json"


@dataclass(frozen=True, slots=True)
class TrueSegment:
    """A segment as it was put together. `shared`: another episode of the season has it too, so that it can be mined."""

    kind: SegmentKind
    start_s: float
    end_s: float
    theme: str | None
    shared: bool
    tags: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class TrueEpisode:
    """An episode's file, its segments in order, and the conditions that all of it is under."""

    path: Path
    length_s: float
    segments: Sequence[TrueSegment]
    tags: frozenset[str]


@dataclass(frozen=True, slots=True)
class TrueSeason:
    """The truth of one season."""

    name: str
    scenario: str
    split: str
    seed: int
    episodes: Sequence[TrueEpisode]


def true_season(plan: SeasonPlan, folder: Path) -> TrueSeason:
    """What a plan's episodes hold, below `folder`."""
    counts = Counter(
        theme for episode in plan.episodes for theme in {part.theme for part in episode.parts if part.theme}
    )
    episodes = [_true_episode(episode, plan, counts, folder) for episode in plan.episodes]
    return TrueSeason(plan.name, plan.scenario, plan.split.value, plan.seed, episodes)


def episode_file(plan: SeasonPlan, episode: EpisodePlan) -> str:
    """Name of an episode's file."""
    return f"{plan.name} - S01E{episode.number:02d}{episode.encoding.suffix}"


def write_truth(season: TrueSeason, folder: Path) -> None:
    """Write the sidecar of a season's folder."""
    values = {
        "name": season.name,
        "scenario": season.scenario,
        "split": season.split,
        "seed": season.seed,
        "episodes": [
            {
                "file": episode.path.name,
                "length_s": round(episode.length_s, 4),
                "tags": sorted(episode.tags),
                "segments": [
                    {
                        "kind": segment.kind.value,
                        "start_s": round(segment.start_s, 4),
                        "end_s": round(segment.end_s, 4),
                        "theme": segment.theme,
                        "shared": segment.shared,
                        "tags": sorted(segment.tags),
                    }
                    for segment in episode.segments
                ],
            }
            for episode in season.episodes
        ],
    }
    write_file(folder / TRUTH_FILE, json.dumps(values, ensure_ascii=False, indent=1) + "\n")


def read_truth(folder: Path) -> TrueSeason:
    """The sidecar of a season's folder; `InputError` where it is missing or no such file."""
    path = folder / TRUTH_FILE
    try:
        values = json.loads(path.read_text("utf-8"))
        episodes = [_read_episode(episode, folder) for episode in values["episodes"]]
        return TrueSeason(values["name"], values["scenario"], values["split"], values["seed"], episodes)
    except (OSError, ValueError, KeyError, TypeError) as exc:
        raise InputError(f"{path}: no truth of a rendered season: {exc}") from exc


def _true_episode(plan: EpisodePlan, season: SeasonPlan, counts: Mapping[str, int], folder: Path) -> TrueEpisode:
    starts = plan.starts_s
    segments = [
        TrueSegment(part.kind, starts[n], starts[n + 1], part.theme, counts[part.theme or ""] > 1, part.tags)
        for n, part in enumerate(plan.parts)
        if part.kind
    ]
    return TrueEpisode(folder / episode_file(season, plan), plan.length_s, segments, _tags(plan, season))


def _tags(plan: EpisodePlan, season: SeasonPlan) -> frozenset[str]:
    encoding = plan.encoding
    tags = {
        season.scenario,
        f"video {encoding.video_codec}",
        f"sound {encoding.audio_codec or 'none'}",
        f"chapters {plan.chapters.value}",
    }
    tags |= {"variable frame rate"} if encoding.vfr else set()
    tags |= {"sound starts late"} if encoding.sound_start_s else set()
    tags |= {"PAL speed"} if plan.speed != 1.0 else set()
    tags |= {"first episode"} if plan.number == 1 else set()
    tags |= {"last episode"} if plan.number == len(season.episodes) else set()
    return frozenset(tags)


def _read_episode(values: Mapping[str, Any], folder: Path) -> TrueEpisode:
    segments = [
        TrueSegment(
            SegmentKind(segment["kind"]),
            float(segment["start_s"]),
            float(segment["end_s"]),
            segment["theme"],
            bool(segment["shared"]),
            frozenset(segment["tags"]),
        )
        for segment in values["segments"]
    ]
    return TrueEpisode(folder / values["file"], float(values["length_s"]), segments, frozenset(values["tags"]))
