"""Retrieval metrics."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

TOPS = (1, 5, 10, 20)


@dataclass(frozen=True, slots=True)
class Retrieval:
    """Share of queries whose frame is among the first k (`top[k]`), and the mean of one over its rank (MRR)."""

    top: dict[int, float]
    mrr: float
    queries: int


def retrieval(ranks: NDArray[np.int64]) -> Retrieval:
    """Top-k and MRR of ranks (from 1)."""
    top = {k: float((ranks <= k).mean()) if len(ranks) else 0.0 for k in TOPS}
    return Retrieval(top, float((1 / ranks).mean()) if len(ranks) else 0.0, len(ranks))
