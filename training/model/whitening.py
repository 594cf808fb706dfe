"""Learned whitening: a projection in closed form, from frames and distorted views of them. NumPy only."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.errors import EncoderError

_SHRINKAGE = 1.0
"""The share of the mean variance that is added to every direction; less of it overfits to few frames."""


@dataclass(frozen=True, slots=True)
class Whitening:
    """`vector = matrix @ pooled + offset`; matrix (dim, c), offset (dim,), both float32."""

    matrix: NDArray[np.float32]
    offset: NDArray[np.float32]


def fit_whitening(frames: NDArray[np.float32], views: NDArray[np.float32], dim: int) -> Whitening:
    """Learned whitening (Mikolajczyk & Matas 2007; for descriptors of pictures Radenović et al. 2018, section 3.3).

    Directions in which distortion changes the vectors are scaled down, then the directions in which frames differ most
    are kept. `frames` is (n, c), `views` (v, n, c): v distorted views of each. `EncoderError` when there are
    fewer frames than `dim`. The result is deterministic: the largest component of every direction is positive.
    """
    count, channels = frames.shape
    if count < dim:
        raise EncoderError(f"Only {count} frames were found; a vector of {dim} numbers needs {dim} frames at least.")
    embedded, distorted = frames.astype(np.float64), views.astype(np.float64)
    mean = embedded.mean(axis=0)
    differences = (embedded - distorted).reshape(-1, channels)  # (v * n, c)
    within = differences.T @ differences / len(differences)  # (c, c)
    within += _SHRINKAGE * np.trace(within) / channels * np.eye(channels)
    variances, axes = np.linalg.eigh(within)
    whitener = (axes / np.sqrt(variances)) @ axes.T  # within ** -1/2
    centred = (embedded - mean) @ whitener
    _, directions = np.linalg.eigh(centred.T @ centred / count)  # ascending
    matrix = directions[:, ::-1][:, :dim].T @ whitener
    matrix *= np.sign(matrix[np.arange(dim), np.abs(matrix).argmax(axis=1)])[:, None]
    matrix /= np.linalg.norm(matrix)
    return Whitening(matrix.astype(np.float32), (-matrix @ mean).astype(np.float32))
