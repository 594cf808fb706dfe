"""Encoder loading: from a folder to an encoder, on the fastest runtime."""

import time
from collections.abc import MutableMapping
from pathlib import Path
from typing import Literal

import numpy as np

from core.encoders.base import Encoder, EncoderSpec
from core.encoders.onnx import OnnxEncoder
from core.encoders.openvino import OpenVinoEncoder, is_installed
from core.encoders.spec import MODEL_NAME, fingerprint, read_spec
from core.errors import EncoderError

Runtime = Literal["auto", "onnx", "openvino"]

BUNDLED = Path(__file__).parent / "bundled"
"""The encoder that is part of the program."""
_TIMED_FRAMES = 4
_TIMED_ROUNDS = 5
_MIN_COSINE = 0.9999

MEASURED_RUNTIMES: dict[tuple[str, int], Runtime] = {}
"""The faster runtime on this machine, by fingerprint and threads; measured once a process."""


def open_encoder(
    folder: Path | None = None,
    *,
    threads: int = 0,
    runtime: Runtime = "auto",
    measured: MutableMapping[tuple[str, int], Runtime] = MEASURED_RUNTIMES,
) -> Encoder:
    """Open the encoder in `folder`, the bundled one for `None`. `threads` compute (0: one for each core).

    `runtime` "auto": a GPU through ONNX Runtime if its build has one; else OpenVINO if it is installed and faster here,
    timed on four frames (a fraction of a second) unless it is in `measured`; else ONNX Runtime. With any runtime the
    vectors are the same to four digits and the fingerprint is the same. `EncoderError` names the file that is wrong.
    """
    folder = BUNDLED if folder is None else folder
    weights, spec = _read(folder)
    key, source = fingerprint(weights, spec), str(folder / MODEL_NAME)

    def with_onnx() -> OnnxEncoder:
        return OnnxEncoder(weights, spec, key, source=source, threads=threads)

    def with_openvino() -> OpenVinoEncoder:
        return OpenVinoEncoder(weights, spec, key, source=source, threads=threads)

    if runtime == "openvino":
        return with_openvino()
    onnx_encoder = with_onnx()
    fastest = measured.get((key, threads))
    if runtime == "onnx" or onnx_encoder.on_gpu or not is_installed() or fastest == "onnx":
        return onnx_encoder
    try:
        openvino_encoder = with_openvino()
    except EncoderError:
        return onnx_encoder
    if fastest is None:
        fastest = "openvino" if is_faster(openvino_encoder, onnx_encoder) else "onnx"
        measured[key, threads] = fastest
    return openvino_encoder if fastest == "openvino" else onnx_encoder


def read_fingerprint(folder: Path) -> str:
    """The fingerprint of the encoder in a folder, which is not loaded. `EncoderError` names the file that is wrong."""
    return fingerprint(*_read(folder))


def _read(folder: Path) -> tuple[bytes, EncoderSpec]:
    spec = read_spec(folder)
    path = folder / MODEL_NAME
    try:
        return path.read_bytes(), spec
    except FileNotFoundError as exc:
        raise EncoderError(f"There is no encoder in {folder}: it has no {MODEL_NAME}.") from exc
    except OSError as exc:
        raise EncoderError(f"{path} cannot be read: {exc}.") from exc


def is_faster(candidate: Encoder, reference: Encoder) -> bool:
    """Whether a candidate gives the same vectors in less time: best of some rounds on noise, in turn, so that other
    work on the machine slows both.
    """
    size = reference.spec.preprocess
    noise = np.random.default_rng(0).integers(0, 256, (_TIMED_FRAMES, size.height, size.width, 3), np.uint8)
    cosines = np.einsum("nd,nd->n", candidate.embed(noise), reference.embed(noise))
    if not cosines.min() >= _MIN_COSINE:
        return False
    best_s = [float("inf"), float("inf")]
    for _ in range(_TIMED_ROUNDS):
        for index, encoder in enumerate((candidate, reference)):
            start_s = time.perf_counter()
            encoder.embed(noise)
            best_s[index] = min(best_s[index], time.perf_counter() - start_s)
    return best_s[0] < best_s[1]
