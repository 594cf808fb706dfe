"""Calibrated answer: from the evidence of scenes to probabilities, a verdict and its reason.

Platt's logistic calibration with one of two curves: over the cosine of a scene and its margin over the best rival; and,
when scenes were verified against stored pictures, also over the score of that and its lead over the best rival. The
coefficients belong to an encoder and are in its `spec.json`.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.domain import WHOLE_AREA, Area, Reason, SearchResult, Verdict
from core.encoders.base import ConfidenceSpec

_RIVAL_MIN_OVERLAP: Final = 0.5
"""Share of the smaller of two areas of a picture that lies in the other, from which at most one answer can be right for
both: the cells of a collage are no rivals of each other, but each is one of the scenes found in the whole picture.
"""
_POSSIBLE_MIN_PROBABILITY: Final = 0.01
"""A scene that is less likely is not offered beside a better one."""
_CLOSE_MIN_PROBABILITY: Final = 0.05
"""Of a picture that is not in the library, a scene that is less likely is not offered."""
_DOUBTFUL_MARGIN: Final = 0.01
_FULL_PERCENT_MIN_PROBABILITY: Final = 0.9995


@dataclass(frozen=True, slots=True)
class Evidence:
    """Evidence for one scene: its cosine, the score of its verification (0: failed, `None`: not verified), and the
    area of the picture that found it.
    """

    similarity: float
    score: float | None = None
    area: Area = WHOLE_AREA


@dataclass(frozen=True, slots=True)
class CurveInputs:
    """Inputs of a curve: cosine and score of a scene, and the lead of each over the best rival."""

    similarity: float
    margin: float
    score: float
    lead: float


def curve_inputs(evidence: Sequence[Evidence]) -> list[CurveInputs]:
    """Returns the features of each scene. One that was not verified counts as failed: the best are verified first."""
    if not evidence:
        return []
    similarities = np.array([scene.similarity for scene in evidence])
    scores = np.array([scene.score or 0.0 for scene in evidence])
    rivals = _rivals([scene.area for scene in evidence])
    margins, leads = (
        (values - np.where(rivals, values, 0.0).max(axis=1)).tolist() for values in (similarities, scores)
    )
    return [CurveInputs(*row) for row in zip(similarities.tolist(), margins, scores.tolist(), leads, strict=True)]


def probabilities(
    evidence: Sequence[Evidence], spec: ConfidenceSpec | None, *, refuted_limit: float = 1.0
) -> list[float]:
    """Returns one probability for each scene; those of scenes found in the same area add up to one at most.

    When any scene was verified, the curve for verified scenes is used for all. A scene whose verification failed gets
    at most `refuted_limit`, however similar it is. An encoder that was never calibrated gives zeros.
    """
    if spec is None:
        return [0.0] * len(evidence)
    curve = None if all(scene.score is None for scene in evidence) else spec.checked
    values = []
    for row in curve_inputs(evidence):
        if curve is None:
            logit = spec.bias + spec.similarity * row.similarity + spec.margin * row.margin
        else:
            logit = curve.bias + curve.similarity * row.similarity + curve.margin * row.margin
            logit += curve.score * row.score + curve.lead * row.lead
        values.append(_logistic(logit))
    values = at_most_one(values, [scene.area for scene in evidence])
    return [
        min(value, refuted_limit) if scene.score == 0 else value for value, scene in zip(values, evidence, strict=True)
    ]


def at_most_one(probabilities: Sequence[float], areas: Sequence[Area]) -> list[float]:
    """Limits probabilities so that rivals add up to one at most: the highest stays, the next get what is left."""
    rivals = _rivals(areas)
    limited = np.zeros(len(probabilities))
    for index in sorted(range(len(probabilities)), key=lambda number: -probabilities[number]):
        limited[index] = max(0.0, min(probabilities[index], 1 - limited[rivals[index]].sum()))
    return limited.tolist()


def _rivals(areas: Sequence[Area]) -> NDArray[np.bool_]:
    """(n, n): true for two scenes of which at most one can be right."""
    different = list(dict.fromkeys(areas))
    which = np.array([different.index(area) for area in areas], np.intp)
    shared = np.array([[_overlap(first, second) >= _RIVAL_MIN_OVERLAP for second in different] for first in different])
    rivals = shared.reshape(len(different), len(different))[which[:, None], which]
    np.fill_diagonal(rivals, val=False)
    return np.asarray(rivals, np.bool_)


def _overlap(first: Area, second: Area) -> float:
    """Intersection of two areas as a share of the smaller one."""
    if first == second:
        return 1.0
    wide = min(first.right, second.right) - max(first.left, second.left)
    high = min(first.bottom, second.bottom) - max(first.top, second.top)
    smaller = min((area.right - area.left) * (area.bottom - area.top) for area in (first, second))
    return max(0.0, wide) * max(0.0, high) / smaller if smaller > 0 else 0.0


def doubtful_limit(found_at: float, unsure_at: float) -> float:
    """Highest probability of a scene whose verification failed, or of a picture that shows too little: the middle of
    the range of `unsure`, and always below `found_at`, so that the number never contradicts the verdict.
    """
    return max(0.0, min((found_at + unsure_at) / 2, found_at - _DOUBTFUL_MARGIN))


def verdict(probability: float | None, *, found_at: float, unsure_at: float, calibrated: bool) -> Verdict:
    """Returns the verdict for the probability of the best scene (`None`: there is no scene).

    An encoder that was never calibrated cannot say `found`: a scene is `unsure` at best then.
    """
    if probability is None:
        return Verdict.NOT_IN_LIBRARY
    if not calibrated:
        return Verdict.UNSURE
    if probability >= found_at:
        return Verdict.FOUND
    return Verdict.UNSURE if probability >= unsure_at else Verdict.NOT_IN_LIBRARY


def reason(verdict: Verdict, *, too_little: bool, calibrated: bool, check_failed: bool) -> Reason | None:
    """Returns why the verdict is not `found`; `check_failed`: the verification of the best scene failed."""
    if verdict is Verdict.FOUND:
        return None
    if too_little:
        return Reason.TOO_LITTLE
    if not calibrated:
        return Reason.UNCALIBRATED
    return Reason.CHECK_FAILED if verdict is Verdict.UNSURE and check_failed else Reason.LOW_PROBABILITY


def possible_scenes(result: SearchResult) -> list[int]:
    """Returns the indices of the scenes to show, best first: the best one unless the picture is not in the library,
    and all that are probable enough; without a calibrated encoder all scenes.
    """
    if result.reason is Reason.UNCALIBRATED:
        return list(range(len(result.scenes)))
    missing = result.verdict is Verdict.NOT_IN_LIBRARY
    least = _CLOSE_MIN_PROBABILITY if missing else _POSSIBLE_MIN_PROBABILITY
    return [
        index for index, scene in enumerate(result.scenes) if scene.probability >= least or (index == 0 and not missing)
    ]


def whole_percent(probability: float) -> int:
    """Returns whole per cent, rounded down, so that the shown number never reaches a threshold that the probability
    does not; 100 from 0.9995 on.
    """
    return 100 if probability >= _FULL_PERCENT_MIN_PROBABILITY else math.floor(max(probability, 0.0) * 100 + 1e-9)


def percent_text(probability: float) -> str:
    """Returns `97%`, or `<1%` for a positive probability below that."""
    return "<1%" if 0 < probability < _POSSIBLE_MIN_PROBABILITY else f"{whole_percent(probability)}%"


def _logistic(logit: float) -> float:
    if logit >= 0:
        return 1 / (1 + math.exp(-logit))
    return math.exp(logit) / (1 + math.exp(logit))
