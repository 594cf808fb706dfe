"""Changes of geometry: crops, rotation, bars, and pictures on larger ones. RGB (h, w, 3) uint8 in and out."""

import cv2
import numpy as np

from core.pictures.pixels import Rgb

Colour = tuple[int, int, int]
_BLUR_HEIGHT = 36


def cut(picture: Rgb, share: float, across: float = 0.5, down: float = 0.5) -> Rgb:
    """The part with `share` (0..1] of the area and the same shape; `across` and `down` (0..1) say where it lies."""
    height, width = picture.shape[:2]
    side = share**0.5
    cut_width, cut_height = max(1, round(width * side)), max(1, round(height * side))
    x, y = round((width - cut_width) * across), round((height - cut_height) * down)
    return np.ascontiguousarray(picture[y : y + cut_height, x : x + cut_width])


def resized(picture: Rgb, width: int, height: int) -> Rgb:
    """Scaled to this size: by area when it shrinks, else bicubic."""
    grows = width > picture.shape[1] or height > picture.shape[0]
    way = cv2.INTER_CUBIC if grows else cv2.INTER_AREA
    return np.asarray(cv2.resize(picture, (max(1, width), max(1, height)), interpolation=way), np.uint8)


def scaled_to_width(picture: Rgb, width: int) -> Rgb:
    """Scaled to this width, aspect ratio kept."""
    return resized(picture, width, round(picture.shape[0] * width / picture.shape[1]))


def rotated(picture: Rgb, degrees: float) -> Rgb:
    """Rotated about its centre and enlarged so that no corner is empty (for angles up to about 20 degrees)."""
    height, width = picture.shape[:2]
    angle = np.deg2rad(abs(degrees))
    grow = np.cos(angle) + np.sin(angle) * max(width / height, height / width)
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, float(grow))
    return np.asarray(cv2.warpAffine(picture, matrix, (width, height), flags=cv2.INTER_LINEAR), np.uint8)


def canvas(width: int, height: int, colour: Colour) -> Rgb:
    """A picture of one colour."""
    return np.full((height, width, 3), colour, np.uint8)


def blurred_fill(picture: Rgb, width: int, height: int) -> Rgb:
    """The picture itself, filling `width` by `height` and strongly blurred, as video apps fill their bars."""
    scale = max(width / picture.shape[1], height / picture.shape[0])
    small = resized(picture, *(max(1, round(side * scale * _BLUR_HEIGHT / height)) for side in picture.shape[1::-1]))
    small = np.asarray(cv2.GaussianBlur(small, (0, 0), 2.0), np.uint8)
    fill_width = max(1, round(width * _BLUR_HEIGHT / height))
    top, left = max(0, small.shape[0] - _BLUR_HEIGHT) // 2, max(0, small.shape[1] - fill_width) // 2
    centre = small[top : top + _BLUR_HEIGHT, left : left + fill_width]
    return np.asarray(cv2.resize(centre, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)


def paste(picture: Rgb, ground: Rgb, x: int, y: int) -> Rgb:
    """The ground with the picture pasted at (`x`, `y`), its left upper corner; parts outside the ground are cut."""
    out = ground.copy()
    top, left = max(0, y), max(0, x)
    bottom, right = min(ground.shape[0], y + picture.shape[0]), min(ground.shape[1], x + picture.shape[1])
    if bottom > top and right > left:
        out[top:bottom, left:right] = picture[top - y : bottom - y, left - x : right - x]
    return out


def letterbox(picture: Rgb, bars: float, colour: Colour | None, *, beside: bool = False) -> Rgb:
    """Bars above and below (or `beside`), each `bars` times the picture's side; the blurred picture for no colour."""
    height, width = picture.shape[:2]
    thick = round((width if beside else height) * bars)
    wide, high = (width + 2 * thick, height) if beside else (width, height + 2 * thick)
    ground = blurred_fill(picture, wide, high) if colour is None else canvas(wide, high, colour)
    return paste(picture, ground, thick if beside else 0, 0 if beside else thick)


def picture_in_picture(picture: Rgb, ground: Rgb, side: float, across: float, down: float) -> Rgb:
    """The picture on the ground: `side` (0..1) of the ground's width, at the place `across` and `down` (0..1)."""
    small = scaled_to_width(picture, max(1, round(ground.shape[1] * side)))
    left, top = ground.shape[1] - small.shape[1], ground.shape[0] - small.shape[0]
    return paste(small, ground, round(left * across), round(top * down))
