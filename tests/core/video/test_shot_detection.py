"""Cuts in drawn shots, and everything that is none."""

import json
import weakref
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from core.pictures.pixels import mean_difference
from core.video.reading import VideoReader
from core.video.shot_detection import LOOKAHEAD_FRAMES, ShotDetector, frames_by_shot

WIDTH, HEIGHT = 320, 180
RATE = 24
LIBRARY = Path(__file__).resolve().parents[4] / "shared" / "corpus" / "library"
Gray = NDArray[np.float64]  # (h, w), 0..255


def _background(seed: int, width: int = WIDTH, height: int = HEIGHT) -> Gray:
    rng = np.random.default_rng(seed)
    coarse = rng.uniform(10, 245, (6, round(10 * width / WIDTH))).astype(np.float32)
    return np.asarray(cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC).clip(0, 255), float)


def _shot(seed: int, frames: int, every: int = 3) -> list[Gray]:
    """A figure hops over a still background with every third frame, as in limited animation."""
    pictures = []
    background = _background(seed)
    for index in range(frames):
        picture = background.copy()
        x = 60 + 12 * (index // every) % 200
        cv2.circle(picture, (x, 110), 30, 250.0 if seed % 2 else 5.0, -1)
        pictures.append(picture)
    return pictures


def _luma(picture: Gray) -> NDArray[np.uint8]:
    return np.asarray(cv2.resize(picture, (32, 18), interpolation=cv2.INTER_AREA).clip(0, 255), np.uint8)


def _cuts(pictures: Iterable[Gray], rate: int = RATE) -> list[int]:
    """Numbers of the first frames of shots."""
    detector = ShotDetector()
    cuts = []
    for index, picture in enumerate(pictures):
        cuts.append(detector.feed(Fraction(index, rate), _luma(picture)))
    return [int(time * rate) for time in [*cuts, *detector.finish()] if time is not None]


def _joined(seeds: Sequence[int], frames: int = 30) -> list[Gray]:
    return [picture for seed in seeds for picture in _shot(seed, frames)]


def test_cuts_are_found_on_the_frame() -> None:
    assert _cuts(_joined(range(12))) == list(range(30, 360, 30))


def test_short_shots_are_found() -> None:
    assert _cuts(_joined(range(8), frames=8)) == list(range(8, 64, 8))


def test_cuts_are_found_in_the_dark_and_noise_is_none() -> None:
    rng = np.random.default_rng(5)
    dark = [12 + picture * 0.12 + rng.normal(0, 2, picture.shape) for picture in _joined(range(8))]
    assert _cuts(dark) == list(range(30, 240, 30))


def test_cuts_are_found_at_low_frame_rates() -> None:
    pictures = [picture for seed in range(6) for picture in _shot(seed, 12, every=1)]
    assert _cuts(pictures, rate=5) == list(range(12, 72, 12))


def test_a_cut_is_told_as_late_as_promised() -> None:
    detector = ShotDetector()
    pictures = _joined([1, 2])
    reports = [
        index for index, picture in enumerate(pictures) if detector.feed(Fraction(index), _luma(picture)) is not None
    ]
    assert reports == [30 + LOOKAHEAD_FRAMES]
    assert detector.finish() == []


@pytest.mark.parametrize("left", range(1, LOOKAHEAD_FRAMES + 1))
def test_the_last_cuts_are_told_at_the_end(left: int) -> None:
    detector = ShotDetector()
    for index, picture in enumerate(_joined([1, 2])[: 30 + left]):
        assert detector.feed(Fraction(index), _luma(picture)) is None
    assert detector.finish() == [30]
    assert detector.finish() == []


@dataclass(frozen=True)
class _Frame:
    time: Fraction
    picture: Gray

    def luma(self) -> NDArray[np.uint8]:
        return _luma(self.picture)


def _frames(pictures: Iterable[Gray]) -> Iterator[_Frame]:
    return (_Frame(Fraction(index, RATE), picture) for index, picture in enumerate(pictures))


@pytest.mark.parametrize("count", [0, 1, LOOKAHEAD_FRAMES, 30, 31, 33, 30 + LOOKAHEAD_FRAMES, 95])
def test_every_frame_comes_once_with_its_shot(count: int) -> None:
    frames = list(_frames(_joined([1, 2, 3, 4])[:count]))
    placed = list(frames_by_shot(frames))
    assert [shot_frame.frame for shot_frame in placed] == frames
    assert [shot_frame.shot for shot_frame in placed] == [index // 30 for index in range(count)]
    assert all(np.array_equal(shot_frame.luma, shot_frame.frame.luma()) for shot_frame in placed)


def test_no_more_frames_are_held_than_must_be_seen() -> None:
    alive: list[weakref.ref[_Frame]] = []

    def watched() -> Iterator[_Frame]:
        for frame in _frames(_joined([1, 2])):
            alive.append(weakref.ref(frame))
            yield frame
            del frame
            assert sum(reference() is not None for reference in alive) <= LOOKAHEAD_FRAMES + 1

    for number, shot_frame in enumerate(frames_by_shot(watched()), 1):
        assert shot_frame.frame.time == Fraction(number - 1, RATE)
        assert len(alive) == min(60, number + LOOKAHEAD_FRAMES)
        del shot_frame
    assert number == 60


def test_a_difference_is_a_mean_of_grey_levels() -> None:
    first = np.full((18, 32), 9, np.uint8)
    second = first.copy()
    second[:9] += 5
    assert mean_difference(first, first) == 0
    assert mean_difference(first, second) == mean_difference(second, first) == 2.5


def test_nothing_is_found_in_nothing() -> None:
    assert _cuts([]) == []
    assert _cuts(_shot(1, 1)) == []
    assert _cuts([np.zeros((HEIGHT, WIDTH))] * 40) == []


def _with(pictures: list[Gray], change: Callable[[int, Gray], Gray]) -> list[Gray]:
    return [change(index, picture) for index, picture in enumerate(pictures)]


@pytest.mark.parametrize("length", [1, 2, 5])
@pytest.mark.parametrize("level", [255.0, 0.0])
def test_flashes_are_no_cuts(length: int, level: float) -> None:
    flashed = _with(
        _shot(3, 120), lambda index, picture: picture * 0 + level if index % 40 - 20 in range(length) else picture
    )
    assert _cuts(flashed) == []
    brighter = _with(_shot(3, 120), lambda index, picture: picture + 90 * (index % 40 - 20 in range(length)))
    assert _cuts(brighter) == []


def test_a_cut_behind_a_flash_is_one_cut() -> None:
    pictures = _joined([1, 2])
    pictures[30] = pictures[30] * 0 + 255
    cuts = _cuts(pictures)
    assert len(cuts) == 1
    assert 30 <= cuts[0] <= 31


@pytest.mark.parametrize("frames", [6, 12, 24])
def test_fades_are_no_cuts(frames: int) -> None:
    share = [1.0] * 30 + [1 - (i + 1) / frames for i in range(frames)] + [0.0] * 10
    faded = [p * s for p, s in zip(_shot(1, len(share)), share, strict=True)]
    faded += [p * s for p, s in zip(_shot(2, len(share)), reversed(share), strict=True)]
    assert _cuts(faded) == []


@pytest.mark.parametrize("frames", [8, 24])
def test_dissolves_are_no_cuts(frames: int) -> None:
    first, second = _shot(1, 80), _shot(2, 80)
    mixed = [a + (b - a) * np.clip((i - 30) / frames, 0, 1) for i, (a, b) in enumerate(zip(first, second, strict=True))]
    assert _cuts(mixed) == []


@pytest.mark.parametrize("speed", [2, 8, 20])
def test_pans_are_no_cuts(speed: int) -> None:
    wide = _background(7, width=WIDTH + speed * 60)
    still = [wide[:, :WIDTH]] * 20
    moving = [wide[:, speed * i : speed * i + WIDTH] for i in range(60)]
    assert _cuts([*still, *moving, *[wide[:, -WIDTH:]] * 20]) == []


@pytest.mark.parametrize("size", [6, 16])
def test_shakes_are_no_cuts(size: int) -> None:
    rng = np.random.default_rng(2)
    wide = _background(9, width=WIDTH + 2 * size, height=HEIGHT + 2 * size)
    shaken = []
    for index in range(90):
        x, y = rng.integers(0, 2 * size + 1, 2) if 30 <= index < 60 else (size, size)
        shaken.append(wide[y : y + HEIGHT, x : x + WIDTH])
    assert _cuts(shaken) == []


def test_a_hard_cut_to_black_and_back_to_another_scene_are_two() -> None:
    black = [np.zeros((HEIGHT, WIDTH))] * 12
    assert _cuts([*_shot(1, 30), *black, *_shot(2, 30)]) == [30, 42]


@pytest.mark.skipif(not LIBRARY.is_dir(), reason="the library of real animation is not beside the project")
def test_joins_of_real_shots_are_found() -> None:
    joins = true_cuts = false_cuts = 0
    seconds = 0.0
    for show in ("Yuru-Yuri", "Made-in-Abyss", "One-Punch-Man", "Sabage-bu", "Bocchi-the-Rock"):
        path = LIBRARY / show / "1-Clips" / "01-Clips.mp4"
        truth = [shot["start"] for shot in json.loads(path.with_suffix(".json").read_text("utf-8"))["shots"][1:]]
        detector = ShotDetector()
        with VideoReader(path) as reader:
            times = [detector.feed(frame.time, frame.luma()) for frame in reader.frames()]
            seconds += float(reader.info.duration or 0)
        cuts = [float(time) for time in [*times, *detector.finish()] if time is not None]
        joins += len(truth)
        true_cuts += sum(any(abs(cut - time) < 2.1 / 24 for cut in cuts) for time in truth)
        false_cuts += sum(all(abs(cut - time) >= 2.1 / 24 for time in truth) for cut in cuts)
    assert joins == true_cuts
    assert false_cuts / (seconds / 60) < 30  # most of these are cuts within the clips
