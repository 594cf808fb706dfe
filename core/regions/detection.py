"""Region detection: parts of a picture that may be the frame of a video, and so are looked up.

People post frames with bars around them, inside screenshots of phones, players and pages, on other pictures, and
several in one. All of these have straight edges along the sides of the frame. Edges are detected on a small copy,
scored by how much of them can be seen and by what surrounds them, and then located exactly in the picture.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.pictures.pixels import Rgb, area_resized
from core.regions.backgrounds import find_background, foreground_boxes
from core.regions.borders import find_bars
from core.regions.collage import find_collage
from core.regions.rectangles import find_rectangles
from core.regions.straight_edges import EdgeLines, FloatMap, colour_difference, edge_strengths_of

FIRST_PASS_MIN_CERTAINTY: Final = 0.6
"""Regions of this certainty or more are looked up at once, before the result for the whole picture is known."""

_SMALL_COPY_PIXELS: Final = 65_000
_SAME_REGION_MIN_OVERLAP: Final = 0.9  # intersection over union
_SAME_CELL_MIN_OVERLAP: Final = 0.8
_PANEL_LIMIT: Final = 40  # candidates


class RegionKind(StrEnum):
    """By which detector a region was found."""

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

    def crop(self, picture: Rgb) -> Rgb:
        """The part of the picture inside: a view, not a copy."""
        return picture[self.top : self.top + self.height, self.left : self.left + self.width]

    def overlap(self, box: "Box") -> float:
        """Intersection over union, 0..1."""
        width = min(self.left + self.width, box.left + box.width) - max(self.left, box.left)
        height = min(self.top + self.height, box.top + box.height) - max(self.top, box.top)
        both = max(0, width) * max(0, height)
        return both / (self.width * self.height + box.width * box.height - both)


@dataclass(frozen=True, slots=True)
class Region:
    """A rectangle that may be a frame; `certainty` is 0..1, that of the whole picture is 1."""

    box: Box
    kind: RegionKind
    certainty: float


@dataclass(frozen=True, slots=True)
class RegionSpec:
    """At most `limit` regions, with the whole picture; none below the least certainty and area (a share)."""

    limit: int = 12
    least_certainty: float = 0.2
    least_area: float = 0.04


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A possible region: its left, top, right and bottom edge on the small copy."""

    edges: tuple[int, int, int, int]
    kind: RegionKind
    certainty: float

    @property
    def box(self) -> Box:
        left, top, right, bottom = self.edges
        return Box(left, top, max(0, right - left), max(0, bottom - top))


DEFAULT_SPEC: Final = RegionSpec()


def find_regions(picture: Rgb, spec: RegionSpec = DEFAULT_SPEC) -> tuple[Region, ...]:
    """Rectangles of a picture that may be frames of video: the whole, then by falling certainty.

    No two overlap by more than 0.9 (intersection over union). In doubt their edges lie inside the enclosed picture
    rather than outside.
    """
    height, width = picture.shape[:2]
    regions = [Region(Box(0, 0, width, height), RegionKind.WHOLE, 1.0)]
    scale = min(1.0, (_SMALL_COPY_PIXELS / (height * width)) ** 0.5)
    small_size = max(1, round(width * scale)), max(1, round(height * scale))
    small = _shrunk(picture, small_size)
    if min(small_size) < 24:
        return tuple(regions)
    candidates = sorted(_candidates(small, spec), key=lambda candidate: -candidate.certainty)
    refiner = _EdgeRefiner(picture, small_size)
    for candidate in candidates:
        if len(regions) == spec.limit:
            break
        rough = refiner.scaled(candidate.edges)
        if all(rough.overlap(region.box) <= _SAME_REGION_MIN_OVERLAP for region in regions):
            box = refiner.refined(candidate.edges)
            if all(box.overlap(region.box) <= _SAME_REGION_MIN_OVERLAP for region in regions):
                regions.append(Region(box, candidate.kind, candidate.certainty))
    return tuple(regions)


def _shrunk(picture: Rgb, size: tuple[int, int]) -> Rgb:
    """A copy of this width and height, areas averaged: halved as often as possible, which is much faster."""
    height, width = picture.shape[:2]
    while width >= 2 * size[0] and height >= 2 * size[1] and width % 2 == height % 2 == 0:
        width, height = width // 2, height // 2
        picture = area_resized(picture, width, height)
    if (width, height) == size:
        return picture
    return area_resized(picture, *size)


