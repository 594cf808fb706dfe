"""Pictures as arrays of pixels: turned over, and whether they show anything."""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

PLAIN_DEVIATION: Final = 6.0
"""A picture of no colour that deviates more than this (of 0..255) shows nothing that could be recognised."""


def mirror(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Left and right changed over."""
    return np.ascontiguousarray(rgb[:, ::-1])


def upright(rgb: NDArray[np.uint8], turned: int) -> NDArray[np.uint8]:
    """A picture that was turned clockwise by 0, 90, 180 or 270 degrees, turned back."""
    return np.ascontiguousarray(np.rot90(rgb, turned // 90))


def colour_deviation(rgb: NDArray[np.uint8]) -> float:
    """Standard deviation of the channel that varies most, 0..128, of (height, width, 3) or (height, width)."""
    return float(cv2.meanStdDev(rgb)[1].max())


def is_plain(rgb: NDArray[np.uint8], deviation: float = PLAIN_DEVIATION) -> bool:
    """Whether a picture shows next to nothing: black, white, one colour with a little noise."""
    return colour_deviation(rgb) <= deviation
