"""From a picture of any shape to the encoder's shape. Mean and deviation of colours are the graph's work."""

from dataclasses import dataclass

import cv2
import numpy as np

from core.encoders.base import EncoderSpec, Fit, FrameBatch, PreprocessSpec
from core.errors import EncoderError, PictureError
from core.pictures.pixels import Rgb


@dataclass(frozen=True, slots=True)
class Placement:
    """Where the whole scaled picture lies in the encoder's frame, in pixels.

    `x` and `y` are its left upper corner: what is not covered is filled (`PAD`), and negative ones are cut (`COVER`).
    """

    x: int
    y: int
    width: int
    height: int


def placement(width: int, height: int, spec: PreprocessSpec) -> Placement:
    """Where a picture whose shape is `width` to `height` lies; the shape as shown, not as stored.

    Scaling a picture to the placement's size and handing it to `place` is the same as `prepare`, up to the way of
    scaling: a reader of video can have its decoder scale. `PictureError` for a picture without area.
    """
    if width < 1 or height < 1:
        raise PictureError(f"A picture of {width} x {height} pixels has nothing to see in it.")
    if spec.fit is Fit.STRETCH:
        return Placement(0, 0, spec.width, spec.height)
    across, down = spec.width / width, spec.height / height
    scale = min(across, down) if spec.fit is Fit.PAD else max(across, down)
    scaled_width, scaled_height = max(1, round(width * scale)), max(1, round(height * scale))
    return Placement((spec.width - scaled_width) // 2, (spec.height - scaled_height) // 2, scaled_width, scaled_height)


def place(scaled: Rgb, spec: PreprocessSpec) -> Rgb:
    """Centre a picture of a placement's size: (h, w, 3) → (spec.height, spec.width, 3), filled or cut, contiguous."""
    height, width = scaled.shape[:2]
    top, left = max(0, height - spec.height) // 2, max(0, width - spec.width) // 2
    seen = scaled[top : top + spec.height, left : left + spec.width]
    if seen.shape[:2] == (spec.height, spec.width):
        return np.ascontiguousarray(seen)
    frame = np.full((spec.height, spec.width, 3), spec.pad_rgb, np.uint8)
    y, x = (spec.height - seen.shape[0]) // 2, (spec.width - seen.shape[1]) // 2
    frame[y : y + seen.shape[0], x : x + seen.shape[1]] = seen
    return frame


def prepare(picture: Rgb, spec: PreprocessSpec) -> Rgb:
    """RGB (h, w, 3) uint8 of any size → (spec.height, spec.width, 3) uint8. `PictureError` when it is not that."""
    if picture.dtype != np.uint8 or picture.ndim != 3 or picture.shape[2] != 3:
        raise PictureError(f"A picture must be RGB, (height, width, 3) uint8, not {picture.shape} {picture.dtype}.")
    if spec.fit is Fit.COVER:
        picture = _cut_to_shape(picture, spec)
    where = placement(picture.shape[1], picture.shape[0], spec)
    return place(_scaled(picture, where.width, where.height), spec)


def check_batch(batch: FrameBatch, spec: EncoderSpec) -> None:
    """`EncoderError` unless the frames are (n, height, width, 3) uint8 of the encoder's size."""
    wanted = (spec.preprocess.height, spec.preprocess.width, 3)
    if batch.dtype != np.uint8 or batch.ndim != 4 or batch.shape[1:] != wanted:
        raise EncoderError(
            f"The encoder {spec.name} takes frames of shape (n, {wanted[0]}, {wanted[1]}, 3) uint8, "
            f"not {batch.shape} {batch.dtype}."
        )


def _cut_to_shape(picture: Rgb, spec: PreprocessSpec) -> Rgb:
    """Cut the overhang before scaling: scaling a very long picture first would need memory without bound."""
    height, width = picture.shape[:2]
    seen_width = min(width, max(1, round(height * spec.width / spec.height)))
    seen_height = min(height, max(1, round(width * spec.height / spec.width)))
    top, left = (height - seen_height) // 2, (width - seen_width) // 2
    return picture[top : top + seen_height, left : left + seen_width]


def _scaled(picture: Rgb, width: int, height: int) -> Rgb:
    """Averages areas where a side shrinks, then interpolates where one grows: in one call OpenCV would not average."""
    smaller = (min(width, picture.shape[1]), min(height, picture.shape[0]))
    if smaller != (picture.shape[1], picture.shape[0]):
        picture = np.asarray(cv2.resize(picture, smaller, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    if smaller != (width, height):
        picture = np.asarray(cv2.resize(picture, (width, height), interpolation=cv2.INTER_CUBIC), dtype=np.uint8)
    return picture
