"""The color layout: known answers, figures of other implementations, and a plain reference beside it."""

import math
from collections.abc import Callable, Sequence

import numpy as np
import pytest

from core.pictures.color_layout import COEFFICIENTS, LAYOUT_SIZE, color_layout, color_layouts, is_layout, similarity
from core.pictures.pixels import Rgb, mirror
from tests.clips import drawing

ZERO = 16
"""What a coefficient of zero is quantized to."""


def _drawn(width: int, height: int, color: Callable[[float, float], Sequence[float]]) -> Rgb:
    """A picture from the colors of places, given in shares of width and height; rounded down."""
    rows = [[color(x / width, y / height) for x in range(width)] for y in range(height)]
    return np.asarray(np.floor(np.array(rows)), np.uint8)


def _plain(color: tuple[int, int, int], width: int = 320, height: int = 180) -> Rgb:
    return np.full((height, width, 3), color, np.uint8)


def _noise(seed: int = 0) -> Rgb:
    cells = np.random.default_rng(seed).integers(20, 256, (9, 16, 3), np.uint8)
    return np.repeat(np.repeat(cells, 20, axis=0), 20, axis=1)


def _layout(y: list[int], cb: list[int], cr: list[int]) -> list[int]:
    """A descriptor whose other coefficients are zero."""
    planes = zip((y, cb, cr), COEFFICIENTS, strict=True)
    return [value for part, size in planes for value in part + [ZERO] * (size - len(part))]


def _rainbow(x: float, _y: float) -> Sequence[float]:
    third, share = int(x * 3), x * 3 % 1
    falling, rising = math.floor(255 * (1 - share)), math.floor(255 * share)
    return [(falling, rising, 0), (0, falling, rising), (rising, 0, falling)][third]


def _radial(x: float, y: float) -> Sequence[float]:
    brightness = math.floor(255 * (1 - min(1.0, math.hypot(2 * x - 1, 2 * y - 1))))
    return brightness, brightness // 2, 255 - brightness


@pytest.mark.parametrize(
    ("color", "first"),
    [
        ((0, 0, 0), (2, 32, 32)),  # Y 16, a quarter and a half of that; Cb and Cr 128, the middle
        ((255, 255, 255), (61, 32, 32)),  # Y 234: (112 + (234 - 192) / 4) / 2
        ((255, 0, 0), (12, 6, 63)),  # Y 81: (16 + (81 - 64) / 2) / 2; Cb 90: (90 - 64) / 4; Cr 240 is past the end
    ],
)
@pytest.mark.parametrize("size", [(320, 180), (8, 8), (9, 400), (4000, 3000)])
def test_a_plain_picture_has_first_coefficients_only(
    color: tuple[int, int, int], first: tuple[int, int, int], size: tuple[int, int]
) -> None:
    assert color_layout(_plain(color, *size)).tolist() == _layout(*([value] for value in first))


