"""`train evaluate` from the command line to the files that it writes."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import cv2
import pytest
import typer
from typer.testing import CliRunner

from core.encoders.loading import BUNDLED
from core.encoders.spec import read_spec
from core.errors import EncoderError, InputError
from tests.episodes import draw_episode
from tests.training.evaluation.drawn import small_encoder
from training.commands import dataset_cli
from training.commands.evaluate_cli import evaluate
from training.distortion.sweep import SWEEP
from training.evaluation import run


def _run(command: Callable[..., None], *args: object) -> tuple[int, str, str, BaseException | None]:
    app = typer.Typer(pretty_exceptions_enable=False)
    app.command()(command)
    ended = CliRunner().invoke(app, [str(arg) for arg in args])
    return ended.exit_code, ended.stdout, ended.stderr, ended.exception


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_encoder(tmp_path_factory.mktemp("encoders") / "one")


@pytest.fixture
def two_shows(videos: Path) -> Path:
    draw_episode(videos / "Other Show/01.mp4", 40)
    return videos


@pytest.fixture
def _few_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "SWEEP", {name: SWEEP[name] for name in run.OPEN_SET_ROWS})


def test_everything_at_once(two_shows: Path, encoder: Path, tmp_path: Path) -> None:
    second_encoder = small_encoder(tmp_path / "two")
    _run(dataset_cli.dataset, two_shows, "--out", "d", "--validation", 0.5, "--per-video", 8)
    outside = two_shows.parent / "outside"
    draw_episode(outside / "1.mp4", 60, frames=12)
    arguments = (
        "--encoder",
        encoder,
        "--encoder",
        second_encoder,
        "--dataset",
        "d",
        "--videos",
        two_shows,
        "--queries",
        3,
    )
    code, text, _, error = _run(evaluate, *arguments, "--outside", outside, "--out", "o", "--json")
    assert (code, error) == (0, None)
    values = json.loads(text)
    assert values == json.loads((tmp_path / "o/evaluation.json").read_text("utf-8"))
    assert (values["version"], values["files"], values["queries"], values["outside"]) == (1, 4, 3, 3)
    assert [first["name"] for first in values["encoders"]] == ["small (one)", "small (two)"]
    assert list(values["fingerprints"]) == ["small (one)", "small (two)"]
    first, second = values["encoders"]
    assert {**first, "name": ""} == {**second, "name": ""}
    assert set(first["library"]) == set(SWEEP)
    assert first["library"]["clean"]["right_shot"] == first["library"]["mirror"]["right_shot"] == 1
    assert first["library"]["phone portrait, app"]["right_shot"] < 1
    assert first["seed_protocol"]["queries"] > 5
    assert first["open_set"]["clean"]["own_show_out"] == 3
    assert first["open_set"]["clean"]["likeness"]["recall"] == 1
    page = (tmp_path / "o/evaluation.md").read_text("utf-8")
    assert "| clean | 1.000 / 1.000 | 1.000 / 1.000 |" in page
    assert "![sweep](sweep.png)" in page
    for name in ("sweep.png", "roc.png"):
        drawn = cv2.imread(str(tmp_path / "o" / name))
        assert drawn is not None
        assert drawn.std() > 10


@pytest.mark.usefixtures("_few_rows")
def test_two_runs_give_the_same_files_and_leave_nothing_of_the_first(
    two_shows: Path, encoder: Path, tmp_path: Path
) -> None:
    arguments = ("--encoder", encoder, "--videos", two_shows, "--queries", 2, "--seed", 7, "--out", "o")
    code, text, _, _ = _run(evaluate, *arguments)
    assert code == 0
    assert "Not in the library" in text
    assert "Seed protocol" not in text
    first = {path.name: path.read_bytes() for path in (tmp_path / "o").iterdir()}
    assert set(first) == {"evaluation.json", "evaluation.md", "sweep.png", "roc.png"}
    _run(evaluate, *arguments)
    assert {path.name: path.read_bytes() for path in (tmp_path / "o").iterdir()} == first
    _run(dataset_cli.dataset, two_shows, "--out", "d", "--per-video", 4)
    code, text, _, _ = _run(evaluate, "--encoder", encoder, "--dataset", "d", "--out", "o")
    assert code == 0
    assert "Seed protocol" in text
    assert "Library protocol" not in text
    assert {path.name for path in (tmp_path / "o").iterdir()} == {"evaluation.json", "evaluation.md"}


@pytest.mark.usefixtures("_few_rows")
def test_one_show_has_no_open_set_and_it_is_said(drawn_videos: Path, encoder: Path, tmp_path: Path) -> None:
    code, text, _, _ = _run(evaluate, "--encoder", encoder, "--videos", drawn_videos, "--queries", 3, "--out", "o")
    assert code == 0
    assert "Not in the library" not in text
    assert "All videos are of one show" in (tmp_path / "o/evaluation.md").read_text("utf-8")
    assert not (tmp_path / "o/roc.png").exists()


def test_what_it_cannot_work_with_is_said_in_a_sentence(drawn_videos: Path, encoder: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for arguments, kind, message in (
        ((), InputError, "--dataset, --videos or both"),
        (("--outside", "x", "--dataset", "d"), InputError, "go with --videos"),
        (("--videos", drawn_videos, "--out", "file"), InputError, "is a file, not a folder"),
        (("--videos", "nowhere", "--encoder", encoder), InputError, "no such file or folder"),
        (("--dataset", "nowhere", "--encoder", encoder), EncoderError, "no data set here"),
        (("--videos", drawn_videos, "--encoder", tmp_path), EncoderError, "no spec.json"),
    ):
        _, _, _, error = _run(evaluate, *arguments)
        assert isinstance(error, kind)
        assert message in str(error)
    assert not (tmp_path / "evaluation").exists()


@pytest.mark.usefixtures("_few_rows")
def test_the_bundled_encoder_is_named_by_a_word(drawn_videos: Path, encoder: Path) -> None:
    arguments = ("--encoder", "bundled", "--encoder", encoder, "--videos", drawn_videos, "--queries", 1, "--json")
    _, text, _, _ = _run(evaluate, *arguments)
    bundled, small = json.loads(text)["encoders"]
    assert (bundled["name"], small["name"]) == (read_spec(BUNDLED).name, "small")
    assert bundled["library"]["clean"]["right_file"] == 1


def test_without_matplotlib_it_is_said_at_once(drawn_videos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("training.evaluation.figures.find_spec", lambda _name: None)
    _, _, _, error = _run(evaluate, "--videos", drawn_videos)
    assert isinstance(error, EncoderError)
    assert "uv sync --extra train" in str(error)


def test_a_stopped_run_writes_nothing(
    drawn_videos: Path, encoder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_args: object, **_options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(run, "sweep", stop)
    code, text, errors, _ = _run(evaluate, "--encoder", encoder, "--videos", drawn_videos, "--queries", 3, "--out", "o")
    assert (code, text) == (130, "")
    assert "Stopped; nothing was written." in errors
    assert not (tmp_path / "o").exists()


@pytest.mark.usefixtures("_few_rows")
def test_results_that_cannot_be_written_are_said(drawn_videos: Path, encoder: Path, tmp_path: Path) -> None:
    if os.geteuid() == 0:
        (tmp_path / "o").mkdir()
        (tmp_path / "o/evaluation.md").mkdir()  # a file cannot take the place of a folder
    else:
        (tmp_path / "o").mkdir(mode=0o500)
    code, _, _, error = _run(evaluate, "--encoder", encoder, "--videos", drawn_videos, "--queries", 3, "--out", "o")
    assert code == 1
    assert "cannot be written" in str(error)
