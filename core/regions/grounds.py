"""The ground of a page: plain colours that much of a screenshot has and that pictures lie on."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from core.pictures.pixels import Rgb
from core.regions.straight_edges import Map, difference_to

_COLOURS: Final = 2
_LEAST_SHARE: Final = 0.1  # of the picture, that a colour of the ground has
_NEAR: Final = 10  # grey levels
_ISLANDS: Final = 5
_FILLED: Final = 0.6


@dataclass(frozen=True, slots=True)
class Ground:
    """`mask` (h, w) uint8 is 1 where the ground is, `sums` (h + 1, w + 1) its integral."""

    mask: NDArray[np.uint8]
    sums: NDArray[np.int32]

    def shares(self, edges: NDArray[np.intp]) -> tuple[Map, Map]:
        """Of rectangles (n, 4) left, top, right, bottom: the share of ground inside of each, and outside, 0..1."""
        left, top, right, bottom = edges.T
        within = self.sums[bottom, right] - self.sums[top, right] - self.sums[bottom, left] + self.sums[top, left]
        area = (right - left) * (bottom - top)
        outside = np.maximum(1, self.mask.size - area)
        around = (self.sums[-1, -1] - within) / outside
        return np.asarray(within / area, np.float32), np.asarray(around, np.float32)


def find_ground(picture: Rgb, steps: tuple[Map, Map]) -> Ground:
    """The one or two most frequent plain colours of an RGB (h, w, 3) picture; `steps` as `steps_between` gives them."""
    down, right = steps
    quiet = (down[:-1] == 0) & (right[:-1].T == 0)
    mask = np.zeros(picture.shape[:2], np.uint8)
    red, green, blue = (picture[..., channel].astype(np.int32) >> 4 for channel in range(3))
    codes = red << 8 | green << 4 | blue
    for _ in range(_COLOURS):
        left_over = quiet & (mask == 0)
        found = codes[left_over]
        if len(found) < _LEAST_SHARE * mask.size:
            break
        commonest = int(np.bincount(found).argmax())
        colour = np.median(picture[left_over & (codes == commonest)], axis=0)
        near = difference_to(picture, colour) <= _NEAR
        if near.mean() < _LEAST_SHARE:
            break
        mask |= near.astype(np.uint8)
    return Ground(mask, np.asarray(cv2.integral(mask), np.int32))


def islands(ground: Ground, *, least_area: float) -> NDArray[np.intp]:
    """Boxes (n, 4) left, top, right, bottom of the pieces that lie on the ground and fill them, largest first."""
    closed = cv2.morphologyEx(1 - ground.mask, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    _, _, stats, _ = cv2.connectedComponentsWithStats(closed, connectivity=4)
    stats = stats[1:]
    area = stats[:, cv2.CC_STAT_WIDTH] * stats[:, cv2.CC_STAT_HEIGHT]
    filled = stats[:, cv2.CC_STAT_AREA] >= _FILLED * area
    kept = stats[filled & (area >= least_area * closed.size)]
    kept = kept[np.argsort(-kept[:, cv2.CC_STAT_AREA], kind="stable")[:_ISLANDS], :4].astype(np.intp)
    return np.concatenate([kept[:, :2], kept[:, :2] + kept[:, 2:]], axis=1)
