"""`whenanime library` on the drawn library: what is refused, what is mentioned, what it ends with."""

import shutil
from pathlib import Path

import cv2
import pytest
from typer.testing import CliRunner

from config.settings import Settings
from core.catalogue.records import FileState
from core.errors import EncoderMismatchError, FilterError, InputError
from ingest.commands import library_cli as cli
from ingest.library.opening import open_library
from tests.episodes import EPISODES, scene_frame
from tests.small_encoder import write_small_encoder


def _run(*arguments: str | Path) -> tuple[int, str]:
    ended = CliRunner().invoke(cli.app, [str(argument) for argument in arguments], catch_exceptions=False)
    return ended.exit_code, ended.stdout


def _paths(settings: Settings) -> list[str]:
    with open_library(settings) as library:
        return [record.stamp.path for record in library.reader.all()]


def test_what_failed_before_is_mentioned_and_no_failure_of_this_run(
    library_settings: Settings, drawn_videos: Path, tmp_path: Path
) -> None:
    broken = tmp_path / "broken/01.mp4"
    broken.parent.mkdir()
    broken.write_bytes(b"not a video")
    assert _run("add", broken.parent)[0] == 1
    code, printed = _run("add", broken.parent, drawn_videos)
    assert code == 0
    (line,) = [line for line in printed.splitlines() if line.startswith("note")]
    assert "1 file that could not be read before: not tried again" in line
    assert "library list --failed" in line
    assert _run("add", "--again", broken)[0] == 1
    assert _run("remove", broken)[0] == 0
    assert "could not be read before" not in _run("add", drawn_videos)[1]
    assert len(_paths(library_settings)) == 3


def test_the_tables_say_how_many_videos_are_passed_over(
    library_settings: Settings, drawn_videos: Path, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(drawn_videos, tmp_path / "videos"))
    for name in ("#recycle/01.mp4", "#recycle/02.mp4", "Paper Boats/Sample/01.mp4"):
        (folder / name).parent.mkdir(exist_ok=True)
        shutil.copy(folder / "Paper Boats/1-Spring/01-The Ferry.mp4", folder / name)
    code, printed = _run("add", "--dry-run", folder)
    assert code == 0
    (row,) = [line.strip() for line in printed.splitlines() if "passed over" in line]
    assert row.startswith("3 passed over ")
    assert row.split("  ")[-1].strip() == "3 passed over (2 in a recycle bin, 1 in a folder of samples)"
    code, printed = _run("add", folder)
    assert code == 0
    (row,) = [line for line in printed.splitlines() if "passed over" in line]
    assert row.split() == ["files", "passed", "over", "3"]
    assert not any("#recycle" in path or "Sample" in path for path in _paths(library_settings))


@pytest.mark.usefixtures("library_settings")
def test_a_folder_in_which_everything_is_passed_over_says_so(tmp_path: Path) -> None:
    (tmp_path / "videos/.Trash-1000/files").mkdir(parents=True)
    (tmp_path / "videos/.Trash-1000/files/01.mp4").write_bytes(b"deleted")
    with pytest.raises(InputError, match=r"no video in .*videos: 1 passed over \(1 in a recycle bin\)\."):
        _run("add", tmp_path / "videos")


@pytest.mark.parametrize("name", ["shot.png", "shot.avif", "shot"])
def test_a_picture_is_no_video_and_leaves_no_row(library_settings: Settings, tmp_path: Path, name: str) -> None:
    whole, data = cv2.imencode(f".{name.partition('.')[2] or 'png'}", scene_frame(12, 0))
    assert whole
    (tmp_path / name).write_bytes(data.tobytes())
    before = _paths(library_settings)
    with pytest.raises(InputError, match=rf"{name}: is a picture, not a video; `whenanime search` takes pictures"):
        _run("add", tmp_path / name)
    assert _paths(library_settings) == before


