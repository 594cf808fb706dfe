"""Pictures on screens: screenshots of phones, and photos of screens. RGB (h, w, 3) uint8 in and out."""

from dataclasses import dataclass

import cv2
import numpy as np

from core.pictures.pixels import Rgb
from training.distortion.views.geometry import Colour, blurred_fill, canvas, paste, scaled_to_width
from training.distortion.views.overlays import BLACK, WHITE, draw_text


@dataclass(frozen=True, slots=True)
class PhoneSpec:
    """An upright phone: `shape` height by width, where the picture lies (`down`, 0 top, 1 bottom), what is around it.

    `ground` None is the blurred picture. `with_app` draws status line, title, lines of text and buttons of an app.
    """

    shape: float = 16 / 9
    down: float = 0.5
    ground: Colour | None = BLACK
    with_app: bool = False
    width: int = 540


def phone_portrait(picture: Rgb, spec: PhoneSpec) -> Rgb:
    """A screenshot of an upright phone that shows the picture across its whole width."""
    shown = scaled_to_width(picture, spec.width)
    height = max(shown.shape[0], round(spec.width * spec.shape))
    ground = (
        blurred_fill(picture, spec.width, height) if spec.ground is None else canvas(spec.width, height, spec.ground)
    )
    y = round((height - shown.shape[0]) * spec.down)
    out = paste(shown, ground, 0, y)
    return _with_app(out, y, y + shown.shape[0]) if spec.with_app else out


def _with_app(screen: Rgb, top: int, bottom: int) -> Rgb:
    """Status line above; title, text and round buttons below the picture, in a colour that is legible on the ground."""
    height, width = screen.shape[:2]
    ink: Colour = BLACK if screen[-1, width // 2].mean() > 127 else WHITE
    line = max(6, round(width * 0.035))
    if top > 2 * line:
        screen = draw_text(screen, "21:07", 0.12, 1.2 * line / height, line / height, colour=ink, outline=0)
        screen = draw_text(screen, "4G 63%", 0.86, 1.2 * line / height, line / height, colour=ink, outline=0)
    y = bottom + 2 * line
    if y < height - line:
        screen = draw_text(
            screen, "EP 07 「ひみつの場所」", 0.42, y / height, 1.3 * line / height, colour=ink, outline=0
        )
    out = screen.copy()
    muted = tuple(int(value) for value in (0.5 * np.array(ink) + 0.5 * out[-1, width // 2]).astype(int))
    for number, y in enumerate(range(bottom + 5 * line, height - 5 * line, 2 * line)):
        reach = 0.9 - 0.25 * (number * 7 % 3)
        cv2.line(out, (round(width * 0.06), y), (round(width * reach), y), muted, max(1, line // 3))
    if bottom < height - 4 * line:
        for place in (0.15, 0.38, 0.62, 0.85):
            cv2.circle(out, (round(width * place), height - 2 * line), line, muted, max(1, line // 4), cv2.LINE_AA)
    return out


@dataclass(frozen=True, slots=True)
class PhotoSpec:
    """A photo of a screen: the shift of each corner (four (x, y), shares of the sides), moiré, glare, colour cast."""

    corners: tuple[tuple[float, float], ...] = ((0.05, 0.04), (-0.02, 0.07), (-0.04, -0.03), (0.03, -0.06))
    moire: float = 6.0
    period: float = 3.3
    glare: float = 0.35
    glare_at: tuple[float, float] = (0.7, 0.3)
    cast: tuple[float, float, float] = (0.95, 1.0, 1.05)
    ground: Colour = (30, 28, 26)


def photo_of_screen(picture: Rgb, spec: PhotoSpec) -> Rgb:
    """A photo of a screen that shows the picture: perspective, a dark room, moiré and a glare."""
    height, width = picture.shape[:2]
    square = np.array([(0, 0), (1, 0), (1, 1), (0, 1)], np.float32)
    size = np.array([width, height], np.float32)
    matrix = cv2.getPerspectiveTransform(square * size, (square + np.array(spec.corners, np.float32)) * size)
    warped = cv2.warpPerspective(
        picture,
        matrix,
        (width, height),
        flags=cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_CONSTANT,
        borderValue=spec.ground,
    )
    x = np.arange(width, dtype=np.float32)[None, :]
    y = np.arange(height, dtype=np.float32)[:, None]
    waves = np.sin(2 * np.pi * (x + 0.13 * y) / spec.period) + np.sin(2 * np.pi * (y - 0.09 * x) / (1.1 * spec.period))
    away = ((x / width - spec.glare_at[0]) ** 2 + (y / height - spec.glare_at[1]) ** 2) / 0.03
    light = spec.moire * waves[..., None] + 255 * spec.glare * np.exp(-away)[..., None]
    out = np.asarray(warped, np.float32) * np.array(spec.cast, np.float32) + light
    return np.asarray(np.clip(out, 0, 255), np.uint8)
