"""OpenVINO as an encoder, on the processor. An extra: imported only when an encoder is made."""

import importlib.util
import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from core.encoders.base import EncoderSpec, FrameBatch, VectorBatch
from core.encoders.onnx import CHUNK
from core.encoders.preprocess import check_batch
from core.encoders.spec import Port, check_ports
from core.errors import EncoderError

if TYPE_CHECKING:
    from openvino import ConstOutput


def is_installed() -> bool:
    """Whether the extra `openvino` is there, without importing it."""
    return importlib.util.find_spec("openvino") is not None


class OpenVinoEncoder:
    """`model.onnx` in OpenVINO; keeps the promises of `Encoder`.

    Computes in float32: bfloat16, its own choice on some processors, would move vectors away from other machines'.
    `EncoderError` when OpenVINO is not installed, cannot load the graph or finds another shape than `spec` says.
    """

    def __init__(self, weights: bytes, spec: EncoderSpec, fingerprint: str, *, source: str, threads: int = 0) -> None:
        self.spec = spec
        self.fingerprint = fingerprint
        self._source = source
        self._lock = threading.Lock()
        try:
            import openvino  # noqa: PLC0415  # an extra that need not be there
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
        for start in range(0, len(batch), CHUNK):
            part = np.ascontiguousarray(batch[start : start + CHUNK])
            with self._lock:
                try:
                    found = self._request.infer([part])[0]
                except RuntimeError as exc:
                    raise EncoderError(f"{self._source} failed in OpenVINO: {exc}") from exc
                vectors[start : start + CHUNK] = found
        return vectors


def _ports(ports: "Sequence[ConstOutput]") -> list[Port]:
    return [
        Port(
            port.get_element_type().to_dtype().name,
            tuple(side.get_length() if side.is_static else "n" for side in port.partial_shape),
        )
        for port in ports
    ]
