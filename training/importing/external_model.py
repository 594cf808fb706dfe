"""External models: the interface that importing needs, whatever the format."""

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
    """The original model, to compare the graph with."""


class ExternalModel(Protocol):
    """An opened model; every error is an `EncoderError` that names its file."""

    @property
    def width(self) -> int | None:
        """The width of its pictures; `None` for any."""

    @property
    def height(self) -> int | None:
        """The height of its pictures; `None` for any."""

    @property
    def takes_bytes(self) -> bool:
        """Whether its input is bytes, which it normalises itself."""

    def wrap(self, preprocess: PreprocessSpec) -> WrappedModel:
        """Run it on generated pictures of this size, and wrap it into a graph from bytes to unit vectors."""


def check_vectors(output: NDArray[np.generic], count: int, source: str) -> int:
    """The dimension of a model's output for `count` pictures. `EncoderError` when it is not one vector for each."""
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
    """The message of an exception on one line, at most 300 characters."""
    return " ".join(str(error).split())[:300] or type(error).__name__


def unit_vectors(output: NDArray[np.generic]) -> VectorBatch:
    """(n, d) of any float type and length → float32 of length 1."""
    vectors = output.astype(np.float64)
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(norms, 1e-12), dtype=np.float32)
