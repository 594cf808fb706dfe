"""The colour layout of a picture, the cheapest reference method: MPEG-7's descriptor (ISO/IEC 15938-3, ColorLayout)
with 33 numbers, which is what trace.moe indexes.

The descriptor is that of `core.pictures.color_layout`. The matching that the standard recommends adds up, over the
planes, the roots of weighted sums of squared differences.
"""

from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from core.pictures.color_layout import COEFFICIENTS, color_layouts
from core.pictures.pixels import Rgb
from training.distortion.views.geometry import canvas, paste, resized

_MAX_SIDE: Final = 320

_WEIGHTS: Final = ((3, 3, 3, *(1,) * 18), (2, 2, 2, 1, 1, 1), (4, 2, 2, 1, 1, 1))
"""How much a difference counts, by plane: those of the standard's experimentation model."""

_BLACK_MAX_LEVEL: Final = 30
_WIDE: Final = 16 / 9
_KEPT_SHAPES: Final = ((_WIDE, 0.05), (4 / 3, 0.05))
_CINEMA: Final = (21 / 9, 0.1)


class ColourLayout:
    """An `Embedder` of colour layouts; similarity is minus the distance.

    `cut_borders` cuts black borders first, as trace.moe does on request. trace.moe cuts those of queries only; here
    those of indexed frames are cut too, so that a film with bars is not at a disadvantage.
    """

    def __init__(self, *, cut_borders: bool = False) -> None:
        self._cut_borders = cut_borders

    @property
    def name(self) -> str:
        """The name, with the treatment of borders."""
        return "colour layout, borders cut" if self._cut_borders else "colour layout"

    def embed(self, pictures: Sequence[Rgb]) -> NDArray[np.float32]:
        """RGB pictures of any sizes → (n, 33)."""
        smaller = [_smaller(picture) for picture in pictures]
        cropped = [without_borders(picture) for picture in smaller] if self._cut_borders else smaller
        return color_layouts(cropped).astype(np.float32)

    def similarity(self, queries: NDArray[np.float32], frames: NDArray[np.float32]) -> NDArray[np.float32]:
        """Minus the distances."""
        return -distances(queries, frames)


def distances(queries: NDArray[np.float32], frames: NDArray[np.float32]) -> NDArray[np.float32]:
    """(q, 33) and (n, 33) → (q, n), 0 for the same layout.

    Numbers and weights are whole and small, so that the sums below are exact in float32.
    """
    total = np.zeros((len(queries), len(frames)), np.float32)
    start = 0
    for count, weights in zip(COEFFICIENTS, _WEIGHTS, strict=True):
        weight = np.array(weights, np.float32)
        query, frame = queries[:, start : start + count], frames[:, start : start + count]
        squares = (query**2 @ weight)[:, None] + (frame**2 @ weight)[None] - 2 * ((query * weight) @ frame.T)
        total += np.sqrt(squares)
        start += count
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
    is_content = np.asarray(cv2.medianBlur(np.clip(stretched, 0, 255).astype(np.uint8), 3)) > _BLACK_MAX_LEVEL
    rows, columns = np.flatnonzero(is_content.any(axis=1)), np.flatnonzero(is_content.any(axis=0))
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
    """The picture within 320 × 320, aspect ratio kept: the means of cells do not change, and summing is faster."""
    height, width = picture.shape[:2]
    scale = _MAX_SIDE / max(height, width)
    return picture if scale >= 1 else resized(picture, round(width * scale), round(height * scale))
