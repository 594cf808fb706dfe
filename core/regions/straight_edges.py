"""Where a picture changes all at once along a level or upright line, as it does at the edge of another one in it."""

from dataclasses import dataclass
from typing import Final, Self

import cv2
import numpy as np
from numpy.typing import NDArray

from core.pictures.pixels import Rgb

Map = NDArray[np.float32]

_NOISE: Final = 2.0  # grey levels of a step that compression makes by itself
_FULL_STEP: Final = 14.0  # grey levels from which a step counts in full
_AWAY: Final = (2, 4)  # pixels from a line to where the picture around it is looked at; two, as a gutter may lie there
_TEXTURE: Final = 0.8  # how much of the changes around a line counts against it
_CORNER: Final = 0.04  # share of a side at each end that is not looked at: corners are often round


@dataclass(frozen=True, slots=True)
class EdgeLines:
    """Edges between the rows of a picture. (For edges between columns: of the picture with its axes changed over.)

    Edge `y` lies above row `y`. `sums` (height + 1, width + 1) float32 adds up, from the left, how much each pixel's
    step across the edge stands out from what is a few pixels before and behind: 1 for a clean step, about 0 in texture.
    """

    sums: Map

    @classmethod
    def of(cls, steps: Map) -> Self:
        """Of steps (height + 1, width) as `steps_between` gives them."""
        near, far = _AWAY
        padded = np.pad(steps, ((far, far), (0, 0)))
        height = steps.shape[0]
        before, after = (
            np.minimum(padded[far + sign * near :][:height], padded[far + sign * far :][:height]) for sign in (-1, 1)
        )
        standing_out = steps - _TEXTURE * (before + after)
        sums = np.zeros((steps.shape[0], steps.shape[1] + 1), np.float32)
        np.cumsum(standing_out, axis=1, out=sums[:, 1:])
        return cls(sums)

    @property
    def width(self) -> int:
        """Pixels along an edge."""
        return int(self.sums.shape[1]) - 1

    def support(self, edges: NDArray[np.intp], starts: NDArray[np.intp], ends: NDArray[np.intp]) -> Map:
        """How well a straight line can be seen on the edges `edges` (n,) between the pixels `starts` and `ends` (m,).

        (n, m), at most 1. The line may lie one pixel off. Lines on the border of the picture get 0.
        """
        spare = ((ends - starts) * _CORNER).astype(np.intp)
        starts, ends = starts + spare, ends - spare
        length = np.maximum(1, ends - starts).astype(np.float32)
        nearby = [np.clip(edges + offset, 0, self.sums.shape[0] - 1)[:, None] for offset in (-1, 0, 1)]
        best = np.max([self.sums[rows, ends] - self.sums[rows, starts] for rows in nearby], axis=0)
        return np.asarray(best / length, np.float32)

    def strongest(self, most: int, shortest: float) -> NDArray[np.intp]:
        """At most `most` edges with the longest straight lines, `shortest` (0..1, share of the width) or more."""
        window = max(3, self.width // 6)
        local = (self.sums[:, window:] - self.sums[:, :-window]) / window
        seen = np.where(local > 0.4, local, 0).sum(axis=1)
        seen[[0, 1, -2, -1]] = 0
        peaks = seen >= cv2.dilate(seen[:, None], np.ones((5, 1), np.uint8))[:, 0]
        found = np.flatnonzero(peaks & (seen > max(1.0, self.width * shortest - window)))
        return found[np.argsort(-seen[found], kind="stable")[:most]]


def difference(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """How far the colours of two RGB (h, w, 3) pictures are apart: the largest of three channels, (h, w)."""
    red, green, blue = cv2.split(cv2.absdiff(one, other))
    return np.asarray(cv2.max(cv2.max(red, green), blue), np.uint8)


def difference_to(picture: Rgb, colour: NDArray[np.float64]) -> NDArray[np.uint8]:
    """How far the colours of an RGB (h, w, 3) picture are from one (3,), as `difference`; fractions are dropped."""
    red, green, blue = cv2.split(cv2.absdiff(picture, np.append(np.floor(colour), 0.0)))
    return np.asarray(cv2.max(cv2.max(red, green), blue), np.uint8)


def steps_between(picture: Rgb) -> tuple[Map, Map]:
    """Steps of brightness or colour, 0..1, between rows (h + 1, w) and between columns, turned: (w + 1, h)."""
    down = np.zeros((picture.shape[0] + 1, picture.shape[1]), np.float32)
    down[1:-1] = difference(picture[1:], picture[:-1])
    right = np.zeros((picture.shape[1] + 1, picture.shape[0]), np.float32)
    right[1:-1] = difference(picture[:, 1:], picture[:, :-1]).T
    for steps in (down, right):
        np.clip((steps - _NOISE) / (_FULL_STEP - _NOISE), 0, 1, out=steps)
    return down, right
