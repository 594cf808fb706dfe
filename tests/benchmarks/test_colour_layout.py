"""The colour layout as a reference method: its distances, and cutting of borders."""

import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks.colour_layout import ColourLayout, distances, without_borders
from core.pictures.pixels import Rgb, mirror
from training.distortion.views.geometry import canvas, letterbox


def _plain(colour: tuple[int, int, int]) -> Rgb:
    return canvas(320, 180, colour)


def _noise(seed: int = 0) -> Rgb:
    cells = np.random.default_rng(seed).integers(20, 256, (9, 16, 3), np.uint8)
    return np.repeat(np.repeat(cells, 20, axis=0), 20, axis=1)


def test_a_mirrored_picture_is_far_away_and_no_pictures_have_no_layouts() -> None:
    layouts = ColourLayout().embed([_noise(), mirror(_noise())])
    assert layouts.shape == (2, 33)
    assert distances(layouts[:1], layouts[1:])[0, 0] > 2
    assert ColourLayout().embed([]).shape == (0, 33)


def test_distances_are_those_of_the_standard() -> None:
    zero, moved = np.zeros((1, 33), np.float32), np.zeros((1, 33), np.float32)
    moved[0, [0, 20, 22, 27]] = (2, 2, 3, 5)
    assert distances(zero, moved)[0, 0] == pytest.approx((3 * 4 + 4) ** 0.5 + (2 * 9) ** 0.5 + (4 * 25) ** 0.5)


def test_distances_are_symmetric_and_nothing_to_oneself() -> None:
    layouts: NDArray[np.float32] = ColourLayout().embed([_noise(seed) for seed in range(6)])
    matrix = distances(layouts, layouts)
    assert np.array_equal(matrix, matrix.T)
    assert np.array_equal(np.diag(matrix), np.zeros(6))
    assert matrix[~np.eye(6, dtype=bool)].min() > 0
    assert np.array_equal(ColourLayout().similarity(layouts[:2], layouts), -matrix[:2])


def test_black_borders_are_cut_when_the_rest_has_a_usual_shape() -> None:
    picture = _noise()
    assert without_borders(letterbox(picture, 1 / 6, (0, 0, 0))).shape == picture.shape
    assert without_borders(letterbox(picture, 1 / 6, (0, 0, 0), beside=True)).shape == picture.shape
    assert without_borders(picture) is picture or np.array_equal(without_borders(picture), picture)
    barred = letterbox(picture, 1 / 6, (0, 0, 0))
    cut, uncut = (ColourLayout(cut_borders=way).embed([picture, barred]) for way in (True, False))
    assert distances(cut[:1], cut[1:])[0, 0] < 3 < distances(uncut[:1], uncut[1:])[0, 0]


def test_borders_that_are_not_black_or_leave_an_odd_shape_stay() -> None:
    white = letterbox(_noise(), 1 / 6, (255, 255, 255))
    assert np.array_equal(without_borders(white), white)
    square = letterbox(np.ascontiguousarray(_noise()[:, 60:240]), 1 / 6, (0, 0, 0))
    assert without_borders(square) is square
    night = _plain((0, 0, 0))
    assert without_borders(night) is night


def test_cinema_gets_bars_to_sixteen_to_nine() -> None:
    wide = np.ascontiguousarray(_noise()[:137])  # 21:9
    barred = without_borders(letterbox(wide, 0.4, (0, 0, 0)))
    assert barred.shape == (180, 320, 3)
    assert not barred[:20].any()
    assert not barred[-20:].any()
    assert np.array_equal(barred[21:158], wide)
