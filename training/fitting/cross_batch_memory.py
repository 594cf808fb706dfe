"""Frames of the last batches, kept as more negatives than a batch holds."""

import torch
from torch import Tensor

from training.fitting.pairs import similar_pictures
from training.model.losses import Negatives


class CrossBatchMemory:
    """The vectors of the last `size` frames (cross-batch memory: Wang et al. 2020); 0 keeps none.

    They were made by the network as it was some steps ago, which changes slowly enough.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._vectors: Tensor | None = None
        self._thumbnails: Tensor | None = None

    def add(self, vectors: Tensor, thumbnails: Tensor) -> None:
        """Keep vectors (n, d) of frames and their small pictures (n, p); the oldest go."""
        vectors = vectors.detach()
        if self._vectors is not None and self._thumbnails is not None:
            vectors, thumbnails = torch.cat([self._vectors, vectors]), torch.cat([self._thumbnails, thumbnails])
        if self._size:
            self._vectors, self._thumbnails = vectors[-self._size :], thumbnails[-self._size :]

    def negatives_for(self, thumbnails: Tensor) -> Negatives | None:
        """What is kept, for a batch of frames with these small pictures (n, p)."""
        if self._vectors is None or self._thumbnails is None:
            return None
        return Negatives(self._vectors, similar_pictures(thumbnails, self._thumbnails))
