"""Judges single answers, and sums up many."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from benchmarks.answer_queries import QueryFrame
from benchmarks.report import median_and_p95
from core.domain import Scene, SearchResult, Verdict
from core.errors import MediaError
from training.evaluation.screenshots import same_drawing

TIME_TOLERANCE_S: Final = 0.5
_SCENE_TOLERANCE_S: Final = 0.1


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer. `right_scene`: the first scene is the one of the query, a repeat of its shot, or shows the same
    drawing. `within`: it is the right file and at most half a second off, or the same drawing. `error_s` is the error
    of its time (`None` for a wrong scene, and for another file with the same shot); `held_drawing`: the frame at that
    time shows the drawing of the query nevertheless.
    """

    verdict: Verdict
    probability: float
    right_scene: bool
    within: bool
    error_s: float | None
    held_drawing: bool
    rate: float
    timing_ms: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Shares:
    """Shares of a number of queries. Errors of time are those of answers with the right scene and file: medians and
    95th percentiles, `None` without such answers; in those with `held`, the same drawing at another time is no error.
    """

    queries: int
    right_scene: float
    within: float
    verdicts: Mapping[Verdict, float]
    error_s: tuple[float, float] | None
    error_s_held: tuple[float, float] | None
    error_frames_held: tuple[float, float] | None
    total_ms: float

    def to_json(self) -> Mapping[str, object]:
        """For the report."""
        errors = {"s": self.error_s, "s_held": self.error_s_held, "frames_held": self.error_frames_held}
        return {
            "asked": self.queries,
            "right_scene": round(self.right_scene, 4),
            "within_0.5s_or_same_drawing": round(self.within, 4),
            **{str(verdict): round(share, 4) for verdict, share in self.verdicts.items()},
            "time_error_p50_p95": {
                name: None if both is None else [round(value, 4) for value in both] for name, both in errors.items()
            },
            "total_ms_p50": round(self.total_ms, 1),
        }


def judge(result: SearchResult, shown: Sequence[QueryFrame]) -> Answer:
    """Compare an answer with the frames that the query shows; none when it shows nothing of the library.

    Reads the video at the answer's time, unless that is exact.
    """
    best = result.scenes[0] if result.scenes else None
    same_file = [frame for frame in shown if best and frame.record.id == best.file_id]
    right_scene = best is not None and _is_repeat(best, shown)
    within = held_drawing = False
    error_s, rate = None, 0.0
    if best and same_file:
        nearest = min(same_file, key=lambda frame: abs(best.at_ms / 1000 - frame.time_s))
        offset_s, rate = abs(best.at_ms / 1000 - nearest.time_s), nearest.rate
        held_drawing = offset_s * rate < 0.5 or _shows_same_drawing(best, nearest)
        within = offset_s <= TIME_TOLERANCE_S or held_drawing
        if within or any(_between(frame.time_s, best.from_ms, best.to_ms) for frame in same_file):
            right_scene, error_s = True, offset_s
    return Answer(
        verdict=result.verdict,
        probability=best.probability if best else 0.0,
        right_scene=right_scene,
        within=within,
        error_s=error_s,
        held_drawing=held_drawing,
        rate=rate,
        timing_ms=result.timing_ms,
    )


def shares(answers: Sequence[Answer]) -> Shares:
    """Shares and errors of answers, at least one."""
    timed = [(answer.error_s, answer) for answer in answers if answer.error_s is not None]
    held = [(0.0 if answer.held_drawing else error_s, answer.rate) for error_s, answer in timed]
    return Shares(
        queries=len(answers),
        right_scene=float(np.mean([answer.right_scene for answer in answers])),
        within=float(np.mean([answer.within for answer in answers])),
        verdicts={verdict: float(np.mean([answer.verdict is verdict for answer in answers])) for verdict in Verdict},
        error_s=median_and_p95([error_s for error_s, _ in timed]),
        error_s_held=median_and_p95([error_s for error_s, _ in held]),
        error_frames_held=median_and_p95([error_s * rate for error_s, rate in held]),
        total_ms=float(np.median([answer.timing_ms["total"] for answer in answers])),
    )


def _between(time_s: float, from_ms: int, to_ms: int) -> bool:
    return from_ms / 1000 - _SCENE_TOLERANCE_S <= time_s <= to_ms / 1000 + _SCENE_TOLERANCE_S


def _is_repeat(scene: Scene, shown: Sequence[QueryFrame]) -> bool:
    """Whether a frame of the query is from another occurrence of the scene's shot."""
    return any(
        sighting.file_id == frame.record.id and _between(frame.time_s, *frame.record.outcome.shot_at(sighting.at_ms))
        for sighting in scene.repeats
        for frame in shown
    )


def _shows_same_drawing(scene: Scene, shown: QueryFrame) -> bool:
    """Whether the answered frame looks like the frame of the query; `False` when it cannot be read."""
    try:
        return same_drawing(scene.path, scene.at_ms, shown.rgb())
    except MediaError:
        return False
