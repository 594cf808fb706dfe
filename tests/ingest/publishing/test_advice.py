"""The command that a problem of the library names really mends it."""

import re
import shlex
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from config.settings import Settings
from ingest.commands import library_cli as cli
from ingest.library.opening import open_library
from ingest.publishing.library_check import check_library


def _problems(settings: Settings) -> tuple[str, ...]:
    with open_library(settings) as library:
        return check_library(library.layout, library.reader, media_root=settings.media_root).problems


def _follow(problem: str) -> None:
    """Run the command that is named."""
    (command,) = re.findall(r"`whenanime library (.+?)`", problem)
    ended = CliRunner().invoke(cli.app, shlex.split(command), catch_exceptions=False)
    assert ended.exit_code == 0, ended.output


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-50])


@pytest.fixture
def own_settings(settings: Settings, videos: Path) -> Settings:
    """A library whose videos are the test's own, in a folder that a shell would split."""
    folder = videos.rename(videos.with_name("my videos"))
    ended = CliRunner().invoke(cli.app, ["add", str(folder)], catch_exceptions=False)
    assert ended.exit_code == 0, ended.output
    return settings


@pytest.mark.parametrize("spoil", [_cut, Path.unlink])
@pytest.mark.parametrize("pattern", ["features/*/*.npz", "stills/*.pack"])
def test_what_is_missing_or_damaged_of_one_video(
    own_settings: Settings, pattern: str, spoil: Callable[[Path], None]
) -> None:
    with open_library(own_settings) as library:
        before = {record.stamp.relative: record.name for record in library.reader.all()}
    spoil(sorted(own_settings.data_dir.glob(pattern))[0])
    (problem,) = _problems(own_settings)
    _follow(problem)
    assert _problems(own_settings) == ()
    with open_library(own_settings) as library:
        assert {record.stamp.relative: record.name for record in library.reader.all()} == before


def test_stored_pictures_that_are_missing_of_all_videos(own_settings: Settings) -> None:
    shutil.rmtree(own_settings.data_dir / "stills")
    (problem,) = _problems(own_settings)
    assert problem.startswith("There are no stored pictures for 3 files, ")
    _follow(problem)
    assert _problems(own_settings) == ()


def test_videos_below_a_media_root_are_not_gone(own_settings: Settings, videos: Path) -> None:
    folder = videos.with_name("my videos")
    folder.rename(folder.with_name("moved"))
    assert len(_problems(own_settings)) == 3
    assert _problems(own_settings.model_copy(update={"media_root": str(folder.with_name("moved"))})) == ()


def test_features_of_a_video_that_is_gone_too(own_settings: Settings) -> None:
    with open_library(own_settings) as library:
        record = library.reader.all()[0]
        library.layout.features(record.outcome.encoder, record.id).unlink()
    Path(record.stamp.path).unlink()
    gone, features = _problems(own_settings)
    assert gone.startswith(f"{record.stamp.path}: the video is gone")
    assert "bring it back and run `whenanime library add --again" in features
    _follow(features.rpartition(", or ")[2])
    assert _problems(own_settings) == ()
