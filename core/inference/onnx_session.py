"""ONNX Runtime sessions; the only place where its exceptions are translated."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray
from onnxruntime.capi import onnxruntime_pybind11_state as ort_errors

from core.errors import EncoderError

_ONNX_ERRORS = (
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


class OnnxSession:
    """Runs a network; safe to call from several threads. `threads` compute for one call (0: one for each core).

    The first available one of `providers` computes, else the CPU. `EncoderError` names `source` when the network cannot
    be loaded or fails.
    """

    def __init__(self, weights: bytes, *, source: str, threads: int, providers: Sequence[str] = ()) -> None:
        options = ort.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3
        options.enable_cpu_mem_arena = False  # it never returns the memory of its largest inputs
        available = ort.get_available_providers()
        chosen = [name for name in providers if name in available][:1]
        try:
            self._session = ort.InferenceSession(weights, options, providers=[*chosen, "CPUExecutionProvider"])
        except _ONNX_ERRORS as exc:
            raise EncoderError(f"{source} cannot be loaded by ONNX Runtime: {exc}") from exc
        self._source = source

    @property
    def inputs(self) -> Sequence[ort.NodeArg]:
        """The network's inputs."""
        return tuple(self._session.get_inputs())

    @property
    def outputs(self) -> Sequence[ort.NodeArg]:
        """The network's outputs."""
        return tuple(self._session.get_outputs())

    @property
    def provider(self) -> str:
        """The execution provider that computes."""
        return str(self._session.get_providers()[0])

    def run(self, outputs: Sequence[str], feeds: Mapping[str, NDArray[Any]]) -> list[NDArray[np.float32]]:
        """Compute the named outputs from all inputs, by name."""
        try:
            return list(self._session.run(list(outputs), dict(feeds)))
        except _ONNX_ERRORS as exc:
            raise EncoderError(f"{self._source} failed in ONNX Runtime: {exc}") from exc
