"""Video locations, and the messages about missing videos."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from core.catalogue.records import FileStamp
from core.encoders.loading import BUNDLED, open_encoder
from core.engine import Engine, EngineSpec
from core.library.media import VideoPlaces, is_gone_everywhere, is_missing, local_paths, video_place
from core.pictures.pixels import Rgb
from core.video.reading import VideoReader

STAMP = FileStamp("/added/Show/01 #1.mkv", "Show/01 #1.mkv", 1, 1, "1")


@pytest.fixture
def picture(drawn_videos: Path) -> Rgb:
    with VideoReader(sorted(drawn_videos.rglob("*.mp4"))[0]) as reader:
        return next(reader.frames(start=Fraction("1.37"))).rgb(640, 360)


@pytest.fixture
def gone(drawn_videos: Path, made_library: Path, tmp_path: Path) -> Iterator[tuple[Engine, Path]]:
    """An engine that reads copies of the videos, and where they are."""
    moved = Path(shutil.copytree(drawn_videos, tmp_path / "moved"))
    encoder = open_encoder(BUNDLED, runtime="onnx", threads=1)
    with Engine(EngineSpec(made_library, media_root=str(moved), threads=1), encoder) as engine:
        yield engine, moved


@pytest.mark.parametrize(
    ("root", "place"),
    [
        (None, Path("/added/Show/01 #1.mkv")),
        ("/now", Path("/now/Show/01 #1.mkv")),
        ("https://host/now/", "https://host/now/Show/01%20%231.mkv"),
    ],
)
def test_a_video_is_below_the_media_root_when_there_is_one(root: str | None, place: Path | str) -> None:
    assert video_place(STAMP, root) == place
    assert is_missing(place) is isinstance(place, Path)


def test_a_video_is_gone_when_it_is_neither_where_it_was_added_nor_below_the_media_root(tmp_path: Path) -> None:
    stamp = replace(STAMP, path=str(tmp_path / "added.mkv"))
    in_root = tmp_path / "root" / stamp.relative
    assert local_paths(stamp, None) == [tmp_path / "added.mkv"]
    assert local_paths(stamp, str(tmp_path / "root")) == [tmp_path / "added.mkv", in_root]
    assert local_paths(stamp, "https://host/now/") == [tmp_path / "added.mkv"]
    assert is_gone_everywhere(stamp, None)
    assert is_gone_everywhere(stamp, str(tmp_path / "root"))
    assert not is_gone_everywhere(stamp, "https://host/now/")
    in_root.parent.mkdir(parents=True)
    in_root.touch()
    assert not is_gone_everywhere(stamp, str(tmp_path / "root"))


def test_an_answer_says_that_its_video_is_not_where_it_was(gone: tuple[Engine, Path], picture: Rgb) -> None:
    engine, moved = gone
    there = engine.search(picture).scenes[0]
    assert (there.video_missing, there.exact) == (False, True)
    shutil.rmtree(moved)
    scene = engine.search(picture).scenes[0]
    assert (scene.video_missing, scene.exact) == (True, False)
    assert engine.still(scene)


def test_a_wrong_media_root_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "right/Show").mkdir(parents=True)
    (tmp_path / "right/Show/01 #1.mkv").touch()
    (tmp_path / "wrong").mkdir()
    problems = {
        name: VideoPlaces([STAMP], str(tmp_path / name)).root_problem() for name in ("x", "file", "wrong", "right")
    }
    assert problems["x"] == f"The media root {tmp_path / 'x'} is not there (media_root)."
    assert problems["file"] == f"The media root {tmp_path / 'file'} is not a folder (media_root)."
    assert str(tmp_path / "wrong/Show/01 #1.mkv") in problems["wrong"]
    assert problems["right"] == ""
    assert VideoPlaces([STAMP], None).root_problem() == ""


def test_videos_that_are_not_where_they_were_are_counted(tmp_path: Path) -> None:
    stamps = [replace(STAMP, path=str(tmp_path / name)) for name in ("a", "b", "c")]
    (tmp_path / "a").touch()
    places = VideoPlaces(stamps, None)
    assert places.missing() == 2
    assert places.problem(1.0).startswith("2 of 3 videos are not where the library has them")
    for name in ("b", "c"):
        (tmp_path / name).touch()
    assert places.problem(1.0) == ""


def test_a_server_that_is_not_there_is_named() -> None:
    assert "The media root cannot be used (media_root): http://127.0.0.1:9/" in VideoPlaces(
        [STAMP], "http://127.0.0.1:9/"
    ).problem(0.5)
