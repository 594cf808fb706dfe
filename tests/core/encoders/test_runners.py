"""What `Encoder` promises, on the bundled encoder and on every runtime."""

import json
import shutil
import sys
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from core.encoders.base import Encoder, EncoderSpec, FrameBatch, VectorBatch
from core.encoders.loading import BUNDLED, Runtime, is_faster, open_encoder
from core.encoders.onnx import CHUNK_FRAMES, OnnxEncoder
from core.encoders.openvino import OpenVinoEncoder, is_installed
from core.encoders.preprocess import prepare
from core.errors import EncoderError
from tests.clips import drawing

needs_openvino = pytest.mark.skipif(not is_installed(), reason="the extra `openvino` is not installed")
RUNTIMES = ["onnx", pytest.param("openvino", marks=needs_openvino)]


@pytest.fixture(scope="module", params=RUNTIMES)
def encoder(request: pytest.FixtureRequest) -> Encoder:
    runtime: Runtime = request.param
    return open_encoder(None, threads=1, runtime=runtime)


@pytest.fixture(scope="module")
def frames() -> NDArray[np.uint8]:
    """Nine different frames of the bundled encoder's size."""
    spec = open_encoder(None, runtime="onnx").spec.preprocess
    return np.stack([prepare(drawing(shot, 640, 360, shot=shot), spec) for shot in range(9)])


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    """A copy of the bundled encoder that a test may break."""
    return Path(shutil.copytree(BUNDLED, tmp_path / "encoder"))


def change_spec(folder: Path, **fields: Any) -> None:
    path = folder / "spec.json"
    path.write_text(json.dumps(json.loads(path.read_text("utf-8")) | fields), "utf-8")


def test_vectors_are_float32_of_length_one(encoder: Encoder, frames: NDArray[np.uint8]) -> None:
    vectors = encoder.embed(frames)
    assert vectors.dtype == np.float32
    assert vectors.shape == (9, encoder.spec.dim)
    assert np.abs(np.linalg.norm(vectors, axis=1) - 1).max() < 1e-5


def test_black_and_white_have_vectors_too(encoder: Encoder, frames: NDArray[np.uint8]) -> None:
    plain = np.stack([np.zeros_like(frames[0]), np.full_like(frames[0], 255)])
    assert np.abs(np.linalg.norm(encoder.embed(plain), axis=1) - 1).max() < 1e-5


def test_a_vector_does_not_depend_on_its_batch(encoder: Encoder, frames: NDArray[np.uint8]) -> None:
    together = encoder.embed(frames)
    assert len(frames) > 2 * CHUNK_FRAMES
    for size in (1, 2, 3):
        apart = np.concatenate([encoder.embed(frames[at : at + size]) for at in range(0, len(frames), size)])
        assert np.abs(together - apart).max() < 1e-4
    assert np.abs(together - encoder.embed(frames[::-1])[::-1]).max() < 1e-4


def test_an_empty_batch_is_an_empty_answer(encoder: Encoder, frames: NDArray[np.uint8]) -> None:
    vectors = encoder.embed(frames[:0])
    assert vectors.shape == (0, encoder.spec.dim)
    assert vectors.dtype == np.float32


def test_frames_of_another_size_or_type_are_refused(encoder: Encoder, frames: NDArray[np.uint8]) -> None:
    wrongs: list[NDArray[Any]] = [frames[:, :-1], frames[0], frames.astype(np.float32), frames[..., :1]]
    for wrong in wrongs:
        with pytest.raises(EncoderError, match="takes frames of shape"):
            encoder.embed(wrong)


