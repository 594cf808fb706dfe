"""Reliability of answers: how often those of a probability were right, as far as users said so.

A reliability diagram (DeGroot and Fienberg 1983) of the best scene's probability, with Wilson's score interval of each
share (Wilson 1927), at 95 %.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from bot.http_adapter.operator.feedback_view import agrees
from core.domain import Reason
from core.library.feedback import FeedbackEntry

EDGES: Final = (0.0, 0.3, 0.6, 0.8, 0.9, 0.97, 1.0)
"""Bounds of the bins: narrow where most answers are."""
_Z: Final = 1.96
"""Standard deviations of a 95 % interval."""


@dataclass(frozen=True, slots=True)
class ReliabilityBin:
    """Answers with a probability from `low` up to `high`: how many there are, and how many of them were right."""

    low: float
    high: float
    count: int
    right: int
    mean: float

    @property
    def share(self) -> float:
        """The part of them that was right."""
        return self.right / self.count

    @property
    def interval(self) -> tuple[float, float]:
        """Where the share of all such answers is, at 95 %."""
        count, share = self.count, self.share
        middle = share + _Z**2 / (2 * count)
        spread = _Z * math.sqrt(share * (1 - share) / count + _Z**2 / (4 * count**2))
        scale = 1 + _Z**2 / count
        return max(0.0, (middle - spread) / scale), min(1.0, (middle + spread) / scale)


def reliability_bins(entries: Iterable[FeedbackEntry]) -> tuple[ReliabilityBin, ...]:
    """Bins that have answers, the lowest probability first; answers without a scene or a probability do not count."""
    judged = [
        (entry.result.scenes[0].probability, agrees(entry))
        for entry in entries
        if entry.result.scenes and entry.result.reason is not Reason.UNCALIBRATED
    ]
    bins = []
    for low, high in pairwise(EDGES):
        inside = [(p, right) for p, right in judged if low <= p < high or (high == 1.0 and p >= 1.0)]
        if inside:
            mean = sum(p for p, _right in inside) / len(inside)
            bins.append(ReliabilityBin(low, high, len(inside), sum(right for _p, right in inside), mean))
    return tuple(bins)


@dataclass(frozen=True, slots=True)
class ChartMark:
    """One bin on the chart: a dot of radius `r` at (`x`, `y`), its interval from `top` to `bottom`."""

    x: float
    y: float
    r: float
    top: float
    bottom: float
    label: str


@dataclass(frozen=True, slots=True)
class ChartScale:
    """A square of `size` units whose axes go from 0 to 1; the second one upwards."""

    size: float = 200.0

    def x(self, share: float) -> float:
        """From the left."""
        return round(self.size * share, 1)

    def y(self, share: float) -> float:
        """From the top."""
        return round(self.size * (1 - share), 1)

    def marks(self, bins: Sequence[ReliabilityBin], labels: Sequence[str]) -> tuple[ChartMark, ...]:
        """Marks of bins, each with its label; the area of a dot grows with the number of its answers."""
        most = max((bin_.count for bin_ in bins), default=1)
        return tuple(
            ChartMark(
                self.x(bin_.mean),
                self.y(bin_.share),
                round(2.5 + 5 * math.sqrt(bin_.count / most), 1),
                self.y(bin_.interval[1]),
                self.y(bin_.interval[0]),
                label,
            )
            for bin_, label in zip(bins, labels, strict=True)
        )
