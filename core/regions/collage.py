"""Collages: grids of equal cells, with or without gutters, and strips of frames."""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.regions.straight_edges import EdgeLines, FloatMap

_GRID_LIMIT: Final = (8, 4)  # rows and columns
_CELL_ASPECTS: Final = (0.9, 2.6)  # width to height of a cell
_GUTTER_MAX_SHARE: Final = 0.08  # share of the side
_MIN_SUPPORT: Final = 0.4
_FRAME_SUPPORT_FACTOR: Final = 0.8  # with an outer gutter four more edges have to fit: less support is enough
_GUTTER_PENALTY: Final = 0.5  # for a gutter as wide as the side: narrow gutters are preferred


@dataclass(frozen=True, slots=True)
class Collage:
    """Equal cells: `edges` (n, 4) left, top, right, bottom in reading order, and their certainty, 0..1."""

    edges: NDArray[np.intp]
    certainty: float


@dataclass(frozen=True, slots=True)
class _Division:
    """Bounds of the parts of one side, (n, 2) from and to, and how well the edges between them can be seen."""

    parts: NDArray[np.intp]
    support: float


def find_collage(rows: EdgeLines, columns: EdgeLines) -> Collage | None:
    """The most certain grid of equal cells, up to 8 rows by 4 columns, with the usual aspect ratios of video."""
    height, width = columns.width, rows.width
    row_profile, column_profile = _profile(rows, height), _profile(columns, width)
    best: Collage | None = None
    for across in range(1, _GRID_LIMIT[1] + 1):
        for down in range(1, _GRID_LIMIT[0] + 1):
            aspect = width / across / (height / down)
            if across * down == 1 or not _CELL_ASPECTS[0] < aspect < _CELL_ASPECTS[1]:
                continue
            column_division, row_division = _divide(column_profile, across), _divide(row_profile, down)
            if column_division is None or row_division is None:
                continue
            certainty = _certainty(min(column_division.support, row_division.support), across, down)
            if best is None or certainty > best.certainty:
                cells = [
                    (left, top, right, bottom)
                    for top, bottom in row_division.parts
                    for left, right in column_division.parts
                ]
                best = Collage(np.array(cells, np.intp), certainty)
    return best


def _certainty(support: float, across: int, down: int) -> float:
    """One line may be an accident; lines at all places of a finer grid are not, so that it beats the coarser one."""
    lines = across + down - 2
    return float(support ** (1 / lines)) * (0.85 if lines == 1 else 1.0)


def _profile(lines: EdgeLines, height: int) -> FloatMap:
    """How much of a line across the whole picture can be seen at each edge, (height + 1,)."""
    return lines.support(np.arange(height + 1), np.array([0], np.intp), np.array([lines.width], np.intp))[:, 0]


def _divide(profile: FloatMap, parts: int) -> _Division | None:
    """Divide a side into equal parts, by the best supported width of gutters, with or without an outer one."""
    length = len(profile) - 1
    best = _Division(np.array([[0, length]], np.intp), _MIN_SUPPORT) if parts == 1 else None
    for framed in (False, True)[parts == 1 :]:
        gutters = np.arange(0 if not framed else 1, _GUTTER_MAX_SHARE * length + 1, 0.5)
        sizes = (length - (parts - 1 + 2 * framed) * gutters) / parts
        starts = framed * gutters[:, None] + np.arange(parts) * (sizes + gutters)[:, None]
        bounds = np.stack([starts, starts + sizes[:, None]], axis=-1)  # (gutters, parts, 2)
        edges = np.rint(bounds).astype(np.intp)
        flat = edges.reshape(len(gutters), -1)
        support = profile[flat if framed else flat[:, 1:-1]]
        scores = 0.5 * (support.min(axis=1) + support.mean(axis=1)) - _GUTTER_PENALTY * gutters / length
        choice = int(np.argmax(scores))
        if scores[choice] > _MIN_SUPPORT and (best is None or scores[choice] > _FRAME_SUPPORT_FACTOR * best.support):
            best = _Division(edges[choice], float(scores[choice]))
    return replace(best, support=1.0) if parts == 1 and best else best
