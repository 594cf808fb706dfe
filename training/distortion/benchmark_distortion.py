"""The distortions of the field's first published protocol. NumPy and OpenCV only, no torch.

They are a random resized crop of a quarter of the area or more (Szegedy et
al. 2015, aspect 3:4 to 4:3), a mirror image one time in five, and colours changed by up to a fifth.
"""

import math
from dataclasses import dataclass

import cv2
import numpy as np

from core.pictures.pixels import Rgb

_LUMA = np.array([0.299, 0.587, 0.114], np.float32)


@dataclass(frozen=True, slots=True)
class DistortionSpec:
    """`area`: least share of the picture left by the crop; `flip`: how often it is mirrored; `colour`: largest change.

    `stretch_back` scales the crop to the size of the picture, as training protocols do; real crops keep their shape.
    """

    area: float = 0.25
    flip: float = 0.2
    colour: float = 0.2
    stretch_back: bool = True


def distort(picture: Rgb, spec: DistortionSpec, rng: np.random.Generator) -> Rgb:
    """Crop, mirror and recolour a picture."""
    height, width = picture.shape[:2]
    x, y, crop_width, crop_height = random_crop(width, height, spec.area, rng)
    out = picture[y : y + crop_height, x : x + crop_width]
    if spec.stretch_back:
        scaled = cv2.resize(out, (width, height), interpolation=cv2.INTER_CUBIC)
        out = np.asarray(scaled, np.uint8)
    if rng.random() < spec.flip:
        out = out[:, ::-1]
    return jitter(np.ascontiguousarray(out), spec.colour, rng)


def random_crop(width: int, height: int, area: float, rng: np.random.Generator) -> tuple[int, int, int, int]:
    """(x, y, width, height) of a crop: area uniform in [`area`, 1], aspect log-uniform in [3/4, 4/3]; ten tries."""
    for _ in range(10):
        target = width * height * rng.uniform(area, 1)
        aspect = math.exp(rng.uniform(math.log(3 / 4), math.log(4 / 3)))
        crop_width, crop_height = round(math.sqrt(target * aspect)), round(math.sqrt(target / aspect))
        if 0 < crop_width <= width and 0 < crop_height <= height:
            x, y = int(rng.integers(width - crop_width + 1)), int(rng.integers(height - crop_height + 1))
            return x, y, crop_width, crop_height
    crop_width, crop_height = min(width, round(height * 4 / 3)), min(height, round(width * 4 / 3))
    return (width - crop_width) // 2, (height - crop_height) // 2, crop_width, crop_height


def jitter(picture: Rgb, amount: float, rng: np.random.Generator) -> Rgb:
    """Brightness, contrast and saturation, each times 1 ± `amount`, in random order."""
    out = picture.astype(np.float32)
    for change in rng.permutation(3):
        factor = float(rng.uniform(1 - amount, 1 + amount))
        if change == 0:
            out = out * factor
        elif change == 1:
            out = out * factor + (1 - factor) * float((out @ _LUMA).mean())
        else:
            out = out * factor + (1 - factor) * (out @ _LUMA)[..., None]
        out = np.clip(out, 0, 255)
    return out.round().astype(np.uint8)
