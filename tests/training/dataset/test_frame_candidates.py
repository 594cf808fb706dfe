"""Selection of the frames of a video, and the splits of sources."""

import itertools
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InputError
from core.pictures.pixels import Rgb
from core.video.reading import VideoReader
from tests.clips import drawing, write_clip
from training.dataset.frame_candidates import (
    FrameCandidate,
    FrameCandidates,
    allot_frames,
    evenly_spread,
    frame_size,
    nearest_difference,
)
from training.dataset.sources import FrameSource, assign_splits, sources_below
from training.dataset.spec import DatasetSpec, Split, SplitBy

SPEC = DatasetSpec(head=0, tail=0)


def _candidates(path: Path, spec: DatasetSpec = SPEC) -> list[FrameCandidate]:
    with VideoReader(path) as video:
        return list(FrameCandidates(video, spec))


def _clip(path: Path, *stretches: tuple[int, int]) -> Path:
    """A clip of stretches of (shot, frames) at 24 a second, each of one still picture; shot -1 is black."""
    pictures: list[Rgb] = []
    for shot, frames in stretches:
        still = np.zeros((180, 320, 3), np.uint8) if shot < 0 else drawing(0, 320, 180, shot=shot)
        pictures += [still] * frames
    return write_clip(path, pictures)


def test_a_still_shot_gives_one_frame_and_black_none(tmp_path: Path) -> None:
    clip = _clip(tmp_path / "a.mp4", (1, 96), (2, 30), (-1, 40), (3, 12))
    candidates = _candidates(clip)
    assert [(frame.shot, frame.time_ms) for frame in candidates] == [(0, 0), (1, 4000), (3, 6917)]


def test_a_drawing_that_comes_back_within_a_shot_is_taken_once(tmp_path: Path) -> None:
    pictures = []
    for number in range(120):  # a block that changes its place every second on a still background
        picture = drawing(0, 320, 180, shot=1)
        x = 20 if number // 24 % 2 else 200
        picture[20:70, x : x + 50] = 250
        pictures.append(picture)
    candidates = _candidates(write_clip(tmp_path / "a.mp4", pictures))
    assert [frame.shot for frame in candidates] == [0, 0]
    assert 1000 <= candidates[1].time_ms <= 1100


def test_head_and_tail_are_left_out(tmp_path: Path) -> None:
    clip = _clip(tmp_path / "a.mp4", *((shot, 24) for shot in range(10)))
    candidates = _candidates(clip, DatasetSpec(head=0.2, tail=0.3))
    assert [frame.time_ms for frame in candidates] == [2000, 3000, 4000, 5000, 6000]
    assert [frame.shot for frame in candidates] == [0, 1, 2, 3, 4]


def test_frames_are_made_smaller_in_their_shape(tmp_path: Path) -> None:
    clip = _clip(tmp_path / "a.mp4", (1, 8))
    assert _candidates(clip, DatasetSpec(head=0, tail=0, width=100))[0].rgb.shape == (56, 100, 3)
    assert _candidates(clip)[0].rgb.shape == (180, 320, 3)
    assert frame_size(1000, 1, 20) == (20, 1)


def test_nearest_is_infinite_of_nothing() -> None:
    luma = np.full((18, 32), 9, np.uint8)
    assert nearest_difference(luma, []) == float("inf")
    assert nearest_difference(luma, [luma + 5, luma + 2]) == 2


@given(st.lists(st.integers(0, 40), max_size=30), st.integers(1, 200))
def test_every_shot_gives_before_any_gives_twice(candidates: list[int], limit: int) -> None:
    allotted = allot_frames(candidates, limit)
    assert sum(allotted) == min(limit, sum(candidates))
    assert all(0 <= frames <= available for frames, available in zip(allotted, candidates, strict=True))
    filled = [frames for frames, available in zip(allotted, candidates, strict=True) if available]
    assert not filled or min(filled) >= 1 or max(filled) <= 1
    for (frames, available), (other_frames, other_available) in itertools.permutations(
        zip(allotted, candidates, strict=True), 2
    ):
        assert (
            available < other_available
            or frames >= other_frames - (available == other_available)
            or limit < len(filled)
        )


def test_long_shots_give_more() -> None:
    assert allot_frames([30, 10, 1, 0], 13) == [9, 3, 1, 0]
    assert allot_frames([30, 10], 0) == [30, 10]
    assert allot_frames([1] * 9, 3) == [0, 1, 0, 0, 1, 0, 0, 1, 0]


def test_no_index_comes_twice_when_more_are_wanted_than_there_are() -> None:
    assert evenly_spread(3, 8) == [0, 1, 2]
    assert evenly_spread(0, 8) == []


