"""Drawing tools of the sample show: a pen for flat shapes, paintings in layers, and a camera."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Self

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from core.pictures.pixels import Rgb

Colour = tuple[int, int, int]
Point = tuple[float, float]
Points = NDArray[np.float64]

WIDTH, HEIGHT = 640, 360
MARGIN_X, MARGIN_Y = 100, 40
"""Pixels by which paintings extend beyond the picture on each side, for the camera to move in."""
INK: Colour = (46, 34, 52)
_SHIFT = 4
_SUPERSAMPLING = 2
_CATMULL_ROM = np.array([[0, 2, 0, 0], [-1, 0, 1, 0], [2, -5, 4, -1], [-1, 3, -3, 1]]) / 2


def mix(start: Colour, end: Colour, amount: float) -> Colour:
    """The colour between two: `start` at 0, `end` at 1."""
    rest = 1 - amount
    return (
        round(start[0] * rest + end[0] * amount),
        round(start[1] * rest + end[1] * amount),
        round(start[2] * rest + end[2] * amount),
    )


def smooth(points: Sequence[Point], *, closed: bool = True, steps: int = 6) -> Points:
    """A Catmull-Rom spline through the points, (n, 2)."""
    if closed:
        rows = np.array([points[-1], *points, points[0], points[1]], np.float64)
    else:
        rows = np.array([points[0], *points, points[-1]], np.float64)
    neighbours, weights = _spline(len(rows) - 3, steps)
    curve = (weights @ rows[neighbours]).reshape(-1, 2)
    return curve if closed else np.concatenate([curve, rows[-1:]])


@cache
def _spline(pieces: int, steps: int) -> tuple[NDArray[np.intp], Points]:
    """The four neighbours of each piece of a line, (pieces, 4), and their weights at each step, (steps, 4)."""
    t = np.linspace(0, 1, steps, endpoint=False)[:, None]
    return np.arange(pieces)[:, None] + np.arange(4), t ** np.arange(4) @ _CATMULL_ROM


@lru_cache(maxsize=256)
def _light(radius: int) -> NDArray[np.float32]:
    """A disc of light, 1 in the middle and 0 at the rim, (2 radius + 1, 2 radius + 1, 1)."""
    ys, xs = np.mgrid[-radius : radius + 1, -radius : radius + 1]
    fading = np.clip(1 - np.hypot(xs, ys) / max(1, radius), 0, 1)[..., None] ** 2
    return np.asarray(fading, np.float32)


class Pen:
    """Draws on an array (height, width, 3 or 4) in its own coordinates: shifted, scaled, mirrored, tinted."""

    def __init__(
        self,
        picture: Rgb,
        *,
        origin: Point = (0.0, 0.0),
        scale: float = 1.0,
        mirrored: bool = False,
        tint: Colour = INK,
        tint_amount: float = 0.0,
    ) -> None:
        self._picture = picture
        self._origin = origin
        self._scale_x = -scale if mirrored else scale
        self._scale_y = scale
        self._tint = tint
        self._tint_amount = tint_amount
        self._to_fixed = np.array([self._scale_x, self._scale_y]) * (1 << _SHIFT)
        self._fixed_origin = np.array(origin) * (1 << _SHIFT) + 0.5

    def moved(self, x: float, y: float, scale: float = 1.0, *, mirrored: bool = False) -> Self:
        """A pen whose origin is at (x, y) of this one, and whose unit is `scale` of this one's."""
        return type(self)(
            self._picture,
            origin=(self._origin[0] + x * self._scale_x, self._origin[1] + y * self._scale_y),
            scale=self._scale_y * scale,
            mirrored=mirrored != (self._scale_x < 0),
            tint=self._tint,
            tint_amount=self._tint_amount,
        )

    def polygon(self, points: Sequence[Point] | Points, fill: Colour, outline: float = 0.0, ink: Colour = INK) -> None:
        """A filled shape; `outline` is the width of the line around it."""
        pixels = self._pixels(points)
        cv2.fillPoly(self._picture, [pixels], self._paint(fill), cv2.LINE_AA, _SHIFT)
        if outline:
            cv2.polylines(
                self._picture, [pixels], True, self._paint(ink), self._thickness(outline), cv2.LINE_AA, _SHIFT
            )

    def blob(self, points: Sequence[Point], fill: Colour, outline: float = 0.0, ink: Colour = INK) -> None:
        """A filled shape with a curved border through the points."""
        self.polygon(smooth(points), fill, outline, ink)

    def box(self, x: float, y: float, width: float, height: float, fill: Colour, outline: float = 0.0) -> None:
        """A rectangle from its upper left corner."""
        self.polygon([(x, y), (x + width, y), (x + width, y + height), (x, y + height)], fill, outline)

    def oval(self, x: float, y: float, rx: float, ry: float, fill: Colour, outline: float = 0.0) -> None:
        """An ellipse around (x, y)."""
        (centre,) = self._pixels([(x, y)])
        axes = (round(rx * self._scale_y * (1 << _SHIFT)), round(ry * self._scale_y * (1 << _SHIFT)))
        where = (int(centre[0]), int(centre[1]))
        cv2.ellipse(self._picture, where, axes, 0, 0, 360, self._paint(fill), -1, cv2.LINE_AA, _SHIFT)
        if outline:
            ink, width = self._paint(INK), self._thickness(outline)
            cv2.ellipse(self._picture, where, axes, 0, 0, 360, ink, width, cv2.LINE_AA, _SHIFT)

    def line(self, points: Sequence[Point] | Points, colour: Colour, width: float) -> None:
        """A line through the points, round at its ends."""
        pixels = self._pixels(points)
        cv2.polylines(self._picture, [pixels], False, self._paint(colour), self._thickness(width), cv2.LINE_AA, _SHIFT)

    def curve(self, points: Sequence[Point], colour: Colour, width: float) -> None:
        """A curve through the points."""
        self.line(smooth(points, closed=False), colour, width)

    def limb(self, points: Sequence[Point], colour: Colour, width: float, outline: float) -> None:
        """An arm or a leg: a thick curve with an outline."""
        path = smooth(points, closed=False, steps=4)
        self.line(path, INK, width + 2 * outline)
        self.line(path, colour, width)

    def glow(self, x: float, y: float, reach: float, colour: Colour, strength: float = 0.6) -> None:
        """Light around a lamp or the sun, blended with the picture, fading outwards."""
        radius = round(reach * self._scale_y)
        column = round(self._origin[0] + x * self._scale_x) - radius
        row = round(self._origin[1] + y * self._scale_y) - radius
        left, top = max(0, column), max(0, row)
        part = self._picture[top : max(0, row + 2 * radius + 1), left : max(0, column + 2 * radius + 1), :3]
        if part.size:
            light = _light(radius)[top - row :, left - column :][: part.shape[0], : part.shape[1]] * strength
            part[:] = part + (np.asarray(colour, np.float32) - part) * light

    def text(self, x: float, y: float, words: str, height: float, colour: Colour) -> None:
        """Text centred at (x, y), in Pillow's default typeface."""
        font = ImageFont.load_default(height * self._scale_y)
        image = Image.fromarray(self._picture)
        (where,) = self._pixels([(x, y)]) / (1 << _SHIFT)
        ImageDraw.Draw(image).text(tuple(where), words, self._paint(colour), font, "mm")
        self._picture[:] = np.asarray(image)

    def fade(self, y: float, height: float, top: Colour, bottom: Colour, bands: int = 0) -> None:
        """A gradient over the whole width from `y` down, in `bands` even steps if given."""
        first = max(0, round(self._origin[1] + y * self._scale_y))
        last = min(self._picture.shape[0], round(self._origin[1] + (y + height) * self._scale_y))
        for row in range(first, last):
            amount = (row - first) / max(1, last - first - 1)
            if bands:
                amount = min(bands - 1, int(amount * bands)) / max(1, bands - 1)
            self._picture[row, :] = self._paint(mix(top, bottom, amount))[: self._picture.shape[2]]

    def _pixels(self, points: Sequence[Point] | Points) -> NDArray[np.int32]:
        fixed = np.asarray(points, np.float64) * self._to_fixed + self._fixed_origin
        return np.asarray(fixed, np.int32)

    def _paint(self, colour: Colour) -> tuple[int, int, int, int]:
        return (*mix(colour, self._tint, self._tint_amount), 255) if self._tint_amount else (*colour, 255)

    def _thickness(self, width: float) -> int:
        return max(1, round(width * self._scale_y))


