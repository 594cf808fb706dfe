"""Pictures as arrays of pixels: mirrored, turned, made smaller, and whether they show anything."""

from typing import Final, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

Rgb: TypeAlias = NDArray[np.uint8]
"""A picture: red, green and blue, (height, width, 3) uint8."""

PLAIN_DEVIATION: Final = 6.0
"""In grey levels (0..255): where no channel deviates more, nothing can be recognised."""


def mirror(rgb: Rgb) -> Rgb:
    """Mirrored left to right."""
    return np.ascontiguousarray(rgb[:, ::-1])


def upright(rgb: Rgb, turned: int) -> Rgb:
    """Turn back a picture that was turned clockwise by 0, 90, 180 or 270 degrees."""
    return np.ascontiguousarray(np.rot90(rgb, turned // 90))


def colour_deviation(picture: NDArray[np.uint8]) -> float:
    """Standard deviation of the channel that varies most, 0..128; for (height, width, 3) or (height, width)."""
    return float(cv2.meanStdDev(picture)[1].max())


def is_plain(rgb: Rgb, deviation: float = PLAIN_DEVIATION) -> bool:
    """Whether a picture is of one colour, apart from a little noise."""
    return colour_deviation(rgb) <= deviation


def area_resized(rgb: Rgb, width: int, height: int) -> Rgb:
    """A smaller copy, in which each pixel is the mean of the area that it covers."""
    return np.asarray(cv2.resize(rgb, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def gray_thumbnail(rgb: Rgb, width: int, height: int) -> NDArray[np.uint8]:
    """The brightness of a smaller copy, (height, width), areas averaged."""
    gray = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)
    return np.asarray(cv2.resize(gray, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def mean_difference(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> float:
    """Mean absolute difference of two pictures of one size, in grey levels."""
    return cv2.norm(first, second, cv2.NORM_L1) / first.size


def correlation(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> float:
    """Pearson correlation of the pixels of two pictures of one size, -1..1."""
    return float(cv2.matchTemplate(first, second, cv2.TM_CCOEFF_NORMED)[0, 0])
