"""Encoder on OpenVINO, on the CPU. OpenVINO is an extra: it is imported when an encoder is opened."""

import importlib.util
import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from core.encoders.base import EncoderSpec, FrameBatch, VectorBatch
from core.encoders.onnx import CHUNK_FRAMES
from core.encoders.preprocess import check_batch
from core.encoders.spec import Port, check_ports
from core.errors import EncoderError

if TYPE_CHECKING:
    from openvino import ConstOutput


def is_installed() -> bool:
    """Whether the extra `openvino` is installed, without importing it."""
    return importlib.util.find_spec("openvino") is not None


class OpenVinoEncoder:
    """`model.onnx` in OpenVINO; keeps the promises of `Encoder`.

    Computes in float32: in bfloat16, the default on some CPUs, vectors would differ from those of other machines.
    `EncoderError` when OpenVINO is not installed, cannot load the graph, or its shapes differ from `spec`.
    """

    def __init__(self, weights: bytes, spec: EncoderSpec, fingerprint: str, *, source: str, threads: int = 0) -> None:
        self.spec = spec
        self.fingerprint = fingerprint
        self._source = source
        self._lock = threading.Lock()
        try:
            import openvino  # noqa: PLC0415  # an extra that need not be installed
        except ImportError as exc:
            raise EncoderError("OpenVINO is not installed: `uv sync --extra openvino` adds it.") from exc
        options = {"INFERENCE_PRECISION_HINT": "f32", "PERFORMANCE_HINT": "LATENCY"}
        if threads:
            options["INFERENCE_NUM_THREADS"] = str(threads)
        try:
            core = openvino.Core()
            model = core.read_model(weights)
            compiled = core.compile_model(model, "CPU", options)
            self._request = compiled.create_infer_request()
        except RuntimeError as exc:
            raise EncoderError(f"{source} cannot be loaded by OpenVINO: {exc}") from exc
        check_ports(spec, source, _ports(compiled.inputs), _ports(compiled.outputs))

    def embed(self, batch: FrameBatch) -> VectorBatch:
        """See `Encoder.embed`. Threads take turns: one call keeps all cores busy."""
        check_batch(batch, self.spec)
        vectors = np.empty((len(batch), self.spec.dim), np.float32)
        for start in range(0, len(batch), CHUNK_FRAMES):
            part = np.ascontiguousarray(batch[start : start + CHUNK_FRAMES])
            with self._lock:
                try:
                    chunk = self._request.infer([part])[0]
                except RuntimeError as exc:
                    raise EncoderError(f"{self._source} failed in OpenVINO: {exc}") from exc
                vectors[start : start + CHUNK_FRAMES] = chunk
        return vectors


def _ports(ports: "Sequence[ConstOutput]") -> list[Port]:
    return [
        Port(
            port.get_element_type().to_dtype().name,
            tuple(side.get_length() if side.is_static else "n" for side in port.partial_shape),
        )
        for port in ports
    ]
