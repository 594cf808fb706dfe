"""Messages of `train fit`: that training did not help, and what is missing, before a video is read."""

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner, Result

from config.settings import Settings
from core.errors import InputError
from ingest.library.opening import open_library
from training.commands.cli import app
from training.dataset.frame_dataset import Dataset
from training.dataset.spec import Split

SMALL = ("--init", "scratch", "--size", "96x64", "--dim", "8", "--batch", "20", "--workers", "1", "--threads", "1")


def _train(*arguments: object) -> Result:
    ended = CliRunner().invoke(app, [str(argument) for argument in arguments], catch_exceptions=False)
    assert ended.exit_code == 0, ended.output
    return ended


def _validated(monkeypatch: pytest.MonkeyPatch, *mrrs: float) -> None:
    """Make validation return these values, one an epoch."""
    results: Iterator[SimpleNamespace] = (
        SimpleNamespace(
            published=SimpleNamespace(mrr=mrr, top={1: mrr, 5: mrr, 10: mrr, 20: mrr}), posted=SimpleNamespace(mrr=mrr)
        )
        for mrr in mrrs
    )
    monkeypatch.setattr("training.fitting.loop.validate", lambda *_arguments: next(results))


@pytest.mark.parametrize("after", [0.4, 0.6])
def test_training_that_did_not_help_says_so_and_recommends_no_export(
    drawn_frames: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, after: float
) -> None:
    _validated(monkeypatch, 0.6, after)
    output = _train("fit", drawn_frames, "--run", tmp_path / "run", "--epochs", 1, *SMALL).stdout
    assert f"training did not help: MRR {after:.4f} at best after it, 0.6000 before" in output
    assert "train export" not in output
    again = _train("fit", drawn_frames, "--run", tmp_path / "run", "--epochs", 1, "--json", *SMALL).stdout
    assert '"mrr_before": 0.6, "helped": false' in again, "the run is over; its history is not"


def test_training_that_helped_says_from_what_and_how_to_export(
    drawn_frames: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _validated(monkeypatch, 0.6, 0.7)
    output = _train("fit", drawn_frames, "--run", tmp_path / "run", "--epochs", 1, *SMALL).stdout
    assert "best after pass 1, top-1 0.7000, MRR 0.7000 (0.6000 before training)" in output
    assert "whenanime train export" in output


def test_a_data_set_without_validation_frames_is_refused_before_anything_is_made(
    frames: Dataset, tmp_path: Path
) -> None:
    rows = frames.split(Split.TRAIN)
    Dataset(frames.folder, frames.spec, rows, frames.mean, frames.std).write()
    with pytest.raises(InputError, match=rf"{len(rows)} to train on and 0 to validate by"):
        _train("fit", frames.folder, "--run", tmp_path / "run", *SMALL)
    assert not (tmp_path / "run").exists()


@pytest.fixture
def one_episode(library_settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """A library of one episode, whose videos must not be read."""
    with open_library(library_settings) as library:
        first, *rest = library.reader.all()
        library.writer.remove([record.id for record in rest])
        assert first.searchable

    def read(*_arguments: object, **_named: object) -> None:
        pytest.fail("a video was read")

    monkeypatch.setattr("training.dataset.extraction.write_frames", read)


@pytest.mark.usefixtures("one_episode")
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "no frames to validate by: a whole episode is held back, and there is only one"),
        (("--size", "wide"), "--size must be width and height"),
    ],
)
def test_what_a_library_lacks_is_said_before_its_videos_are_read(
    tmp_path: Path, arguments: tuple[str, ...], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        _train("fit", "--library", "--run", tmp_path / "run", *arguments)


def test_a_data_set_that_will_lack_a_side_is_announced_first(drawn_videos: Path, tmp_path: Path) -> None:
    output = _train("dataset", drawn_videos, "--out", tmp_path / "all", "--validation", "1", "--per-video", "1").stderr
    assert output.splitlines()[0].endswith(
        "will have no frames to train on: all of 3 episodes are held back; `train fit` wants some of both kinds"
    )
    output = _train("dataset", drawn_videos, "--out", tmp_path / "both", "--per-video", "1").stderr
    assert "note" not in output
