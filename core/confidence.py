"""From what is known of scenes to probabilities and a verdict.

Platt's logistic calibration, by one of two curves: on the cosine of a scene and its margin over the best other one;
and, when scenes were checked against stored pictures, also on the score of the check and its lead over the best other
score. The coefficients belong to an encoder and stand in its `spec.json`.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from core.domain import Verdict
from core.encoders.base import ConfidenceSpec


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of one scene: its cosine, and the score of the check (0: it failed; `None`: it was not checked)."""

    similarity: float
    score: float | None = None


def probabilities(found: Sequence[Evidence], spec: ConfidenceSpec | None) -> list[float]:
    """One probability a scene; they add up to one at most.

    As soon as one scene was checked, those that were not count as if they had failed: the likeliest are checked first.
    An encoder that was never calibrated gives zeros: no number is better than a made-up one.
    """
    if spec is None:
        return [0.0] * len(found)
    similarities = [one.similarity for one in found]
    scores = None if all(one.score is None for one in found) else [one.score or 0.0 for one in found]
    chances = []
    for index, similarity in enumerate(similarities):
        if scores is None or spec.checked is None:
            logit = spec.bias + spec.similarity * similarity + spec.margin * margin(similarities, index)
        else:
            curve = spec.checked
            logit = curve.bias + curve.similarity * similarity + curve.margin * margin(similarities, index)
            logit += curve.score * scores[index] + curve.lead * margin(scores, index)
        chances.append(_logistic(logit))
    total = sum(chances)
    return [chance / total for chance in chances] if total > 1 else chances


def margin(values: Sequence[float], index: int) -> float:
    """How far value `index` is ahead of the best other one; a lone one leads by all it has."""
    return values[index] - max((value for other, value in enumerate(values) if other != index), default=0.0)


def verdict(probability: float | None, *, found_at: float, unsure_at: float, calibrated: bool) -> Verdict:
    """What to say when the best scene has this probability (`None`: there is no scene).

    An encoder that was never calibrated cannot say `found`: a scene is `unsure` at best.
    """
    if probability is None:
        return Verdict.NOT_IN_LIBRARY
    if not calibrated:
        return Verdict.UNSURE
    if probability >= found_at:
        return Verdict.FOUND
    return Verdict.UNSURE if probability >= unsure_at else Verdict.NOT_IN_LIBRARY


def _logistic(logit: float) -> float:
    if logit >= 0:
        return 1 / (1 + math.exp(-logit))
    return math.exp(logit) / (1 + math.exp(logit))
