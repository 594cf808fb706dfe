"""The colour layout of a picture, the yardstick that asks least of a machine: MPEG-7's descriptor (ISO/IEC 15938-3,
ColorLayout) with 33 numbers, which is what trace.moe indexes.

The picture is cut into 8 × 8 cells, and the mean of each in YCbCr is taken as its representative colour. Each of the
three planes goes through an orthonormal 8 × 8 DCT and is read in zigzag order; the first coefficient is quantised to 6
bits and the others to 5, finely around the middle of their ranges and coarsely towards the ends. The matching that the
standard recommends adds up, over the planes, the roots of weighted sums of squared differences.
"""

from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from core.pictures.pixels import Rgb
from training.distortion.views.geometry import canvas, paste, resized

Layout = NDArray[np.float32]
"""Whole numbers, (33,) of one picture: 21 of Y from 0 to 63 (first) or 31, then 6 each of Cb and Cr."""

COEFFICIENTS: Final = (21, 6, 6)
"""Coefficients of Y, Cb and Cr."""
_GRID: Final = 8
_MAX_SIDE: Final = 320

_LUMA: Final = (0.299, 0.587, 0.114)
_Y_DC: Final = ((0, 64, 96, 160, 192, 256), (0, 16, 32, 96, 112, 128))
_C_DC: Final = ((64, 96, 112, 144, 160, 192), (0, 8, 16, 48, 56, 64))
_AC: Final = ((0, 64, 128, 256), (0, 64, 96, 128))
_WEIGHTS: Final = ((3, 3, 3, *(1,) * 18), (2, 2, 2, 1, 1, 1), (4, 2, 2, 1, 1, 1))
"""How much a difference counts, by plane: those of the standard's experimentation model."""

_BLACK_MAX_LEVEL: Final = 30
_WIDE: Final = 16 / 9
_KEPT_SHAPES: Final = ((_WIDE, 0.05), (4 / 3, 0.05))
_CINEMA: Final = (21 / 9, 0.1)


class ColourLayout:
    """A `Describer` of colour layouts; alike is what is near.

    `cut_borders` cuts black borders away first, as trace.moe does for who asks for it; it does so for questions only,
    while here frames of the index lose theirs too, so that a film with bars is not put at a disadvantage.
    """

    def __init__(self, *, cut_borders: bool = False) -> None:
        self._cut_borders = cut_borders

    @property
    def name(self) -> str:
        """Tells the two ways apart."""
        return "colour layout, borders cut" if self._cut_borders else "colour layout"

    def embed(self, pictures: Sequence[Rgb]) -> NDArray[np.float32]:
        """RGB pictures of any sizes → (n, 33)."""
        smaller = [_smaller(picture) for picture in pictures]
        seen = [without_borders(picture) for picture in smaller] if self._cut_borders else smaller
        return (
            np.stack([layout_of(picture) for picture in seen]) if seen else np.empty((0, sum(COEFFICIENTS)), np.float32)
        )

    def similarity(self, queries: NDArray[np.float32], frames: NDArray[np.float32]) -> NDArray[np.float32]:
        """Minus the distances."""
        return -distances(queries, frames)


