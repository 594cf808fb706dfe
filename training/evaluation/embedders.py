"""Whatever turns pictures into vectors that can be compared: our encoders, and yardsticks beside them."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from core.encoders.base import Encoder
from core.encoders.preprocess import prepare
from core.pictures.pixels import Rgb


class Embedder(Protocol):
    """Describes pictures, and says how alike two descriptions are."""

    @property
    def name(self) -> str:
        """For tables."""

    def embed(self, pictures: Sequence[Rgb]) -> NDArray[np.float32]:
        """RGB pictures of any sizes → (n, d)."""

    def similarity(self, queries: NDArray[np.float32], frames: NDArray[np.float32]) -> NDArray[np.float32]:
        """(q, d) and (n, d) → (q, n); larger is more alike."""


class EncoderEmbedder:
    """An encoder as the engine uses it; alike is what has a large cosine."""

    def __init__(self, encoder: Encoder, name: str | None = None) -> None:
        self._encoder = encoder
        self._name = name or encoder.spec.name

    @property
    def name(self) -> str:
        """The encoder's own, unless another one was given."""
        return self._name

    def embed(self, pictures: Sequence[Rgb]) -> NDArray[np.float32]:
        """One batch: keep it small."""
        return self._encoder.embed(np.stack([prepare(picture, self._encoder.spec.preprocess) for picture in pictures]))

    def similarity(self, queries: NDArray[np.float32], frames: NDArray[np.float32]) -> NDArray[np.float32]:
        """Cosines."""
        return queries @ frames.T
