"""Ranks of the right frames among all, by similarity. Ties count against the query, as in
`training.evaluation.metrics`.
"""

import numpy as np
from numpy.typing import NDArray

Similarities = NDArray[np.float32]
"""(queries, frames); larger is more similar."""

UNRANKED = np.iinfo(np.int64).max
_TIE_TOLERANCE = 1e-6
"""Similarities that differ by less are ties: the cosines of equal vectors differ in their last digits."""


def ranks_of(similarities: Similarities, is_right: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Rank, from 1, of the most similar right frame of each query, both (q, n); `UNRANKED` when no frame is right.

    Ties rank before it, unless they are right too. A similarity of NaN ranks last.
    """
    finite = np.where(np.isnan(similarities), -np.inf, similarities)
    best = np.where(is_right, finite, -np.inf).max(axis=1, initial=-np.inf)
    ranks = 1 + ((finite >= best[:, None] - _TIE_TOLERANCE) & ~is_right).sum(axis=1)
    return np.where(np.isfinite(best), ranks, UNRANKED)
