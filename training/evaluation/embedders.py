"""Embedders: encoders, and reference methods, that map pictures to vectors and compare them."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from core.encoders.base import Encoder
from core.encoders.preprocess import prepare
from core.pictures.pixels import Rgb


class Embedder(Protocol):
    """Maps pictures to vectors, and gives the similarity of vectors."""

    @property
    def name(self) -> str:
        """For tables."""

    def embed(self, pictures: Sequence[Rgb]) -> NDArray[np.float32]:
        """RGB pictures of any sizes → (n, d)."""

    def similarity(self, queries: NDArray[np.float32], frames: NDArray[np.float32]) -> NDArray[np.float32]:
        """(q, d) and (n, d) → (q, n); larger is more similar."""


class EncoderEmbedder:
    """An encoder as the engine uses it; similarity is the cosine."""

    def __init__(self, encoder: Encoder, name: str | None = None) -> None:
        self._encoder = encoder
        self._name = name or encoder.spec.name

    @property
    def name(self) -> str:
        """The encoder's own name, unless another one was given."""
        return self._name

    def embed(self, pictures: Sequence[Rgb]) -> NDArray[np.float32]:
        """Vectors of one batch, which must be small."""
        return self._encoder.embed(np.stack([prepare(picture, self._encoder.spec.preprocess) for picture in pictures]))

    def similarity(self, queries: NDArray[np.float32], frames: NDArray[np.float32]) -> NDArray[np.float32]:
        """Cosines."""
        return queries @ frames.T
