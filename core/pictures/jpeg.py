"""JPEG files of trusted pictures, written and read by OpenCV; `core.pictures.decoding` reads what people send."""

from typing import Final

import cv2
import numpy as np

from core.errors import PictureError, PictureProblem
from core.pictures.pixels import Rgb

_FULL_COLOUR: Final = (int(cv2.IMWRITE_JPEG_SAMPLING_FACTOR), int(cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444))


def encode_jpeg(rgb: Rgb, quality: int, *, full_colour: bool = False) -> bytes:
    """A picture as a JPEG file of this quality (1..100), its colours at half the resolution unless `full_colour`.

    `PictureError` when JPEG cannot hold it: a picture without area, or with a side of more than 65,500 pixels.
    """
    options = (int(cv2.IMWRITE_JPEG_QUALITY), quality, *(_FULL_COLOUR if full_colour else ()))
    try:
        written, data = cv2.imencode(".jpg", cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR), options)
    except cv2.error as exc:
        raise PictureError(f"a picture of shape {rgb.shape} cannot be written as JPEG: {exc.err}") from exc
    if not written:
        raise PictureError(f"a picture of shape {rgb.shape} cannot be written as JPEG")
    return data.tobytes()


def decode_jpeg(data: bytes, *, eighth: bool = False) -> Rgb:
    """The picture of a JPEG file; with `eighth`, faster, at an eighth of its size.

    `PictureError` when it is not a JPEG file that can be decoded.
    """
    buffer = np.frombuffer(data, np.uint8)
    try:
        if eighth:  # OpenCV reduces no picture while it changes the order of its channels
            bgr = cv2.imdecode(buffer, cv2.IMREAD_REDUCED_COLOR_8)
            rgb = None if bgr is None else cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB)
        else:
            rgb = cv2.imdecode(buffer, cv2.IMREAD_COLOR_RGB)
    except cv2.error as exc:
        raise PictureError(f"not a JPEG file that can be decoded: {exc.err}", PictureProblem.BROKEN) from exc
    if rgb is None:
        raise PictureError("not a JPEG file that can be decoded", PictureProblem.BROKEN)
    return np.asarray(rgb, np.uint8)