def layout_of(picture: Rgb) -> Layout:
    """The descriptor of an RGB picture; one with a side under 8 pixels is stretched to 8 first."""
    height, width = picture.shape[:2]
    if min(height, width) < _GRID:
        picture = resized(picture, max(width, _GRID), max(height, _GRID))
    parts = []
    for plane, (cells, kept) in enumerate(zip(_cells(picture), COEFFICIENTS, strict=True)):
        coefficients = np.floor(cv2.dct(cells) + 0.5)
        first = coefficients[0, 0] // 8
        others = np.array([coefficients[row, column] for row, column in _zigzag()[1:kept]])
        dc = _quantised(first, _Y_DC) // 2 if plane == 0 else np.minimum(_quantised(first, _C_DC), 63)
        parts += [dc.reshape(1), _quantised_ac(others // 2 if plane == 0 else others)]
    return np.concatenate(parts).astype(np.float32)


def distances(queries: NDArray[np.float32], frames: NDArray[np.float32]) -> NDArray[np.float32]:
    """(q, 33) and (n, 33) → (q, n), 0 for the same layout.

    Numbers and weights are whole and small, so that the sums below are exact in float32.
    """
    total = np.zeros((len(queries), len(frames)), np.float32)
    start = 0
    for kept, weights in zip(COEFFICIENTS, _WEIGHTS, strict=True):
        weight = np.array(weights, np.float32)
        one, other = queries[:, start : start + kept], frames[:, start : start + kept]
        squares = (one**2 @ weight)[:, None] + (other**2 @ weight)[None] - 2 * ((one * weight) @ other.T)
        total += np.sqrt(squares)
        start += kept
    return total


def without_borders(picture: Rgb) -> Rgb:
    """The picture without its black borders, by trace.moe's rule.

    Borders are what is darker than 30 after stretching the grey levels to the full range. They are cut when what is
    left is 16:9 or 4:3 (give or take 0.05); when it is 21:9 (0.1), bars are put back to make it 16:9; and otherwise
    the picture is returned as it came.
    """
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    low, high = np.percentile(grey, (1, 99))
    stretched = (grey.astype(np.float32) - low) * (255 / max(1.0, high - low))
    seen = np.asarray(cv2.medianBlur(np.clip(stretched, 0, 255).astype(np.uint8), 3)) > _BLACK_MAX_LEVEL
    rows, columns = np.flatnonzero(seen.any(axis=1)), np.flatnonzero(seen.any(axis=0))
    if not len(rows):
        return picture
    inner = np.ascontiguousarray(picture[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1])
    height, width = inner.shape[:2]
    if any(abs(width / height - shape) <= off for shape, off in _KEPT_SHAPES):
        return inner
    if abs(width / height - _CINEMA[0]) <= _CINEMA[1]:
        tall = round(width / _WIDE)
        return paste(inner, canvas(width, tall, (0, 0, 0)), 0, (tall - height) // 2)
    return picture


def _smaller(picture: Rgb) -> Rgb:
    """Within 320 × 320, shape kept: means of cells do not change, and there is less to add up."""
    height, width = picture.shape[:2]
    scale = _MAX_SIDE / max(height, width)
    return picture if scale >= 1 else resized(picture, round(width * scale), round(height * scale))


def _cells(picture: Rgb) -> NDArray[np.float64]:
    """Mean Y, Cb and Cr of each cell as whole numbers: (3, 8, 8). A pixel is of the cell that its corner lies in."""
    height, width = picture.shape[:2]
    rows, columns = (-(-np.arange(_GRID + 1) * side // _GRID) for side in (height, width))
    corners = np.asarray(cv2.integral(picture), np.int64)[np.ix_(rows, columns)]  # (9, 9, 3)
    sums = np.diff(np.diff(corners, axis=0), axis=1)
    means = sums / (256 * np.outer(np.diff(rows), np.diff(columns))[..., None])  # (8, 8, 3), 0..1
    luma = means @ _LUMA
    blue, red = means[..., 2] - luma, means[..., 0] - luma
    planes = np.stack([16 + 219 * luma, 128 + 224 * 0.564 * blue, 128 + 224 * 0.713 * red])
    return np.asarray(np.floor(planes + 0.5), np.float64)


def _zigzag() -> list[tuple[int, int]]:
    """(row, column) by diagonal, the first step to the right."""
    places = [(row, column) for row in range(_GRID) for column in range(_GRID)]
    return sorted(places, key=lambda at: (at[0] + at[1], at[0] if (at[0] + at[1]) % 2 else at[1]))


def _quantised(
    values: NDArray[np.float64] | np.float64, corners: tuple[tuple[int, ...], tuple[int, ...]]
) -> NDArray[np.float64]:
    """Along straight lines between corners, rounded down."""
    return np.floor(np.interp(values, *corners))


def _quantised_ac(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """To 0..31; 16 stands for zero."""
    limited = np.clip(values, -256, 255)
    return (np.sign(limited) * _quantised(np.abs(limited), _AC) + 128) // 8