@dataclass(frozen=True, slots=True)
class _Layer:
    """A layer of a painting: colours times opacity, and transparency, both (height, width, 3)."""

    colours: Rgb
    transmission: Rgb | None
    depth: float


class Painting:
    """Up to three layers, far, middle and near, larger than the picture; nearer layers move faster."""

    _DEPTHS = (0.45, 0.75, 1.3)

    def __init__(self) -> None:
        size = ((HEIGHT + 2 * MARGIN_Y) * _SUPERSAMPLING, (WIDTH + 2 * MARGIN_X) * _SUPERSAMPLING, 4)
        self._canvases = [np.zeros(size, np.uint8) for _ in self._DEPTHS]
        origin = (MARGIN_X * _SUPERSAMPLING, MARGIN_Y * _SUPERSAMPLING)
        self.far, self.middle, self.near = (
            Pen(canvas, origin=origin, scale=_SUPERSAMPLING) for canvas in self._canvases
        )
        self._layers: list[_Layer] = []

    def finish(self) -> None:
        """Compute the layers; nothing may be drawn after this."""
        for canvas, depth in zip(self._canvases, self._DEPTHS, strict=True):
            if not canvas[..., 3].any():
                continue
            small = cv2.resize(canvas, None, fx=1 / _SUPERSAMPLING, fy=1 / _SUPERSAMPLING, interpolation=cv2.INTER_AREA)
            transmission = None if not self._layers else cv2.cvtColor(255 - small[..., 3], cv2.COLOR_GRAY2RGB)
            colours = np.ascontiguousarray(small[..., :3], np.uint8)
            self._layers.append(
                _Layer(colours, None if transmission is None else np.asarray(transmission, np.uint8), depth)
            )
        self._canvases.clear()

    def background(self, camera: "Camera") -> Rgb:
        """The layers behind the characters."""
        picture: Rgb | None = None
        for layer in self._layers:
            if layer.depth <= 1:
                picture = _composite(picture, layer, camera)
        if picture is None:
            raise ValueError("nothing was painted")
        return picture

    def add_foreground(self, picture: Rgb, camera: "Camera") -> Rgb:
        """The picture with the layers in front of the characters."""
        for layer in self._layers:
            if layer.depth > 1:
                picture = _composite(picture, layer, camera)
        return picture


