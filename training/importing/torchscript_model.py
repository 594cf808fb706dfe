"""An external TorchScript model, such as Meta's SSCD (Pizzi et al. 2022): program and weights in one file."""

import io
import os
import warnings
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from core.encoders.base import FrameBatch, PreprocessSpec, VectorBatch
from core.errors import EncoderError
from training.export.onnx_export import Reference, drawn_pictures, trace
from training.importing.external_model import REFERENCE, WrappedModel, check_vectors, unit_vectors
from training.importing.spec import Layout

_MAX_BYTES = 2**31 - 1


class TorchScriptModel:
    """Float pictures of any size in, one tensor (n, d) out.

    `EncoderError` when `data` is not a TorchScript archive. It is loaded by torch's own reader, which runs no Python; a
    checkpoint that would be unpickled is refused.
    """

    width = None
    height = None
    takes_bytes = False

    def __init__(self, data: bytes, source: str, layout: Layout) -> None:
        _check_archive(data, source)
        self._source = source
        self._layout = layout
        try:
            with _deprecations_ignored():
                self._script: nn.Module = torch.jit.load(  # type: ignore[no-untyped-call]  # torch has no types here
                    io.BytesIO(data), map_location="cpu"
                )
        except (RuntimeError, ValueError, TypeError, LookupError, MemoryError) as exc:
            raise EncoderError(f"{source} cannot be loaded as TorchScript: {_first_line(exc)}") from exc
        self._script.eval()

    def wrap(self, preprocess: PreprocessSpec) -> WrappedModel:
        """See `ExternalModel.wrap`."""
        module = _Framed(self._script, preprocess, colours_first=self._layout is not Layout.NHWC).eval()
        pictures = module.normalise(torch.from_numpy(drawn_pictures(preprocess)))
        dim = check_vectors(self._run(pictures), len(pictures), self._source)

        def embed(frames: FrameBatch) -> VectorBatch:
            return unit_vectors(self._run(module.normalise(torch.from_numpy(frames))))

        try:
            with _deprecations_ignored():
                traced = torch.jit.trace(  # type: ignore[no-untyped-call]  # torch has no types here
                    module, torch.from_numpy(drawn_pictures(preprocess)), check_trace=False
                )
            with _graph_output_discarded():
                graph = trace(traced, preprocess)
        except (RuntimeError, torch.onnx.errors.OnnxExporterError) as exc:
            raise EncoderError(f"{self._source} cannot be written as ONNX: {_first_line(exc)}") from exc
        graph.graph.output[0].type.tensor_type.shape.dim[1].dim_value = dim
        return WrappedModel(graph, dim, Reference(REFERENCE, embed))

    def _run(self, pictures: Tensor) -> NDArray[np.generic]:
        try:
            with torch.no_grad():
                output = self._script(pictures)
        except (RuntimeError, ValueError, TypeError, LookupError) as exc:
            sides = " x ".join(str(side) for side in pictures.shape)
            raise EncoderError(f"{self._source} cannot use float pictures of {sides}: {_first_line(exc)}") from exc
        if not isinstance(output, Tensor):
            raise EncoderError(
                f"{self._source} gives a {type(output).__name__}; an encoder gives one tensor of vectors."
            )
        return np.asarray(output.float().numpy() if output.is_floating_point() else output.numpy())


class _Framed(nn.Module):
    """A module from bytes to vectors of length 1, around an external module."""

    def __init__(self, script: nn.Module, preprocess: PreprocessSpec, *, colours_first: bool) -> None:
        super().__init__()
        self.script = script
        self.colours_first = colours_first
        self.mean: Tensor
        self.std: Tensor
        self.register_buffer("mean", 255 * torch.tensor(preprocess.mean))
        self.register_buffer("std", 255 * torch.tensor(preprocess.std))

    def normalise(self, frames: Tensor) -> Tensor:
        """(n, h, w, 3) uint8 → float32, (n, 3, h, w) when the colours come first."""
        pictures = (frames.float() - self.mean) / self.std
        return pictures.permute(0, 3, 1, 2) if self.colours_first else pictures

    def forward(self, frames: Tensor) -> Tensor:
        """(n, h, w, 3) uint8 → (n, dim) float32 of length 1."""
        return functional.normalize(self.script(self.normalise(frames)).float())


@contextmanager
def _deprecations_ignored() -> Iterator[None]:
    """Torch deprecates TorchScript, but published models are in this format."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        warnings.simplefilter("ignore", FutureWarning)
        yield


@contextmanager
def _graph_output_discarded() -> Iterator[None]:
    """Torch prints the whole graph of a model that it cannot export, and not through Python's streams."""
    torch._C._jit_set_onnx_log_output_stream("stderr")
    saved = os.dup(2)
    try:
        with Path(os.devnull).open("wb") as nowhere:
            os.dup2(nowhere.fileno(), 2)
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)


def _check_archive(data: bytes, source: str) -> None:
    """`EncoderError` unless this is the archive that `torch.jit.save` writes."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError) as exc:
        raise EncoderError(f"{source} is damaged or cut off: {exc}.") from exc
    if sum(member.file_size for member in members) > _MAX_BYTES:
        raise EncoderError(f"{source} holds more than 2 GiB.")
    inner = {member.filename.partition("/")[2] for member in members}
    if "constants.pkl" not in inner or not any(name.startswith("code/") for name in inner):
        raise EncoderError(
            f"{source} is not TorchScript but a checkpoint or another archive: weights without their network, which "
            "could run any code when unpickled. Ask its authors for TorchScript or ONNX, or export it with their code."
        )


def _first_line(exc: Exception) -> str:
    """One line of torch's message: the last when the model's program failed, else the first; the others are graphs."""
    lines = [line.strip() for line in str(exc).splitlines() if line.strip()]
    if not lines:
        return type(exc).__name__
    return (lines[-1] if lines[0].startswith("The following operation failed") else lines[0])[:300]
