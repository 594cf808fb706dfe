"""Ranks of the right frames among all, by similarity. Ties count against the query, as in
`training.evaluation.metrics`.
"""

import numpy as np
from numpy.typing import NDArray

Similarities = NDArray[np.float32]
"""(queries, frames); larger is more alike."""

UNRANKED = np.iinfo(np.int64).max
_TIE_TOLERANCE = 1e-6
"""Likenesses nearer than this are the same: arithmetic gives equal vectors cosines that differ in the last digits."""


def ranks_of(similarities: Similarities, is_right: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Rank, from 1, of the most alike right frame of each query, (q, n) each; `NEVER` when none is right.

    Frames as alike as it come before it, unless they are right too. A likeness that is not a number is none.
    """
    finite = np.where(np.isnan(similarities), -np.inf, similarities)
    best = np.where(is_right, finite, -np.inf).max(axis=1, initial=-np.inf)
    ranks = 1 + ((finite >= best[:, None] - _TIE_TOLERANCE) & ~is_right).sum(axis=1)
    return np.where(np.isfinite(best), ranks, UNRANKED)
