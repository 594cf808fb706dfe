"""Quality of the probabilities of answers: thresholds, calibration error, and separation of what is not there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.answer_judging import Answer

BINS: Final = 15
MAX_FALSE_ALARMS: Final = 0.01
"""The largest share of pictures not in the library that may be answered `found`."""
_LEVELS: Final = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99)


@dataclass(frozen=True, slots=True)
class Threshold:
    """The shares of pictures at or above this `probability`: of those not in the library (`alarms`), and of those in
    it, with the right scene first (`recall`).
    """

    probability: float
    alarms: float
    recall: float


@dataclass(frozen=True, slots=True)
class ReliabilityBin:
    """A bin of answers by probability, a fifteenth of 0..1: their number, mean probability, and share of right ones."""

    answers: int
    mean_probability: float
    right_share: float


@dataclass(frozen=True, slots=True)
class Certainty:
    """`at_allowed` is the lowest level with at most 1 % false alarms. `error` is the expected calibration error (Naeini
    et al. 2015) over `bins`, those with answers in them. `curve` is the ROC: shares of pictures not in the library and
    of those in it at or above each probability, from (0, 0) to (1, 1); `auc` is the area under it.
    """

    levels: tuple[Threshold, ...]
    at_allowed: Threshold
    error: float
    bins: tuple[ReliabilityBin, ...]
    auc: float
    curve: tuple[tuple[float, float], ...]

    def to_json(self) -> Mapping[str, object]:
        """For the report."""
        levels = [self.at_allowed, *self.levels]
        return {
            "at_1_percent_false": _level(levels[0]),
            "thresholds": [_level(threshold) for threshold in levels[1:]],
            "expected_calibration_error": round(self.error, 4),
            "reliability": [
                {
                    "answers": point.answers,
                    "promised": round(point.mean_probability, 4),
                    "right": round(point.right_share, 4),
                }
                for point in self.bins
            ],
            "auc": round(self.auc, 4),
        }


def certainty(library: Sequence[Answer], outside: Sequence[Answer]) -> Certainty | None:
    """Quality of the probabilities of answers to pictures in the `library` and `outside` it; `None` without either."""
    if not library or not outside:
        return None
    probabilities, false = _probabilities(library), np.sort(_probabilities(outside))
    right_scene = np.array([answer.right_scene for answer in library])

    def level(probability: float) -> Threshold:
        alarms = float((false >= probability).mean())
        return Threshold(probability, alarms, float((right_scene & (probabilities >= probability)).mean()))

    last_false = float(false[-1 - int(MAX_FALSE_ALARMS * len(false))])
    bins = _bins(np.concatenate([probabilities, false]), np.concatenate([right_scene, np.zeros(len(false), bool)]))
    total = len(probabilities) + len(false)
    curve = _curve(np.sort(probabilities), false)
    alarms, recalls = np.array(curve).T
    return Certainty(
        levels=tuple(level(probability) for probability in _LEVELS),
        at_allowed=level(float(np.nextafter(last_false, 2))),
        error=sum(point.answers / total * abs(point.mean_probability - point.right_share) for point in bins),
        bins=bins,
        auc=float(np.trapezoid(recalls, alarms)),
        curve=curve,
    )


def _probabilities(answers: Sequence[Answer]) -> NDArray[np.float64]:
    return np.array([answer.probability for answer in answers], np.float64)


def _bins(probabilities: NDArray[np.float64], right: NDArray[np.bool_]) -> tuple[ReliabilityBin, ...]:
    """The bins, of equal width, that are not empty."""
    numbers = np.minimum((probabilities * BINS).astype(int), BINS - 1)
    return tuple(
        ReliabilityBin(int(inside.sum()), float(probabilities[inside].mean()), float(right[inside].mean()))
        for inside in (numbers == number for number in range(BINS))
        if inside.any()
    )


def _curve(library: NDArray[np.float64], outside: NDArray[np.float64]) -> tuple[tuple[float, float], ...]:
    """The ROC curve of two ascending arrays."""
    steps = np.unique(np.concatenate([library, outside]))[::-1]
    alarms, recalls = (1 - np.searchsorted(some, steps, "left") / len(some) for some in (outside, library))
    return ((0.0, 0.0), *zip(alarms.tolist(), recalls.tolist(), strict=True))


def _level(threshold: Threshold) -> Mapping[str, float]:
    return {
        "probability": round(threshold.probability, 6),
        "false_share": round(threshold.alarms, 4),
        "true_with_right_scene_first": round(threshold.recall, 4),
    }
