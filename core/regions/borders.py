"""Bars around a picture: of one colour, of a gradient, or of a blurred copy of the picture."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from core.pictures.pixels import Rgb
from core.regions.straight_edges import EdgeLines, difference_to

_SAME_COLOUR: Final = 8.0  # grey levels
_SAME_SHARE: Final = 0.985  # of a row, that has the colour of the bar
_THINNEST: Final = 0.015  # of the side
_SMOOTH: Final = 2.2  # grey levels of second difference, mean of a row
_WHOLE_LINE: Final = 0.55
_TWO_LINES: Final = 0.42
_FAINT_LINE: Final = 0.2


@dataclass(frozen=True, slots=True)
class Bars:
    """How far the picture lies from each side, in pixels, and how sure that is, 0..1."""

    left: int
    top: int
    right: int
    bottom: int
    certainty: float


@dataclass(frozen=True, slots=True)
class _Bar:
    depth: int
    seen: float  # how much of the edge between bar and picture


_NONE: Final = _Bar(0, 0.0)


def find_bars(picture: Rgb, rows: EdgeLines, columns: EdgeLines) -> list[Bars]:
    """What may be bars of an RGB (h, w, 3) picture, the likeliest first; `rows` and `columns` are its edges."""
    turned = np.ascontiguousarray(picture.transpose(1, 0, 2))
    found = []
    for find in (_plain_pair, _smooth_pair):
        top, bottom = find(picture, rows)
        left, right = find(turned, columns)
        if top.depth or bottom.depth or left.depth or right.depth:
            found.append(_together(left, top, right, bottom))
            found += [_together(left, _NONE, right, _NONE), _together(_NONE, top, _NONE, bottom)]
    return sorted((bars for bars in found if bars.certainty > 0), key=lambda bars: -bars.certainty)


def _together(left: _Bar, top: _Bar, right: _Bar, bottom: _Bar) -> Bars:
    certainty = 1.0
    for one, other in ((left, right), (top, bottom)):
        if one.depth or other.depth:
            certainty = min(certainty, _sure(one, other))
    if not any(bar.depth for bar in (left, top, right, bottom)):
        certainty = 0.0
    return Bars(left.depth, top.depth, right.depth, bottom.depth, certainty)


def _sure(one: _Bar, other: _Bar) -> float:
    """Bars of the same thickness on both sides are hardly ever chance."""
    if one.depth and other.depth:
        alike = abs(one.depth - other.depth) <= max(1.5, 0.04 * one.depth)
        mean = 0.5 * (one.seen + other.seen)
        return mean**0.5 if alike else 0.5 * (mean + min(one.seen, other.seen))
    return 0.85 * max(one.seen, other.seen)


def _plain_pair(picture: Rgb, _lines: EdgeLines) -> tuple[_Bar, _Bar]:
    return _plain(picture), _plain(picture[::-1])


def _plain(picture: Rgb) -> _Bar:
    """A bar of one colour on top."""
    colour: NDArray[np.float64] = np.median(picture[: max(1, picture.shape[0] // 60)], axis=(0, 1))
    away = difference_to(picture, colour)
    other = (away > _SAME_COLOUR).mean(axis=1)
    rows = np.flatnonzero(other > 1 - _SAME_SHARE)
    depth = int(rows[0]) if len(rows) else 0
    if depth < max(2, _THINNEST * picture.shape[0]) or depth > 0.8 * picture.shape[0]:
        return _NONE
    return _Bar(depth, float(other[depth : depth + 3].max()))


def _smooth_pair(picture: Rgb, lines: EdgeLines) -> tuple[_Bar, _Bar]:
    rough = np.minimum(_bend(picture), 24).mean(axis=1)
    whole = np.array([0], np.intp), np.array([picture.shape[1]], np.intp)
    support = lines.support(np.arange(picture.shape[0] + 1), *whole)[:, 0]
    alike = _smooth_alike(rough, support)
    return (alike, alike) if alike.depth else (_smooth(rough, support), _smooth(rough[::-1], support[::-1]))


def _smooth_alike(rough: NDArray[np.float32], support: NDArray[np.float32]) -> _Bar:
    """Bars without detail and of one thickness on both sides: each line may be fainter than if it were alone."""
    far = min(_smooth_end(rough), _smooth_end(rough[::-1]), int(0.4 * len(rough)))
    thinnest = _thinnest(rough)
    if far <= thinnest:
        return _NONE
    both = np.stack([support[thinnest:far], support[::-1][thinnest:far]])
    mean = np.where(both.min(axis=0) > _FAINT_LINE, both.mean(axis=0), 0)
    best = int(np.argmax(mean))
    return _Bar(thinnest + best, float(mean[best])) if mean[best] > _TWO_LINES else _NONE


def _smooth(rough: NDArray[np.float32], support: NDArray[np.float32]) -> _Bar:
    """A bar without detail on top, that ends in a line across the whole picture."""
    thinnest = _thinnest(rough)
    end = min(_smooth_end(rough), int(0.8 * len(rough)))
    if end <= thinnest:
        return _NONE
    depth = thinnest + int(np.argmax(support[thinnest:end]))
    return _Bar(depth, float(support[depth])) if support[depth] > _WHOLE_LINE else _NONE


def _smooth_end(rough: NDArray[np.float32]) -> int:
    sharp = np.flatnonzero(rough > _SMOOTH)
    return (int(sharp[0]) if len(sharp) else len(rough)) + 2


def _thinnest(rough: NDArray[np.float32]) -> int:
    return max(3, int(_THINNEST * len(rough)))


def _bend(picture: Rgb) -> NDArray[np.float32]:
    """Second differences along the rows, (h, w - 2)."""
    gray = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).astype(np.int16)
    return np.asarray(np.abs(gray[:, 2:] - 2 * gray[:, 1:-1] + gray[:, :-2]), np.float32)
