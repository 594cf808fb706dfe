"""Changes of colour. RGB (h, w, 3) uint8 in and out, same size."""

import cv2
import numpy as np

from core.pictures.pixels import Rgb
from training.distortion.views.geometry import Colour


def scaled(picture: Rgb, factor: float) -> Rgb:
    """Brightness: every value times `factor`."""
    return np.asarray(cv2.convertScaleAbs(picture, alpha=factor), np.uint8)


def contrasted(picture: Rgb, factor: float) -> Rgb:
    """Distances from the picture's mean brightness times `factor`."""
    mean = float(cv2.mean(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY))[0])
    return _mapped(picture, mean + (np.arange(256) - mean) * factor)


def gamma(picture: Rgb, power: float) -> Rgb:
    """Values between 0 and 1 to the power of `power`: above 1 is darker."""
    return _mapped(picture, 255 * (np.arange(256) / 255) ** power)


def saturated(picture: Rgb, factor: float) -> Rgb:
    """Distances from gray times `factor`: 0 is gray."""
    luma = cv2.cvtColor(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    return np.asarray(cv2.addWeighted(picture, factor, luma, 1 - factor, 0), np.uint8)


def gray(picture: Rgb) -> Rgb:
    """Brightness only."""
    return np.asarray(cv2.cvtColor(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB), np.uint8)


def hue_turned(picture: Rgb, degrees: float) -> Rgb:
    """Hue turned by so many degrees."""
    hsv = cv2.cvtColor(picture, cv2.COLOR_RGB2HSV)
    turned = np.asarray(hsv, np.uint8).copy()
    turned[..., 0] = (turned[..., 0].astype(np.int16) + round(degrees / 2)) % 180
    return np.asarray(cv2.cvtColor(turned, cv2.COLOR_HSV2RGB), np.uint8)


def tinted(picture: Rgb, colour: Colour, amount: float) -> Rgb:
    """Mixed with one colour: `amount` 0 is the picture, 1 the colour."""
    over = np.full_like(picture, colour)
    return np.asarray(cv2.addWeighted(picture, 1 - amount, over, amount, 0), np.uint8)


def toned(picture: Rgb, colour: Colour) -> Rgb:
    """One tone instead of colours, as sepia filters do: black to `colour` to white by brightness."""
    ramp = np.arange(256, dtype=np.float32)[:, None] / 255
    tone = np.array(colour, np.float32)
    table = np.where(ramp < 0.5, 2 * ramp * tone, tone + (2 * ramp - 1) * (255 - tone))
    luma = np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), np.uint8)
    return np.clip(table, 0, 255).astype(np.uint8)[luma]


def channels_scaled(picture: Rgb, factors: tuple[float, float, float]) -> Rgb:
    """White balance: each channel times its factor."""
    tables = np.clip(np.arange(256)[:, None] * np.array(factors), 0, 255).astype(np.uint8)  # (256, 3)
    return np.asarray(cv2.LUT(picture, tables.reshape(256, 1, 3)), np.uint8)


def _mapped(picture: Rgb, table: np.ndarray[tuple[int], np.dtype[np.floating]]) -> Rgb:
    return np.asarray(cv2.LUT(picture, np.clip(table, 0, 255).astype(np.uint8)), np.uint8)
