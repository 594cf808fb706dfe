"""Similarities as trace.moe's clients read them: from probabilities to a scale on which .90 is "probably right"."""

from dataclasses import dataclass
from typing import Final

from core.domain import Reason, SearchResult, Verdict

_FOUND: Final = 0.9
_UNSURE: Final = 0.5
_BELOW: Final = 0.0001
_LIMITS: Final = {Verdict.FOUND: 1.0, Verdict.UNSURE: _FOUND - _BELOW, Verdict.NOT_IN_LIBRARY: _UNSURE - _BELOW}
"""Most that any row of an answer has."""
_LEAST: Final = {Verdict.FOUND: _FOUND, Verdict.UNSURE: _UNSURE, Verdict.NOT_IN_LIBRARY: 0.0}
"""Least that the first row of an answer has."""
_DIGITS: Final = 6


@dataclass(frozen=True, slots=True)
class SimilarityScale:
    """Clients act from .80, .87 or .90 on, so these have to mean what they take them for: from .90 on is what the
    engine calls found, from .50 on what it is unsure of, and below what is not in the library. Linear in between.

    `found_at` and `unsure_at` are the probabilities from which the engine says so.
    """

    found_at: float
    unsure_at: float

    def similarities(self, result: SearchResult) -> list[float]:
        """One similarity a scene, in their order; monotone in the probability.

        An encoder that was never calibrated has no probabilities: its scenes are unsure, in the order of their cosines.
        """
        if result.reason is Reason.UNCALIBRATED:
            span = _FOUND - _UNSURE - _BELOW
            return [round(_UNSURE + span * min(max(scene.similarity, 0.0), 1.0), _DIGITS) for scene in result.scenes]
        limit = _LIMITS[result.verdict]
        values = [min(limit, self.similarity(scene.probability)) for scene in result.scenes]
        if values:
            values[0] = max(values[0], _LEAST[result.verdict])
        return [round(value, _DIGITS) for value in values]

    def similarity(self, probability: float) -> float:
        """The similarity of one probability."""
        if probability >= self.found_at:
            return _FOUND + (1 - _FOUND) * _share(probability - self.found_at, 1 - self.found_at)
        if probability >= self.unsure_at:
            share = _share(probability - self.unsure_at, self.found_at - self.unsure_at)
            return _UNSURE + (_FOUND - _BELOW - _UNSURE) * share
        return (_UNSURE - _BELOW) * _share(probability, self.unsure_at)


def _share(part: float, whole: float) -> float:
    return min(1.0, max(0.0, part) / whole) if whole > 0 else 1.0
