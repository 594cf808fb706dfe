"""ONNX export: writes an encoder's folder (`model.onnx`, `spec.json`, `CARD.md`) from a torch module or a graph."""

import io
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from torch import nn

from core.encoders.base import Encoder, EncoderSpec, FrameBatch, PreprocessSpec, VectorBatch
from core.encoders.onnx import OnnxEncoder
from core.encoders.spec import MODEL_NAME, fingerprint, write_spec
from core.errors import EncoderError, StorageError
from core.files import StagedPath, storage_errors
from training.export.precision import Precision

CARD_NAME = "CARD.md"
FLOAT16_SUFFIX = ".half"
"""Suffix of the names of weights that are stored in 16 bits."""
LARGEST_DISAGREEMENT = 1e-3
"""The largest difference of ONNX Runtime and torch, 1 - cosine, that storing weights in 16 bits may cause."""
LARGEST_INT8_DISAGREEMENT = 5e-2
"""The same for weights in 8 bits. It only detects a network that 8 bits break: the accuracy of search must be measured
separately, because it depends little on the difference of vectors."""
_OPSET = 17
_CHECKED_PICTURES = 8
_MIN_SHRUNK_NUMBERS = 1024
_FLOAT16_MAX = float(np.finfo(np.float16).max)
_INT8_MAX = 127
_QUANTISING_OPERATORS = frozenset({"QuantizeLinear", "DequantizeLinear", "QLinearConv", "QLinearMatMul", "QGemm"})


@dataclass(frozen=True, slots=True)
class Reference:
    """The model that a graph must agree with: `name` for messages, `embed` as in `Encoder.embed`."""

    name: str
    embed: Callable[[FrameBatch], VectorBatch]


@dataclass(frozen=True, slots=True)
class WrittenEncoder:
    """An encoder's folder that was written."""

    folder: Path
    fingerprint: str
    model_bytes: int


CardText = str | Callable[[Encoder, int], str]
"""A model card, or a function that makes one from the encoder and the size of its model in bytes."""


def export_encoder(
    model: nn.Module,
    spec: EncoderSpec,
    folder: Path,
    *,
    weights: Precision = Precision.FLOAT16,
    card: CardText = "",
    notes: Mapping[str, str] | None = None,
) -> WrittenEncoder:
    """Write an encoder's folder; the same model gives the same bytes.

    `model` maps frames (n, height, width, 3) uint8 to vectors (n, dim) of length 1; it is left in `eval`. `notes` are
    written into the graph's metadata. Errors as `write_encoder`.
    """
    check_free(folder)
    model.eval()

    def embed(frames: FrameBatch) -> VectorBatch:
        with torch.no_grad():
            return np.asarray(model(torch.from_numpy(frames)).numpy(), dtype=np.float32)

    graph = trace(model, spec.preprocess)
    reference = Reference("torch", embed)
    return write_encoder(graph, spec, folder, reference=reference, weights=weights, card=card, notes=notes)


def write_encoder(
    graph: onnx.ModelProto,
    spec: EncoderSpec,
    folder: Path,
    *,
    reference: Reference,
    weights: Precision = Precision.FLOAT16,
    card: CardText = "",
    notes: Mapping[str, str] | None = None,
) -> WrittenEncoder:
    """Write an encoder's folder from a graph that satisfies the contract of encoders; `graph` is changed.

    `folder` must not exist or be empty; it is written whole or not at all. `EncoderError` when the graph is not valid,
    or when ONNX Runtime and `reference` disagree by more than `LARGEST_DISAGREEMENT` in cosine
    (`LARGEST_INT8_DISAGREEMENT` for weights in 8 bits); `StorageError` when the folder cannot be written.
    """
    check_free(folder)
    store_weights(graph, weights)
    _remove_provenance(graph)
    for key, value in (notes or {}).items():
        graph.metadata_props.add(key=key, value=value)
    model = graph.SerializeToString(deterministic=True)
    encoder = OnnxEncoder(model, spec, fingerprint(model, spec), source=f"The exported {spec.name}")
    _check_agreement(encoder, reference, LARGEST_INT8_DISAGREEMENT if weights is Precision.INT8 else None)
    text = card if isinstance(card, str) else card(encoder, len(model))
    _write(model, spec, text, folder)
    return WrittenEncoder(folder, encoder.fingerprint, len(model))


def check_free(folder: Path) -> None:
    """`StorageError` unless the folder does not exist or is empty."""
    try:
        is_occupied = folder.exists() and (not folder.is_dir() or any(folder.iterdir()))
    except OSError as exc:
        raise StorageError(f"{folder} cannot be written: {exc}.") from exc
    if is_occupied:
        raise StorageError(f"{folder} exists and is not empty: name a new folder for the encoder.")


def drawn_pictures(spec: PreprocessSpec) -> NDArray[np.uint8]:
    """Generated pictures of coloured spots to compare encoders on, always the same: (8, height, width, 3)."""
    rng = np.random.default_rng(0)
    size = (spec.width, spec.height)
    spots = rng.integers(0, 256, (_CHECKED_PICTURES, 9, 16, 3), np.uint8)
    return np.stack(
        [np.asarray(cv2.resize(spot, size, interpolation=cv2.INTER_CUBIC), dtype=np.uint8) for spot in spots]
    )


