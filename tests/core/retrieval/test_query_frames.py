"""Query pictures: files become one picture or several with their times, within limits of work."""

import tempfile
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image

from core.errors import PictureError, StorageError
from core.pictures.decoding import PictureLimits, read_animation
from core.pictures.pixels import Rgb
from core.retrieval.query_frames import read_frames, read_query
from core.retrieval.timed_pictures import TimedPicture, without_plain
from core.video.reading import VideoReader
from tests.animations import animation, long_gif
from tests.clips import ClipSpec, drawing, drawings, number_in, write_clip
from tests.episodes import draw_episode, scene_frame

WANT = (1440, 1440)
SPEC = PictureLimits()
BLACK = np.zeros((180, 320, 3), np.uint8)


def _written(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def _moving(count: int) -> list[Rgb]:
    return [scene_frame(number, 4) for number in range(count)]


def _apart(first: Rgb, second: Rgb) -> float:
    return float(np.abs(first.astype(int) - second).mean())


@pytest.fixture
def readers(monkeypatch: pytest.MonkeyPatch) -> list[VideoReader]:
    """The readers that read a clip, which count the frames that they decode."""
    readers: list[VideoReader] = []

    class ListedReader(VideoReader):
        def __init__(self, source: Path | str, **options: Any) -> None:
            super().__init__(source, **options)
            readers.append(self)

    monkeypatch.setattr("core.retrieval.clip_frames.VideoReader", ListedReader)
    return readers


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_an_animation_is_spread_over_its_time(tmp_path: Path, kind: str) -> None:
    pictures = _moving(28)
    path = _written(tmp_path / "moving", animation(pictures, kind, delay_ms=100))
    frames = read_frames(path, SPEC, WANT, 8)
    times = [frame.time_ms for frame in frames]
    assert len(frames) == 8
    assert (times[0], frames[-1].until_ms) == (0, 2800)
    steps = np.diff(np.array(times, np.int64))
    assert steps.min() >= 200
    assert steps.max() <= 600
    for frame in frames:
        assert frame.time_ms is not None
        assert _apart(frame.rgb, pictures[frame.time_ms // 100]) < 6


def test_delays_that_no_browser_keeps_are_those_that_they_show(tmp_path: Path) -> None:
    path = _written(tmp_path / "a.gif", animation(_moving(20), delay_ms=10))
    assert [from_ms for _, from_ms, _ in read_animation(path, name="a.gif", spec=SPEC)] == list(range(0, 2000, 100))


def test_plain_frames_and_near_repeats_are_left_out(tmp_path: Path) -> None:
    first, second = scene_frame(3, 4), scene_frame(3, 9)
    path = _written(
        tmp_path / "a.png", animation([BLACK, first, first, first, BLACK, second, second], "PNG", delay_ms=100)
    )
    frames = read_frames(path, SPEC, WANT, 8)
    assert [(frame.time_ms, frame.until_ms) for frame in frames] == [(100, 400), (500, 700)]
    assert [_apart(frame.rgb, like) < 1 for frame, like in zip(frames, (first, second), strict=True)] == [True, True]


def test_what_stands_still_is_one_picture(tmp_path: Path) -> None:
    still = scene_frame(3, 4)
    noisy = [np.clip(still.astype(int) + shift, 0, 255).astype(np.uint8) for shift in (0, 1, 0, 1)]
    path = _written(tmp_path / "a.webp", animation([BLACK, *noisy], "WEBP"))
    (frame,) = read_frames(path, SPEC, WANT, 8)
    assert frame.time_ms is None
    assert _apart(frame.rgb, still) < 1
    (dark,) = read_frames(_written(tmp_path / "b.gif", animation([BLACK, BLACK + 9])), SPEC, WANT, 8)
    assert not dark.rgb.any()


def test_a_still_is_what_it_always_was(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    Image.fromarray(drawing(5, 3200, 1800)).save(path)
    for budget in (1, 8):
        (frame,) = read_frames(path, SPEC, (800, 400), budget)
        assert frame.time_ms is None
        assert (frame.rgb == read_query(path, SPEC, (800, 400))).all()


def test_a_budget_of_one_asks_for_one_picture(tmp_path: Path) -> None:
    path = _written(tmp_path / "a.gif", animation(_moving(20)))
    (frame,) = read_frames(path, SPEC, WANT, 1)
    assert _apart(frame.rgb, scene_frame(0, 4)) < 6


def test_a_clip_is_sought_in_not_read_through(tmp_path: Path, readers: list[VideoReader]) -> None:
    pictures = drawings(480, 96, 54, shots=range(0, 480, 20))
    clip = write_clip(tmp_path / "clip.mp4", pictures, ClipSpec(rate=Fraction(24)))
    frames = read_frames(clip, SPEC, WANT, 8)
    assert len(frames) == 8
    assert 0 < sum(reader.decoded_frames for reader in readers) < 200
    for frame in frames:
        assert frame.time_ms is not None
        assert abs(number_in(frame.rgb) - frame.time_ms * 24 / 1000) < 1
    assert frames[0].time_ms == 0
    assert 19_500 < (frames[-1].time_ms or 0) < 20_000


def test_no_more_than_the_head_of_a_long_clip_is_looked_at(tmp_path: Path) -> None:
    clip = draw_episode(tmp_path / "clip.mp4", 4)
    frames = read_frames(clip, PictureLimits(clip_limit_s=2.0), WANT, 8)
    assert 1500 < (frames[-1].time_ms or 0) < 2000


def test_a_clip_that_takes_too_long_is_left(tmp_path: Path) -> None:
    clip = draw_episode(tmp_path / "clip.mp4", 4)
    (frame,) = read_frames(clip, PictureLimits(effort_limit_s=0.0), WANT, 8)
    assert _apart(frame.rgb, scene_frame(0, 4)) < 12


def test_a_clip_without_a_length_is_spread_too(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "clip.mkv", _moving(30), ClipSpec(rate=Fraction(12), container_options={"live": "1"}))
    frames = read_frames(clip, SPEC, WANT, 6)
    assert len(frames) == 6
    assert (frames[0].time_ms, (frames[-1].time_ms or 0) > 2000) == (0, True)


def test_a_clip_whose_sound_outlasts_its_picture_is_a_sequence(tmp_path: Path) -> None:
    spec = ClipSpec(sound_from=Fraction(0), sound_s=Fraction(50))
    for name in ("a.mp4", "a.mkv"):
        clip = write_clip(tmp_path / name, _moving(96), spec)
        frames = read_frames(clip, SPEC, WANT, 8)
        assert len(frames) == 8
        assert frames[0].time_ms == 0
        assert 3500 < (frames[-1].time_ms or 0) < 4000


def test_a_clip_that_is_cut_off_gives_what_there_is(tmp_path: Path) -> None:
    clip = write_clip(
        tmp_path / "whole.mkv", [scene_frame(n % 30, n // 30) for n in range(120)], ClipSpec(Fraction(12))
    )
    cut = _written(tmp_path / "cut.mkv", clip.read_bytes()[: clip.stat().st_size // 2])
    frames = read_frames(cut, SPEC, WANT, 8)
    assert 2 <= len(frames) < 8
    assert all((frame.time_ms or 0) < 8000 for frame in frames)
    with pytest.raises(PictureError, match=r"head\.mkv"):
        read_frames(_written(tmp_path / "head.mkv", clip.read_bytes()[:300]), SPEC, WANT, 8)


def test_an_animation_without_end_ends(tmp_path: Path) -> None:
    path = _written(tmp_path / "long.gif", long_gif(scene_frame(3, 4), 10_000))
    assert sum(1 for _ in read_animation(path, name="long.gif", spec=SPEC)) == SPEC.animation_frames_limit
    pixels = PictureLimits(limit_pixels=50 * 320 * 180)
    assert sum(1 for _ in read_animation(path, name="long.gif", spec=pixels)) == 50
    (frame,) = read_frames(path, pixels, WANT, 8)
    assert _apart(frame.rgb, scene_frame(3, 4)) < 6


def test_an_animation_that_is_cut_off_gives_its_whole_frames(tmp_path: Path) -> None:
    data = animation(_moving(20))
    frames = read_frames(_written(tmp_path / "cut.gif", data[: len(data) // 2]), SPEC, WANT, 8)
    assert 2 <= len(frames) <= 8
    assert (frames[-1].time_ms or 0) < 1200
    with pytest.raises(PictureError, match=r"head\.gif: is damaged"):
        read_frames(_written(tmp_path / "head.gif", data[:2000]), SPEC, WANT, 8)


def test_pictures_that_show_something_are_kept_and_one_at_least() -> None:
    good, dark = TimedPicture(scene_frame(3, 4)), TimedPicture(BLACK)
    assert without_plain([dark, good, dark, good]) == [good, good]
    assert without_plain([dark, dark]) == [dark]


def test_colour_order_is_rgb_of_clips_too(tmp_path: Path) -> None:
    clip = draw_episode(tmp_path / "clip.mp4", 4)
    frame = read_frames(clip, SPEC, WANT, 8)[0]
    swapped = cv2.cvtColor(frame.rgb, cv2.COLOR_RGB2BGR)
    assert _apart(frame.rgb, scene_frame(0, 4)) < _apart(np.asarray(swapped, np.uint8), scene_frame(0, 4))


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of temporary files, which is not there yet."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    return tmp_path / "temporary"


@pytest.mark.usefixtures("temporary")
def test_stills_and_animations_from_memory_are_never_on_disk(tmp_path: Path) -> None:
    for kind, count in (("GIF", 8), ("PNG", 1), ("WEBP", 1)):
        data = animation(_moving(28)[:: 1 if count > 1 else 28], kind)
        frames = read_frames(data, SPEC, WANT, 8)
        assert len(frames) == count
        same = read_frames(_written(tmp_path / "file", data), SPEC, WANT, 8)
        assert [frame.time_ms for frame in frames] == [frame.time_ms for frame in same]
        assert (read_query(data, SPEC, WANT) == read_query(tmp_path / "file", SPEC, WANT)).all()
    with pytest.raises(PictureError, match=r"the picture: is not a picture"):
        read_frames(b"something else", SPEC, WANT, 8)


def test_a_clip_from_memory_is_on_disk_only_while_it_is_read(tmp_path: Path, temporary: Path) -> None:
    clip = draw_episode(tmp_path / "clip.mp4", 4)
    with pytest.raises(StorageError, match="temporary"):
        read_frames(clip.read_bytes(), SPEC, WANT, 8)
    temporary.mkdir()
    frames, same = (read_frames(source, SPEC, WANT, 8) for source in (clip.read_bytes(), clip))
    assert len(frames) == 8
    assert all((frame.rgb == of_file.rgb).all() for frame, of_file in zip(frames, same, strict=True))
    assert (read_query(clip.read_bytes(), SPEC, WANT) == read_query(clip, SPEC, WANT)).all()
    with pytest.raises(PictureError, match=r"the picture: it has no video stream"):
        read_frames(clip.read_bytes()[:300], SPEC, WANT, 8)
    assert list(temporary.iterdir()) == []
