"""Pictures laid side by side: collages of equal cells, with or without gutters, and strips of frames."""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.regions.straight_edges import EdgeLines, Map

_MOST: Final = (8, 4)  # rows and columns
_SHAPES: Final = (0.9, 2.6)  # width to height of a cell
_WIDEST_GUTTER: Final = 0.08  # share of the side
_WEAKEST: Final = 0.4
_MORE_LINES: Final = 0.8  # a gutter around is four edges more to be right by chance: it may be seen less well
_PER_GUTTER: Final = 0.5  # what a gutter as wide as the side would count against it: the narrowest is taken


@dataclass(frozen=True, slots=True)
class Collage:
    """Equal cells: `edges` (n, 4) left, top, right, bottom in reading order, and how sure that they are cells, 0..1."""

    edges: NDArray[np.intp]
    certainty: float


@dataclass(frozen=True, slots=True)
class _Cuts:
    """Where the parts of one side lie, (n, 2) from and to, and how well the edges between them are seen."""

    parts: NDArray[np.intp]
    seen: float


def find_collage(rows: EdgeLines, columns: EdgeLines) -> Collage | None:
    """The likeliest grid of equal cells, of up to 8 rows and 4 columns of the usual shapes of video."""
    height, width = columns.width, rows.width
    level, upright = _profile(rows, height), _profile(columns, width)
    best: Collage | None = None
    for across in range(1, _MOST[1] + 1):
        for down in range(1, _MOST[0] + 1):
            shape = width / across / (height / down)
            if across * down == 1 or not _SHAPES[0] < shape < _SHAPES[1]:
                continue
            beside, below = _cuts(upright, across), _cuts(level, down)
            if beside is None or below is None:
                continue
            certainty = _certainty(min(beside.seen, below.seen), across, down)
            if best is None or certainty > best.certainty:
                cells = [(left, top, right, bottom) for top, bottom in below.parts for left, right in beside.parts]
                best = Collage(np.array(cells, np.intp), certainty)
    return best


def _certainty(seen: float, across: int, down: int) -> float:
    """One line may be chance; lines at all the places of a finer grid are not, so that it beats the coarser one."""
    lines = across + down - 2
    return float(seen ** (1 / lines)) * (0.85 if lines == 1 else 1.0)


def _profile(lines: EdgeLines, height: int) -> Map:
    """How much of a line across the whole picture can be seen at each edge, (height + 1,)."""
    return lines.support(np.arange(height + 1), np.array([0], np.intp), np.array([lines.width], np.intp))[:, 0]


def _cuts(profile: Map, parts: int) -> _Cuts | None:
    """Cut a side in equal parts: of all widths of gutters, with and without one around, the one that is seen best."""
    length = len(profile) - 1
    best = _Cuts(np.array([[0, length]], np.intp), _WEAKEST) if parts == 1 else None
    for around in (False, True)[parts == 1 :]:
        gutters = np.arange(0 if not around else 1, _WIDEST_GUTTER * length + 1, 0.5)
        sizes = (length - (parts - 1 + 2 * around) * gutters) / parts
        starts = around * gutters[:, None] + np.arange(parts) * (sizes + gutters)[:, None]
        places = np.stack([starts, starts + sizes[:, None]], axis=-1)  # (gutters, parts, 2)
        edges = np.rint(places).astype(np.intp)
        flat = edges.reshape(len(gutters), -1)
        support = profile[flat if around else flat[:, 1:-1]]
        seen = 0.5 * (support.min(axis=1) + support.mean(axis=1)) - _PER_GUTTER * gutters / length
        choice = int(np.argmax(seen))
        if seen[choice] > _WEAKEST and (best is None or seen[choice] > _MORE_LINES * best.seen):
            best = _Cuts(edges[choice], float(seen[choice]))
    return replace(best, seen=1.0) if parts == 1 and best else best
