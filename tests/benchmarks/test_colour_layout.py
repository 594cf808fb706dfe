"""The colour layout: known answers, and what it can and cannot tell apart."""

import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks.colour_layout import COEFFICIENTS, ColourLayout, distances, layout_of, without_borders
from core.pictures.pixels import Rgb, mirror
from training.distortion.views.geometry import canvas, letterbox

ZERO = 16
"""What a coefficient of zero is quantised to."""


def _plain(colour: tuple[int, int, int]) -> Rgb:
    return canvas(320, 180, colour)


def _noise(seed: int = 0) -> Rgb:
    cells = np.random.default_rng(seed).integers(20, 256, (9, 16, 3), np.uint8)
    return np.repeat(np.repeat(cells, 20, axis=0), 20, axis=1)


def _layout(y: list[int], cb: list[int], cr: list[int]) -> list[int]:
    return [
        value
        for part, kept in zip((y, cb, cr), COEFFICIENTS, strict=True)
        for value in part + [ZERO] * (kept - len(part))
    ]


@pytest.mark.parametrize(
    ("colour", "first"),
    [
        ((0, 0, 0), (2, 32, 32)),  # Y 16, a quarter and a half of that; Cb and Cr 128, the middle
        ((255, 255, 255), (61, 32, 32)),  # Y 234: (112 + (234 - 192) / 4) / 2
        ((255, 0, 0), (12, 6, 63)),  # Y 81: (16 + (81 - 64) / 2) / 2; Cb 90: (90 - 64) / 4; Cr 240 is past the end
    ],
)
def test_a_plain_picture_has_first_coefficients_only(colour: tuple[int, int, int], first: tuple[int, int, int]) -> None:
    found = layout_of(_plain(colour)).astype(int).tolist()
    assert found == _layout(*([value] for value in first))


@pytest.mark.parametrize("upright", [False, True])
def test_a_ramp_by_hand(upright: bool) -> None:
    """Eight stripes of grey 0, 30 … 210, whose Y is 16 + 219 / 256 of that: 16, 42, 67, 93, 119, 144, 170, 196.

    Their sum, 847, is the first coefficient: an eighth is 105, which becomes (32 + 105 - 96) / 2. Those across are
    sqrt(2) * sum(Y * cos((2 column + 1) * k * pi / 16)): k 1 gives -464.2, halved -232, and -(64 + 232 / 4) is -122;
    k 2 gives 0.4 and so nothing; k 3 gives -48.5, halved and rounded down -25. An eighth of 128 more is written.
    """
    grey = np.repeat(np.arange(0, 240, 30), 40).astype(np.uint8)
    picture = np.broadcast_to(grey[None, :, None], (320, 320, 3)).copy()
    found = layout_of(np.ascontiguousarray(picture.transpose(1, 0, 2)) if upright else picture).astype(int)
    across, down = [found[place] for place in (0, 1, 5, 6)], [found[place] for place in (0, 2, 3, 9)]
    assert (down if upright else across) == [20, (128 - 122) // 8, ZERO, (128 - 25) // 8]
    assert (across if upright else down) == [20, ZERO, ZERO, ZERO]
    assert found[21:].tolist() == _layout([], [32], [32])[21:]


def test_a_picture_whose_bytes_count_up() -> None:
    """As another implementation has it in its tests: rows of cells differ by a little, so that roundings show."""
    picture = (np.arange(320 * 180 * 3) % 256).astype(np.uint8).reshape(180, 320, 3)
    y = [30, 15, 16, 16, 16, 16, 16, 15, 16, 15, 16, 16, 16, 16, 15, 15, 15, 16, 15, 16, 15]
    assert layout_of(picture).astype(int).tolist() == _layout(y, [32], [32])


def test_the_size_of_a_picture_makes_no_difference() -> None:
    picture = _noise()
    large = np.repeat(np.repeat(picture, 4, axis=0), 4, axis=1)
    ours = ColourLayout().embed([picture, large, picture[::20, ::20], picture[:4, :4]])
    assert ours.shape == (4, 33)
    assert np.array_equal(ours[0], ours[1])
    assert np.abs(ours[0] - ours[2]).max() <= 3  # nine rows do not part into eight
    assert ColourLayout().embed([]).shape == (0, 33)


def test_a_mirrored_picture_differs_in_its_odd_coefficients() -> None:
    one, other = layout_of(_noise()), layout_of(mirror(_noise()))
    assert np.abs(one[[0, 2, 3, 5]] - other[[0, 2, 3, 5]]).max() <= 1
    assert np.abs(one[[1, 4, 6]] + other[[1, 4, 6]] - 2 * ZERO).max() <= 1
    assert distances(one[None], other[None])[0, 0] > 2


def test_distances_are_those_of_the_standard() -> None:
    zero, moved = np.zeros((1, 33), np.float32), np.zeros((1, 33), np.float32)
    moved[0, [0, 20, 22, 27]] = (2, 2, 3, 5)
    assert distances(zero, moved)[0, 0] == pytest.approx((3 * 4 + 4) ** 0.5 + (2 * 9) ** 0.5 + (4 * 25) ** 0.5)


def test_distances_are_symmetric_and_nothing_to_oneself() -> None:
    layouts: NDArray[np.float32] = np.stack([layout_of(_noise(seed)) for seed in range(6)])
    found = distances(layouts, layouts)
    assert np.array_equal(found, found.T)
    assert np.array_equal(np.diag(found), np.zeros(6))
    assert found[~np.eye(6, dtype=bool)].min() > 0
    assert np.array_equal(ColourLayout().similarity(layouts[:2], layouts), -found[:2])


def test_black_borders_are_cut_when_the_rest_has_a_usual_shape() -> None:
    picture = _noise()
    assert without_borders(letterbox(picture, 1 / 6, (0, 0, 0))).shape == picture.shape
    assert without_borders(letterbox(picture, 1 / 6, (0, 0, 0), beside=True)).shape == picture.shape
    assert without_borders(picture) is picture or np.array_equal(without_borders(picture), picture)
    barred = letterbox(picture, 1 / 6, (0, 0, 0))
    cut, kept = (ColourLayout(cut_borders=way).embed([picture, barred]) for way in (True, False))
    assert distances(cut[:1], cut[1:])[0, 0] < 3 < distances(kept[:1], kept[1:])[0, 0]


def test_borders_that_are_not_black_or_leave_an_odd_shape_stay() -> None:
    white = letterbox(_noise(), 1 / 6, (255, 255, 255))
    assert np.array_equal(without_borders(white), white)
    square = letterbox(np.ascontiguousarray(_noise()[:, 60:240]), 1 / 6, (0, 0, 0))
    assert without_borders(square) is square
    night = _plain((0, 0, 0))
    assert without_borders(night) is night


def test_cinema_gets_bars_to_sixteen_to_nine() -> None:
    wide = np.ascontiguousarray(_noise()[:137])  # 21:9
    found = without_borders(letterbox(wide, 0.4, (0, 0, 0)))
    assert found.shape == (180, 320, 3)
    assert not found[:20].any()
    assert not found[-20:].any()
    assert np.array_equal(found[21:158], wide)
