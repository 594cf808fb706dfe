"""Straight horizontal and vertical edges, such as those of a picture inside another one."""

from dataclasses import dataclass
from typing import Final, Self

import cv2
import numpy as np
from numpy.typing import NDArray

from core.pictures.pixels import Rgb

FloatMap = NDArray[np.float32]

_NOISE_LEVELS: Final = 2.0  # of a step that compression causes
_FULL_STEP_LEVELS: Final = 14.0  # from which a step counts in full
_SURROUNDINGS_PX: Final = (
    2,
    4,
)  # distances of the compared rows; two, as a gutter may lie at one
_TEXTURE_WEIGHT: Final = 0.8  # weight of the changes around a line against it
_CORNER_SHARE: Final = 0.04  # share of a side at each end that is ignored: corners are often round


@dataclass(frozen=True, slots=True)
class EdgeLines:
    """Edges between the rows of a picture (between its columns: those of the transposed picture).

    Edge `y` lies above row `y`. `sums` (height + 1, width + 1) float32 are cumulative sums, from the left, of each
    pixel's edge strength less that a few pixels away: 1 for a clean step, about 0 in texture.
    """

    sums: FloatMap

    @classmethod
    def of(cls, edge_strengths: FloatMap) -> Self:
        """From edge strengths (height + 1, width), as those of `edge_strengths_of`."""
        near, far = _SURROUNDINGS_PX
        padded = np.pad(edge_strengths, ((far, far), (0, 0)))
        height = edge_strengths.shape[0]
        before, after = (
            np.minimum(padded[far + sign * near :][:height], padded[far + sign * far :][:height]) for sign in (-1, 1)
        )
        contrast = edge_strengths - _TEXTURE_WEIGHT * (before + after)
        sums = np.zeros((edge_strengths.shape[0], edge_strengths.shape[1] + 1), np.float32)
        np.cumsum(contrast, axis=1, out=sums[:, 1:])
        return cls(sums)

    @property
    def width(self) -> int:
        """Length of an edge in pixels."""
        return int(self.sums.shape[1]) - 1

    def support(self, edges: NDArray[np.intp], starts: NDArray[np.intp], ends: NDArray[np.intp]) -> FloatMap:
        """How much of a line can be seen on the edges `edges` (n,) between the pixels `starts` and `ends` (m,).

        (n, m), at most 1. The line may lie one pixel off. Lines on the border of the picture get 0.
        """
        margin = ((ends - starts) * _CORNER_SHARE).astype(np.intp)
        starts, ends = starts + margin, ends - margin
        length = np.maximum(1, ends - starts).astype(np.float32)
        nearby = [np.clip(edges + offset, 0, self.sums.shape[0] - 1)[:, None] for offset in (-1, 0, 1)]
        best = np.max([self.sums[rows, ends] - self.sums[rows, starts] for rows in nearby], axis=0)
        return np.asarray(best / length, np.float32)

    def strongest(self, limit: int, min_length: float) -> NDArray[np.intp]:
        """The edges with the longest straight lines, at most `limit`; `min_length` is a share of the width."""
        window = max(3, self.width // 6)
        local = (self.sums[:, window:] - self.sums[:, :-window]) / window
        lengths = np.where(local > 0.4, local, 0).sum(axis=1)
        lengths[[0, 1, -2, -1]] = 0
        peaks = lengths >= cv2.dilate(lengths[:, None], np.ones((5, 1), np.uint8))[:, 0]
        edges = np.flatnonzero(peaks & (lengths > max(1.0, self.width * min_length - window)))
        return edges[np.argsort(-lengths[edges], kind="stable")[:limit]]


def colour_difference(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Difference of two RGB pictures of one size: the largest of the three channels, (h, w)."""
    red, green, blue = cv2.split(cv2.absdiff(first, second))
    return np.asarray(cv2.max(cv2.max(red, green), blue), np.uint8)


def difference_to_colour(picture: Rgb, colour: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Difference of a picture from one colour (3,), as `colour_difference`; fractions are dropped."""
    red, green, blue = cv2.split(cv2.absdiff(picture, np.append(np.floor(colour), 0.0)))
    return np.asarray(cv2.max(cv2.max(red, green), blue), np.uint8)


def edge_strengths_of(picture: Rgb) -> tuple[FloatMap, FloatMap]:
    """Strength of the edges between rows (h + 1, w) and, transposed, between columns (w + 1, h), 0..1."""
    down = np.zeros((picture.shape[0] + 1, picture.shape[1]), np.float32)
    down[1:-1] = colour_difference(picture[1:], picture[:-1])
    right = np.zeros((picture.shape[1] + 1, picture.shape[0]), np.float32)
    right[1:-1] = colour_difference(picture[:, 1:], picture[:, :-1]).T
    for steps in (down, right):
        np.clip((steps - _NOISE_LEVELS) / (_FULL_STEP_LEVELS - _NOISE_LEVELS), 0, 1, out=steps)
    return down, right
