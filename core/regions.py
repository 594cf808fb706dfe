"""Views of a picture: what of it is looked up.

For now the whole picture and its mirror image; people post mirrored frames to dodge filters.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class View:
    """One thing to look up: `rgb` (height, width, 3) uint8."""

    rgb: NDArray[np.uint8]
    mirrored: bool


def views(picture: NDArray[np.uint8]) -> Sequence[View]:
    """What to look up of a (height, width, 3) picture, the likeliest first."""
    return (View(picture, mirrored=False), View(np.ascontiguousarray(picture[:, ::-1]), mirrored=True))
