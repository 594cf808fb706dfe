"""The `Encoder` protocol, and the values of `spec.json`."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

FrameBatch = NDArray[np.uint8]
"""RGB frames, (n, height, width, 3)."""
VectorBatch = NDArray[np.float32]
"""L2-normalised vectors, (n, dim)."""


class Fit(StrEnum):
    """How a picture of any shape is fitted to the encoder's shape."""

    STRETCH = "stretch"
    """Both sides are scaled by themselves: nothing is lost, shapes are distorted."""
    PAD = "pad"
    """Scaled to fit inside, the rest filled with `pad_rgb`: shapes are preserved."""
    COVER = "cover"
    """Scaled to cover, the overhang cut off evenly: shapes are preserved, borders are lost."""


@dataclass(frozen=True, slots=True)
class PreprocessSpec:
    """From a picture to the encoder's input. `mean` and `std` are per channel on a 0..1 scale."""

    width: int
    height: int
    fit: Fit
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    pad_rgb: tuple[int, int, int] = (124, 116, 104)


@dataclass(frozen=True, slots=True)
class VerifiedCurveSpec:
    """Coefficients for scenes that were compared with stored pictures: also `score`, of the comparison's score, and
    `lead`, of its distance to the best score elsewhere.
    """

    bias: float
    similarity: float
    margin: float
    score: float
    lead: float


@dataclass(frozen=True, slots=True)
class ConfidenceSpec:
    """Logistic calibration of one encoder: p = 1 / (1 + exp(-(bias + similarity * s + margin * m))).

    `similarity` weighs s, the cosine of the best scene, and `margin` m, its distance to the best scene elsewhere.
    `checked` is the curve for scenes that were compared with stored pictures, if one was fitted.
    """

    bias: float
    similarity: float
    margin: float
    checked: VerifiedCurveSpec | None = None


@dataclass(frozen=True, slots=True)
class EncoderSpec:
    """All values of `spec.json`; `confidence` is `None` for an encoder that was never calibrated."""

    name: str
    dim: int
    preprocess: PreprocessSpec
    confidence: ConfidenceSpec | None = None


class Encoder(Protocol):
    """Embeds frames as unit vectors.

    Promises: the same frame gives the same vector whatever else is in the batch (to 1e-4); an empty batch gives an
    empty (0, dim) array; safe to call from several threads.
    """

    @property
    def spec(self) -> EncoderSpec:
        """The values of `spec.json`."""

    @property
    def fingerprint(self) -> str:
        """Hash of weights and preprocessing, 16 hex digits: vectors of different fingerprints cannot be compared."""

    def embed(self, batch: FrameBatch) -> VectorBatch:
        """(n, height, width, 3) uint8 RGB at the size of `spec.preprocess` → (n, dim) float32, L2-normalised.

        `EncoderError` when the frames are of another size or type.
        """
