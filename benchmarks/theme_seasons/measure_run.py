"""Measure runs: all systems on all seasons of a folder."""

import multiprocessing
import resource
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import process_time
from typing import Any, Final

from benchmarks.report import log_line
from benchmarks.theme_seasons.baselines.fixed_times import FixedTimes
from benchmarks.theme_seasons.baselines.pair_matcher import PairMatcher
from benchmarks.theme_seasons.clips import clip_errors
from benchmarks.theme_seasons.episode_scores import KINDS, EpisodeResult, Span, score_episode
from benchmarks.theme_seasons.scores import by_condition, published_figures, summarize
from benchmarks.theme_seasons.systems import ChaptersOnly, Episode, Mined, System
from benchmarks.theme_seasons.tracks import Cost, read_episodes
from benchmarks.theme_seasons.truth import TRUTH_FILE, TrueSeason, read_truth
from core.encoders.loading import open_encoder
from core.errors import InputError

_WRONG_S: Final = 1.0


@dataclass(slots=True)
class _SeasonFigures:
    """What was measured on one season."""

    about: Mapping[str, object]
    results: dict[str, list[EpisodeResult]]
    clips: list[float | None]
    cost: Cost
    wrong: list[Mapping[str, object]]
    peak_rss_mb: float


def measure_seasons(folder: Path, *, pictures: bool, jobs: int) -> Mapping[str, Any]:
    """Figures of every system, and every boundary of ours that is wrong; `jobs` seasons at a time."""
    folders = [path.parent for path in sorted(folder.glob(f"*/{TRUTH_FILE}"))]
    if not folders:
        raise InputError(f"{folder}: no rendered seasons.")
    measured: list[_SeasonFigures] = []
    with multiprocessing.get_context("spawn").Pool(jobs, maxtasksperchild=1) as pool:
        for figures in pool.imap(_measure_season, [(path, number, pictures) for number, path in enumerate(folders)]):
            log_line(f"{figures.about['name']}: {figures.about['episodes']} episodes, {len(figures.wrong)} wrong")
            measured.append(figures)
    results = {name: [r for figures in measured for r in figures.results[name]] for name in measured[0].results}
    return {
        "seasons": [figures.about for figures in measured],
        "systems": {name: summarize(some) for name, some in results.items()},
        "clips_of_200_s": published_figures([error for figures in measured for error in figures.clips]),
        "conditions": by_condition(results[Mined().name]),
        "cost_per_24_min": Cost.total([figures.cost for figures in measured]).per_episode(),
        "peak_rss_mb": max(figures.peak_rss_mb for figures in measured),
        "wrong": [entry for figures in measured for entry in figures.wrong],
    }


def _measure_season(job: tuple[Path, int, bool]) -> _SeasonFigures:
    folder, number, pictures = job
    season = read_truth(folder)
    ours, cost = Mined(), Cost()
    systems: list[System] = [ours, Mined(chapters=False), ChaptersOnly(), PairMatcher(), FixedTimes()]
    if pictures:
        systems.insert(2, Mined(pictures=False))
    episodes = read_episodes(season, 1 + 1000 * number, open_encoder(None) if pictures else None, cost)
    results: dict[str, list[EpisodeResult]] = {}
    wrong: list[Mapping[str, object]] = []
    for system in systems:
        started = process_time()
        reports = system.find(episodes)
        if system is ours:
            cost.mine_s += process_time() - started
            wrong = _wrong(episodes, reports)
        results[system.name] = _scored(season, episodes, reports)
    clips = clip_errors(ours, episodes, number)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return _SeasonFigures(_about(season), results, clips, cost, wrong, peak)


def _scored(season: TrueSeason, episodes: Sequence[Episode], reports: Sequence[Sequence[Span]]) -> list[EpisodeResult]:
    return [score_episode(season.name, episode.truth, spans) for episode, spans in zip(episodes, reports, strict=True)]


def _about(season: TrueSeason) -> Mapping[str, object]:
    return {
        "name": season.name,
        "split": season.split,
        "seed": season.seed,
        "episodes": len(season.episodes),
        "minutes": round(sum(episode.length_s for episode in season.episodes) / 60, 1),
    }


def _wrong(episodes: Sequence[Episode], reports: Sequence[Sequence[Span]]) -> list[Mapping[str, object]]:
    """Episodes in which a segment is missed, superfluous, or off by more than a second."""
    entries: list[Mapping[str, object]] = []
    for episode, spans in zip(episodes, reports, strict=True):
        for kind in KINDS:
            true = [(s.start_s, s.end_s, s.shared, sorted(s.tags)) for s in episode.truth.segments if s.kind is kind]
            reported = [(span.start_s, span.end_s) for span in spans if span.kind is kind]
            if not _is_right(true, reported):
                entries.append(
                    {"file": episode.truth.path.name, "kind": kind.value, "true": true, "reported": reported}
                )
    return entries


def _is_right(true: Sequence[tuple[float, float, bool, object]], reported: Sequence[tuple[float, float]]) -> bool:
    near = [
        any(abs(start - r[0]) <= _WRONG_S and abs(end - r[1]) <= _WRONG_S for r in reported)
        for start, end, shared, _ in true
        if shared or reported
    ]
    return all(near) and len(reported) <= len(true)