@dataclass(frozen=True, slots=True)
class Camera:
    """The view: shifted by (x, y) pixels at the depth of the characters, and enlarged `zoom` times."""

    x: float = 0.0
    y: float = 0.0
    zoom: float = 1.0

    def matrix(self, depth: float, margin: Point = (0.0, 0.0)) -> NDArray[np.float64]:
        """The affine map from a layer's pixels to the picture's, (2, 3)."""
        zoom = 1 + (self.zoom - 1) * (0.5 + 0.5 * depth)
        centre_x, centre_y = WIDTH / 2 + self.x * depth, HEIGHT / 2 + self.y * depth
        return np.array(
            [
                [zoom, 0, WIDTH / 2 - zoom * (centre_x + margin[0])],
                [0, zoom, HEIGHT / 2 - zoom * (centre_y + margin[1])],
            ],
            np.float64,
        )

    def place(self, x: float, y: float) -> tuple[float, float, float]:
        """The position in the picture of a point at the characters' depth, and the scale there."""
        matrix = self.matrix(1.0)
        return matrix[0, 0] * x + matrix[0, 2], matrix[1, 1] * y + matrix[1, 2], float(matrix[0, 0])


def _composite(picture: Rgb | None, layer: _Layer, camera: Camera) -> Rgb:
    colours = _layer_view(layer.colours, layer.depth, camera)
    if picture is None or layer.transmission is None:
        return colours
    background = cv2.multiply(picture, _layer_view(layer.transmission, layer.depth, camera), scale=1 / 255)
    return np.asarray(cv2.add(background, colours), np.uint8)


def _layer_view(painted: Rgb, depth: float, camera: Camera) -> Rgb:
    """The part of a layer that the camera shows. Without zoom it moves by whole pixels, so nothing is resampled."""
    if camera.zoom == 1:
        left, top = MARGIN_X + round(camera.x * depth), MARGIN_Y + round(camera.y * depth)
        return painted[top : top + HEIGHT, left : left + WIDTH]
    matrix = camera.matrix(depth, (MARGIN_X, MARGIN_Y))
    return np.asarray(cv2.warpAffine(painted, matrix, (WIDTH, HEIGHT), borderMode=cv2.BORDER_REPLICATE), np.uint8)
