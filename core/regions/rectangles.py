"""Rectangles that stand out from a picture by straight edges on their sides."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.regions.grounds import Ground
from core.regions.straight_edges import EdgeLines, Map

_LINES: Final = 14  # of each direction that are tried
_SHORTEST_LINE: Final = 0.2
_WEAKEST_SIDE: Final = 0.3
_WEAKEST_MEAN: Final = 0.45
_BY_SIDES: Final = (0.0, 0.6, 0.85, 0.95, 1.0)  # by how many sides are not the border of the picture
_LARGE: Final = 0.15  # share of the picture from which it does not count against a rectangle
_SHAPES: Final = (0.4, 3.2)  # width to height of what may be a frame


@dataclass(frozen=True, slots=True)
class Rectangles:
    """Candidates: `edges` (n, 4) left, top, right, bottom; what is seen of their sides (n, 4), NaN on the border."""

    edges: NDArray[np.intp]
    support: Map

    def certainty(self, ground: Ground) -> Map:
        """How sure it is that each is a picture by itself, (n,) 0..1: all sides seen, ground around, little inside."""
        within, around = ground.shares(self.edges)
        seen = np.isfinite(self.support)
        number = seen.sum(axis=1)
        mean = np.nan_to_num(self.support).sum(axis=1) / np.maximum(1, number)
        weakest = np.nan_to_num(self.support, nan=1.0).min(axis=1)
        lines = np.clip(0.5 * mean + 0.5 * weakest, 0, 1) ** 0.7
        share = np.prod(self.edges[:, 2:] - self.edges[:, :2], axis=1) / ground.mask.size
        page = np.clip(around - within, 0, 1)
        shape = np.array(_BY_SIDES)[number] * np.minimum(1, share / _LARGE) ** 0.5
        return np.asarray(lines * shape * (0.5 + 0.5 * page**0.5) * (1 - 0.6 * within), np.float32)


def rectangles(rows: EdgeLines, columns: EdgeLines, islands: NDArray[np.intp], *, least_area: float) -> Rectangles:
    """Rectangles between straight edges, of which at least one is not the border of the picture.

    Tried are all pairs of the longest upright lines with all pairs of the longest level ones; a rectangle is kept when
    lines can be seen along each of its sides. Edges of `islands` (n, 4) are tried as well.
    """
    width, height = rows.width, columns.width
    across = _tried(columns.strongest(_LINES, _SHORTEST_LINE), islands[:, 0::2], width)
    down = _tried(rows.strongest(_LINES, _SHORTEST_LINE), islands[:, 1::2], height)
    left, right = np.triu_indices(len(across), 1)
    top, bottom = np.triu_indices(len(down), 1)
    level = rows.support(down, across[left], across[right])  # (down, pairs across)
    upright = columns.support(across, down[top], down[bottom])  # (across, pairs down)
    level[[0, -1]] = np.nan
    upright[[0, -1]] = np.nan
    wide = (across[right] - across[left])[:, None]
    high = (down[bottom] - down[top])[None]
    kept = (wide * high >= least_area * width * height) & (wide > _SHAPES[0] * high) & (wide < _SHAPES[1] * high)
    sides = np.stack([upright[left], level[top].T, upright[right], level[bottom].T], axis=-1)
    kept &= np.nan_to_num(sides, nan=1.0).min(axis=-1) > _WEAKEST_SIDE
    seen = np.isfinite(sides).sum(axis=-1)
    kept &= np.nan_to_num(sides).sum(axis=-1) >= _WEAKEST_MEAN * np.maximum(1, seen)
    kept &= seen > 0
    one, other = np.nonzero(kept)
    edges = np.stack([across[left[one]], down[top[other]], across[right[one]], down[bottom[other]]], axis=1)
    return Rectangles(edges, sides[one, other])


def _tried(lines: NDArray[np.intp], further: NDArray[np.intp], end: int) -> NDArray[np.intp]:
    """The borders and the lines, and further edges where no line is near."""
    inner = [int(line) for line in lines]
    for edge in further.ravel().tolist():
        if 1 < edge < end - 1 and all(abs(edge - line) > 1 for line in inner):
            inner.append(edge)
    return np.array([0, *sorted(inner), end], np.intp)
