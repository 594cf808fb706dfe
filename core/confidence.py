"""From what is known of scenes to probabilities and a verdict.

Platt's logistic calibration, by one of two curves: on the cosine of a scene and its margin over the best other one;
and, when scenes were checked against stored pictures, also on the score of the check and its lead over the best other
score. The coefficients belong to an encoder and stand in its `spec.json`.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.domain import WHOLE, Area, Verdict
from core.encoders.base import ConfidenceSpec

_RIVALS_FROM: Final = 0.5
"""Share of the smaller of two parts of a picture that lies in the other, from which one answer at most can be right for
both: the cells of a collage are no rivals, and each is one of what was found in the whole.
"""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of one scene: its cosine, the score of the check (0: it failed, `None`: there was none), and which
    part of the picture was found.
    """

    similarity: float
    score: float | None = None
    area: Area = WHOLE


@dataclass(frozen=True, slots=True)
class Features:
    """What a curve weighs: cosine and score of a scene, and how far each is ahead of the best rival."""

    similarity: float
    margin: float
    score: float
    lead: float


def features(found: Sequence[Evidence]) -> list[Features]:
    """Of each scene. One that was not checked counts as if it had failed: the likeliest are checked first."""
    if not found:
        return []
    similarities = np.array([one.similarity for one in found])
    scores = np.array([one.score or 0.0 for one in found])
    rivals = _rivals([one.area for one in found])
    margins, leads = (
        (values - np.where(rivals, values, 0.0).max(axis=1)).tolist() for values in (similarities, scores)
    )
    return [Features(*one) for one in zip(similarities.tolist(), margins, scores.tolist(), leads, strict=True)]


def probabilities(found: Sequence[Evidence], spec: ConfidenceSpec | None) -> list[float]:
    """One probability a scene; those of scenes found in the same part of the picture add up to one at most.

    As soon as one scene was checked, the curve for checked ones holds for all. An encoder that was never calibrated
    gives zeros: no number is better than a made-up one.
    """
    if spec is None:
        return [0.0] * len(found)
    curve = None if all(one.score is None for one in found) else spec.checked
    chances = []
    for one in features(found):
        if curve is None:
            logit = spec.bias + spec.similarity * one.similarity + spec.margin * one.margin
        else:
            logit = curve.bias + curve.similarity * one.similarity + curve.margin * one.margin
            logit += curve.score * one.score + curve.lead * one.lead
        chances.append(_logistic(logit))
    return at_most_one(chances, [one.area for one in found])


def at_most_one(chances: Sequence[float], areas: Sequence[Area]) -> list[float]:
    """The likeliest as it is, and each other no more than what rivals that are likelier leave."""
    rivals = _rivals(areas)
    kept = np.zeros(len(chances))
    for index in sorted(range(len(chances)), key=lambda one: -chances[one]):
        kept[index] = max(0.0, min(chances[index], 1 - kept[rivals[index]].sum()))
    return kept.tolist()


def _rivals(areas: Sequence[Area]) -> NDArray[np.bool_]:
    """(n, n): of which two scenes one at most can be right."""
    different = list(dict.fromkeys(areas))
    which = np.array([different.index(area) for area in areas], np.intp)
    shared = np.array([[_shared(one, other) >= _RIVALS_FROM for other in different] for one in different])
    rivals = shared.reshape(len(different), len(different))[which[:, None], which]
    np.fill_diagonal(rivals, val=False)
    return np.asarray(rivals, np.bool_)


def _shared(one: Area, other: Area) -> float:
    """What two areas share, of the smaller one."""
    if one == other:
        return 1.0
    wide = min(one.right, other.right) - max(one.left, other.left)
    high = min(one.bottom, other.bottom) - max(one.top, other.top)
    smaller = min((area.right - area.left) * (area.bottom - area.top) for area in (one, other))
    return max(0.0, wide) * max(0.0, high) / smaller if smaller > 0 else 0.0


def verdict(
    probability: float | None, *, found_at: float, unsure_at: float, calibrated: bool, refuted: bool = False
) -> Verdict:
    """What to say when the best scene has this probability (`None`: there is no scene).

    An encoder that was never calibrated cannot say `found`, nor can a picture that shows too little or was checked and
    not borne out (`refuted`): a scene is `unsure` at best then. Gravel is more like one meadow than like any other.
    """
    if probability is None:
        return Verdict.NOT_IN_LIBRARY
    if not calibrated:
        return Verdict.UNSURE
    if probability >= found_at:
        return Verdict.UNSURE if refuted else Verdict.FOUND
    return Verdict.UNSURE if probability >= unsure_at else Verdict.NOT_IN_LIBRARY


def _logistic(logit: float) -> float:
    if logit >= 0:
        return 1 / (1 + math.exp(-logit))
    return math.exp(logit) / (1 + math.exp(logit))
