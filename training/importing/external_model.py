"""What importing asks of a model that others trained, whatever format it comes in."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import onnx
from numpy.typing import NDArray

from core.encoders.base import PreprocessSpec, VectorBatch
from core.errors import EncoderError
from training.export.onnx_export import Reference

MAX_DIM = 65536
REFERENCE = "the model it was made from"


@dataclass(frozen=True, slots=True)
class WrappedModel:
    """A graph from frames uint8 (n, height, width, 3) to `vectors` float32 (n, dim) of length 1."""

    graph: onnx.ModelProto
    dim: int
    reference: Reference
    """The model itself, called without the graph around it."""


class ExternalModel(Protocol):
    """A model that was opened; every complaint is an `EncoderError` that names its file."""

    @property
    def width(self) -> int | None:
        """Of the pictures it takes; `None` when it takes any."""

    @property
    def height(self) -> int | None:
        """Of the pictures it takes; `None` when it takes any."""

    @property
    def takes_bytes(self) -> bool:
        """Whether it normalises colours itself."""

    def wrap(self, preprocess: PreprocessSpec) -> WrappedModel:
        """Run it on a few pictures of this size, and build the graph around it."""


def check_vectors(output: NDArray[np.generic], count: int, source: str) -> int:
    """The length of the vectors that a model gave for `count` pictures, where they are vectors."""
    shape = " x ".join(str(side) for side in output.shape) or "one number"
    if not np.issubdtype(output.dtype, np.floating):
        raise EncoderError(
            f"{source} gives {output.dtype} numbers, which are no vectors to compare: floats are needed."
        )
    if output.ndim != 2 or len(output) != count:
        raise EncoderError(f"{source} gives {shape} for {count} pictures; an encoder gives one vector for each.")
    if not 1 <= output.shape[1] <= MAX_DIM:
        raise EncoderError(f"{source} gives vectors of {output.shape[1]} numbers; from 1 to {MAX_DIM} can be searched.")
    if not np.isfinite(output.astype(np.float32)).all():
        raise EncoderError(f"{source} gives numbers that are not finite for drawn pictures of that size.")
    return int(output.shape[1])


def one_line(error: Exception) -> str:
    """What a library says, short enough for a sentence of ours."""
    return " ".join(str(error).split())[:300] or type(error).__name__


def unit_vectors(output: NDArray[np.generic]) -> VectorBatch:
    """(n, d) of any float type and length → float32 of length 1."""
    vectors = output.astype(np.float64)
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(norms, 1e-12), dtype=np.float32)
