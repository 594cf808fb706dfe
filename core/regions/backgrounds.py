"""The background of a page: plain colours that cover much of a screenshot, with pictures on them."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from core.pictures.pixels import Rgb
from core.regions.straight_edges import FloatMap, difference_to_colour

_COLOUR_LIMIT: Final = 2
_COLOUR_MIN_SHARE: Final = 0.1  # of the picture
_COLOUR_TOLERANCE_LEVELS: Final = 10
_BOX_LIMIT: Final = 5
_BOX_MIN_FILL: Final = 0.6


@dataclass(frozen=True, slots=True)
class Background:
    """`mask` (h, w) uint8 is 1 where the background is, `integral` (h + 1, w + 1) its integral image."""

    mask: NDArray[np.uint8]
    integral: NDArray[np.int32]

    def shares(self, edges: NDArray[np.intp]) -> tuple[FloatMap, FloatMap]:
        """For rectangles (n, 4) left, top, right, bottom: the share of background inside and outside of each, 0..1."""
        left, top, right, bottom = edges.T
        within = (
            self.integral[bottom, right]
            - self.integral[top, right]
            - self.integral[bottom, left]
            + self.integral[top, left]
        )
        area = (right - left) * (bottom - top)
        outside = np.maximum(1, self.mask.size - area)
        around = (self.integral[-1, -1] - within) / outside
        return np.asarray(within / area, np.float32), np.asarray(around, np.float32)


def find_background(picture: Rgb, edge_strengths: tuple[FloatMap, FloatMap]) -> Background:
    """The one or two most frequent plain colours; `edge_strengths` are those of `edge_strengths_of`."""
    down, right = edge_strengths
    quiet = (down[:-1] == 0) & (right[:-1].T == 0)
    mask = np.zeros(picture.shape[:2], np.uint8)
    red, green, blue = (picture[..., channel].astype(np.int32) >> 4 for channel in range(3))
    codes = red << 8 | green << 4 | blue
    for _ in range(_COLOUR_LIMIT):
        uncovered = quiet & (mask == 0)
        uncovered_codes = codes[uncovered]
        if len(uncovered_codes) < _COLOUR_MIN_SHARE * mask.size:
            break
        commonest_code = int(np.bincount(uncovered_codes).argmax())
        colour = np.median(picture[uncovered & (codes == commonest_code)], axis=0)
        similar = difference_to_colour(picture, colour) <= _COLOUR_TOLERANCE_LEVELS
        if similar.mean() < _COLOUR_MIN_SHARE:
            break
        mask |= similar.astype(np.uint8)
    return Background(mask, np.asarray(cv2.integral(mask), np.int32))


def foreground_boxes(background: Background, *, least_area: float) -> NDArray[np.intp]:
    """Boxes (n, 4) left, top, right, bottom of connected foreground parts that fill their box, largest first."""
    foreground = cv2.morphologyEx(1 - background.mask, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    _, _, stats, _ = cv2.connectedComponentsWithStats(foreground, connectivity=4)
    stats = stats[1:]
    area = stats[:, cv2.CC_STAT_WIDTH] * stats[:, cv2.CC_STAT_HEIGHT]
    filled = stats[:, cv2.CC_STAT_AREA] >= _BOX_MIN_FILL * area
    boxes = stats[filled & (area >= least_area * foreground.size)]
    boxes = boxes[np.argsort(-boxes[:, cv2.CC_STAT_AREA], kind="stable")[:_BOX_LIMIT], :4].astype(np.intp)
    return np.concatenate([boxes[:, :2], boxes[:, :2] + boxes[:, 2:]], axis=1)
