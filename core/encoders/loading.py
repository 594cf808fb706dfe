"""Open an encoder by its folder, and choose what runs it."""

import time
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
"""The encoder that comes with the program."""
_RACE_FRAMES = 4
_RACE_ROUNDS = 5
_LEAST_AGREEMENT = 0.9999

_winners: dict[tuple[str, int], Runtime] = {}
"""What won the race in this process, by fingerprint and threads."""


def open_encoder(folder: Path | None = None, *, threads: int = 0, runtime: Runtime = "auto") -> Encoder:
    """Open the encoder in `folder`, the bundled one for `None`. `threads` compute (0: one for each core).

    `runtime` "auto": a GPU through ONNX Runtime if its build has one; else OpenVINO if it is installed and faster here,
    by a race on four frames run once a process (a fraction of a second); else ONNX Runtime. Whichever runs it, the
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
    first = with_onnx()
    if runtime == "onnx" or first.on_gpu or not is_installed() or _winners.get((key, threads)) == "onnx":
        return first
    try:
        second = with_openvino()
    except EncoderError:
        return first
    if (key, threads) not in _winners:
        _winners[key, threads] = "openvino" if _is_faster(second, first) else "onnx"
    return second if _winners[key, threads] == "openvino" else first


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


def _is_faster(challenger: Encoder, champion: Encoder) -> bool:
    """Best of some rounds on noise, turn by turn so that other work on the machine slows both; and they must agree."""
    size = champion.spec.preprocess
    noise = np.random.default_rng(0).integers(0, 256, (_RACE_FRAMES, size.height, size.width, 3), np.uint8)
    cosines = np.einsum("nd,nd->n", challenger.embed(noise), champion.embed(noise))
    if not cosines.min() >= _LEAST_AGREEMENT:
        return False
    best = [float("inf"), float("inf")]
    for _ in range(_RACE_ROUNDS):
        for side, encoder in enumerate((challenger, champion)):
            start = time.perf_counter()
            encoder.embed(noise)
            best[side] = min(best[side], time.perf_counter() - start)
    return best[0] < best[1]
