"""Training losses."""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

_MIN_SQUARED_DISTANCE = 1e-8


@dataclass(frozen=True, slots=True)
class Negatives:
    """Vectors (m, d) of other frames; `same` (n, m): which of them show the same picture as a row of the batch."""

    vectors: Tensor
    same: Tensor


def multiple_negatives_ranking(
    frames: Tensor,
    views: Tensor,
    same: Tensor | None = None,
    *,
    scale: float = 20.0,
    more: Negatives | None = None,
) -> Tensor:
    """Multiple-negatives ranking loss (Henderson et al. 2017, section 4.4), in both directions.

    `frames` and `views` are (n, d) of length 1, a pair in each row; every other row of a batch is a negative, unless
    `same` (n, n) bool says that the two show the same picture: such false negatives are left out of the sum. Cosines
    are multiplied by `scale`. The mean over both directions. `more` are frames of earlier batches that are
    negatives of the views too (cross-batch memory: Wang et al. 2020).
    """
    logits = scale * views @ frames.T  # (n, n)
    if same is not None:
        false_negatives = same & ~torch.eye(len(frames), dtype=torch.bool, device=frames.device)
        logits = logits.masked_fill(false_negatives, -torch.inf)
    targets = torch.arange(len(frames), device=frames.device)
    backward = functional.cross_entropy(logits.T, targets)
    if more is not None:
        logits = torch.cat([logits, (scale * views @ more.vectors.T).masked_fill(more.same, -torch.inf)], dim=1)
    return (functional.cross_entropy(logits, targets) + backward) / 2


def entropy(vectors: Tensor, same: Tensor | None = None) -> Tensor:
    """Negative differential entropy of vectors (n, d) of length 1, by the Kozachenko-Leonenko estimator.

    Sablayrolles et al. 2019; used for copy detection by Pizzi et al. 2022 (SSCD): minus the mean logarithm of the
    distance to the nearest other vector. `same` (n, n) bool excludes pairs.
    """
    cosines = vectors @ vectors.T
    own = torch.eye(len(vectors), dtype=torch.bool, device=vectors.device)
    nearest = cosines.masked_fill(own if same is None else own | same, -1.0).amax(dim=1)
    return -(2 - 2 * nearest).clamp(min=_MIN_SQUARED_DISTANCE).sqrt().log().mean()
