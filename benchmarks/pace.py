"""Inference time of networks: milliseconds a picture, alternating in one run."""

import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import onnxruntime as ort
import torch
from torch import Tensor, nn
from torch.nn import functional
from torchvision.models import resnet18

from core.encoders.base import Fit, PreprocessSpec
from core.encoders.onnx import CHUNK_FRAMES
from training.export.onnx_export import trace
from training.importing.spec import IMAGENET_MEAN, IMAGENET_STD

BATCH = 16
RESNET18 = "ResNet18, 224 x 224"
_RESNET18_FRAME = PreprocessSpec(224, 224, Fit.STRETCH, IMAGENET_MEAN, IMAGENET_STD)


@dataclass(frozen=True, slots=True)
class Network:
    """A graph of ONNX with one input, bytes (n, height, width, 3)."""

    graph: bytes
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Pace:
    """Medians in milliseconds a picture: a batch of 16 in one go, and as the engine sends it, some at a time."""

    whole_ms: float
    chunked_ms: float


class _ResNet18(nn.Module):
    """Bytes in, 512 numbers of length 1 out; the weights do not matter for its speed."""

    def __init__(self) -> None:
        super().__init__()
        self.network = resnet18(weights=None)
        self.network.fc = nn.Identity()
        self.mean: Tensor
        self.std: Tensor
        self.register_buffer("mean", 255 * torch.tensor(IMAGENET_MEAN).view(1, 3, 1, 1))
        self.register_buffer("std", 255 * torch.tensor(IMAGENET_STD).view(1, 3, 1, 1))

    def forward(self, frames: Tensor) -> Tensor:
        """(n, 224, 224, 3) uint8 → (n, 512)."""
        pictures = (frames.permute(0, 3, 1, 2).float() - self.mean) / self.std
        return functional.normalize(self.network(pictures))


def resnet18_network() -> Network:
    """Torchvision's, exported now."""
    graph = trace(_ResNet18().eval(), _RESNET18_FRAME)
    return Network(graph.SerializeToString(), _RESNET18_FRAME.width, _RESNET18_FRAME.height)


def paces(networks: Mapping[str, Network], *, threads: int, rounds: int) -> Mapping[str, Pace]:
    """The times by name. Every round runs each network once, so that other load on the machine affects all alike."""
    runs = {name: _runner(network, threads) for name, network in networks.items()}
    spent: dict[str, tuple[list[float], list[float]]] = {name: ([], []) for name in networks}
    for run in runs.values():
        run(BATCH)
    for _ in range(rounds):
        for name, run in runs.items():
            for size, times in zip((BATCH, CHUNK_FRAMES), spent[name], strict=True):
                started = time.perf_counter()
                run(size)
                times.append((time.perf_counter() - started) * 1000 / BATCH)
    return {
        name: Pace(statistics.median(whole), statistics.median(chunked)) for name, (whole, chunked) in spent.items()
    }


def _runner(network: Network, threads: int) -> Callable[[int], None]:
    """Sends 16 pictures of noise through the network, so many at a time."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    session = ort.InferenceSession(network.graph, options, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    noise = np.random.default_rng(0).integers(0, 256, (BATCH, network.height, network.width, 3), np.uint8)

    def run(size: int) -> None:
        for start in range(0, BATCH, size):
            session.run(None, {name: noise[start : start + size]})

    return run