@given(st.integers(1, 300), st.data())
def test_spread_indices_differ_and_fit(number: int, data: st.DataObject) -> None:
    count = data.draw(st.integers(1, number))
    indices = evenly_spread(number, count)
    assert len(set(indices)) == count
    assert min(indices) >= 0
    assert max(indices) < number
    assert max(np.diff([-1, *indices, number])) <= number / count + 1


def _source(show: str, episode: str, key: str = "") -> FrameSource:
    return FrameSource(key or f"{show}/{episode}", "", show, episode, (), 1)


SOURCES = [_source(show, str(episode)) for show in "ABCDE" for episode in range(4)]


@pytest.mark.parametrize(("by", "units"), [(SplitBy.EPISODE, 20), (SplitBy.SHOW, 5)])
def test_units_stay_together_and_the_share_is_held_back(by: SplitBy, units: int) -> None:
    copies = [_source(source.show, source.episode, f"copy of {source.key}") for source in SOURCES]
    sides = assign_splits([*SOURCES, *copies], DatasetSpec(split=by, validation=0.4), {})
    held_back = {source.unit(by) for source in SOURCES if sides[source.key] is Split.VALIDATION}
    assert len(held_back) == 0.4 * units
    assert all(sides[source.key] is sides[copy.key] for source, copy in zip(SOURCES, copies, strict=True))
    assert all((source.unit(by) in held_back) == (sides[source.key] is Split.VALIDATION) for source in SOURCES)
    assert sides == assign_splits([*copies, *reversed(SOURCES)], DatasetSpec(split=by, validation=0.4), {})
    assert any(
        assign_splits(SOURCES, DatasetSpec(split=by, validation=0.4, seed=seed), {}) != sides for seed in (1, 2, 3)
    )


def test_what_was_taken_before_stays_on_its_side() -> None:
    spec = DatasetSpec(validation=0.25)
    whole = assign_splits(SOURCES, spec, {})
    for number in (1, 7, 13):
        recorded = {source.key: whole[source.key] for source in SOURCES[:number]}
        assert assign_splits(SOURCES, spec, recorded) == whole
    grown = assign_splits([*SOURCES, *(_source("F", str(number)) for number in range(20))], spec, whole)
    assert whole.items() <= grown.items()
    assert sum(side is Split.VALIDATION for side in grown.values()) == 10


@pytest.mark.parametrize(("share", "held_back"), [(0, 0), (0.01, 1), (0.99, 1), (1, 2)])
def test_both_sides_have_something_unless_asked_otherwise(share: float, held_back: int) -> None:
    sides = assign_splits([_source("A", "1"), _source("A", "2")], DatasetSpec(validation=share), {})
    assert list(sides.values()).count(Split.VALIDATION) == held_back
    assert assign_splits([_source("A", "1")], DatasetSpec(), {}) == {"A/1": Split.TRAIN}


def test_folders_name_shows_and_episodes(tmp_path: Path) -> None:
    media = tmp_path / "media"
    for name in (
        "B/Season 1/01.mkv",
        "B/Season 1/02.mkv",
        "A/x.mp4",
        "loose.mp4",
        ".hidden/y.mp4",
        "out/z.mp4",
        "n.txt",
    ):
        (media / name).parent.mkdir(parents=True, exist_ok=True)
        (media / name).write_bytes(b"x")
    (media / "A" / "round").symlink_to(media, target_is_directory=True)
    sources = sources_below([media, media / "A/x.mp4"], leave_out=media / "out")
    assert sorted((source.show, source.episode) for source in sources) == [
        ("A", "x"),
        ("B", "Season 1/01"),
        ("B", "Season 1/02"),
        ("media", "loose"),
    ]
    assert {(source.show, source.episode) for source in sources_below([media / "A", media / "B"], leave_out=media)} == {
        ("A", "x"),
        ("B", "Season 1/01"),
        ("B", "Season 1/02"),
    }
    with pytest.raises(InputError, match=r"n\.txt: it is no video and no picture"):
        sources_below([media / "n.txt"], leave_out=media / "out")


@pytest.mark.parametrize(
    ("name", "value"), [("validation", 1.5), ("quality", 0), ("width", 3), ("per_video", -1), ("plain", float("nan"))]
)
def test_settings_out_of_range_are_named(name: str, value: float) -> None:
    with pytest.raises(InputError, match=f"^{name} must be"):
        DatasetSpec(**{name: value})  # type: ignore[arg-type]  # fields of several types


def test_rates_are_exact_shares_of_the_video(tmp_path: Path) -> None:
    clip = _clip(tmp_path / "a.mp4", (1, 24), (2, 24))
    with VideoReader(clip) as video:
        assert video.info.duration == Fraction(2)
        candidates = FrameCandidates(video, SPEC)
        assert [frame.time_ms for frame in candidates] == [0, 1000]
        assert candidates.shots == 2
        assert candidates.share > 0.9
