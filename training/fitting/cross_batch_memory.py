"""Frames of the last batches, kept as more negatives than a batch holds."""

import torch
from torch import Tensor

from training.fitting.pairs import alike
from training.model.losses import Negatives


class CrossBatchMemory:
    """The vectors of the last `size` frames (cross-batch memory: Wang et al. 2020); 0 keeps none.

    They were made by the network as it was some steps ago, which changes slowly enough.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._vectors: Tensor | None = None
        self._looks: Tensor | None = None

    def add(self, vectors: Tensor, looks: Tensor) -> None:
        """Keep vectors (n, d) of frames and their small pictures (n, p); the oldest go."""
        vectors = vectors.detach()
        if self._vectors is not None and self._looks is not None:
            vectors, looks = torch.cat([self._vectors, vectors]), torch.cat([self._looks, looks])
        if self._size:
            self._vectors, self._looks = vectors[-self._size :], looks[-self._size :]

    def beside(self, looks: Tensor) -> Negatives | None:
        """What is kept, for a batch of frames with these small pictures (n, p)."""
        if self._vectors is None or self._looks is None:
            return None
        return Negatives(self._vectors, alike(looks, self._looks))
