"""From similarities to probabilities and a verdict.

Platt's logistic calibration on two numbers: the cosine of a scene, and its margin over the best other scene. The
coefficients belong to an encoder and stand in its `spec.json`.
"""

import math
from collections.abc import Sequence

from core.domain import Verdict
from core.encoders.base import ConfidenceSpec


def probabilities(similarities: Sequence[float], spec: ConfidenceSpec | None) -> list[float]:
    """One probability a scene, for scenes best first; they add up to one at most.

    An encoder that was never calibrated gives zeros: no number is better than a made-up one.
    """
    if spec is None:
        return [0.0] * len(similarities)
    chances = [
        _logistic(spec.bias + spec.similarity * similarity + spec.margin * margin(similarities, index))
        for index, similarity in enumerate(similarities)
    ]
    total = sum(chances)
    return [chance / total for chance in chances] if total > 1 else chances


def margin(similarities: Sequence[float], index: int) -> float:
    """How far scene `index` is ahead of the best other one, for scenes best first; a lone scene leads by all it has."""
    if len(similarities) == 1:
        return similarities[0]
    return similarities[index] - similarities[1 if index == 0 else 0]


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
