"""Animations for the tests."""

import io
from collections.abc import Sequence

from PIL import Image

from core.pictures.pixels import Rgb


def animation(pictures: Sequence[Rgb], kind: str = "GIF", *, delay_ms: int = 80) -> bytes:
    """An animated GIF, WEBP or PNG of pictures (height, width, 3)."""
    images = [Image.fromarray(picture) for picture in pictures]
    options: dict[str, object] = {"lossless": True} if kind == "WEBP" else {}
    data = io.BytesIO()
    images[0].save(data, kind, save_all=True, append_images=images[1:], duration=delay_ms, loop=0, **options)
    return data.getvalue()


def long_gif(picture: Rgb, frames: int) -> bytes:
    """A GIF whose first frame is a picture, and all others change one pixel of it."""
    data = io.BytesIO()
    Image.fromarray(picture).save(data, "GIF")
    control = b"\x21\xf9\x04\x04\x05\x00\x00\x00"
    one_pixel = b"\x2c\0\0\0\0\1\0\1\0\0" + b"\x02\x02\x44\x01\x00"
    return data.getvalue()[:-1] + (control + one_pixel) * (frames - 1) + b"\x3b"