def test_other_files_that_are_no_videos_leave_no_row_and_the_rest_goes_on(
    library_settings: Settings, drawn_videos: Path, tmp_path: Path
) -> None:
    (tmp_path / "notes.txt").write_text("01: the ferry", "utf-8")
    before = _paths(library_settings)
    code, printed = _run("add", tmp_path / "notes.txt", drawn_videos)
    assert code == 1
    assert f"problem  {tmp_path / 'notes.txt'}: not a video that can be read" in printed
    assert _paths(library_settings) == before
    assert _run("add", drawn_videos)[0] == 0


def test_a_video_of_another_suffix_is_taken_by_its_name(library_settings: Settings, tmp_path: Path) -> None:
    with open_library(library_settings) as library:
        video = Path(library.reader.all()[0].stamp.path)
    renamed = tmp_path / "video.ogm"
    renamed.write_bytes(video.read_bytes() + b"another")
    code, printed = _run("add", "--dry-run", renamed)
    assert (code, "new" in printed) == (0, True)


@pytest.mark.parametrize("command", ["add", "remove"])
@pytest.mark.parametrize("show", ["", "  "])
def test_a_show_without_a_name_is_refused(
    library_settings: Settings, drawn_videos: Path, command: str, show: str
) -> None:
    with pytest.raises(FilterError, match="Show: the name is empty"):
        _run(command, "--show", show, drawn_videos)
    assert len(_paths(library_settings)) == 3


def test_with_another_encoder_nothing_is_removed(
    library_settings: Settings, drawn_videos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = _paths(library_settings)
    monkeypatch.setenv("WHENANIME_ENCODER", str(write_small_encoder(tmp_path / "small")))
    for arguments in ([drawn_videos / next(iter(EPISODES))], [drawn_videos]):
        with pytest.raises(EncoderMismatchError, match="WHENANIME_ENCODER back"):
            _run("remove", *arguments)
        assert _paths(library_settings) == before
    monkeypatch.delenv("WHENANIME_ENCODER")
    assert _run("remove", drawn_videos / next(iter(EPISODES))) == (
        0,
        f"removed {drawn_videos / next(iter(EPISODES))}\n1 file removed, 2 left.\n",
    )


def test_failed_files_have_no_features_to_be_of_another_encoder(library_settings: Settings, tmp_path: Path) -> None:
    broken = tmp_path / "01.mp4"
    broken.write_bytes(b"not a video")
    assert _run("add", broken)[0] == 1
    with open_library(library_settings) as library:
        (failed,) = library.reader.all(FileState.FAILED)
    assert failed.stamp.path == str(broken)
    assert _run("remove", broken)[0] == 0


def test_videos_that_have_gone_are_counted_once_nothing_else_is_changed(videos: Path, settings: Settings) -> None:
    assert "no longer there" not in _run("add", videos)[1]
    missing, present = sorted(videos.rglob("*.*"))[:2]
    missing.unlink()
    code, printed = _run("add", videos)
    assert code == 0
    assert "note     1 file of the library is no longer there: `whenanime library list --missing` says which" in printed
    assert len(_paths(settings)) == 3
    assert "no longer there" not in _run("add", present)[1]


@pytest.mark.usefixtures("settings")
def test_a_trial_run_names_shows_by_their_show_file_and_tells_one_that_is_broken(videos: Path) -> None:
    file = videos / "Paper Boats/show.toml"
    file.write_text('name = "紙の船"\n', "utf-8")
    assert all('"show": "紙の船"' in line for line in _run("add", "--dry-run", "--json", videos)[1].splitlines())
    file.write_text("anilist = none\n", "utf-8")
    ended = CliRunner().invoke(cli.app, ["add", "--dry-run", str(videos)], catch_exceptions=False)
    assert f"problem  {file}: is not TOML: Invalid value (at line 1, column 11)" in ended.stderr
    assert ended.exit_code == 0


def test_videos_are_listed_and_removed_by_a_title_of_their_show(library_settings: Settings) -> None:
    _run("show", "set", "Paper Boats", "--chinese", "纸船")
    assert "Paper Boats" in _run("list", "--show", "纸船")[1]
    assert _run("remove", "--show", "纸船")[0] == 0
    assert _paths(library_settings) == []
