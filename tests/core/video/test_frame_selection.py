"""Frames of drawn clips that a keeper keeps; `tests/ingest/indexing/test_frame_sampling.py` asks it through the whole
sampler.
"""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from core.errors import InputError
from core.pictures.pixels import Rgb
from core.video.frame_selection import FrameSelectionSpec, FrameSelector
from core.video.reading import VideoReader
from core.video.shot_detection import ShotFrame
from tests.clips import drawing, drawings, number_in, write_clip

EVERY = FrameSelectionSpec(repeat_threshold=0)


def _selected(path: Path, selector: FrameSelector, shot_of: Callable[[int], int] = lambda _number: 0) -> list[int]:
    """Numbers of the frames that are kept."""
    numbers = []
    with VideoReader(path) as video:
        for number, frame in enumerate(video.frames()):
            picture = selector.select(ShotFrame(frame, frame.luma(), shot_of(number)))
            if picture is not None:
                assert picture.shape == (90, 160, 3)
                numbers.append(number)
    assert selector.selected == len(numbers)
    assert selector.samples == selector.selected + selector.repeats + selector.plain
    return numbers


def test_frames_are_kept_at_the_rate_and_where_a_shot_begins(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mp4", drawings(48))
    assert _selected(path, FrameSelector(EVERY, (160, 90))) == list(range(0, 48, 6))
    assert _selected(path, FrameSelector(EVERY, (160, 90)), lambda number: int(number >= 20)) == [
        0,
        6,
        12,
        18,
        20,
        24,
        30,
        36,
        42,
    ]
    assert _selected(path, FrameSelector(FrameSelectionSpec(rate_hz=1, repeat_threshold=0), (160, 90))) == [0, 24]


def test_what_is_due_is_counted_from_where_the_frames_begin(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mp4", drawings(30))
    with VideoReader(path) as video:
        keeper = FrameSelector(EVERY, (320, 180), Fraction(7, 24))
        pictures = [keeper.select(ShotFrame(frame, frame.luma(), 0)) for frame in video.frames(Fraction(7, 24))]
    assert [number_in(picture) for picture in pictures if picture is not None] == [7, 12, 18, 24]


def test_repeats_and_plain_pictures_are_counted_and_not_kept(tmp_path: Path) -> None:
    black: Rgb = np.zeros((180, 320, 3), np.uint8)
    path = write_clip(tmp_path / "a.mp4", [*[drawing(0, 320, 180)] * 48, *[black] * 24])
    keeper = FrameSelector(FrameSelectionSpec(), (160, 90))
    assert _selected(path, keeper, lambda number: int(number >= 48)) == [0, 24]
    assert (keeper.repeats, keeper.plain) == (6, 4)
    often = FrameSelector(FrameSelectionSpec(max_gap_s=0.5), (160, 90))
    assert _selected(path, often) == [0, 12, 24, 36]


def test_a_rate_must_be_above_nothing() -> None:
    with pytest.raises(InputError, match="rate_hz must be greater than 0, not -1"):
        FrameSelectionSpec(rate_hz=-1)
