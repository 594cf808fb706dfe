"""The commands that make, measure and distort a data set."""

import json
from collections.abc import Callable
from pathlib import Path

import typer
from typer.testing import CliRunner

from config.settings import Settings
from core.errors import InputError
from training.commands import dataset_cli
from training.dataset.frame_dataset import Dataset


def _run(command: Callable[..., None], *args: object) -> tuple[int, str, BaseException | None]:
    app = typer.Typer(pretty_exceptions_enable=False)
    app.command()(command)
    ended = CliRunner().invoke(app, [str(arg) for arg in args])
    return ended.exit_code, ended.stdout, ended.exception


def test_the_commands_make_measure_and_distort(drawn_videos: Path, tmp_path: Path) -> None:
    code, text, _ = _run(
        dataset_cli.dataset, drawn_videos, "--out", "d", "--validation", 0.5, "--per-video", 3, "--json"
    )
    values = json.loads(text)
    assert code == 0
    assert sum(values["frames"].values()) == 9
    assert (values["shots"], values["shots_with_frames"], values["problems"]) == (6, 6, [])
    code, text, _ = _run(dataset_cli.stats, "d", "--json")
    opened = Dataset.open(tmp_path / "d")
    assert (code, opened.mean) == (0, tuple(json.loads(text)["mean"]))
    code, text, _ = _run(dataset_cli.distort, "d")
    assert (code, text) == (0, f"{tmp_path / 'd' / 'distorted'}: {len(opened.split('validation'))} frames\n")


def test_the_command_takes_the_librarys_videos_by_their_names(library_settings: Settings, tmp_path: Path) -> None:
    assert library_settings.data_dir.is_dir()
    code, text, _ = _run(dataset_cli.dataset, "--show", "paper boats", "--out", "d", "--per-video", 2)
    assert code == 0
    assert "to train on" in text
    names = {(row.show, row.episode) for row in Dataset.open(tmp_path / "d").rows}
    assert names == {("Paper Boats", "S1 E1"), ("Paper Boats", "S1 E2"), ("Paper Boats", "S2 E1")}
    code, _, error = _run(dataset_cli.dataset, "--show", "nobody", "--out", "e")
    assert isinstance(error, InputError)
    assert "nobody" in str(error)


def test_the_command_says_what_it_cannot_work_with(tmp_path: Path) -> None:
    (tmp_path / "media").mkdir()
    for arguments, message in (
        ((), "name some, or folders of them"),
        (("nowhere",), "no such file or folder"),
        (("media",), "no video and no picture"),
        (("media", "--show", "x"), "leave it out when you name videos"),
        (("--head", "0.6", "--tail", "0.4"), "head and tail leave nothing"),
    ):
        _, _, error = _run(dataset_cli.dataset, *arguments)
        assert message in str(error)
    (tmp_path / "media/a.mp4").write_bytes(b"no video")
    code, text, error = _run(dataset_cli.dataset, "media", "--out", "d")
    assert (code, getattr(error, "exit_code", None)) == (1, 1)
    assert "not a video that can be read" in text
