"""A second encoder for the tests, as small as can be: the colours of a frame on a coarse grid."""

import json
from pathlib import Path

import onnx
from onnx import TensorProto, helper

from core.encoders.base import EncoderSpec, Fit, PreprocessSpec
from core.encoders.spec import write_spec

WIDTH, HEIGHT, CELL = 64, 36, 4
DIM = 3 * (WIDTH // CELL) * (HEIGHT // CELL)


def write_small_encoder(folder: Path, *, name: str = "small", gain: float = 1.0) -> Path:
    """Write the encoder's folder; another `gain` is another fingerprint."""
    spec = EncoderSpec(name, DIM, PreprocessSpec(WIDTH, HEIGHT, Fit.STRETCH, (0.0, 0.0, 0.0), (1.0, 1.0, 1.0)))
    nodes = [
        helper.make_node("Cast", ["frames"], ["numbers"], to=TensorProto.FLOAT),
        helper.make_node("Mul", ["numbers", "gain"], ["scaled"]),
        helper.make_node("Transpose", ["scaled"], ["planes"], perm=[0, 3, 1, 2]),
        helper.make_node("AveragePool", ["planes"], ["cells"], kernel_shape=[CELL, CELL], strides=[CELL, CELL]),
        helper.make_node("Flatten", ["cells"], ["flat"]),
        helper.make_node("ReduceMean", ["flat"], ["mean"], axes=[1]),
        helper.make_node("Sub", ["flat", "mean"], ["centred"]),
        helper.make_node("LpNormalization", ["centred"], ["vectors"], axis=1, p=2),
    ]
    graph = helper.make_graph(
        nodes,
        "small",
        [helper.make_tensor_value_info("frames", TensorProto.UINT8, ["n", HEIGHT, WIDTH, 3])],
        [helper.make_tensor_value_info("vectors", TensorProto.FLOAT, ["n", DIM])],
        [helper.make_tensor("gain", TensorProto.FLOAT, [], [gain])],
    )
    folder.mkdir(parents=True)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    onnx.checker.check_model(model)
    (folder / "model.onnx").write_bytes(model.SerializeToString())
    write_spec(spec, folder)
    return folder


def rename(folder: Path, name: str) -> None:
    """Another name in the spec: the same fingerprint."""
    path = folder / "spec.json"
    path.write_text(json.dumps(json.loads(path.read_text("utf-8")) | {"name": name}), "utf-8")
