"""Encoder on ONNX Runtime: on a GPU where the installed build supports one, else on the CPU."""

from collections.abc import Sequence

import numpy as np
import onnxruntime as ort

from core.encoders.base import EncoderSpec, FrameBatch, VectorBatch
from core.encoders.preprocess import check_batch
from core.encoders.spec import Port, check_ports
from core.inference.onnx_session import OnnxSession

GPU_PROVIDERS = ("CUDAExecutionProvider", "MIGraphXExecutionProvider", "ROCMExecutionProvider")
"""Providers that compute in float32 and may be called from several threads; the first available one is used."""
CHUNK_FRAMES = 2
"""Frames in one call of the network. On a CPU more are slower: their feature maps do not fit its cache."""

_DTYPES = {"tensor(uint8)": "uint8", "tensor(float)": "float32"}


class OnnxEncoder:
    """`model.onnx` in ONNX Runtime; keeps the promises of `Encoder`.

    The graph has one input, bytes (n, height, width, 3), and one output, float32 (n, dim) of length 1. `EncoderError`
    when it cannot be loaded or its shapes differ from `spec`. `threads` compute (0: one for each core).
    """

    def __init__(self, weights: bytes, spec: EncoderSpec, fingerprint: str, *, source: str, threads: int = 0) -> None:
        self.spec = spec
        self.fingerprint = fingerprint
        self._session = OnnxSession(weights, source=source, threads=threads, providers=GPU_PROVIDERS)
        inputs, outputs = self._session.inputs, self._session.outputs
        check_ports(spec, source, _ports(inputs), _ports(outputs))
        self._input, self._output = inputs[0].name, outputs[0].name

    @property
    def on_gpu(self) -> bool:
        """Whether a GPU computes; a build for GPUs falls back to the CPU where there is none."""
        return self._session.provider in GPU_PROVIDERS

    def embed(self, batch: FrameBatch) -> VectorBatch:
        """See `Encoder.embed`."""
        check_batch(batch, self.spec)
        vectors = np.empty((len(batch), self.spec.dim), np.float32)
        for start in range(0, len(batch), CHUNK_FRAMES):
            part = np.ascontiguousarray(batch[start : start + CHUNK_FRAMES])
            (chunk,) = self._session.run([self._output], {self._input: part})
            vectors[start : start + CHUNK_FRAMES] = chunk
        return vectors


def _ports(nodes: Sequence[ort.NodeArg]) -> list[Port]:
    return [Port(_DTYPES.get(node.type, node.type), tuple(node.shape)) for node in nodes]
