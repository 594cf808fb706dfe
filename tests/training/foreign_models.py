"""Small external models with the structure of SSCD, as TorchScript and as ONNX."""

import io
import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from torch import Tensor, nn
from torch.nn import functional

from core.encoders.base import Encoder
from core.encoders.loading import open_encoder
from tests.clips import drawing
from training.importing.import_encoder import ImportedEncoder, import_encoder
from training.importing.spec import IMAGENET_MEAN, IMAGENET_STD, ImportSpec

DIM = 20
SMALL = ImportSpec(width=96, height=64)


class SmallSscd(nn.Module):
    """Convolutions, generalised-mean pooling over whatever size comes, a linear layer; vectors of any length."""

    def __init__(self, *, pooling: str = "mean") -> None:
        super().__init__()
        torch.manual_seed(5)
        self.pooling = pooling
        self.trunk = nn.Sequential(
            nn.Conv2d(3, 16, 3, stride=4, padding=1),
            nn.BatchNorm2d(16),
            nn.ReLU(),
            nn.Conv2d(16, 64, 3, stride=2, padding=1),
        )
        self.linear = nn.Linear(64, DIM)

    def forward(self, pictures: Tensor) -> Tensor:
        maps = self.trunk(pictures).clamp(min=1e-6).pow(3.0)
        if self.pooling == "adaptive":
            pooled = functional.adaptive_avg_pool2d(maps, (1, 1)).flatten(1)
        elif self.pooling == "flat":
            count, channels, height, width = maps.size()
            pooled = maps.reshape(count, channels, height * width).mean(dim=2)
        elif self.pooling == "sizes":
            pooled = functional.avg_pool2d(maps, (maps.size(-2), maps.size(-1))).flatten(1)
        else:
            pooled = maps.mean(dim=(2, 3))
        vectors: Tensor = self.linear(pooled.pow(1 / 3.0))
        return 7 * vectors


def small_sscd(pooling: str = "mean") -> SmallSscd:
    """The model in `eval`."""
    return SmallSscd(pooling=pooling).eval()


def as_torchscript(module: nn.Module, *, traced: bool = False) -> bytes:
    """The file that its authors would publish."""
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        for deprecated in (DeprecationWarning, FutureWarning):
            warnings.simplefilter("ignore", deprecated)
        script = torch.jit.trace(module, torch.zeros(1, 3, 64, 64)) if traced else torch.jit.script(module)  # type: ignore[no-untyped-call]
        torch.jit.save(script, buffer)
    return buffer.getvalue()


def normalised(
    frames: NDArray[np.uint8], mean: Sequence[float] = IMAGENET_MEAN, std: Sequence[float] = IMAGENET_STD
) -> Tensor:
    """(n, h, w, 3) → (n, 3, h, w), as its authors prepare pictures."""
    return torch.from_numpy(((frames / 255 - mean) / std).astype(np.float32).transpose(0, 3, 1, 2))


def answers(module: nn.Module, frames: NDArray[np.uint8]) -> NDArray[np.float32]:
    """The vectors of the original for frames, scaled to length 1."""
    with torch.no_grad():
        vectors = np.asarray(module(normalised(frames)).numpy())
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)


def foreign_onnx(
    *,
    kind: int = TensorProto.FLOAT,
    sides: Sequence[int | str] = ("n", 3, "h", "w"),
    output_kind: int = TensorProto.FLOAT,
    flat: bool = True,
    dim: int = DIM,
    inputs: int = 1,
    constants: bool = False,
    opset: int = 17,
    weight_kind: int = TensorProto.FLOAT,
) -> onnx.ModelProto:
    """Mean colours of the picture, through a tanh and a matrix to a vector; with the given input, output and storage.

    A model of bytes normalises by itself: it subtracts 100 and divides by 50.
    """
    colours_last = sides[-1] == 3
    matrix = np.random.default_rng(6).normal(size=(3, dim)).astype(np.float32)
    kernel = np.random.default_rng(7).normal(size=(3, 3, 1, 1)).astype(np.float32)
    weights = [numpy_helper.from_array(kernel, "kernel")]
    nodes, name = [], "frames"  # the name of the input in our own graphs
    if kind == TensorProto.UINT8:
        weights += [numpy_helper.from_array(np.array(number, np.float32), str(number)) for number in (100, 50)]
        nodes += [
            helper.make_node("Cast", [name], ["floats"], to=TensorProto.FLOAT),
            helper.make_node("Sub", ["floats", "100"], ["less"]),
            helper.make_node("Div", ["less", "50"], ["scaled"]),
        ]
        name = "scaled"
    elif kind != TensorProto.FLOAT:
        nodes.append(helper.make_node("Cast", [name], ["floats"], to=TensorProto.FLOAT))
        name = "floats"
    if colours_last:
        nodes.append(helper.make_node("Transpose", [name], ["turned"], perm=[0, 3, 1, 2]))
        name = "turned"
    if weight_kind == TensorProto.FLOAT16:
        stored = numpy_helper.from_array(matrix.astype(np.float16), "matrix.half")
        nodes.append(helper.make_node("Cast", ["matrix.half"], ["matrix"], to=TensorProto.FLOAT))
    else:
        stored = numpy_helper.from_array(matrix, "matrix")
    if constants:
        nodes.append(helper.make_node("Constant", [], [stored.name], value=stored))
        nodes.reverse()
        nodes = [
            *(node for node in nodes if node.op_type == "Constant"),
            *(n for n in nodes[::-1] if n.op_type != "Constant"),
        ]
    else:
        weights.append(stored)
    nodes += [
        helper.make_node("Conv", [name, "kernel"], ["mixed"]),
        helper.make_node("Tanh", ["mixed"], ["bent"]),
        helper.make_node("GlobalAveragePool", ["bent"], ["means"]),
        helper.make_node("Flatten", ["means"], ["flat"]),
        helper.make_node("MatMul", ["flat", "matrix"], ["raw"]),
    ]
    name = "raw"
    if output_kind != TensorProto.FLOAT:
        nodes.append(helper.make_node("Cast", [name], ["cast"], to=output_kind))
        name = "cast"
    graph_inputs = [helper.make_tensor_value_info("frames", kind, sides)]
    graph_inputs += [
        helper.make_tensor_value_info(f"more{number}", TensorProto.FLOAT, [1]) for number in range(1, inputs)
    ]
    graph_output = (
        helper.make_tensor_value_info(name, output_kind, ["n", dim])
        if flat
        else helper.make_tensor_value_info("means", TensorProto.FLOAT, ["n", 3, 1, 1])
    )
    graph = helper.make_graph(nodes, "theirs", graph_inputs, [graph_output], weights)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)


def pictures(width: int = 96, height: int = 64) -> NDArray[np.uint8]:
    return np.stack([drawing(number, width, height, shot=number) for number in range(6)])


def saved(content: bytes | onnx.ModelProto, path: Path) -> Path:
    path.write_bytes(content if isinstance(content, bytes) else content.SerializeToString())
    return path


def imported(
    content: bytes | onnx.ModelProto, folder: Path, spec: ImportSpec = SMALL
) -> tuple[ImportedEncoder, Encoder]:
    encoder = import_encoder(saved(content, folder / "theirs.bin"), folder / "made", spec)
    return encoder, open_encoder(folder / "made", runtime="onnx", threads=1)
