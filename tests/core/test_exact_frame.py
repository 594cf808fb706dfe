"""The frame that a picture was taken from, found again in the video."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from core.errors import MediaError
from core.exact_frame import ALIKE, Span, Surroundings, find_exact_frame
from core.timecode import Millis
from tests.clips import ClipSpec, write_clip
from tests.episodes import scene_frame
from training.views import colour, geometry, quality

RATE = Fraction(24)
HELD = 3
FRAMES = 60
STILL = (256, 144)
TO_STILL = np.diag([256 / 320, 144 / 180, 1.0])


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every drawing is held for three frames, as most of TV animation is."""
    path = tmp_path_factory.mktemp("held") / "held.mp4"
    return write_clip(path, (_drawing(number) for number in range(FRAMES)), ClipSpec(rate=RATE))


def _drawing(number: int) -> NDArray[np.uint8]:
    return scene_frame(number // HELD, 0)


def _ms(number: int) -> Millis:
    return Millis(round(1000 * number / RATE))


def _around(at: int) -> Span:
    return Span(Millis(0), _ms(at), _ms(FRAMES))


@pytest.mark.parametrize("number", [21, 24, 31, 44])
def test_the_drawing_and_how_long_it_is_held(video: Path, number: int) -> None:
    found = find_exact_frame(Surroundings(video, _around(30)), _drawing(number), TO_STILL, STILL)
    first = number // HELD * HELD
    assert found is not None
    assert (found.from_ms, found.to_ms) == pytest.approx((_ms(first), _ms(first + HELD)), abs=1)
    assert found.at_ms == found.from_ms
    assert found.score > 0.98


def test_a_cut_in_other_colours(video: Path) -> None:
    part = colour.scaled(colour.gray(_drawing(36)[40:150, 60:260]), 0.7)
    matrix = TO_STILL @ np.array([[1, 0, 60], [0, 1, 40], [0, 0, 1]])
    found = find_exact_frame(Surroundings(video, _around(30)), quality.jpeg(part, 30), matrix, STILL)
    assert found is not None
    assert found.from_ms == pytest.approx(_ms(36), abs=1)


def test_a_large_picture(video: Path) -> None:
    found = find_exact_frame(
        Surroundings(video, _around(30)),
        geometry.resized(_drawing(27), 1920, 1080),
        TO_STILL @ np.diag([1 / 6, 1 / 6, 1]),
        STILL,
    )
    assert found is not None
    assert found.from_ms == pytest.approx(_ms(27), abs=1)


def test_a_picture_of_the_whole_frame_is_not_led_astray_by_a_map_that_follows_the_ground(video: Path) -> None:
    moved = np.array([[1, 0, 4], [0, 1, -3], [0, 0, 1]]) @ TO_STILL
    found = find_exact_frame(Surroundings(video, _around(30)), _drawing(39), moved, STILL)
    assert found is not None
    assert found.from_ms == pytest.approx(_ms(39), abs=1)


def test_a_cut_that_was_set_wrong_does_not_hide_the_frame(video: Path) -> None:
    found = find_exact_frame(Surroundings(video, Span(_ms(27), _ms(30), _ms(36))), _drawing(45), TO_STILL, STILL)
    assert found is not None
    assert found.from_ms == pytest.approx(_ms(45), abs=1)


def test_inside_the_shot_first(video: Path) -> None:
    around = Surroundings(video, Span(_ms(27), _ms(30), _ms(36)))
    found = find_exact_frame(around, _drawing(30), TO_STILL, STILL)
    assert found is not None
    assert found.lead > 0
    assert len(around.looks) == 9


def test_a_cut_whose_map_follows_something_else_is_shifted(video: Path) -> None:
    part = _drawing(36)[40:150, 60:260]
    aside = np.array([[1, 0, 4], [0, 1, -3], [0, 0, 1]]) @ TO_STILL @ np.array([[1, 0, 60], [0, 1, 40], [0, 0, 1]])
    found = find_exact_frame(Surroundings(video, _around(30)), part, aside, STILL)
    assert found is not None
    assert found.from_ms == pytest.approx(_ms(36), abs=1)
    assert found.score > ALIKE


def test_a_map_that_leaves_nothing_to_compare(video: Path) -> None:
    aside = np.array([[1, 0, 5000], [0, 1, 0], [0, 0, 1]]) @ TO_STILL
    assert find_exact_frame(Surroundings(video, _around(30)), _drawing(30), aside, STILL) is None


def test_a_plain_picture_shows_no_frame(video: Path) -> None:
    plain = np.full((180, 320, 3), 90, np.uint8)
    assert find_exact_frame(Surroundings(video, _around(30)), plain, TO_STILL, STILL) is None


def test_a_video_that_is_gone_is_the_callers_business(tmp_path: Path) -> None:
    with pytest.raises(MediaError):
        find_exact_frame(Surroundings(tmp_path / "gone.mp4", _around(30)), _drawing(30), TO_STILL, STILL)
