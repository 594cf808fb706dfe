"""Drawing on a sheet: text, polygons, lines and pictures, with OpenCV."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from threading import local
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from core.pictures.pixels import Rgb

Colour = tuple[int, int, int]
Points = NDArray[np.float64]
"""(n, 2) x and y in pixels."""

PAPER: Final[Colour] = (252, 252, 250)
INK: Final[Colour] = (34, 36, 40)
MUTED: Final[Colour] = (120, 124, 130)
_PICTURE_EDGE: Final[Colour] = (200, 202, 206)
RULE: Final[Colour] = (222, 224, 226)
_LABEL_SIZE: Final = 12
_FONTS = local()


@dataclass(frozen=True, slots=True)
class PlacedPicture:
    """A picture on a sheet: its left upper corner, its scale and its size in pixels of the sheet."""

    left: int
    top: int
    scale: float
    width: int
    height: int

    def on_sheet(self, points: Points) -> Points:
        """Convert (n, 2) points from pixels of the picture to pixels of the sheet; pixel centres are at whole
        numbers.
        """
        return (points + 0.5) * self.scale - 0.5 + (self.left, self.top)


class Sheet:
    """A sheet; drawing beyond its edges is cut off."""

    def __init__(self, width: int, height: int) -> None:
        self.rgb: Rgb = np.full((height, width, 3), PAPER, np.uint8)

    def text(
        self, text: str, x: int, y: int, *, size: int = 15, colour: Colour = INK, weight: int = 400, right: bool = False
    ) -> int:
        """Draw a line of text from `x` (or up to `x`, if `right`) with its base line at `y`; returns the x of its
        end.
        """
        width = text_width(text, size, weight)
        start = x - width if right else x
        cv2.putText(self.rgb, text, (start, y), colour, _font(), size, weight)
        return start + width

    def swatch(self, colour: Colour, x: int, y: int) -> int:
        """Draw a small square of a colour on the base line `y`; returns the x of a text beside it."""
        cv2.rectangle(self.rgb, (x, y - 11), (x + 11, y), colour, cv2.FILLED)
        return x + 18

    def labels(self, labels: Iterable[tuple[str, Points, Colour]], placed: PlacedPicture) -> None:
        """Draw small texts on coloured ground, each in a free corner of its box ((4, 2), clockwise) on a picture; a
        label without a free corner is left out.
        """
        occupied: list[tuple[int, int, int, int]] = []
        for text, corners, colour in labels:
            width, height = text_width(text, _LABEL_SIZE, 600) + 8, _LABEL_SIZE + 6
            for corner, (right, below) in zip(corners, ((0, 0), (1, 0), (1, 1), (0, 1)), strict=True):
                x, y = int(corner[0]) + 1 - right * (width + 1), int(corner[1]) + 1 - below * (height + 1)
                place = (
                    min(max(x, placed.left), placed.left + placed.width - width),
                    min(max(y, placed.top), placed.top + placed.height - height),
                    width,
                    height,
                )
                if not any(_overlap(place, rectangle) for rectangle in occupied):
                    occupied.append(place)
                    self._label(text, place, colour)
                    break

    def _label(self, text: str, place: tuple[int, int, int, int], colour: Colour) -> None:
        x, y, width, height = place
        cv2.rectangle(self.rgb, (x, y), (x + width, y + height), colour, cv2.FILLED)
        self.text(text, x + 4, y + _LABEL_SIZE + 2, size=_LABEL_SIZE, colour=(255, 255, 255), weight=600)

    def box(self, colour: Colour, left: int, top: int, right: int, bottom: int) -> None:
        """Draw a filled rectangle, at least a pixel wide and high; right and bottom are outside of it."""
        cv2.rectangle(self.rgb, (left, top), (max(left, right - 1), max(top, bottom - 1)), colour, cv2.FILLED)

    def rule(self, x: int, y: int, end: int) -> None:
        """Draw a thin horizontal line."""
        cv2.line(self.rgb, (x, y), (end, y), RULE, 1)

    def picture(self, rgb: Rgb, left: int, top: int, width: int, height: int) -> PlacedPicture:
        """Draw a picture as large as fits, from the left upper corner; small pictures are enlarged."""
        scale = min(width / rgb.shape[1], height / rgb.shape[0])
        size = max(1, round(rgb.shape[1] * scale)), max(1, round(rgb.shape[0] * scale))
        interpolation = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
        self.rgb[top : top + size[1], left : left + size[0]] = cv2.resize(rgb, size, interpolation=interpolation)
        cv2.rectangle(self.rgb, (left - 1, top - 1), (left + size[0], top + size[1]), _PICTURE_EDGE, 1)
        return PlacedPicture(left, top, scale, size[0], size[1])

    def polygon(self, points: Points, colour: Colour, thickness: int, placed: PlacedPicture | None = None) -> None:
        """Draw a closed line through (n, 2) points, cut off at the edges of a picture if given."""
        target = self.rgb if placed is None else self._inside(placed)
        offset = (0, 0) if placed is None else (placed.left, placed.top)
        corners = np.clip(np.round(points - offset), -10_000, 10_000).astype(np.int32)
        cv2.polylines(target, [corners], True, colour, thickness, cv2.LINE_AA)

    def fade_outside(self, points: Points, placed: PlacedPicture) -> None:
        """Fade a picture outside of a polygon of (n, 2) points."""
        part = self._inside(placed)
        inside = np.zeros(part.shape[:2], np.uint8)
        corners = np.clip(np.round(points - (placed.left, placed.top)), -10_000, 10_000).astype(np.int32)
        cv2.fillPoly(inside, [corners], 1)
        faded = np.asarray(cv2.addWeighted(part, 0.45, np.full_like(part, PAPER), 0.55, 0), np.uint8)
        part[inside == 0] = faded[inside == 0]

    def lines(self, starts: Points, ends: Points, colours: Sequence[Colour]) -> None:
        """Draw thin half-transparent lines with a dot at each end, in the given colours by turns."""
        drawn = self.rgb.copy()
        for number, (start, end) in enumerate(zip(np.round(starts), np.round(ends), strict=True)):
            first, last = (int(start[0]), int(start[1])), (int(end[0]), int(end[1]))
            colour = colours[number % len(colours)]
            cv2.line(drawn, first, last, colour, 1, cv2.LINE_AA)
            for dot in (first, last):
                cv2.circle(drawn, dot, 3, colour, cv2.FILLED, cv2.LINE_AA)
        self.rgb = np.asarray(cv2.addWeighted(drawn, 0.55, self.rgb, 0.45, 0), np.uint8)

    def png(self) -> bytes:
        """The sheet as a PNG file."""
        _, data = cv2.imencode(".png", cv2.cvtColor(self.rgb, cv2.COLOR_RGB2BGR))
        return data.tobytes()

    def _inside(self, placed: PlacedPicture) -> Rgb:
        return self.rgb[placed.top : placed.top + placed.height, placed.left : placed.left + placed.width]


def text_width(text: str, size: int, weight: int = 400) -> int:
    """Width of a text in pixels."""
    _, _, width, _ = cv2.getTextSize((1, 1), text, (0, 0), _font(), size, weight)
    return int(width)


def shortened(text: str, width: int, size: int) -> str:
    """The text, cut off with an ellipsis if it is wider than `width` pixels."""
    if text_width(text, size) <= width:
        return text
    while text and text_width(f"{text}…", size) > width:
        text = text[:-1]
    return f"{text.rstrip()}…"


def _overlap(first: tuple[int, int, int, int], second: tuple[int, int, int, int]) -> bool:
    """Whether two rectangles (x, y, width, height) have a pixel in common."""
    across = first[0] < second[0] + second[2] and second[0] < first[0] + first[2]
    return across and first[1] < second[1] + second[3] and second[1] < first[1] + first[3]


def _font() -> cv2.FontFace:
    """OpenCV's built-in font with Chinese and Japanese; one for each thread, as it caches glyphs."""
    if not hasattr(_FONTS, "wide"):
        _FONTS.wide = cv2.FontFace("uni")
    font: cv2.FontFace = _FONTS.wide
    return font
