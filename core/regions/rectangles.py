"""Rectangles with straight edges on their sides."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.regions.backgrounds import Background
from core.regions.straight_edges import EdgeLines, FloatMap

_LINE_LIMIT: Final = 14  # in each direction
_LINE_MIN_LENGTH: Final = 0.2
_SIDE_MIN_SUPPORT: Final = 0.3
_MEAN_MIN_SUPPORT: Final = 0.45
_WEIGHT_BY_SIDES: Final = (0.0, 0.6, 0.85, 0.95, 1.0)  # by the number of sides that are not the border of the picture
_LARGE_SHARE: Final = 0.15  # share of the picture: smaller rectangles are less certain
_ASPECTS: Final = (0.4, 3.2)  # width to height of a frame


@dataclass(frozen=True, slots=True)
class Rectangles:
    """Candidates: `edges` (n, 4) left, top, right, bottom; `support` (n, 4) of their sides, NaN on the border."""

    edges: NDArray[np.intp]
    support: FloatMap

    def certainty(self, background: Background) -> FloatMap:
        """Certainty that each is a picture, (n,) 0..1, by its sides' support and the background around and inside."""
        within, around = background.shares(self.edges)
        inner_sides = np.isfinite(self.support)
        side_count = inner_sides.sum(axis=1)
        mean = np.nan_to_num(self.support).sum(axis=1) / np.maximum(1, side_count)
        weakest = np.nan_to_num(self.support, nan=1.0).min(axis=1)
        lines = np.clip(0.5 * mean + 0.5 * weakest, 0, 1) ** 0.7
        share = np.prod(self.edges[:, 2:] - self.edges[:, :2], axis=1) / background.mask.size
        page_likeness = np.clip(around - within, 0, 1)
        shape = np.array(_WEIGHT_BY_SIDES)[side_count] * np.minimum(1, share / _LARGE_SHARE) ** 0.5
        return np.asarray(lines * shape * (0.5 + 0.5 * page_likeness**0.5) * (1 - 0.6 * within), np.float32)


def find_rectangles(rows: EdgeLines, columns: EdgeLines, boxes: NDArray[np.intp], *, least_area: float) -> Rectangles:
    """Rectangles between straight edges, of which at least one is not the border of the picture.

    All pairs of the longest vertical lines are combined with all pairs of the longest horizontal ones; a rectangle is
    valid when lines can be seen along each of its sides. Edges of `boxes` (n, 4) are lines as well.
    """
    width, height = rows.width, columns.width
    across = _line_positions(columns.strongest(_LINE_LIMIT, _LINE_MIN_LENGTH), boxes[:, 0::2], width)
    down = _line_positions(rows.strongest(_LINE_LIMIT, _LINE_MIN_LENGTH), boxes[:, 1::2], height)
    left, right = np.triu_indices(len(across), 1)
    top, bottom = np.triu_indices(len(down), 1)
    level = rows.support(down, across[left], across[right])  # (down, pairs across)
    upright = columns.support(across, down[top], down[bottom])  # (across, pairs down)
    level[[0, -1]] = np.nan
    upright[[0, -1]] = np.nan
    wide = (across[right] - across[left])[:, None]
    high = (down[bottom] - down[top])[None]
    valid = (wide * high >= least_area * width * height) & (wide > _ASPECTS[0] * high) & (wide < _ASPECTS[1] * high)
    sides = np.stack([upright[left], level[top].T, upright[right], level[bottom].T], axis=-1)
    valid &= np.nan_to_num(sides, nan=1.0).min(axis=-1) > _SIDE_MIN_SUPPORT
    side_count = np.isfinite(sides).sum(axis=-1)
    valid &= np.nan_to_num(sides).sum(axis=-1) >= _MEAN_MIN_SUPPORT * np.maximum(1, side_count)
    valid &= side_count > 0
    column_pair, row_pair = np.nonzero(valid)
    edges = np.stack(
        [across[left[column_pair]], down[top[row_pair]], across[right[column_pair]], down[bottom[row_pair]]], axis=1
    )
    return Rectangles(edges, sides[column_pair, row_pair])


def _line_positions(lines: NDArray[np.intp], further: NDArray[np.intp], end: int) -> NDArray[np.intp]:
    """Positions of the borders, of the lines, and of further edges that are not near a line."""
    inner = [int(line) for line in lines]
    for edge in further.ravel().tolist():
        if 1 < edge < end - 1 and all(abs(edge - line) > 1 for line in inner):
            inner.append(edge)
    return np.array([0, *sorted(inner), end], np.intp)
