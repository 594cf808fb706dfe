"""What is wrong with a picture, so that it can be said in any language."""

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.errors import PictureError, PictureProblem
from core.pictures.decoding import PictureLimits, read_picture
from core.retrieval.query_frames import read_query


def _png(width: int = 96, height: int = 64) -> bytes:
    out = io.BytesIO()
    noise = np.random.default_rng(0).integers(0, 255, (height, width, 3)).astype(np.uint8)
    Image.fromarray(noise).save(out, "PNG")
    return out.getvalue()


def _bomb() -> bytes:
    data = _png()
    header = b"IHDR" + struct.pack(">II", 20_000, 20_000) + data[24:29]
    return data[:12] + header + struct.pack(">I", zlib.crc32(header)) + data[33:]


@pytest.mark.parametrize(
    ("data", "problem", "detail"),
    [
        (b"", PictureProblem.EMPTY, ""),
        (b"hello there, this is no picture at all", PictureProblem.NOT_A_PICTURE, ""),
        (b"\x1a\x45\xdf\xa3" + bytes(64), PictureProblem.NOT_A_PICTURE, ""),
        (b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic" + bytes(64), PictureProblem.BROKEN, ""),
        (b"%PDF-1.7", PictureProblem.UNSUPPORTED, "PDF"),
        (b"<svg/>", PictureProblem.UNSUPPORTED, "SVG"),
        (b"8BPS" + bytes(64), PictureProblem.UNSUPPORTED, "PSD"),
        (b"\xff\x0a" + bytes(64), PictureProblem.UNSUPPORTED, "JPEG XL"),
        (b"\xff\x4f\xff\x51" + bytes(64), PictureProblem.UNSUPPORTED, "JPEG 2000"),
        (b"\x00\x00\x01\x00" + bytes(64), PictureProblem.UNSUPPORTED, "ICO"),
        (bytes(2 << 20), PictureProblem.TOO_LARGE, "1"),
        (_bomb(), PictureProblem.TOO_MANY_PIXELS, "64"),
        (_png(400, 12), PictureProblem.TOO_SMALL, "16"),
        (_png()[:3000], PictureProblem.BROKEN, ""),
        (_png()[:20], PictureProblem.BROKEN, ""),
    ],
)
def test_what_is_wrong_with_bytes(data: bytes, problem: PictureProblem, detail: str) -> None:
    with pytest.raises(PictureError) as caught:
        read_picture(data, name="upload", spec=PictureLimits(limit_bytes=1 << 20))
    assert (caught.value.problem, caught.value.detail) == (problem, detail)


def test_what_is_wrong_with_a_file(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "gone.png", Path("a\0b")):
        with pytest.raises(PictureError) as caught:
            read_picture(path, name="x", spec=PictureLimits())
        assert caught.value.problem is PictureProblem.UNREADABLE


def test_what_is_wrong_with_a_video(tmp_path: Path) -> None:
    path = tmp_path / "head.mkv"
    path.write_bytes(b"\x1a\x45\xdf\xa3" + bytes(5000))
    with pytest.raises(PictureError) as caught:
        read_query(path, PictureLimits(), (1440, 1440))
    assert caught.value.problem is PictureProblem.BROKEN
