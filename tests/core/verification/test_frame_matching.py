"""Frame matching: the frame of a video that a picture was taken from."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from core.errors import MediaError
from core.timecode import Millis
from core.verification.frame_matching import FRAME_MIN_SCORE, match_frame
from core.verification.frame_window import FrameWindow, Span
from tests.clips import ClipSpec, write_clip
from tests.episodes import scene_frame
from training.distortion.views import colour, geometry, quality

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
    exact_frame = match_frame(FrameWindow(video, _around(30)), _drawing(number), TO_STILL, STILL)
    first = number // HELD * HELD
    assert exact_frame is not None
    assert (exact_frame.from_ms, exact_frame.to_ms) == pytest.approx((_ms(first), _ms(first + HELD)), abs=1)
    assert exact_frame.at_ms == exact_frame.from_ms
    assert exact_frame.score > 0.98


def test_a_cut_in_other_colours(video: Path) -> None:
    part = colour.scaled(colour.gray(_drawing(36)[40:150, 60:260]), 0.7)
    matrix = TO_STILL @ np.array([[1, 0, 60], [0, 1, 40], [0, 0, 1]])
    exact_frame = match_frame(FrameWindow(video, _around(30)), quality.jpeg(part, 80), matrix, STILL)
    assert exact_frame is not None
    assert exact_frame.from_ms == pytest.approx(_ms(36), abs=1)


def test_a_large_picture(video: Path) -> None:
    exact_frame = match_frame(
        FrameWindow(video, _around(30)),
        geometry.resized(_drawing(27), 1920, 1080),
        TO_STILL @ np.diag([1 / 6, 1 / 6, 1]),
        STILL,
    )
    assert exact_frame is not None
    assert exact_frame.from_ms == pytest.approx(_ms(27), abs=1)


def test_a_picture_of_the_whole_frame_is_not_led_astray_by_a_map_that_follows_the_ground(video: Path) -> None:
    moved = np.array([[1, 0, 4], [0, 1, -3], [0, 0, 1]]) @ TO_STILL
    exact_frame = match_frame(FrameWindow(video, _around(30)), _drawing(39), moved, STILL)
    assert exact_frame is not None
    assert exact_frame.from_ms == pytest.approx(_ms(39), abs=1)


def test_a_cut_that_was_set_wrong_does_not_hide_the_frame(video: Path) -> None:
    exact_frame = match_frame(FrameWindow(video, Span(_ms(27), _ms(30), _ms(36))), _drawing(45), TO_STILL, STILL)
    assert exact_frame is not None
    assert exact_frame.from_ms == pytest.approx(_ms(45), abs=1)


def test_inside_the_shot_first(video: Path) -> None:
    window = FrameWindow(video, Span(_ms(27), _ms(30), _ms(36)))
    exact_frame = match_frame(window, _drawing(30), TO_STILL, STILL)
    assert exact_frame is not None
    assert exact_frame.lead > 0
    assert [drawing.from_ms for drawing in window.drawings] == pytest.approx([_ms(27), _ms(30), _ms(33)], abs=1)


def test_a_cut_whose_map_follows_something_else_is_shifted(video: Path) -> None:
    part = _drawing(36)[40:150, 60:260]
    aside = np.array([[1, 0, 4], [0, 1, -3], [0, 0, 1]]) @ TO_STILL @ np.array([[1, 0, 60], [0, 1, 40], [0, 0, 1]])
    exact_frame = match_frame(FrameWindow(video, _around(30)), part, aside, STILL)
    assert exact_frame is not None
    assert exact_frame.from_ms == pytest.approx(_ms(36), abs=1)
    assert exact_frame.score > FRAME_MIN_SCORE


def test_a_map_that_leaves_nothing_to_compare(video: Path) -> None:
    aside = np.array([[1, 0, 5000], [0, 1, 0], [0, 0, 1]]) @ TO_STILL
    part = _drawing(30)[40:150, 60:260]
    assert match_frame(FrameWindow(video, _around(30)), part, aside, STILL) is None


def test_a_plain_picture_shows_no_frame(video: Path) -> None:
    plain = np.full((180, 320, 3), 90, np.uint8)
    assert match_frame(FrameWindow(video, _around(30)), plain, TO_STILL, STILL) is None


def test_a_video_that_is_gone_is_the_callers_business(tmp_path: Path) -> None:
    with pytest.raises(MediaError):
        match_frame(FrameWindow(tmp_path / "gone.mp4", _around(30)), _drawing(30), TO_STILL, STILL)


MOUTH = (slice(84, 96), slice(150, 174))


def _face(mouth: int) -> NDArray[np.uint8]:
    """One still picture, of which only the mouth moves: less than a hundredth of it."""
    picture = scene_frame(0, 7).copy()
    picture[MOUTH] = (40 + 25 * mouth, 20, 20)
    return picture


@pytest.fixture(scope="module")
def talk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One shot of ten seconds: mouth 0 is held for four seconds, then it moves every three frames."""
    path = tmp_path_factory.mktemp("talk") / "talk.mp4"
    mouths = [0] * 96 + [1 + number // 3 % 4 for number in range(96)] + [6] * 48
    return write_clip(path, (_face(mouth) for mouth in mouths), ClipSpec(rate=RATE))


def _talk_around(at: int) -> Span:
    return Span(Millis(0), _ms(at), _ms(240))


@pytest.mark.parametrize("quality_of_jpeg", [95, 30])
def test_a_frame_far_off_in_the_shot_is_found_though_one_at_hand_is_nearly_alike(
    talk: Path, quality_of_jpeg: int
) -> None:
    picture = quality.jpeg(_face(6), quality_of_jpeg)
    exact_frame = match_frame(FrameWindow(talk, _talk_around(60)), picture, TO_STILL, STILL)
    assert exact_frame is not None
    assert exact_frame.from_ms == pytest.approx(_ms(192), abs=1)
    assert exact_frame.is_exact


@pytest.mark.parametrize("hit", [10, 40, 90])
def test_of_a_held_drawing_always_its_first_frame_whatever_the_picture_and_the_hit(talk: Path, hit: int) -> None:
    pictures = [_face(0), quality.jpeg(_face(0), 10), colour.scaled(colour.gray(_face(0)), 0.7)]
    for picture in pictures:
        exact_frame = match_frame(FrameWindow(talk, _talk_around(hit)), picture, TO_STILL, STILL)
        assert exact_frame is not None
        assert exact_frame.at_ms == 0


def test_a_cut_that_does_not_show_what_moves_is_not_said_to_be_right_to_the_frame(talk: Path) -> None:
    matrix = TO_STILL @ np.array([[1, 0, 0], [0, 1, 100], [0, 0, 1]])
    exact_frame = match_frame(FrameWindow(talk, _talk_around(60)), _face(6)[100:], matrix, STILL)
    assert exact_frame is not None
    assert exact_frame.score > FRAME_MIN_SCORE
    assert not exact_frame.is_exact


def test_a_cut_that_shows_what_moves_is(talk: Path) -> None:
    matrix = TO_STILL @ np.array([[1, 0, 60], [0, 1, 40], [0, 0, 1]])
    exact_frame = match_frame(FrameWindow(talk, _talk_around(60)), _face(2)[40:150, 60:260], matrix, STILL)
    assert exact_frame is not None
    assert exact_frame.is_exact
    starts = [99, 111, 123, 135, 147, 159, 171, 183]
    assert any(exact_frame.from_ms == pytest.approx(_ms(start), abs=1) for start in starts)


def test_noise_that_leaves_two_drawings_alike_is_no_claim(video: Path) -> None:
    part = quality.jpeg(colour.scaled(colour.gray(_drawing(36)[40:150, 60:260]), 0.7), 30)
    matrix = TO_STILL @ np.array([[1, 0, 60], [0, 1, 40], [0, 0, 1]])
    exact_frame = match_frame(FrameWindow(video, _around(30)), part, matrix, STILL)
    assert exact_frame is None or not exact_frame.is_exact
