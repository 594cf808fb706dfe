"""Cross-batch memory: frames of earlier batches as additional negatives."""

import torch
from torch import Tensor

from training.fitting.pairs import similar_pictures
from training.model.losses import Negatives


class CrossBatchMemory:
    """The vectors of the last `size` frames (cross-batch memory: Wang et al. 2020); 0 keeps none.

    They were computed by the network of some steps ago, which differs little.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._vectors: Tensor | None = None
        self._thumbnails: Tensor | None = None

    def add(self, vectors: Tensor, thumbnails: Tensor) -> None:
        """Add vectors (n, d) of frames and their thumbnails (n, p); the oldest are dropped."""
        vectors = vectors.detach()
        if self._vectors is not None and self._thumbnails is not None:
            vectors, thumbnails = torch.cat([self._vectors, vectors]), torch.cat([self._thumbnails, thumbnails])
        if self._size:
            self._vectors, self._thumbnails = vectors[-self._size :], thumbnails[-self._size :]

    def negatives_for(self, thumbnails: Tensor) -> Negatives | None:
        """The frames in memory, as negatives of a batch with these thumbnails (n, p); `None` when there are none."""
        if self._vectors is None or self._thumbnails is None:
            return None
        return Negatives(self._vectors, similar_pictures(thumbnails, self._thumbnails))
