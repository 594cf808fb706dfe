"""Bars around a picture: of one colour, of a gradient, or of a blurred copy of the picture."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from core.pictures.pixels import Rgb
from core.regions.straight_edges import EdgeLines, difference_to_colour

_BAR_COLOUR_LEVELS: Final = 8.0  # from the colour of the bar
_BAR_COLOUR_MIN_SHARE: Final = 0.985  # of a row of the bar
_MIN_DEPTH_SHARE: Final = 0.015  # of the side
_SMOOTH_MAX_LEVELS: Final = 2.2  # of second difference, mean of a row
_LINE_MIN_SUPPORT: Final = 0.55
_LINE_PAIR_MIN_SUPPORT: Final = 0.42
_FAINT_LINE_MIN_SUPPORT: Final = 0.2


@dataclass(frozen=True, slots=True)
class Bars:
    """Thickness of the bar on each side, in pixels, and the certainty, 0..1."""

    left: int
    top: int
    right: int
    bottom: int
    certainty: float


@dataclass(frozen=True, slots=True)
class _Bar:
    depth: int
    support: float  # how much of the edge between bar and picture can be seen, 0..1


_NO_BAR: Final = _Bar(0, 0.0)


def find_bars(picture: Rgb, rows: EdgeLines, columns: EdgeLines) -> list[Bars]:
    """Possible bars of a picture, the most certain first; `rows` and `columns` are its edges."""
    turned = np.ascontiguousarray(picture.transpose(1, 0, 2))
    candidates = []
    for find_pair in (_plain_bars, _smooth_bars):
        top, bottom = find_pair(picture, rows)
        left, right = find_pair(turned, columns)
        if top.depth or bottom.depth or left.depth or right.depth:
            candidates.append(_combined(left, top, right, bottom))
            candidates += [_combined(left, _NO_BAR, right, _NO_BAR), _combined(_NO_BAR, top, _NO_BAR, bottom)]
    return sorted((bars for bars in candidates if bars.certainty > 0), key=lambda bars: -bars.certainty)


def _combined(left: _Bar, top: _Bar, right: _Bar, bottom: _Bar) -> Bars:
    certainty = 1.0
    for first, second in ((left, right), (top, bottom)):
        if first.depth or second.depth:
            certainty = min(certainty, _pair_certainty(first, second))
    if not any(bar.depth for bar in (left, top, right, bottom)):
        certainty = 0.0
    return Bars(left.depth, top.depth, right.depth, bottom.depth, certainty)


def _pair_certainty(first: _Bar, second: _Bar) -> float:
    """Bars of one thickness on both sides are hardly ever an accident."""
    if first.depth and second.depth:
        equal_depth = abs(first.depth - second.depth) <= max(1.5, 0.04 * first.depth)
        mean = 0.5 * (first.support + second.support)
        return mean**0.5 if equal_depth else 0.5 * (mean + min(first.support, second.support))
    return 0.85 * max(first.support, second.support)


def _plain_bars(picture: Rgb, _lines: EdgeLines) -> tuple[_Bar, _Bar]:
    return _plain_bar(picture), _plain_bar(picture[::-1])


def _plain_bar(picture: Rgb) -> _Bar:
    """A bar of one colour on top."""
    colour: NDArray[np.float64] = np.median(picture[: max(1, picture.shape[0] // 60)], axis=(0, 1))
    difference = difference_to_colour(picture, colour)
    other_share = (difference > _BAR_COLOUR_LEVELS).mean(axis=1)
    rows = np.flatnonzero(other_share > 1 - _BAR_COLOUR_MIN_SHARE)
    depth = int(rows[0]) if len(rows) else 0
    if depth < max(2, _MIN_DEPTH_SHARE * picture.shape[0]) or depth > 0.8 * picture.shape[0]:
        return _NO_BAR
    return _Bar(depth, float(other_share[depth : depth + 3].max()))


def _smooth_bars(picture: Rgb, lines: EdgeLines) -> tuple[_Bar, _Bar]:
    roughness = np.minimum(_second_differences(picture), 24).mean(axis=1)
    full_row = np.array([0], np.intp), np.array([picture.shape[1]], np.intp)
    support = lines.support(np.arange(picture.shape[0] + 1), *full_row)[:, 0]
    equal_bar = _equal_smooth_bar(roughness, support)
    return (
        (equal_bar, equal_bar)
        if equal_bar.depth
        else (_smooth_bar(roughness, support), _smooth_bar(roughness[::-1], support[::-1]))
    )


def _equal_smooth_bar(roughness: NDArray[np.float32], support: NDArray[np.float32]) -> _Bar:
    """Bars without detail and of one thickness on both sides: each edge may be fainter than that of a single bar."""
    end = min(_smooth_end(roughness), _smooth_end(roughness[::-1]), int(0.4 * len(roughness)))
    min_depth = _min_depth(roughness)
    if end <= min_depth:
        return _NO_BAR
    both = np.stack([support[min_depth:end], support[::-1][min_depth:end]])
    mean = np.where(both.min(axis=0) > _FAINT_LINE_MIN_SUPPORT, both.mean(axis=0), 0)
    best = int(np.argmax(mean))
    return _Bar(min_depth + best, float(mean[best])) if mean[best] > _LINE_PAIR_MIN_SUPPORT else _NO_BAR


def _smooth_bar(roughness: NDArray[np.float32], support: NDArray[np.float32]) -> _Bar:
    """A bar without detail on top that ends in a line across the whole picture."""
    min_depth = _min_depth(roughness)
    end = min(_smooth_end(roughness), int(0.8 * len(roughness)))
    if end <= min_depth:
        return _NO_BAR
    depth = min_depth + int(np.argmax(support[min_depth:end]))
    return _Bar(depth, float(support[depth])) if support[depth] > _LINE_MIN_SUPPORT else _NO_BAR


def _smooth_end(roughness: NDArray[np.float32]) -> int:
    sharp = np.flatnonzero(roughness > _SMOOTH_MAX_LEVELS)
    return (int(sharp[0]) if len(sharp) else len(roughness)) + 2


def _min_depth(roughness: NDArray[np.float32]) -> int:
    return max(3, int(_MIN_DEPTH_SHARE * len(roughness)))


def _second_differences(picture: Rgb) -> NDArray[np.float32]:
    """Absolute second differences of brightness along the rows, (h, w - 2)."""
    gray = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).astype(np.int16)
    return np.asarray(np.abs(gray[:, 2:] - 2 * gray[:, 1:-1] + gray[:, :-2]), np.float32)
