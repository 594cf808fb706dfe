"""An external ONNX model, with a new input (bytes) and a new output (vectors of length 1)."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
import onnx
import onnxruntime as ort
from google.protobuf.message import DecodeError  # type: ignore[import-untyped]  # it publishes no types
from numpy.typing import NDArray
from onnx import AttributeProto, GraphProto, NodeProto, TensorProto, compose, external_data_helper, helper, numpy_helper
from onnxruntime.capi import onnxruntime_pybind11_state as ort_errors

from core.encoders.base import FrameBatch, PreprocessSpec, VectorBatch
from core.errors import EncoderError
from training.export.onnx_export import Reference, drawn_pictures
from training.importing.external_model import REFERENCE, WrappedModel, check_vectors, one_line, unit_vectors
from training.importing.spec import Layout

_MIN_OPSET = 9
_INPUTS: Mapping[int, type[np.generic]] = {
    TensorProto.UINT8: np.uint8,
    TensorProto.FLOAT: np.float32,
    TensorProto.FLOAT16: np.float16,
}
_OUTPUTS = frozenset({TensorProto.FLOAT, TensorProto.FLOAT16, TensorProto.DOUBLE})
_PREFIX = "model/"
_ERRORS: tuple[type[Exception], ...] = (
    RuntimeError,
    ValueError,
    *(error for error in vars(ort_errors).values() if isinstance(error, type) and issubclass(error, Exception)),
)


@dataclass(frozen=True, slots=True)
class _Input:
    """The input of a graph; `None` for a side of any size."""

    name: str
    kind: int
    batch: int | None
    height: int | None
    width: int | None
    colours_first: bool


@dataclass(frozen=True, slots=True)
class _Operator:
    """An operator to insert; `constant` is its second input."""

    operator: str
    constant: NDArray[np.float32] | None = None
    attributes: Mapping[str, int | list[int]] = field(default_factory=dict)


class OnnxModel:
    """One input of pictures, bytes or floats, and one output (n, d). Its batch may be fixed at one picture.

    `EncoderError` when `data` is no ONNX, keeps weights in other files, or has other inputs and outputs.
    """

    def __init__(self, data: bytes, source: str, layout: Layout) -> None:
        self._source = source
        self._model = _parse(data, source)
        self._input = _input(self._model, source, layout)
        self._output = _output(self._model, source)
        options = ort.SessionOptions()
        options.log_severity_level = 4
        try:
            self._session = ort.InferenceSession(data, options, providers=["CPUExecutionProvider"], enable_fallback=0)
        except _ERRORS as exc:
            raise EncoderError(f"{source} cannot be loaded by ONNX Runtime: {one_line(exc)}") from exc

    @property
    def width(self) -> int | None:
        """See `ExternalModel.width`."""
        return self._input.width

    @property
    def height(self) -> int | None:
        """See `ExternalModel.height`."""
        return self._input.height

    @property
    def takes_bytes(self) -> bool:
        """See `ExternalModel.takes_bytes`."""
        return self._input.kind == TensorProto.UINT8

    def wrap(self, preprocess: PreprocessSpec) -> WrappedModel:
        """See `ExternalModel.wrap`."""
        pictures = drawn_pictures(preprocess)
        dim = check_vectors(self._run(pictures, preprocess), len(pictures), self._source)

        def embed(frames: FrameBatch) -> VectorBatch:
            return unit_vectors(self._run(frames, preprocess))

        try:
            graph = _rewired(self._model, self._input, self._output, preprocess, dim)
        except (TypeError, ValueError) as exc:  # onnx: names are not text, weights are not numbers
            raise EncoderError(f"{self._source} cannot be rewired: {one_line(exc)}") from exc
        return WrappedModel(graph, dim, Reference(REFERENCE, embed))

    def _run(self, frames: FrameBatch, preprocess: PreprocessSpec) -> NDArray[np.generic]:
        """The output for frames, one at a time, because the batch may be fixed at one."""
        vectors = []
        for frame in frames:
            picture = frame[None]  # (1, h, w, 3)
            if not self.takes_bytes:
                mean, std = 255 * np.array(preprocess.mean), 255 * np.array(preprocess.std)
                picture = ((picture - mean) / std).astype(_INPUTS[self._input.kind])
            if self._input.colours_first:
                picture = picture.transpose(0, 3, 1, 2)
            try:
                (vector,) = self._session.run([self._output.name], {self._input.name: np.ascontiguousarray(picture)})
            except _ERRORS as exc:
                size = f"{preprocess.width} x {preprocess.height}"
                raise EncoderError(f"{self._source} cannot use pictures of {size}: {one_line(exc)}") from exc
            check_vectors(np.asarray(vector), 1, self._source)
            vectors.append(vector)
        return np.concatenate(vectors)


def _parse(data: bytes, source: str) -> onnx.ModelProto:
    try:
        model = onnx.load_from_string(data)
    except DecodeError as exc:
        raise EncoderError(f"{source} is neither ONNX nor TorchScript, or it is cut off.") from exc
    if not model.graph.node or not model.graph.output:
        raise EncoderError(f"{source} is neither ONNX nor TorchScript, or it is cut off.")
    if any(external_data_helper.uses_external_data(tensor) for tensor in _tensors(_graphs(model))):
        raise EncoderError(f"{source} keeps its weights in other files: save it as one file.")
    opset = next((opset_id.version for opset_id in model.opset_import if opset_id.domain in {"", "ai.onnx"}), 0)
    if opset < _MIN_OPSET:
        raise EncoderError(f"{source} is written in opset {opset} of ONNX; {_MIN_OPSET} or later is needed.")
    return model


def _graphs(model: onnx.ModelProto) -> Iterator[GraphProto | onnx.FunctionProto]:
    """The graph, those inside its nodes, and the functions of the model."""
    waiting: list[GraphProto | onnx.FunctionProto] = [model.graph, *model.functions]
    while waiting:
        graph = waiting.pop()
        yield graph
        for attribute in _attributes(graph.node):
            waiting += [attribute.g] if attribute.type == AttributeProto.GRAPH else attribute.graphs


def _attributes(nodes: Iterable[NodeProto]) -> Iterator[AttributeProto]:
    return (attribute for node in nodes for attribute in node.attribute)


def _tensors(graphs: Iterable[GraphProto | onnx.FunctionProto]) -> Iterator[TensorProto]:
    for graph in graphs:
        if isinstance(graph, GraphProto):
            yield from graph.initializer
            for sparse in graph.sparse_initializer:
                yield from (sparse.values, sparse.indices)
        for attribute in _attributes(graph.node):
            yield from (
                attribute.t,
                *attribute.tensors,
                attribute.sparse_tensor.values,
                attribute.sparse_tensor.indices,
            )


def _input(model: onnx.ModelProto, source: str, layout: Layout) -> _Input:
    """The input of a model. `EncoderError` unless it is one batch of pictures in a supported type and layout."""
    weights = {tensor.name for tensor in model.graph.initializer}
    inputs = [candidate for candidate in model.graph.input if candidate.name not in weights]
    if len(inputs) != 1:
        names = ", ".join(candidate.name for candidate in inputs)
        raise EncoderError(f"{source} has {len(inputs)} inputs ({names}); an encoder takes pictures and nothing else.")
    tensor = inputs[0].type.tensor_type
    if tensor.elem_type not in _INPUTS:
        kind = _kind_name(tensor.elem_type)
        raise EncoderError(f"{source} takes {kind} numbers; pictures come as uint8, float or float16.")
    sides = [side.dim_value if side.dim_value > 0 else None for side in tensor.shape.dim]
    if len(sides) != 4:
        raise EncoderError(f"{source} takes an input of {len(sides)} sides; pictures have four: (n, 3, height, width).")
    colours_first = _colours_first(sides, source, layout)
    batch, height, width = (sides[0], *(sides[2:] if colours_first else sides[1:3]))
    if batch not in {None, 1}:
        raise EncoderError(f"{source} takes exactly {batch} pictures at once: export it with a free batch.")
    return _Input(inputs[0].name, tensor.elem_type, batch, height, width, colours_first)


def _colours_first(sides: list[int | None], source: str, layout: Layout) -> bool:
    first, last = sides[1], sides[3]
    is_last = first != 3 and last == 3 if layout is Layout.AUTO else layout is Layout.NHWC
    if layout is Layout.AUTO and first == last == 3:
        raise EncoderError(f"{source} does not tell whether its colours come first: give --input-layout nchw or nhwc.")
    if (last if is_last else first) not in {None, 3}:
        shape = ", ".join("any" if side is None else str(side) for side in sides)
        raise EncoderError(
            f"{source} takes ({shape}): its layout must be (n, 3, height, width) or (n, height, width, 3)."
        )
    return not is_last


def _output(model: onnx.ModelProto, source: str) -> onnx.ValueInfoProto:
    if len(model.graph.output) != 1:
        names = ", ".join(output.name for output in model.graph.output)
        raise EncoderError(f"{source} has {len(model.graph.output)} outputs ({names}); an encoder gives vectors only.")
    output: onnx.ValueInfoProto = model.graph.output[0]
    if output.type.tensor_type.elem_type not in _OUTPUTS:
        kind = _kind_name(output.type.tensor_type.elem_type)
        raise EncoderError(f"{source} gives {kind} numbers, which are no vectors to compare: floats are needed.")
    return output


def _kind_name(kind: int) -> str:
    return TensorProto.DataType.Name(kind).lower() if kind in TensorProto.DataType.values() else "unknown"


def _rewired(
    model: onnx.ModelProto, model_input: _Input, model_output: onnx.ValueInfoProto, preprocess: PreprocessSpec, dim: int
) -> onnx.ModelProto:
    """A copy with the new input and output. The operators added have the same meaning in every opset from 9 on."""
    copy: onnx.ModelProto = compose.add_prefix(model, _PREFIX)
    graph = copy.graph
    _lift_weights(graph)
    preparation: list[_Operator] = []
    if model_input.kind != TensorProto.UINT8:
        preparation.append(_Operator("Cast", attributes={"to": TensorProto.FLOAT}))
        preparation.append(_Operator("Sub", np.array(preprocess.mean, np.float32) * 255))
        preparation.append(_Operator("Div", np.array(preprocess.std, np.float32) * 255))
    if model_input.colours_first:
        preparation.append(_Operator("Transpose", attributes={"perm": [0, 3, 1, 2]}))
    if model_input.kind == TensorProto.FLOAT16:
        preparation.append(_Operator("Cast", attributes={"to": TensorProto.FLOAT16}))
    to_length = [
        _Operator("MatMul", np.ones((dim, 1), np.float32)),
        _Operator("Sqrt"),
        _Operator("Max", np.array([1e-12], "f4")),
    ]
    nodes = [
        *_chain(graph, "frames", _PREFIX + model_input.name, preparation),
        *graph.node,
        *_chain(graph, _PREFIX + model_output.name, "raw", [_Operator("Cast", attributes={"to": TensorProto.FLOAT})]),
        helper.make_node("Mul", ["raw", "raw"], ["squares"]),
        *_chain(graph, "squares", "length", to_length),
        helper.make_node("Div", ["raw", "length"], ["vectors"]),
    ]
    del graph.node[:], graph.input[:], graph.output[:], graph.value_info[:]
    graph.node.extend(nodes)
    frame = ("n", preprocess.height, preprocess.width, 3)
    graph.input.append(helper.make_tensor_value_info("frames", TensorProto.UINT8, frame))
    graph.output.append(helper.make_tensor_value_info("vectors", TensorProto.FLOAT, ("n", dim)))
    return copy


def _chain(graph: GraphProto, first: str, last: str, steps: list[_Operator]) -> list[NodeProto]:
    """Nodes that apply operators to the tensor `first` and name the result `last`."""
    nodes, name = [], first
    for number, step in enumerate(steps):
        inputs = [name]
        if step.constant is not None:
            inputs.append(f"{last}.{number}.constant")
            graph.initializer.append(numpy_helper.from_array(step.constant, inputs[1]))
        name = last if number == len(steps) - 1 else f"{last}.{number}"
        node = helper.make_node(step.operator, inputs, [name])
        node.attribute.extend(helper.make_attribute(key, value) for key, value in step.attributes.items())
        nodes.append(node)
    return nodes or [helper.make_node("Identity", [first], [last])]


def _lift_weights(graph: GraphProto) -> None:
    """Replace weights in constant nodes, and float16 weights followed by a cast, by float32 initializers."""
    half = {t.name: t for t in graph.initializer if t.data_type == TensorProto.FLOAT16}
    nodes = []
    for node in graph.node:
        constant = next(
            (attribute.t for attribute in node.attribute if node.op_type == "Constant" and attribute.name == "value"),
            None,
        )
        if constant is not None:
            half.update({node.output[0]: constant} if constant.data_type == TensorProto.FLOAT16 else {})
            constant.name = node.output[0]
            graph.initializer.append(constant)
        elif node.op_type == "Cast" and node.input[0] in half and node.attribute[0].i == TensorProto.FLOAT:
            wide = numpy_helper.to_array(half[node.input[0]]).astype(np.float32)
            graph.initializer.append(numpy_helper.from_array(wide, node.output[0]))
        else:
            nodes.append(node)
    used = {name for node in nodes for name in node.input}
    weights = [tensor for tensor in graph.initializer if tensor.name in used or tensor.name not in half]
    del graph.node[:], graph.initializer[:]
    graph.node.extend(nodes)
    graph.initializer.extend(weights)
