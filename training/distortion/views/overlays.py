"""Overlays: text, watermarks, stickers and player controls. RGB (h, w, 3) uint8 in and out, same size."""

from collections.abc import Sequence
from threading import local

import cv2
import numpy as np

from core.pictures.pixels import Rgb
from training.distortion.views.geometry import Colour

WHITE: Colour = (255, 255, 255)
BLACK: Colour = (0, 0, 0)
_FONTS = local()


def draw_text(
    picture: Rgb,
    text: str,
    across: float,
    down: float,
    height: float,
    *,
    colour: Colour = WHITE,
    outline: float = 0.12,
    weight: int = 400,
) -> Rgb:
    """One line of text about the point (`across`, `down`), 0..1; `height` of a letter as a share of the picture's.

    Latin, Greek, Cyrillic, Chinese and Japanese are in the font that comes with OpenCV. A black outline of `outline`
    times the letter's height is drawn around it.
    """
    out = picture.copy()
    size = max(4, round(height * picture.shape[0]))
    _, _, width, _ = cv2.getTextSize(picture.shape[1::-1], text, (0, 0), _font(), size, weight)
    x, y = round(across * picture.shape[1] - width / 2), round(down * picture.shape[0] + size / 2)
    around = max(1, round(size * outline)) if outline else 0
    for right, below in ((-1, -1), (-1, 1), (1, -1), (1, 1)) if around else ():
        cv2.putText(out, text, (x + right * around, y + below * around), BLACK, _font(), size, weight)
    cv2.putText(out, text, (x, y), colour, _font(), size, weight)
    return out


def subtitle(picture: Rgb, lines: Sequence[str], *, height: float = 0.06, colour: Colour = WHITE) -> Rgb:
    """Lines of text at the bottom, as subtitles are set."""
    for number, line in enumerate(reversed(lines)):
        down = 0.94 - number * height * 1.25
        picture = draw_text(picture, line, 0.5, down, height, colour=colour, weight=600)
    return picture


def meme_text(picture: Rgb, top: str, bottom: str, *, height: float = 0.16) -> Rgb:
    """Large capitals at the top and the bottom."""
    for text, down in ((top, 0.03 + height / 2), (bottom, 0.97 - height / 2)):
        if text:
            picture = draw_text(picture, text.upper(), 0.5, down, height, weight=800)
    return picture


def danmaku(picture: Rgb, lines: Sequence[tuple[str, float, float, Colour]], *, height: float = 0.045) -> Rgb:
    """Comments that scroll across the picture: (text, across, down, colour) each."""
    for text, across, down, colour in lines:
        picture = draw_text(picture, text, across, down, height, colour=colour, outline=0.08)
    return picture


def watermark(picture: Rgb, text: str, across: float, down: float, *, height: float, opacity: float) -> Rgb:
    """Half-transparent text, as sites and channels put it into corners or the middle."""
    marked = draw_text(picture, text, across, down, height, weight=700, outline=0)
    return np.asarray(cv2.addWeighted(marked, opacity, picture, 1 - opacity, 0), np.uint8)


def player_controls(picture: Rgb, position: float, *, button: bool, bar: Colour = (230, 30, 40)) -> Rgb:
    """A video player's dark control bar with its position (0..1), icons and, with `button`, a large play button."""
    height, width = picture.shape[:2]
    out = picture.astype(np.float32)
    foot = max(2, round(height * 0.22))
    out[-foot:] *= np.linspace(1.0, 0.35, foot, dtype=np.float32)[:, None, None]
    drawn = out.astype(np.uint8)
    y, thick = round(height * 0.885), max(1, round(height * 0.012))
    left, right = round(width * 0.03), round(width * 0.97)
    at = round(left + (right - left) * position)
    cv2.line(drawn, (left, y), (right, y), (150, 150, 150), thick)
    cv2.line(drawn, (left, y), (at, y), bar, thick)
    cv2.circle(drawn, (at, y), 2 * thick, bar, -1, cv2.LINE_AA)
    size, foot_y = max(2, round(height * 0.022)), round(height * 0.945)
    for x in (0.05, 0.09, 0.13, 0.87, 0.91, 0.95):
        cv2.circle(drawn, (round(x * width), foot_y), size, WHITE, -1, cv2.LINE_AA)
    cv2.putText(drawn, "12:34 / 23:40", (round(width * 0.17), foot_y + size), WHITE, _font(), max(5, 2 * size), 400)
    if button:
        centre, radius = (width // 2, height // 2), round(height * 0.11)
        disc = drawn.copy()
        cv2.circle(disc, centre, radius, (20, 20, 20), -1, cv2.LINE_AA)
        drawn = np.asarray(cv2.addWeighted(disc, 0.6, drawn, 0.4, 0), np.uint8)
        triangle = np.array([(-0.35, -0.5), (-0.35, 0.5), (0.55, 0)]) * radius + centre
        cv2.fillPoly(drawn, [triangle.round().astype(np.int32)], WHITE, cv2.LINE_AA)
    return drawn


def stickers(picture: Rgb, places: Sequence[tuple[float, float, float, Colour]]) -> Rgb:
    """Round stickers: (across, down, radius as a share of the height, colour) each, with a face on them."""
    out = picture.copy()
    height, width = picture.shape[:2]
    for across, down, share, colour in places:
        centre, radius = (round(across * width), round(down * height)), max(2, round(share * height))
        cv2.circle(out, centre, radius, colour, -1, cv2.LINE_AA)
        for side in (-1, 1):
            eye = (centre[0] + side * radius // 3, centre[1] - radius // 4)
            cv2.circle(out, eye, max(1, radius // 8), BLACK, -1, cv2.LINE_AA)
        cv2.ellipse(out, centre, (radius // 2, radius // 2), 0, 20, 160, BLACK, max(1, radius // 10), cv2.LINE_AA)
    return out


def _font() -> cv2.FontFace:
    """OpenCV's own font with many scripts; one for each thread, because it caches glyphs."""
    if not hasattr(_FONTS, "wide"):
        _FONTS.wide = cv2.FontFace("uni")
    font: cv2.FontFace = _FONTS.wide
    return font