@pytest.mark.parametrize("upright", [False, True])
def test_a_ramp_by_hand(upright: bool) -> None:
    """Eight stripes of grey 0, 30 … 210, whose Y is 16 + 219 / 256 of that: 16, 42, 67, 93, 119, 144, 170, 196.

    Their sum, 847, is the first coefficient: an eighth is 105, which becomes (32 + 105 - 96) / 2. Those across are
    sqrt(2) * sum(Y * cos((2 column + 1) * k * pi / 16)): k 1 gives -464.2, halved -232, and -(64 + 232 / 4) is -122;
    k 2 gives 0.4 and so nothing; k 3 gives -48.5, halved and rounded down -25. An eighth of 128 more is written.
    """
    grey = np.repeat(np.arange(0, 240, 30), 40).astype(np.uint8)
    picture = np.broadcast_to(grey[None, :, None], (320, 320, 3)).copy()
    layout = color_layout(np.ascontiguousarray(picture.transpose(1, 0, 2)) if upright else picture)
    across, down = [layout[place] for place in (0, 1, 5, 6)], [layout[place] for place in (0, 2, 3, 9)]
    assert (down if upright else across) == [20, (128 - 122) // 8, ZERO, (128 - 25) // 8]
    assert (across if upright else down) == [20, ZERO, ZERO, ZERO]
    assert layout[21:].tolist() == _layout([], [32], [32])[21:]


def test_a_picture_whose_bytes_count_up() -> None:
    """As trace.moe's tests have it: rows of cells differ by a little, so that roundings show."""
    picture = (np.arange(320 * 180 * 3) % 256).astype(np.uint8).reshape(180, 320, 3)
    y = [30, 15, 16, 16, 16, 16, 16, 15, 16, 15, 16, 16, 16, 16, 15, 15, 15, 16, 15, 16, 15]
    assert color_layout(picture).tolist() == _layout(y, [32], [32])


@pytest.mark.parametrize(
    ("picture", "expected"),
    [
        (
            _drawn(400, 50, lambda x, y: (x * 255, y * 255, 128)),
            _layout(
                [30, 7, 3, 16, 16, 16, 15, 16, 16, 14, 15, 16, 16, 16, 16, 15, 16, 16, 16, 16, 15],
                [32, 25, 29],
                [32, 0, 30],
            ),
        ),
        (
            _drawn(320, 240, _rainbow),
            _layout(
                [14, 25, 16, 16, 16, 14, 7, 16, 16, 16, 16, 16, 16, 16, 15],
                [32, 0, 16, 16, 16, 3],
                [32, 4, 16, 16, 16, 31],
            ),
        ),
        (
            _drawn(320, 240, _radial),
            _layout(
                [8, 15, 15, 7, 16, 7, 16, 16, 16, 16, 15, 16, 20, 16, 15],
                [63, 16, 16, 31, 16, 31],
                [35, 15, 15, 5, 16, 5],
            ),
        ),
    ],
    ids=["two ramps", "rainbow", "rings"],
)
def test_drawn_pictures_have_the_numbers_that_clients_of_trace_moe_send(picture: Rgb, expected: list[int]) -> None:
    """The figures of the library that trace.moe's own clients use, for pictures that its tests draw."""
    assert color_layout(picture).tolist() == expected


def test_a_plain_reference_gives_the_same_numbers() -> None:
    rng = np.random.default_rng(7)
    for number in range(25):
        width, height = (int(side) for side in rng.integers(5, 120, 2))
        picture = (
            rng.integers(0, 256, (height, width, 3), np.uint8) if number % 5 == 0 else drawing(number, width, height)
        )
        assert color_layout(picture).tolist() == _reference(picture)


def test_many_pictures_at_once_have_the_layouts_of_each() -> None:
    pictures = [drawing(3, 320, 180, shot=1), _noise(), drawing(5, 90, 200), _plain((9, 200, 9), 640, 480)]
    layouts = color_layouts(pictures)
    assert layouts.dtype == np.uint8
    assert [layout.tolist() for layout in layouts] == [color_layout(picture).tolist() for picture in pictures]
    assert color_layouts([]).shape == (0, LAYOUT_SIZE)


def test_the_size_of_a_picture_makes_no_difference() -> None:
    picture = _noise()
    large = np.repeat(np.repeat(picture, 4, axis=0), 4, axis=1)
    layouts = color_layouts([picture, large, picture[::20, ::20]]).astype(int)
    assert np.abs(layouts[0] - layouts[1]).max() <= 1  # 180 rows do not part into eight, and 720 do
    assert np.abs(layouts[0] - layouts[2]).max() <= 3  # nor do nine


def test_a_cell_without_a_pixel_is_nothing() -> None:
    assert color_layout(_plain((0, 0, 0), 1, 1)).tolist() == _reference(_plain((0, 0, 0), 1, 1))


def test_a_mirrored_picture_differs_in_its_odd_coefficients() -> None:
    layout, mirrored = color_layouts([_noise(), mirror(_noise())]).astype(int)
    assert np.abs(layout[[0, 2, 3, 5]] - mirrored[[0, 2, 3, 5]]).max() <= 1
    assert np.abs(layout[[1, 4, 6]] + mirrored[[1, 4, 6]] - 2 * ZERO).max() <= 1


def test_numbers_beyond_a_coefficient_are_no_layout() -> None:
    assert is_layout(color_layouts([_noise(), _plain((255, 0, 0))]))
    for place, value in ((0, 64), (1, 32), (21, -1), (32, 32)):
        layout = np.array([_layout([30], [32], [32])])
        layout[0, place] = value
        assert not is_layout(layout)


def test_likeness_is_one_at_no_distance_and_nothing_from_255_on() -> None:
    assert [similarity(distance) for distance in (0, 51, 255, 9000)] == [1.0, 0.8, 0.0, 0.0]


def _reference(picture: Rgb) -> list[int]:
    """The descriptor with loops over cells and coefficients, as the standard describes it."""
    height, width = picture.shape[:2]
    planes = [[[0] * 8 for _ in range(8)] for _ in range(3)]
    for row in range(8):
        for column in range(8):
            ys = [y for y in range(height) if y * 8 // height == row]
            xs = [x for x in range(width) if x * 8 // width == column]
            if ys and xs:
                cell = picture[ys[0] : ys[-1] + 1, xs[0] : xs[-1] + 1].reshape(-1, 3).astype(int)
                red, green, blue = (cell.sum(axis=0) / (256 * len(cell))).tolist()
                luma = 0.299 * red + 0.587 * green + 0.114 * blue
                planes[0][row][column] = math.floor(16.5 + 219 * luma)
                planes[1][row][column] = math.floor(128.5 + 224 * 0.564 * (blue - luma))
                planes[2][row][column] = math.floor(128.5 + 224 * 0.713 * (red - luma))
    return [value for plane, size in enumerate(COEFFICIENTS) for value in _coefficients(planes[plane], plane, size)]


def _coefficients(cells: list[list[int]], plane: int, count: int) -> list[int]:
    halving = 1 if plane == 0 else 0
    values = []
    row = column = 0
    for number in range(count):
        whole = math.floor(_dct(cells, row, column) + 0.499999)
        values.append(_first(whole >> 3, plane) if number == 0 else _changed(whole >> halving) >> 3)
        if (row + column) % 2 == 0:
            row, column = max(0, row - 1), column + 1
        else:
            row, column = row + 1, max(0, column - 1)
    return values


def _dct(cells: list[list[int]], row: int, column: int) -> float:
    def cosine(frequency: int, place: int) -> float:
        exact = math.sqrt((1 if frequency == 0 else 2) / 8) * math.cos((2 * place + 1) * frequency * math.pi / 16)
        return float(f"{exact:.6e}")

    total = 0.0
    for y in range(8):
        line = 0.0
        for x in range(8):
            line += cosine(column, x) * cells[y][x]
        total += cosine(row, y) * float(np.float32(line))
    return total


def _first(mean: int, plane: int) -> int:
    steps = [(192, 112, 4), (160, 96, 2), (96, 32, 1), (64, 16, 2), (0, 0, 4)]
    if plane:
        steps = [(160, 56, 4), (144, 48, 2), (112, 16, 1), (96, 8, 2), (64, 0, 4)]
    start, base, step = next((part for part in steps if mean > part[0]), (mean, 0, 1))
    value = base + (mean - start) // step
    return min(63, value) if plane else value // 2


def _changed(coefficient: int) -> int:
    limited = min(max(coefficient, -256), 255)
    size = abs(limited)
    size = 64 + size // 4 if size > 127 else 32 + size // 2 if size > 63 else size
    return 128 + (size if limited > 0 else -size)