def test_threads_may_call_at_once(encoder: Encoder, frames: NDArray[np.uint8]) -> None:
    expected = encoder.embed(frames)
    worst: list[float] = []

    def work(start: int) -> None:
        order = np.roll(np.arange(len(frames)), start)
        worst.extend(float(np.abs(encoder.embed(frames[order]) - expected[order]).max()) for _ in range(3))

    workers = [threading.Thread(target=work, args=(start,)) for start in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(worst) == 12
    assert max(worst) < 1e-4


@needs_openvino
def test_runtimes_agree(frames: NDArray[np.uint8]) -> None:
    onnx, openvino = open_encoder(None, runtime="onnx"), open_encoder(None, runtime="openvino")
    assert isinstance(onnx, OnnxEncoder)
    assert isinstance(openvino, OpenVinoEncoder)
    assert onnx.fingerprint == openvino.fingerprint
    assert np.einsum("nd,nd->n", onnx.embed(frames), openvino.embed(frames)).min() > 0.9999


def test_the_fingerprint_does_not_follow_the_name(broken: Path) -> None:
    bundled = open_encoder(None, runtime="onnx").fingerprint
    change_spec(broken, name="renamed", confidence={"bias": 1, "similarity": 2, "margin": 3})
    renamed = open_encoder(broken, runtime="onnx")
    assert renamed.spec.name == "renamed"
    assert renamed.fingerprint == bundled


@pytest.mark.parametrize("runtime", RUNTIMES)
@pytest.mark.parametrize("content", [b"", b"no graph at all", None])
def test_a_model_that_cannot_be_loaded_is_named(content: bytes | None, runtime: Runtime, broken: Path) -> None:
    path = broken / "model.onnx"
    path.write_bytes(path.read_bytes()[:100_000] if content is None else content)
    with pytest.raises(EncoderError, match=r"model\.onnx cannot be loaded"):
        open_encoder(broken, runtime=runtime)


def test_a_missing_model_is_named(broken: Path) -> None:
    (broken / "model.onnx").unlink()
    with pytest.raises(EncoderError, match=r"it has no model\.onnx"):
        open_encoder(broken)
    (broken / "model.onnx").mkdir()
    with pytest.raises(EncoderError, match=r"model\.onnx cannot be read"):
        open_encoder(broken)


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_a_spec_that_does_not_fit_the_model_is_refused(runtime: Runtime, broken: Path) -> None:
    change_spec(broken, dim=128)
    with pytest.raises(EncoderError, match=r"model\.onnx gives .*256.*spec\.json says dim 128"):
        open_encoder(broken, runtime=runtime)
    spec = json.loads((BUNDLED / "spec.json").read_text("utf-8"))
    change_spec(broken, dim=256, preprocess=spec["preprocess"] | {"width": 304})
    with pytest.raises(EncoderError, match=r"model\.onnx takes .*spec\.json says frames of width 304"):
        open_encoder(broken, runtime=runtime)


def test_openvino_that_is_not_installed_is_said_or_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openvino", None)
    with pytest.raises(EncoderError, match="uv sync --extra openvino"):
        open_encoder(None, runtime="openvino")
    assert isinstance(open_encoder(None, runtime="auto"), OnnxEncoder)


class _Memory:
    """An encoder that takes no time: it knows the answer to one batch; `turned` spoils it."""

    def __init__(self, spec: EncoderSpec, answer: VectorBatch) -> None:
        self.spec = spec
        self.fingerprint = "0" * 16
        self._answer = answer

    def embed(self, batch: FrameBatch) -> VectorBatch:
        return self._answer[: len(batch)]


def test_a_runtime_counts_as_faster_only_if_it_agrees() -> None:
    reference = open_encoder(None, threads=1, runtime="onnx")
    size = reference.spec.preprocess
    noise = np.random.default_rng(0).integers(0, 256, (4, size.height, size.width, 3), np.uint8)
    answer = reference.embed(noise)
    right, wrong = _Memory(reference.spec, answer), _Memory(reference.spec, answer[::-1])
    assert is_faster(right, reference)
    assert not is_faster(reference, right)
    assert not is_faster(wrong, reference)
    assert not is_faster(_Memory(reference.spec, np.full_like(answer, np.nan)), reference)


@needs_openvino
@pytest.mark.parametrize(("runtime", "kind"), [("onnx", OnnxEncoder), ("openvino", OpenVinoEncoder)])
def test_runtimes_are_timed_once_a_process(runtime: Runtime, kind: type) -> None:
    key = open_encoder(None, runtime="onnx").fingerprint
    assert isinstance(open_encoder(None, threads=1, measured={(key, 1): runtime}), kind)
    measured: dict[tuple[str, int], Runtime] = {}
    chosen = open_encoder(None, threads=1, measured=measured)
    assert measured == {(key, 1): "onnx" if isinstance(chosen, OnnxEncoder) else "openvino"}


def test_a_spec_is_a_value(frames: NDArray[np.uint8]) -> None:
    encoder = open_encoder(None, runtime="onnx")
    assert replace(encoder.spec) == encoder.spec == open_encoder(BUNDLED, runtime="onnx").spec
    assert np.array_equal(encoder.embed(frames[:1]), encoder.embed(frames[:1]))
