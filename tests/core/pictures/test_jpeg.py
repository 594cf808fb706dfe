"""JPEG files that are written and read by ourselves."""

import io

import cv2
import numpy as np
import pytest
from PIL import Image

from core.errors import PictureError
from core.pictures.jpeg import decode_jpeg, encode_jpeg
from core.pictures.pixels import Rgb, area_resized, gray_thumbnail


def _picture(width: int = 96, height: int = 64) -> Rgb:
    picture: Rgb = np.full((height, width, 3), (200, 60, 20), np.uint8)
    picture[:, width // 2 :] = (20, 60, 200)
    return picture


def test_a_picture_comes_back_with_its_colours_where_they_were() -> None:
    assert np.abs(decode_jpeg(encode_jpeg(_picture(), 95, full_colour=True)).astype(int) - _picture()).max() < 12


def test_an_eighth_is_decoded_in_the_same_order_of_channels() -> None:
    small = decode_jpeg(encode_jpeg(_picture(), 95), eighth=True)
    assert small.shape == (8, 12, 3)
    assert np.abs(small[4, 1].astype(int) - (200, 60, 20)).max() < 12


def test_colours_are_kept_at_half_the_resolution_unless_they_are_wanted_whole() -> None:
    layers = [
        Image.open(io.BytesIO(encode_jpeg(_picture(), 80, full_colour=whole))).layer  # type: ignore[attr-defined]  # Pillow's JPEG
        for whole in (False, True)
    ]
    assert [layer[0][1:3] for layer in layers] == [(2, 2), (1, 1)]


@pytest.mark.parametrize("shape", [(0, 4, 3), (4, 65_501, 3)])
def test_what_jpeg_cannot_hold_is_refused(shape: tuple[int, int, int], capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(PictureError, match="cannot be written as JPEG"):
        encode_jpeg(np.zeros(shape, np.uint8), 80)
    capfd.readouterr()  # OpenCV's own line


@pytest.mark.parametrize("data", [b"", b"not a picture", encode_jpeg(_picture(), 80)[:20]])
def test_what_is_no_jpeg_file_is_refused(data: bytes) -> None:
    with pytest.raises(PictureError, match="not a JPEG file"):
        decode_jpeg(data)
    with pytest.raises(PictureError, match="not a JPEG file"):
        decode_jpeg(data, eighth=True)


def test_a_smaller_copy_averages_areas() -> None:
    stripes: Rgb = np.zeros((4, 8, 3), np.uint8)
    stripes[:, ::2] = 200
    assert area_resized(stripes, 4, 2).tolist() == np.full((2, 4, 3), 100).tolist()
    assert gray_thumbnail(stripes, 4, 2).tolist() == np.full((2, 4), 100).tolist()
    gray = cv2.cvtColor(_picture(), cv2.COLOR_RGB2GRAY)
    assert gray_thumbnail(_picture(), 2, 1).tolist() == [gray[0, [0, -1]].tolist()]
