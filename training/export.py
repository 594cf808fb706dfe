"""From a torch module to an encoder's folder: `model.onnx` and `spec.json`."""

import io
import os
import tempfile
import warnings
from pathlib import Path

import cv2
import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from torch import nn

from core.encoders.base import EncoderSpec
from core.encoders.onnx import OnnxEncoder
from core.encoders.spec import MODEL_NAME, fingerprint, write_spec
from core.errors import EncoderError, StorageError

LARGEST_DISAGREEMENT = 1e-3
"""Of ONNX Runtime and torch, as one less the cosine: what storing weights in 16 bits may cost."""
_OPSET = 17
_CHECKED_PICTURES = 8
_SMALLEST_HALVED = 1024
_LARGEST_HALF = float(np.finfo(np.float16).max)


def export_encoder(model: nn.Module, spec: EncoderSpec, folder: Path) -> str:
    """Write an encoder's folder and return its fingerprint; the same model gives the same bytes.

    `model` maps frames (n, height, width, 3) uint8 to vectors (n, dim) of length 1. `folder` must not exist or be
    empty; it appears whole or not at all. `EncoderError` when the written graph and torch disagree by more than
    `LARGEST_DISAGREEMENT` in cosine, `StorageError` when the folder cannot be written. The model is left in `eval`.
    """
    model.eval()
    graph = onnx.load_from_string(_traced(model, spec))
    _halve_weights(graph)
    _make_anonymous(graph)
    weights = graph.SerializeToString(deterministic=True)
    key = fingerprint(weights, spec)
    _check_agreement(model, OnnxEncoder(weights, spec, key, source=f"The exported {spec.name}"))
    _write(weights, spec, folder)
    return key


def _traced(model: nn.Module, spec: EncoderSpec) -> bytes:
    """The graph by torch's tracing exporter, which needs no package beside torch; batch norms are folded."""
    example = torch.zeros(2, spec.preprocess.height, spec.preprocess.width, 3, dtype=torch.uint8)
    buffer = io.BytesIO()
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        warnings.filterwarnings("ignore", "Constant folding", UserWarning)
        torch.onnx.export(
            model,
            (example,),
            buffer,  # type: ignore[arg-type]  # the tracing exporter writes to a stream too
            dynamo=False,
            opset_version=_OPSET,
            input_names=["frames"],
            output_names=["vectors"],
            dynamic_axes={"frames": {0: "n"}, "vectors": {0: "n"}},
        )
    return buffer.getvalue()


def _halve_weights(graph: onnx.ModelProto) -> None:
    """Store large weights as float16 with a cast behind each; runtimes compute the casts once, when they load."""
    casts, halved = [], []
    for tensor in graph.graph.initializer:
        values = numpy_helper.to_array(tensor)
        if values.dtype != np.float32 or values.size < _SMALLEST_HALVED or np.abs(values).max() > _LARGEST_HALF:
            halved.append(tensor)
            continue
        small = numpy_helper.from_array(values.astype(np.float16), f"{tensor.name}.half")
        halved.append(small)
        casts.append(helper.make_node("Cast", [small.name], [tensor.name], to=TensorProto.FLOAT))
    nodes = [*casts, *graph.graph.node]
    del graph.graph.initializer[:], graph.graph.node[:]
    graph.graph.initializer.extend(halved)
    graph.graph.node.extend(nodes)
    onnx.checker.check_model(graph, full_check=True)


def _make_anonymous(graph: onnx.ModelProto) -> None:
    """Drop what depends on who exported and not on the weights: versions, places in source files, names of modules."""
    graph.producer_name, graph.producer_version, graph.graph.name = "whenanime", "", "encoder"
    for number, node in enumerate(graph.graph.node):
        node.name, node.doc_string = str(number), ""


def _check_agreement(model: nn.Module, encoder: OnnxEncoder) -> None:
    frames = _noise(encoder.spec)
    with torch.no_grad():
        wanted = model(torch.from_numpy(frames)).numpy()
    cosines = np.einsum("nd,nd->n", wanted, encoder.embed(frames))
    if not 1 - cosines.min() < LARGEST_DISAGREEMENT:
        raise EncoderError(
            f"{encoder.spec.name} was not exported: ONNX Runtime and torch disagree by {1 - cosines.min():.2g} in "
            f"cosine, {LARGEST_DISAGREEMENT:g} is allowed."
        )


def _noise(spec: EncoderSpec) -> NDArray[np.uint8]:
    """Pictures of coloured spots, (n, height, width, 3)."""
    rng = np.random.default_rng(0)
    size = (spec.preprocess.width, spec.preprocess.height)
    spots = rng.integers(0, 256, (_CHECKED_PICTURES, 9, 16, 3), np.uint8)
    return np.stack([np.asarray(cv2.resize(one, size, interpolation=cv2.INTER_CUBIC), dtype=np.uint8) for one in spots])


def _write(weights: bytes, spec: EncoderSpec, folder: Path) -> None:
    """Into a folder beside the wanted one, which then takes its name."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise StorageError(f"{folder} is there already and not empty: name a new folder for the encoder.")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{folder.name}.", dir=folder.parent) as aside:
            made = Path(aside, folder.name)
            made.mkdir()
            with (made / MODEL_NAME).open("wb") as file:
                file.write(weights)
                file.flush()
                os.fsync(file.fileno())
            write_spec(spec, made)
            made.replace(folder)
    except OSError as exc:
        raise StorageError(f"{folder} cannot be written: {exc}.") from exc
