"""ONNX Runtime as an encoder: on a GPU where the installed build has one, else on the processor."""

from collections.abc import Sequence

import numpy as np
import onnxruntime as ort
from onnxruntime.capi import onnxruntime_pybind11_state as ort_errors

from core.encoders.base import EncoderSpec, FrameBatch, VectorBatch
from core.encoders.preprocess import check_batch
from core.encoders.spec import Port, check_ports
from core.errors import EncoderError

GPU_PROVIDERS = ("CUDAExecutionProvider", "MIGraphXExecutionProvider", "ROCMExecutionProvider")
"""Providers that compute in float32 and may be called from several threads, the first one present is taken."""
CHUNK = 2
"""Frames that go through the network at once. On a processor more are slower: their feature maps leave its cache."""

_DTYPES = {"tensor(uint8)": "uint8", "tensor(float)": "float32"}
_ERRORS = (
    ort_errors.EPFail,
    ort_errors.Fail,
    ort_errors.InvalidArgument,
    ort_errors.InvalidGraph,
    ort_errors.InvalidProtobuf,
    ort_errors.NoModel,
    ort_errors.NoSuchFile,
    ort_errors.NotImplemented,
    ort_errors.RuntimeException,
)


class OnnxEncoder:
    """`model.onnx` in ONNX Runtime; keeps the promises of `Encoder`.

    The graph has one input, bytes (n, height, width, 3), and one output, float32 (n, dim) of length 1. `EncoderError`
    when it cannot be loaded or has another shape than `spec` says. `threads` compute (0: one for each core).
    """

    def __init__(self, weights: bytes, spec: EncoderSpec, fingerprint: str, *, source: str, threads: int = 0) -> None:
        self.spec = spec
        self.fingerprint = fingerprint
        options = ort.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3
        present = ort.get_available_providers()
        gpu = [name for name in GPU_PROVIDERS if name in present][:1]
        try:
            self._session = ort.InferenceSession(weights, options, providers=[*gpu, "CPUExecutionProvider"])
        except _ERRORS as exc:
            raise EncoderError(f"{source} cannot be loaded by ONNX Runtime: {exc}") from exc
        inputs, outputs = self._session.get_inputs(), self._session.get_outputs()
        check_ports(spec, source, _ports(inputs), _ports(outputs))
        self._input, self._output = inputs[0].name, outputs[0].name
        self._source = source

    @property
    def on_gpu(self) -> bool:
        """Whether a GPU computes; a build for GPUs falls back to the processor where there is none."""
        return self._session.get_providers()[0] in GPU_PROVIDERS

    def embed(self, batch: FrameBatch) -> VectorBatch:
        """See `Encoder.embed`."""
        check_batch(batch, self.spec)
        vectors = np.empty((len(batch), self.spec.dim), np.float32)
        for start in range(0, len(batch), CHUNK):
            part = np.ascontiguousarray(batch[start : start + CHUNK])
            try:
                (found,) = self._session.run([self._output], {self._input: part})
            except _ERRORS as exc:
                raise EncoderError(f"{self._source} failed in ONNX Runtime: {exc}") from exc
            vectors[start : start + CHUNK] = found
        return vectors


def _ports(nodes: Sequence[ort.NodeArg]) -> list[Port]:
    return [Port(_DTYPES.get(node.type, node.type), tuple(node.shape)) for node in nodes]