def store_weights(graph: onnx.ModelProto, precision: Precision) -> None:
    """Store large float32 weights in `precision`, followed by nodes that convert them to float32.

    Runtimes compute those nodes once, when they load. They are casts and multiplications rather than
    `DequantizeLinear`, which ONNX Runtime computes again for every batch. Weights that float16 cannot hold are not
    changed, nor are the scales of a graph that was quantised before. `EncoderError` when the
    graph is not valid.
    """
    axes = _channel_axes(graph) if precision is Precision.INT8 else {}
    exact = {name for node in graph.graph.node if node.op_type in _QUANTISING_OPERATORS for name in node.input}
    nodes: list[onnx.NodeProto] = []
    stored: list[TensorProto] = []
    for tensor in graph.graph.initializer:
        is_large = tensor.data_type == TensorProto.FLOAT and np.prod(tensor.dims) >= _MIN_SHRUNK_NUMBERS
        is_shrunk = is_large and tensor.name not in exact and precision is not Precision.FLOAT32
        values = numpy_helper.to_array(tensor) if is_shrunk else None
        if values is None or not np.abs(values).max() <= _FLOAT16_MAX:
            stored.append(tensor)
        elif tensor.name in axes:
            stored += _as_int8(tensor.name, values, axes[tensor.name], nodes)
        else:
            small = numpy_helper.from_array(values.astype(np.float16), f"{tensor.name}{FLOAT16_SUFFIX}")
            stored.append(small)
            nodes.append(helper.make_node("Cast", [small.name], [tensor.name], to=TensorProto.FLOAT))
    nodes += graph.graph.node
    del graph.graph.initializer[:], graph.graph.node[:]
    graph.graph.initializer.extend(stored)
    graph.graph.node.extend(nodes)
    try:
        onnx.checker.check_model(graph, full_check=True)
    except (onnx.checker.ValidationError, onnx.shape_inference.InferenceError) as exc:
        raise EncoderError(f"The graph of the encoder is not valid ONNX: {exc}") from exc


def _as_int8(name: str, values: NDArray[np.float32], axis: int, nodes: list[onnx.NodeProto]) -> list[TensorProto]:
    """Symmetric quantisation to -127..127 with a scale for each index of `axis`; appends the nodes that undo it."""
    axes = tuple(dimension for dimension in range(values.ndim) if dimension != axis)
    scales = np.abs(values).max(axis=axes, keepdims=True) / np.float32(_INT8_MAX)
    scales[scales == 0] = 1
    small = numpy_helper.from_array(np.rint(values / scales).astype(np.int8), f"{name}.int8")
    scale = numpy_helper.from_array(scales.astype(np.float32), f"{name}.scale")
    nodes.append(helper.make_node("Cast", [small.name], [f"{name}.wide"], to=TensorProto.FLOAT))
    nodes.append(helper.make_node("Mul", [f"{name}.wide", scale.name], [name]))
    return [small, scale]


def _channel_axes(graph: onnx.ModelProto) -> dict[str, int]:
    """The axis of the output channels of each layer's weight, by the weight's name."""
    axes: dict[str, int] = {}
    sides = {tensor.name: len(tensor.dims) for tensor in graph.graph.initializer}
    for node in graph.graph.node:
        if len(node.input) < 2 or sides.get(node.input[1], 0) < 2:
            continue
        name = node.input[1]
        if node.op_type == "Conv":
            axes[name] = 0
        elif node.op_type == "ConvTranspose":
            axes[name] = 1
        elif node.op_type == "Gemm":
            axes[name] = 0 if any(attribute.name == "transB" and attribute.i for attribute in node.attribute) else 1
        elif node.op_type == "MatMul":
            axes[name] = sides[name] - 1
    return axes


def trace(model: nn.Module, preprocess: PreprocessSpec) -> onnx.ModelProto:
    """The graph of a module that maps frames uint8 (n, height, width, 3) to vectors; batch norms are folded.

    By torch's tracing exporter, which needs no other package. `RuntimeError` of torch when it cannot be traced.
    """
    example = torch.zeros(2, preprocess.height, preprocess.width, 3, dtype=torch.uint8)
    buffer = io.BytesIO()
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        warnings.filterwarnings("ignore", "Constant folding", UserWarning)
        warnings.filterwarnings("ignore", "no signature found", UserWarning)  # for a module that was traced before
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
    return onnx.load_from_string(buffer.getvalue())


def _remove_provenance(graph: onnx.ModelProto) -> None:
    """Remove what depends on the exporting machine and not on the weights: versions, source locations, module names."""
    graph.producer_name, graph.producer_version, graph.graph.name = "whenanime", "", "encoder"
    graph.doc_string = graph.graph.doc_string = ""
    del graph.metadata_props[:], graph.graph.metadata_props[:]
    for number, node in enumerate(graph.graph.node):
        node.name, node.doc_string = str(number), ""
        del node.metadata_props[:]


def _check_agreement(encoder: OnnxEncoder, reference: Reference, limit: float | None) -> None:
    limit = LARGEST_DISAGREEMENT if limit is None else limit
    frames = drawn_pictures(encoder.spec.preprocess)
    cosines = np.einsum("nd,nd->n", reference.embed(frames), encoder.embed(frames))
    if not 1 - cosines.min() < limit:
        raise EncoderError(
            f"{encoder.spec.name} was not exported: ONNX Runtime and {reference.name} disagree by "
            f"{1 - cosines.min():.2g} in cosine, {limit:g} is allowed. Weights stored as float32 agree best."
        )


def _write(model: bytes, spec: EncoderSpec, card: str, folder: Path) -> None:
    """Write into a staged folder, which is then renamed."""
    with storage_errors(folder):
        folder.parent.mkdir(parents=True, exist_ok=True)
        with StagedPath(folder) as part:
            part.mkdir()
            (part / MODEL_NAME).write_bytes(model)
            write_spec(spec, part)
            if card:
                (part / CARD_NAME).write_text(card, "utf-8")
