"""The color layout descriptor of a picture: MPEG-7 `ColorLayout` (ISO/IEC 15938-3) with 33 numbers, as clients of
trace.moe compute it and send it in place of a picture.

The picture is cut into 8 × 8 cells, and the mean of each in YCbCr is its representative color. Each of the three planes
goes through a DCT and is read in zigzag order; the first coefficient is quantized to 6 bits and the others to 5, finely
around the middle of their ranges and coarsely towards the ends. Constants and roundings are those of the reference
software of the standard (cosines of seven digits, the first pass of the DCT in single precision), so that the numbers
are the same to the last one.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from core.pictures.pixels import Rgb

ColorLayouts = NDArray[np.uint8]
"""(n, 33): of each picture 21 coefficients of Y, 6 of Cb and 6 of Cr, the first of each from 0 to 63, others to 31."""

COEFFICIENTS: Final = (21, 6, 6)
"""How many numbers there are of Y, Cb and Cr."""
LAYOUT_SIZE: Final = sum(COEFFICIENTS)
FIRST_COEFFICIENTS: Final = (0, 21, 27)
"""Places of the mean Y, Cb and Cr, which reach 63."""

_SIDE: Final = 8
_ROUNDING: Final = 0.499999
_FARTHEST: Final = 255


def _zigzag() -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Rows and columns of the coefficients by diagonal, the first step to the right."""
    places = [(row, column) for row in range(_SIDE) for column in range(_SIDE)]
    places.sort(key=lambda place: (sum(place), place[0] if sum(place) % 2 else place[1]))
    rows, columns = np.array(places[: max(COEFFICIENTS)], np.intp).T
    return rows, columns


def _cosines() -> NDArray[np.float64]:
    """(frequency, position): the orthonormal DCT-II, of seven significant digits."""
    exact = [
        [(0.125 if k == 0 else 0.25) ** 0.5 * np.cos((2 * x + 1) * k * np.pi / 16) for x in range(_SIDE)]
        for k in range(_SIDE)
    ]
    return np.array([[float(f"{value:.6e}") for value in row] for row in exact])


_ROWS, _COLUMNS = _zigzag()
_COSINES: Final = _cosines()


def color_layout(picture: Rgb) -> NDArray[np.uint8]:
    """The descriptor, (33,), of an RGB picture (height, width, 3) of any size.

    Clients make a picture smaller first; that hardly moves the means of cells. A cell without a pixel, of a picture
    with a side below 8, is 0 in all planes.
    """
    layout: NDArray[np.uint8] = color_layouts([picture])[0]
    return layout


def color_layouts(pictures: Sequence[Rgb]) -> ColorLayouts:
    """The descriptors of n pictures, each of its own size: (n, 33)."""
    if not pictures:
        return np.empty((0, LAYOUT_SIZE), np.uint8)
    spectrum = _spectrum(np.stack([_cells(picture) for picture in pictures]))
    first = spectrum[:, :, 0, 0] >> 3  # (n, 3)
    rest = spectrum[:, :, _ROWS[1:], _COLUMNS[1:]]  # (n, 3, 20)
    parts = [_quantized_luma(first[:, 0])[:, None] >> 1, _quantized(rest[:, 0] >> 1)]
    for plane in (1, 2):
        parts += [
            _quantized_chroma(first[:, plane])[:, None],
            _quantized(rest[:, plane, : COEFFICIENTS[plane] - 1]),
        ]
    return np.concatenate(parts, axis=1).astype(np.uint8)


def is_layout(values: NDArray[np.integer[Any]]) -> bool:
    """Whether (n, 33) numbers can be descriptors: none is beyond the range of its coefficient."""
    limits = np.full(LAYOUT_SIZE, 31)
    limits[list(FIRST_COEFFICIENTS)] = 63
    return bool(((values >= 0) & (values <= limits)).all())


def similarity(squared_distance: float) -> float:
    """Likeness 0..1 of two descriptors at a squared Euclidean distance, as trace.moe states it."""
    return max(0.0, (_FARTHEST - squared_distance) / _FARTHEST)


def _cells(picture: Rgb) -> NDArray[np.int64]:
    """Mean Y, Cb and Cr of each cell as whole numbers, (3, 8, 8). A pixel is of the cell that its corner lies in."""
    height, width = picture.shape[:2]
    rows, columns = (-(-np.arange(_SIDE + 1) * side // _SIDE) for side in (height, width))
    bands = np.zeros((_SIDE, width + 1, 3), np.int64)
    for band, (start, end) in enumerate(pairwise(rows.tolist())):
        if end > start:
            line = cv2.reduce(picture[start:end], 0, cv2.REDUCE_SUM, dtype=cv2.CV_32S)[0]
            np.cumsum(line, axis=0, out=bands[band, 1:])
    sums = np.diff(bands[:, columns], axis=1)  # (8, 8, 3)
    counts = np.outer(np.diff(rows), np.diff(columns))
    red, green, blue = np.moveaxis(sums * (1 / np.maximum(256 * counts, 1))[..., None], -1, 0)
    luma = 0.299 * red + 0.587 * green + 0.114 * blue
    planes = np.stack([219 * luma + 16.5, 126.336 * (blue - luma) + 128.5, 159.712 * (red - luma) + 128.5])
    return np.where(counts > 0, np.floor(planes), 0).astype(np.int64)


def _spectrum(planes: NDArray[np.int64]) -> NDArray[np.int64]:
    """DCT of (n, 3, 8, 8) along both axes, as whole numbers. Sums go from left to right, as the roundings want it."""
    across = np.zeros(planes.shape)
    for column in range(_SIDE):
        across += planes[..., column, None] * _COSINES[:, column]
    across = across.astype(np.float32).astype(np.float64)
    down = np.zeros(planes.shape)
    for row in range(_SIDE):
        down += _COSINES[:, row, None] * across[..., row, None, :]
    return np.floor(down + _ROUNDING).astype(np.int64)


def _quantized_luma(mean: NDArray[np.int64]) -> NDArray[np.int64]:
    """0..255 to 0..127."""
    return np.interp(mean, (0, 64, 96, 160, 192, 256), (0, 16, 32, 96, 112, 128)).astype(np.int64)


def _quantized_chroma(mean: NDArray[np.int64]) -> NDArray[np.int64]:
    """0..255 to 0..63."""
    steps = np.interp(mean, (64, 96, 112, 144, 160, 192), (0, 8, 16, 48, 56, 64)).astype(np.int64)
    return np.minimum(steps, 63)


def _quantized(coefficients: NDArray[np.int64]) -> NDArray[np.int64]:
    """To 0..31; 16 stands for zero."""
    limited = np.clip(coefficients, -256, 255)
    size = np.interp(np.abs(limited), (0, 64, 128, 256), (0, 64, 96, 128)).astype(np.int64)
    return (np.sign(limited) * size + 128) >> 3
