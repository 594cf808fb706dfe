"""HEIC and HEIF pictures, the format of photos of screens by telephones."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from core.errors import PictureError, PictureProblem
from core.pictures.decoding import PictureLimits, read_picture
from core.retrieval.query_frames import read_frames
from tests.episodes import scene_frame
from tests.heif import heif

SCENE = scene_frame(10, 4)


def _read(data: bytes, spec: PictureLimits | None = None) -> NDArray[np.uint8]:
    return read_picture(data, name="IMG_1.HEIC", spec=spec or PictureLimits()).rgb


def _same(first: NDArray[np.uint8], second: NDArray[np.uint8], tolerance: float = 2) -> bool:
    return first.shape == second.shape and float(np.abs(first.astype(int) - second).mean()) < tolerance


@pytest.mark.parametrize("brand", [b"heic", b"heix", b"mif1"])
@pytest.mark.parametrize("pix_fmt", ["yuv420p", "yuv420p10le"])
def test_it_is_read_in_eight_and_in_ten_bits(brand: bytes, pix_fmt: str) -> None:
    assert _same(_read(heif(SCENE, brand=brand, pix_fmt=pix_fmt)), SCENE, 6)


@pytest.mark.parametrize("turns", [0, 1, 2, 3])
def test_it_is_turned_upright_once(turns: int) -> None:
    """Telephones say it twice: by a property of the file, and in the EXIF, which readers of HEIF are to leave alone."""
    orientation = {0: 1, 1: 8, 2: 3, 3: 6}[turns]
    upright = np.ascontiguousarray(np.rot90(SCENE, turns))
    assert _same(_read(heif(SCENE, turns=turns)), upright)
    assert _same(_read(heif(SCENE, turns=turns, orientation=orientation)), upright)


def test_of_several_pictures_the_primary_one_is_read() -> None:
    secondary = scene_frame(10, 8)
    assert _same(_read(heif(SCENE, secondary)), SCENE)
    assert _same(_read(heif(SCENE, secondary, primary=1)), secondary)


def test_a_query_takes_it(tmp_path: Path) -> None:
    (tmp_path / "IMG_1.HEIC").write_bytes(heif(SCENE, scene_frame(10, 8)))
    (frame,) = read_frames(tmp_path / "IMG_1.HEIC", PictureLimits(), (1440, 1440), 8)
    assert _same(frame.rgb, SCENE)


def test_limits_hold_before_it_is_decoded() -> None:
    with pytest.raises(PictureError) as caught:
        _read(heif(SCENE), PictureLimits(limit_pixels=50_000))
    assert caught.value.problem is PictureProblem.TOO_MANY_PIXELS


def test_damage_raises_nothing_but_a_picture_error() -> None:
    sound = heif(SCENE)
    rng = np.random.default_rng(1)
    refused = 0
    for _ in range(60):
        data = bytearray(sound)
        for _ in range(int(rng.integers(1, 20))):
            data[int(rng.integers(0, min(len(data), 900)))] = int(rng.integers(0, 256))
        try:
            assert _read(bytes(data)).ndim == 3
        except PictureError:
            refused += 1
    assert refused


@pytest.mark.parametrize("part", [0.1, 0.5, 0.95])
def test_half_of_it_is_refused(part: float) -> None:
    data = heif(SCENE)
    with pytest.raises(PictureError):
        _read(data[: int(part * len(data))])
