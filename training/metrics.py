"""How well views find the frame that they were made from."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

TOPS = (1, 5, 10, 20)
_CHUNK = 1024


@dataclass(frozen=True, slots=True)
class Retrieval:
    """Share of queries whose frame is among the first k (`top[k]`), and the mean of one over its rank (MRR)."""

    top: dict[int, float]
    mrr: float
    queries: int


def ranks(queries: NDArray[np.float32], frames: NDArray[np.float32]) -> NDArray[np.int64]:
    """Rank, from 1, of frame i among all frames for query i, by cosine: both (n, d), of length 1.

    Ties count against the query, so that vectors that are all the same do not look good.
    """
    found = np.empty(len(queries), np.int64)
    for start in range(0, len(queries), _CHUNK):
        cosines = queries[start : start + _CHUNK] @ frames.T
        own = cosines[np.arange(len(cosines)), start + np.arange(len(cosines))]
        found[start : start + _CHUNK] = (cosines >= own[:, None]).sum(axis=1)
    return found


def retrieval(found: NDArray[np.int64]) -> Retrieval:
    """Top-k and MRR of ranks."""
    top = {k: float((found <= k).mean()) if len(found) else 0.0 for k in TOPS}
    return Retrieval(top, float((1 / found).mean()) if len(found) else 0.0, len(found))
