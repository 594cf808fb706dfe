"""Regions of a picture: what of it may be the frame of a video, and so is looked up.

People post frames with bars around them, inside screenshots of phones, players and pages, on other pictures, and
several in one. What all of these have in common are straight edges along the sides of the frame: they are looked for on
a small copy, judged by how much of them is seen and by what lies around, and then found again in the picture.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.pictures.pixels import Rgb, area_resized
from core.regions.borders import find_bars
from core.regions.collage import find_collage
from core.regions.grounds import find_ground, islands
from core.regions.rectangles import rectangles
from core.regions.straight_edges import EdgeLines, Map, difference, steps_between

FIRST_PASS: Final = 0.6
"""Regions of this certainty or more are worth a look at once, before it is known how well the whole picture does."""

_SMALL_PIXELS: Final = 65_000
_SAME_REGION: Final = 0.9  # intersection over union
_SAME_CELL: Final = 0.8
_PANELS: Final = 40  # candidates


class RegionKind(StrEnum):
    """How a region was found."""

    WHOLE = "whole"
    BORDERS = "borders"
    PANEL = "panel"
    CELL = "cell"


@dataclass(frozen=True, slots=True)
class Box:
    """Part of a picture, in its pixels."""

    left: int
    top: int
    width: int
    height: int

    def cut(self, picture: Rgb) -> Rgb:
        """What of the picture is inside: a view of it, not a copy."""
        return picture[self.top : self.top + self.height, self.left : self.left + self.width]

    def overlap(self, other: "Box") -> float:
        """Intersection over union, 0..1."""
        wide = min(self.left + self.width, other.left + other.width) - max(self.left, other.left)
        high = min(self.top + self.height, other.top + other.height) - max(self.top, other.top)
        both = max(0, wide) * max(0, high)
        return both / (self.width * self.height + other.width * other.height - both)


@dataclass(frozen=True, slots=True)
class Region:
    """A rectangle that may be a frame by itself; `certainty` 0..1 says how sure that is, the whole picture has 1."""

    box: Box
    kind: RegionKind
    certainty: float


@dataclass(frozen=True, slots=True)
class RegionSpec:
    """At most `limit` regions, the whole picture among them, none less certain or smaller (share of area) than said."""

    limit: int = 12
    least_certainty: float = 0.2
    least_area: float = 0.04


@dataclass(frozen=True, slots=True)
class _Candidate:
    """Left, top, right and bottom edge on the small copy."""

    edges: tuple[int, int, int, int]
    kind: RegionKind
    certainty: float

    @property
    def box(self) -> Box:
        left, top, right, bottom = self.edges
        return Box(left, top, max(0, right - left), max(0, bottom - top))


DEFAULT_SPEC: Final = RegionSpec()


def find_regions(picture: Rgb, spec: RegionSpec = DEFAULT_SPEC) -> tuple[Region, ...]:
    """Rectangles of an RGB (h, w, 3) uint8 picture that may be frames of video: the whole, then by falling certainty.

    No two overlap by more than 0.9 (intersection over union). Their edges lie in the picture that they enclose rather
    than outside of it.
    """
    height, width = picture.shape[:2]
    found = [Region(Box(0, 0, width, height), RegionKind.WHOLE, 1.0)]
    scale = min(1.0, (_SMALL_PIXELS / (height * width)) ** 0.5)
    small_size = max(1, round(width * scale)), max(1, round(height * scale))
    small = _shrunk(picture, small_size)
    if min(small_size) < 24:
        return tuple(found)
    candidates = sorted(_candidates(small, spec), key=lambda one: -one.certainty)
    refiner = _Refiner(picture, small_size)
    for candidate in candidates:
        if len(found) == spec.limit:
            break
        rough = refiner.scaled(candidate.edges)
        if all(rough.overlap(region.box) <= _SAME_REGION for region in found):
            box = refiner.refined(candidate.edges)
            if all(box.overlap(region.box) <= _SAME_REGION for region in found):
                found.append(Region(box, candidate.kind, candidate.certainty))
    return tuple(found)


def _shrunk(picture: Rgb, size: tuple[int, int]) -> Rgb:
    """To a width and height, areas averaged: halved as long as it can be, which is much faster than at odd ratios."""
    height, width = picture.shape[:2]
    while width >= 2 * size[0] and height >= 2 * size[1] and width % 2 == height % 2 == 0:
        width, height = width // 2, height // 2
        picture = area_resized(picture, width, height)
    if (width, height) == size:
        return picture
    return area_resized(picture, *size)


def _candidates(small: NDArray[np.uint8], spec: RegionSpec) -> Iterable[_Candidate]:
    steps = steps_between(small)
    rows, columns = EdgeLines.of(steps[0]), EdgeLines.of(steps[1])
    height, width = small.shape[:2]
    found = []
    for bars in find_bars(small, rows, columns):
        edges = (bars.left, bars.top, width - bars.right, height - bars.bottom)
        found.append(_Candidate(edges, RegionKind.BORDERS, bars.certainty))
    found += _panels(small, rows, columns, steps, spec)
    collage = find_collage(rows, columns)
    if collage:
        cells = [_Candidate(_four(edges), RegionKind.CELL, collage.certainty) for edges in collage.edges]
        found = _with_cells(found, cells)
    least = spec.least_area * width * height
    return [one for one in found if one.certainty >= spec.least_certainty and one.box.width * one.box.height >= least]


def _with_cells(found: Sequence[_Candidate], cells: Sequence[_Candidate]) -> list[_Candidate]:
    """Cells take the place of what else was found there, and are all as certain as the best of it."""
    others, certainty = [], cells[0].certainty
    for one in found:
        if any(one.box.overlap(cell.box) > _SAME_CELL for cell in cells):
            certainty = max(certainty, one.certainty)
        else:
            others.append(one)
    return [*(replace(cell, certainty=certainty) for cell in cells), *others]


def _panels(
    small: NDArray[np.uint8], rows: EdgeLines, columns: EdgeLines, steps: tuple[Map, Map], spec: RegionSpec
) -> list[_Candidate]:
    ground = find_ground(small, steps)
    some = rectangles(rows, columns, islands(ground, least_area=spec.least_area), least_area=spec.least_area)
    certainty = some.certainty(ground)
    order = np.argsort(-certainty, kind="stable")[:_PANELS]
    return [_Candidate(_four(some.edges[i]), RegionKind.PANEL, float(certainty[i])) for i in order]


def _four(edges: NDArray[np.intp]) -> tuple[int, int, int, int]:
    left, top, right, bottom = (int(edge) for edge in edges)
    return left, top, right, bottom


class _Refiner:
    """Finds edges of the small copy again in the picture."""

    def __init__(self, picture: Rgb, small_size: tuple[int, int]) -> None:
        self._picture = picture
        self._turned = picture.transpose(1, 0, 2)
        self._small = small_size
        self._across, self._down = picture.shape[1] / small_size[0], picture.shape[0] / small_size[1]

    def scaled(self, edges: tuple[int, int, int, int]) -> Box:
        left, right = round(edges[0] * self._across), round(edges[2] * self._across)
        top, bottom = round(edges[1] * self._down), round(edges[3] * self._down)
        return Box(left, top, max(1, right - left), max(1, bottom - top))

    def refined(self, edges: tuple[int, int, int, int]) -> Box:
        rough = self.scaled(edges)
        right, bottom = rough.left + rough.width, rough.top + rough.height
        left = self._edge(self._turned, rough.left, rough.top, bottom, self._across, 1)
        end = self._edge(self._turned, right, rough.top, bottom, self._across, -1)
        top = self._edge(self._picture, rough.top, rough.left, right, self._down, 1)
        foot = self._edge(self._picture, bottom, rough.left, right, self._down, -1)
        return Box(left, top, max(1, end - left), max(1, foot - top))

    @staticmethod
    def _edge(rows: NDArray[np.uint8], at: int, start: int, end: int, scale: float, inward: int) -> int:
        """The edge near `at` between the pixels `start` and `end`; of several and of a spread one, the innermost."""
        if at in {0, rows.shape[0]}:
            return at
        reach = 1 + round(1.5 * scale)
        first, last = max(0, at - reach), min(rows.shape[0], at + reach)
        spare = (end - start) // 12
        every = max(1, (end - start) // 200)
        band = rows[first:last, start + spare : end - spare : every]
        profile = np.minimum(difference(band[1:], band[:-1]), 64).mean(axis=1)
        if not len(profile) or profile.max() < 0.5:
            return at
        clear = np.flatnonzero(profile >= 0.6 * profile.max())
        best = int(clear[-1] if inward > 0 else clear[0])
        ahead = best + inward
        if 0 <= ahead < len(profile) and profile[ahead] > 0.5 * profile[best]:
            best = ahead
        return first + 1 + best
