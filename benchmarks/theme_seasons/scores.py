"""Scores of a system over seasons, with intervals by bootstrap over seasons, which are what is independent."""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from benchmarks.theme_seasons.episode_scores import KINDS, OVERLAPS, EpisodeResult, EpisodeScore
from core.catalogue.segments import SegmentKind

RESAMPLES: Final = 500
_LEVEL: Final = 95.0
_TOLERANCES_S: Final = (0.5, 1.0, 2.0)
_FREE_S: Final = 1.0
"""Error that the published score forgives."""

Figures = dict[str, float | None]


def summarize(results: Sequence[EpisodeResult], *, intervals: bool = True) -> Mapping[str, object]:
    """Figures of both kinds and of harm; with `intervals` each main figure has the 95 % interval over seasons."""
    summary: dict[str, object] = {"episodes": len(results), "seasons": len({result.season for result in results})}
    for kind in KINDS:
        summary[kind.value] = kind_figures(results, kind)
    summary["harm"] = harm(results)
    summary["published"] = published(results)
    if intervals:
        summary["intervals"] = _intervals(results)
    return summary


def kind_figures(results: Sequence[EpisodeResult], kind: SegmentKind) -> Figures:
    """Precision, recall, F1 by overlap; errors of starts and ends; wrong, silent and false."""
    scores = [result.by_kind[kind] for result in results]
    figures: Figures = {"true": sum(score.true for score in scores)}
    for least in OVERLAPS:
        hits, false, missed = (sum(getattr(s, name)[least] for s in scores) for name in ("hits", "false", "missed"))
        figures[f"precision@{least}"] = _ratio(hits, hits + false)
        figures[f"recall@{least}"] = _ratio(hits, hits + missed)
        figures[f"f1@{least}"] = _ratio(2 * hits, 2 * hits + false + missed)
    for name in ("start", "end"):
        errors = [abs(error) for score in scores for error in getattr(score, f"{name}_errors")]
        figures |= _error_figures(name, errors)
    figures["silent_misses"] = sum(score.silent for score in scores)
    figures["misplaced"] = sum(score.misplaced for score in scores)
    figures["missed_s_per_segment"] = _ratio(sum(score.missed_s for score in scores), figures["true"] or 0)
    figures |= _alarms(scores)
    return figures


def harm(results: Sequence[EpisodeResult]) -> Figures:
    """Seconds of story that are inside of reports, an episode and at worst."""
    skipped = [result.story_skipped_s for result in results]
    return {
        "story_skipped_s_per_episode": _mean(skipped),
        "story_skipped_s_worst": max(skipped, default=None),
        "episodes_with_1_s_skipped": _mean([float(value > 1) for value in skipped]),
    }


def published(results: Sequence[EpisodeResult]) -> Figures:
    """mean(max(0, |error| - 1 s)) over ends of openings and starts of endings, where there is an answer."""
    errors = [error for result in results for kind in KINDS for error in result.by_kind[kind].edge_errors]
    return published_figures(errors)


def published_figures(errors: Sequence[float | None]) -> Figures:
    """The published score of errors, `None` being no answer: those count in `answered` only."""
    answered = [max(0.0, error - _FREE_S) for error in errors if error is not None]
    return {"score_s": _mean(answered), "answered": _ratio(len(answered), len(errors)), "edges": len(errors)}


def by_condition(results: Sequence[EpisodeResult]) -> Mapping[str, Mapping[str, object]]:
    """The summary of each condition's episodes."""
    tags = sorted({tag for result in results for tag in result.tags})
    return {tag: summarize([r for r in results if tag in r.tags], intervals=False) for tag in tags}


def _alarms(scores: Sequence[EpisodeScore]) -> Figures:
    without = [score for score in scores if score.has_none]
    alarms = sum(score.false_alarm for score in without)
    return {"episodes_without": len(without), "false_alarms": alarms, "false_alarm_rate": _ratio(alarms, len(without))}


def _error_figures(name: str, errors: Sequence[float]) -> Figures:
    figures: Figures = {f"{name}_mae_s": _mean(errors)}
    for label, percent in (("median", 50), ("p90", 90)):
        figures[f"{name}_{label}_s"] = float(np.percentile(errors, percent)) if errors else None
    for tolerance in _TOLERANCES_S:
        figures[f"{name}_within_{tolerance:g}_s"] = _mean([float(error <= tolerance) for error in errors])
    return figures


def _intervals(results: Sequence[EpisodeResult]) -> Mapping[str, tuple[float, float] | None]:
    """95 % intervals of the main figures: seasons are drawn with replacement."""
    seasons: dict[str, list[EpisodeResult]] = {}
    for result in results:
        seasons.setdefault(result.season, []).append(result)
    groups = list(seasons.values())
    rng = np.random.default_rng(0)
    draws = [
        [result for number in rng.integers(len(groups), size=len(groups)) for result in groups[number]]
        for _ in range(RESAMPLES)
    ]
    figures = [_main_figures(draw) for draw in draws]
    return {name: _interval([some[name] for some in figures]) for name in figures[0]}


def _main_figures(results: Sequence[EpisodeResult]) -> Figures:
    figures: Figures = {
        "story_skipped_s_per_episode": harm(results)["story_skipped_s_per_episode"],
        "published_score_s": published(results)["score_s"],
    }
    for kind in KINDS:
        of_kind = kind_figures(results, kind)
        for name in ("f1@0.5", "f1@0.9", "start_within_1_s", "end_within_1_s", "false_alarm_rate"):
            figures[f"{kind.value} {name}"] = of_kind[name]
    return figures


def _interval(values: Sequence[float | None]) -> tuple[float, float] | None:
    known = [value for value in values if value is not None]
    if not known:
        return None
    low, high = np.percentile(known, ((100 - _LEVEL) / 2, (100 + _LEVEL) / 2)).tolist()
    return low, high


def _ratio(part: float, whole: float) -> float | None:
    return part / whole if whole else None


def _mean(values: Sequence[float]) -> float | None:
    return float(np.mean(values)) if len(values) else None
