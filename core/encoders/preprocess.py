"""Preprocessing: pictures of any size fitted to the encoder's input. The graph itself normalises colours."""

from dataclasses import dataclass

import cv2
import numpy as np

from core.encoders.base import EncoderSpec, Fit, FrameBatch, PreprocessSpec
from core.errors import EncoderError, PictureError
from core.pictures.pixels import Rgb


@dataclass(frozen=True, slots=True)
class Placement:
    """Position and size of the scaled picture in the encoder's frame, in pixels.

    `x` and `y` are its top left corner: what it does not cover is filled (`PAD`); what lies outside is cut (`COVER`).
    """

    x: int
    y: int
    width: int
    height: int


def placement(width: int, height: int, spec: PreprocessSpec) -> Placement:
    """The placement of a picture that is shown at `width` × `height`.

    Scaling a picture to the placement's size and passing it to `place` equals `prepare`, apart from the method of
    scaling: a video decoder can scale by itself. `PictureError` for a picture without area.
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
    """Centre a picture of a placement's size in the encoder's frame, filled or cut: (spec.height, spec.width, 3)."""
    height, width = scaled.shape[:2]
    top, left = max(0, height - spec.height) // 2, max(0, width - spec.width) // 2
    visible = scaled[top : top + spec.height, left : left + spec.width]
    if visible.shape[:2] == (spec.height, spec.width):
        return np.ascontiguousarray(visible)
    frame = np.full((spec.height, spec.width, 3), spec.pad_rgb, np.uint8)
    y, x = (spec.height - visible.shape[0]) // 2, (spec.width - visible.shape[1]) // 2
    frame[y : y + visible.shape[0], x : x + visible.shape[1]] = visible
    return frame


def prepare(picture: Rgb, spec: PreprocessSpec) -> Rgb:
    """Fit a picture of any size to the encoder: (spec.height, spec.width, 3). `PictureError` unless RGB, uint8."""
    if picture.dtype != np.uint8 or picture.ndim != 3 or picture.shape[2] != 3:
        raise PictureError(f"A picture must be RGB, (height, width, 3) uint8, not {picture.shape} {picture.dtype}.")
    if spec.fit is Fit.COVER:
        picture = _cropped_to_aspect(picture, spec)
    placed = placement(picture.shape[1], picture.shape[0], spec)
    return place(_scaled(picture, placed.width, placed.height), spec)


def check_batch(batch: FrameBatch, spec: EncoderSpec) -> None:
    """`EncoderError` unless the frames are (n, height, width, 3) uint8 of the encoder's size."""
    shape = (spec.preprocess.height, spec.preprocess.width, 3)
    if batch.dtype != np.uint8 or batch.ndim != 4 or batch.shape[1:] != shape:
        raise EncoderError(
            f"The encoder {spec.name} takes frames of shape (n, {shape[0]}, {shape[1]}, 3) uint8, "
            f"not {batch.shape} {batch.dtype}."
        )


def _cropped_to_aspect(picture: Rgb, spec: PreprocessSpec) -> Rgb:
    """Cut the overhang before scaling: a very long picture would need unlimited memory if it were scaled first."""
    height, width = picture.shape[:2]
    visible_width = min(width, max(1, round(height * spec.width / spec.height)))
    visible_height = min(height, max(1, round(width * spec.height / spec.width)))
    top, left = (height - visible_height) // 2, (width - visible_width) // 2
    return picture[top : top + visible_height, left : left + visible_width]


def _scaled(picture: Rgb, width: int, height: int) -> Rgb:
    """Scale down by averaging areas, then up by interpolation: in one call OpenCV would not average."""
    smaller = (min(width, picture.shape[1]), min(height, picture.shape[0]))
    if smaller != (picture.shape[1], picture.shape[0]):
        picture = np.asarray(cv2.resize(picture, smaller, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    if smaller != (width, height):
        picture = np.asarray(cv2.resize(picture, (width, height), interpolation=cv2.INTER_CUBIC), dtype=np.uint8)
    return picture
