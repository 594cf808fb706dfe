"""A library that may not be written is searched and described, and says so when it ought to be changed."""

import json
from pathlib import Path

import cv2
import pytest
from typer.testing import CliRunner, Result

from config.settings import Settings
from core.errors import StorageError
from ingest.commands import index_cli, search_cli
from ingest.commands import library_cli as cli
from tests.episodes import scene_frame
from tests.unprivileged import read_only


def _run(app: object, *arguments: str | Path) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments], catch_exceptions=False)  # type: ignore[arg-type]  # Typer's own


def test_it_is_searched_described_checked_and_listed(library_settings: Settings, tmp_path: Path) -> None:
    picture = tmp_path / "a.png"
    cv2.imwrite(str(picture), scene_frame(12, 0)[:, :, ::-1])
    with read_only(library_settings.data_dir):
        answer = json.loads(_run(search_cli.app, "--json", picture).stdout)
        info = json.loads(_run(index_cli.app, "info", "--json").stdout)
        checked = _run(index_cli.app, "check")
        listed = _run(cli.app, "list", "--json").stdout.splitlines()
    assert answer["scenes"][0]["episode_name"] == "The Ferry"
    assert info["files"] == 3
    assert (checked.exit_code, "all is well" in checked.stdout) == (0, True)
    assert len(listed) == 3


def test_what_would_be_added_can_be_asked(library_settings: Settings, drawn_videos: Path) -> None:
    with read_only(library_settings.data_dir):
        planned = _run(cli.app, "add", "--dry-run", drawn_videos)
    assert planned.stdout.count("unchanged") == 3


@pytest.mark.parametrize("command", ["add", "remove"])
def test_changing_it_is_refused_in_words(library_settings: Settings, drawn_videos: Path, command: str) -> None:
    with (
        read_only(library_settings.data_dir),
        pytest.raises(StorageError, match=r"written.*read-only") as caught,
    ):
        _run(cli.app, command, drawn_videos)
    assert "delete it" not in str(caught.value)
    assert (library_settings.data_dir / "catalogue.sqlite").stat().st_mode & 0o200