def _candidates(small: NDArray[np.uint8], spec: RegionSpec) -> Iterable[_Candidate]:
    edge_strengths = edge_strengths_of(small)
    rows, columns = EdgeLines.of(edge_strengths[0]), EdgeLines.of(edge_strengths[1])
    height, width = small.shape[:2]
    candidates = []
    for bars in find_bars(small, rows, columns):
        edges = (bars.left, bars.top, width - bars.right, height - bars.bottom)
        candidates.append(_Candidate(edges, RegionKind.BORDERS, bars.certainty))
    candidates += _panels(small, rows, columns, edge_strengths, spec)
    collage = find_collage(rows, columns)
    if collage:
        cells = [_Candidate(_edge_tuple(edges), RegionKind.CELL, collage.certainty) for edges in collage.edges]
        candidates = _with_cells(candidates, cells)
    least = spec.least_area * width * height
    return [
        candidate
        for candidate in candidates
        if candidate.certainty >= spec.least_certainty and candidate.box.width * candidate.box.height >= least
    ]


def _with_cells(candidates: Sequence[_Candidate], cells: Sequence[_Candidate]) -> list[_Candidate]:
    """Cells replace the candidates that overlap them, and are all as certain as the best of these."""
    remaining, certainty = [], cells[0].certainty
    for candidate in candidates:
        if any(candidate.box.overlap(cell.box) > _SAME_CELL_MIN_OVERLAP for cell in cells):
            certainty = max(certainty, candidate.certainty)
        else:
            remaining.append(candidate)
    return [*(replace(cell, certainty=certainty) for cell in cells), *remaining]


def _panels(
    small: NDArray[np.uint8],
    rows: EdgeLines,
    columns: EdgeLines,
    edge_strengths: tuple[FloatMap, FloatMap],
    spec: RegionSpec,
) -> list[_Candidate]:
    background = find_background(small, edge_strengths)
    panels = find_rectangles(
        rows, columns, foreground_boxes(background, least_area=spec.least_area), least_area=spec.least_area
    )
    certainty = panels.certainty(background)
    order = np.argsort(-certainty, kind="stable")[:_PANEL_LIMIT]
    return [_Candidate(_edge_tuple(panels.edges[i]), RegionKind.PANEL, float(certainty[i])) for i in order]


def _edge_tuple(edges: NDArray[np.intp]) -> tuple[int, int, int, int]:
    left, top, right, bottom = (int(edge) for edge in edges)
    return left, top, right, bottom


class _EdgeRefiner:
    """Locates edges of the small copy exactly in the picture."""

    def __init__(self, picture: Rgb, small_size: tuple[int, int]) -> None:
        self._picture = picture
        self._transposed = picture.transpose(1, 0, 2)
        self._small = small_size
        self._across, self._down = picture.shape[1] / small_size[0], picture.shape[0] / small_size[1]

    def scaled(self, edges: tuple[int, int, int, int]) -> Box:
        left, right = round(edges[0] * self._across), round(edges[2] * self._across)
        top, bottom = round(edges[1] * self._down), round(edges[3] * self._down)
        return Box(left, top, max(1, right - left), max(1, bottom - top))

    def refined(self, edges: tuple[int, int, int, int]) -> Box:
        rough = self.scaled(edges)
        right, bottom = rough.left + rough.width, rough.top + rough.height
        left = self._edge(self._transposed, rough.left, rough.top, bottom, self._across, 1)
        end = self._edge(self._transposed, right, rough.top, bottom, self._across, -1)
        top = self._edge(self._picture, rough.top, rough.left, right, self._down, 1)
        foot = self._edge(self._picture, bottom, rough.left, right, self._down, -1)
        return Box(left, top, max(1, end - left), max(1, foot - top))

    @staticmethod
    def _edge(rows: NDArray[np.uint8], position: int, start: int, end: int, scale: float, inward: int) -> int:
        """The edge near `position` between the pixels `start` and `end`; of several or of a wide one, the innermost."""
        if position in {0, rows.shape[0]}:
            return position
        reach = 1 + round(1.5 * scale)
        first, last = max(0, position - reach), min(rows.shape[0], position + reach)
        margin = (end - start) // 12
        stride = max(1, (end - start) // 200)
        band = rows[first:last, start + margin : end - margin : stride]
        profile = np.minimum(colour_difference(band[1:], band[:-1]), 64).mean(axis=1)
        if not len(profile) or profile.max() < 0.5:
            return position
        strong = np.flatnonzero(profile >= 0.6 * profile.max())
        best = int(strong[-1] if inward > 0 else strong[0])
        ahead = best + inward
        if 0 <= ahead < len(profile) and profile[ahead] > 0.5 * profile[best]:
            best = ahead
        return first + 1 + best
