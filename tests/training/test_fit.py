"""Training through the real commands: two steps on drawn frames, continued runs, and an encoder for the engine."""

import csv
import errno
import json
import os
import shutil
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from typer.testing import CliRunner

from config.opening import engine_spec
from config.settings import load_settings
from core.encoders.loading import open_encoder
from core.engine import Engine
from core.errors import EncoderError, InputError, StorageError
from ingest.library.add import add_videos
from ingest.planning.plan import PlanOptions
from ingest.reporting import SilentReporter
from tests.episodes import scene_frame
from training.commands.cli import app
from training.dataset.frame_dataset import Dataset
from training.export.onnx_export import drawn_pictures
from training.fitting.checkpoint import Checkpoint
from training.fitting.contact_sheet import write_contact_sheet
from training.fitting.loop import learning_rate
from training.fitting.pairs import PairBatch
from training.fitting.spec import PRESETS, FitSpec
from training.model.backbones import make_trunk
from training.model.frame_encoder import FrameEncoder

SMALL_SPEC = FitSpec(width=96, height=64, dim=8)
SMALL = ("--size", "96x64", "--dim", "8", "--batch", "20", "--workers", "1", "--threads", "1")


def _train(*arguments: object) -> dict[str, object]:
    done = CliRunner().invoke(app, [str(argument) for argument in (*arguments, "--json")], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    report = json.loads(done.stdout)
    assert isinstance(report, dict)
    return report


@pytest.fixture(scope="module")
def run(drawn_frames: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A read-only run of one pass of two steps from random weights."""
    run = tmp_path_factory.mktemp("fit") / "run"
    _train("fit", drawn_frames, "--run", run, "--init", "scratch", "--epochs", 1, *SMALL)
    return run


def test_a_run_leaves_what_it_says(run: Path, drawn_frames: Path) -> None:
    assert {path.name for path in run.iterdir()} >= {"pairs.png", "log.csv", "last.pt", "best.pt"}
    assert list(run.glob("events.out.tfevents.*"))
    with (run / "log.csv").open() as file:
        epochs = list(csv.DictReader(file))
    assert [row["epoch"] for row in epochs] == ["0", "1"]
    assert 0 < float(epochs[1]["loss"]) < 20
    assert 0 < float(epochs[1]["mrr"]) <= 1
    sheet = cv2.imread(str(run / "pairs.png"))
    assert sheet is not None
    assert sheet.std() > 20
    state = Checkpoint.load(run / "last.pt")
    assert state.epoch == 1
    assert state.spec.mean == Dataset.open(drawn_frames).mean
    assert state.facts["frames"] == len(Dataset.open(drawn_frames).split("train"))
    start = torch.load(run / "last.pt", weights_only=True)["optimizer"]
    assert {int(state_of_tensor["step"]) for state_of_tensor in start["state"].values()} == {2}


def test_a_stopped_run_goes_on_to_the_same_end(drawn_frames: Path, tmp_path: Path) -> None:
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    arguments = ("--init", "scratch", "--lr", "0.001", *SMALL)
    _train("fit", drawn_frames, "--run", whole, "--epochs", 2, *arguments)
    halfway = Checkpoint.load(whole / "last.pt").history[1]
    _train("fit", drawn_frames, "--run", parts, "--epochs", 2, *arguments)
    assert Checkpoint.load(parts / "last.pt").history[1].loss == pytest.approx(halfway.loss, rel=1e-3)
    longer = _train("fit", drawn_frames, "--run", parts, "--epochs", 3, *arguments)
    assert [record.epoch for record in Checkpoint.load(parts / "last.pt").history] == [0, 1, 2, 3]
    assert longer["run"] == str(parts)
    with pytest.raises(InputError, match="another lr"):
        _train("fit", drawn_frames, "--run", parts, "--epochs", 3, "--init", "scratch", "--lr", "0.5", *SMALL)
    with pytest.raises(InputError, match="began from scratch, not from imagenet"):
        _train("fit", drawn_frames, "--run", parts, "--epochs", 3, "--init", "imagenet", *SMALL)


def test_what_was_trained_is_exported_and_searched_with(
    run: Path, drawn_videos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "encoder"
    written = _train("export", run, "--out", out, "--name", "drawn")
    encoder = open_encoder(out, runtime="onnx")
    assert written == {
        "folder": str(out),
        "name": "drawn",
        "fingerprint": encoder.fingerprint,
        "model_bytes": (out / "model.onnx").stat().st_size,
    }
    assert "ResNet" not in (out / "CARD.md").read_text("utf-8")
    assert encoder.fingerprint in (out / "CARD.md").read_text("utf-8")
    monkeypatch.setenv("WHENANIME_ENCODER", str(out))
    settings = load_settings()
    added = add_videos(settings, [drawn_videos], PlanOptions(), lambda *_: SilentReporter())
    assert not added.summary.problems
    with Engine(engine_spec(settings), encoder) as engine:
        assert engine.search(scene_frame(8, 0)).scenes


def _folded(dim: int, powers: tuple[int, ...]) -> FrameEncoder:
    """A random model without equal tensors, which the exporter would store only once."""
    torch.manual_seed(0)
    model = FrameEncoder(make_trunk("lite0", folded=True), SMALL_SPEC.preprocess, dim, powers=powers)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter), alpha=0.01)
    return model


def test_training_goes_on_from_an_exported_encoder(run: Path, drawn_frames: Path, tmp_path: Path) -> None:
    _train("export", run, "--out", tmp_path / "normed")
    with pytest.raises(EncoderError, match="does not hold the weights"):  # its norms are folded only in the graph
        _train("fit", drawn_frames, "--run", tmp_path / "run", "--init", tmp_path / "normed", "--epochs", 0)
    folded = _folded(8, SMALL_SPEC.powers)
    state = Checkpoint(SMALL_SPEC, "chance", folded=True, history=(), model=folded.state_dict())
    state.save(tmp_path / "start.pt")
    _train("export", tmp_path / "start.pt", "--out", tmp_path / "encoder")
    _train("fit", drawn_frames, "--run", tmp_path / "on", "--init", tmp_path / "encoder", "--epochs", 0, *SMALL)
    begun = Checkpoint.load(tmp_path / "on" / "last.pt")
    assert begun.folded
    for name, tensor in state.model.items():
        assert torch.allclose(begun.model[name], tensor, atol=1e-2, rtol=1e-3)


def test_a_projection_is_learned_for_a_network_without_one(drawn_frames: Path, tmp_path: Path) -> None:
    folded = _folded(5, (1,))
    spec = replace(SMALL_SPEC, dim=5, powers=(1,))
    Checkpoint(spec, "chance", folded=True, history=(), model=folded.state_dict()).save(tmp_path / "other.pt")
    arguments = ("--init", tmp_path / "other.pt", "--relearn", "--epochs", 0, *SMALL)
    report = _train("fit", drawn_frames, "--run", tmp_path / "run", *arguments)
    begun = Checkpoint.load(tmp_path / "run" / "best.pt")
    assert begun.model["projection.weight"].shape == (8, 2 * (240 + 672))
    assert torch.equal(begun.model["trunk.top.0.weight"], folded.state_dict()["trunk.top.0.weight"])
    mrr = report["mrr"]
    assert isinstance(mrr, float)
    assert mrr > 0.3  # by chance about 0.2


def test_a_projection_wants_as_many_frames_as_numbers(drawn_frames: Path, tmp_path: Path) -> None:
    Checkpoint(SMALL_SPEC, "chance", folded=True, history=(), model=_folded(8, SMALL_SPEC.powers).state_dict()).save(
        tmp_path / "other.pt"
    )
    arguments = ("--init", tmp_path / "other.pt", "--relearn", "--epochs", 0, "--size", "96x64", "--dim", 256)
    with pytest.raises(InputError, match="a projection to 256 numbers wants 256 at least"):
        _train("fit", drawn_frames, "--run", tmp_path / "run", *arguments)


def test_a_blend_lies_between_the_start_and_the_end(run: Path, tmp_path: Path) -> None:
    run = Path(shutil.copytree(run, tmp_path / "run"))
    shutil.copy(run / "last.pt", run / "best.pt")
    start, best = (Checkpoint.load(run / name) for name in ("start.pt", "best.pt"))
    written = _train("export", run, "--out", tmp_path / "half", "--blend", "0.5")
    assert written["fingerprint"] != _train("export", run, "--out", tmp_path / "end")["fingerprint"]
    frames = drawn_pictures(start.spec.preprocess)
    half = start.encoder()
    half.load_state_dict({name: (tensor + best.model[name]) / 2 for name, tensor in start.model.items()})
    with torch.no_grad():
        expected = half(torch.from_numpy(frames)).numpy()
    cosines = np.einsum("nd,nd->n", expected, open_encoder(tmp_path / "half", runtime="onnx").embed(frames))
    assert cosines.min() > 0.999
    with pytest.raises(InputError, match="one checkpoint"):
        _train("export", run / "best.pt", "--out", tmp_path / "no", "--blend", "0.5")


def test_int8_is_measured_before_it_is_written(run: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="name a data set by --dataset"):
        _train("export", run, "--out", tmp_path / "small", "--weights", "int8")
    assert not (tmp_path / "small").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--init", "nowhere"), "nothing to begin from at nowhere"),
        (("--init", "imagenet", "--backbone", "resnet18"), "No installed package carries"),
        (("--init", "scratch", "--backbone", "vgg"), "no backbone named vgg"),
        (("--init", "scratch", "--size", "wide"), "--size must be width and height"),
        (("--init", "scratch", "--size", "90x64"), "multiples of 16"),
        (("--init", "scratch", "--without", "glitter"), "no augmentation named glitter"),
        (("--init", "scratch", "--precision", "float8"), "precision must be one of"),
        (("--init", "scratch", "--lr", "0"), "lr must be greater than 0"),
        (("--init", "scratch", "--show", "One"), "goes with --library"),
    ],
)
def test_what_cannot_be_is_said(drawn_frames: Path, tmp_path: Path, arguments: tuple[str, ...], message: str) -> None:
    with pytest.raises((EncoderError, InputError), match=message):
        _train("fit", drawn_frames, "--run", tmp_path / "run", *arguments)


def test_without_frames_it_is_said() -> None:
    with pytest.raises(InputError, match="Name the folder that `train dataset` wrote"):
        _train("fit")


def test_the_rate_rises_and_follows_a_cosine() -> None:
    spec = FitSpec(lr=1.0, lr_min=0.1, epochs=4, warmup=10)
    assert learning_rate(spec, 0, 0) == pytest.approx(0.1)
    assert learning_rate(spec, 2, 100) == pytest.approx(0.55)
    assert learning_rate(spec, 4, 200) == pytest.approx(0.1)
    seed = PRESETS["seed"]
    assert learning_rate(seed, 0, 0) == pytest.approx(0.001)
    assert learning_rate(seed, 10, 999) == pytest.approx(0.00005)


@pytest.mark.parametrize("content", [b"", b"words", b"PK\x03\x04 cut off"])
def test_files_that_are_no_checkpoints_are_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "last.pt"
    path.write_bytes(content)
    with pytest.raises(EncoderError, match=r"last\.pt"):
        Checkpoint.load(path)


def test_nothing_in_a_checkpoint_is_run(tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self) -> tuple[object, ...]:
            return Path.touch, (tmp_path / "sprung",)

    torch.save({"version": 1, "trap": Trap()}, tmp_path / "last.pt")
    with pytest.raises(EncoderError, match="no checkpoint that can be read"):
        Checkpoint.load(tmp_path / "last.pt")
    assert not (tmp_path / "sprung").exists()


def _full(_handle: int) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_full_disk_leaves_the_last_checkpoint_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = {"weight": torch.ones(3)}
    path = tmp_path / "last.pt"
    Checkpoint(SMALL_SPEC, "chance", folded=True, history=(), model=model).save(path)
    monkeypatch.setattr("core.files.os.fsync", _full)
    with pytest.raises(StorageError, match=r"last\.pt: cannot be written: No space left"):
        Checkpoint(SMALL_SPEC, "later", folded=True, history=(), model=model).save(path)
    assert Checkpoint.load(path).start == "chance"
    assert [file.name for file in tmp_path.iterdir()] == ["last.pt"]


def test_no_empty_sheet_of_pairs_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pictures = torch.zeros(2, 8, 8, 3, dtype=torch.uint8)
    batch = PairBatch(pictures, pictures, torch.zeros(2, 4))
    monkeypatch.setattr("training.fitting.contact_sheet.cv2.imencode", lambda *_: (False, np.empty(0, np.uint8)))
    with pytest.raises(StorageError, match=r"pairs\.png: cannot be written"):
        write_contact_sheet(batch, tmp_path / "pairs.png")
    assert not (tmp_path / "pairs.png").exists()


def test_the_published_recipe_is_a_preset() -> None:
    seed = PRESETS["seed"]
    assert (seed.backbone, seed.lr, seed.t_max, seed.lr_min, seed.scale) == ("resnet18", 0.001, 10, 0.00005, 20)
    assert dict(seed.augmentations) == {"published": 1.0}
    assert FitSpec.from_json(json.loads(json.dumps(seed.to_json()))) == seed
    assert np.isfinite(seed.preprocess.std).all()
