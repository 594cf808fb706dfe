"""Pictures of which something is missing: an end, a part, what their transparency leaves."""

import io
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from core.errors import PictureError, PictureProblem
from core.pictures.decoding import Picture, PictureLimits, read_picture
from core.pictures.pixels import Rgb
from core.retrieval.query_frames import read_frames
from tests.episodes import scene_frame

SPEC = PictureLimits()
WAYS: dict[str, dict[str, object]] = {
    "baseline": {"quality": 90},
    "progressive": {"quality": 90, "progressive": True},
    "restarts": {"quality": 90, "restart_marker_rows": 1},
}


def _jpeg(rgb: Rgb, **options: object) -> bytes:
    out = io.BytesIO()
    Image.fromarray(rgb).save(out, "JPEG", **options)
    return out.getvalue()


def _read(data: bytes, want: tuple[int, int] | None = None) -> Picture:
    return read_picture(data, name="a.jpg", spec=SPEC, size_hint=want)


def _mean_difference(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> float:
    return float(np.abs(first.astype(int) - second).mean())


@pytest.mark.parametrize("way", WAYS)
def test_a_jpeg_that_lacks_only_its_end_is_read_whole(way: str) -> None:
    data = _jpeg(scene_frame(10, 4), **WAYS[way])
    picture = _read(data.removesuffix(b"\xff\xd9"))
    assert not picture.cut_off
    assert (picture.rgb == _read(data).rgb).all()


@pytest.mark.parametrize("way", ["baseline", "restarts"])
@pytest.mark.parametrize("part", [0.4, 0.7, 0.95])
def test_of_a_jpeg_that_breaks_off_the_part_that_is_there_is_read(way: str, part: float) -> None:
    data = _jpeg(scene_frame(10, 4), **WAYS[way])
    picture = _read(data[: int(part * len(data))])
    rows = len(picture.rgb)
    assert picture.cut_off
    assert 0.5 * part * 180 < rows < 180
    assert _mean_difference(picture.rgb, _read(data).rgb[:rows]) < 1


def test_a_progressive_jpeg_that_breaks_off_is_read_as_coarse_as_it_is() -> None:
    data = _jpeg(scene_frame(10, 4), quality=90, progressive=True)
    picture = _read(data[: int(0.7 * len(data))])
    assert picture.cut_off
    assert picture.rgb.shape == (180, 320, 3)
    assert _mean_difference(picture.rgb, _read(data).rgb) < 20


def test_the_part_is_that_of_the_picture_as_it_is_stored() -> None:
    """Which is at the side of one that has to be turned."""
    exif = Image.Exif()
    exif[0x0112] = 6
    data = _jpeg(scene_frame(10, 4), quality=90, exif=exif)
    whole, part = _read(data).rgb, _read(data[: len(data) // 2])
    columns = part.rgb.shape[1]
    assert part.cut_off
    assert part.rgb.shape[0] == 320
    assert columns < 180
    assert _mean_difference(part.rgb, whole[:, -columns:]) < 1


def test_a_thumbnail_s_end_is_not_the_picture_s() -> None:
    exif = Image.Exif()
    exif[0x9C9B] = _jpeg(scene_frame(3, 4)[::4, ::4])  # bytes with an end marker in them
    data = _jpeg(scene_frame(10, 4), quality=90, exif=exif)
    assert data.count(b"\xff\xd9") == 2
    assert not _read(data).cut_off
    assert _read(data[: int(0.6 * len(data))]).cut_off


def test_a_large_one_that_breaks_off_is_read_small() -> None:
    large = np.asarray(Image.fromarray(scene_frame(10, 4)).resize((2560, 1440)))
    data = _jpeg(large, quality=90)
    picture = _read(data[: len(data) // 2], want=(320, 180))
    assert picture.cut_off
    assert picture.rgb.shape[1] < 2560
    assert len(picture.rgb) < 0.9 * picture.rgb.shape[1] * 9 / 16


@pytest.mark.parametrize("after", [-100, 0, 30])
def test_one_of_which_next_to_nothing_is_left_is_refused(after: int) -> None:
    data = _jpeg(scene_frame(10, 4), quality=90)
    with pytest.raises(PictureError) as caught:
        _read(data[: data.index(b"\xff\xda") + after])
    assert caught.value.problem is PictureProblem.BROKEN


def test_a_query_says_that_its_file_breaks_off(tmp_path: Path) -> None:
    data = _jpeg(scene_frame(10, 4), quality=90)
    (tmp_path / "a.jpg").write_bytes(data[: int(0.7 * len(data))])
    (frame,) = read_frames(tmp_path / "a.jpg", SPEC, (1440, 1440), 8)
    assert frame.cut_off
    (tmp_path / "b.jpg").write_bytes(data)
    (frame,) = read_frames(tmp_path / "b.jpg", SPEC, (1440, 1440), 8)
    assert not frame.cut_off


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
@pytest.mark.parametrize("alpha", [0, 2])
def test_transparency_that_leaves_nothing_to_be_seen_is_ignored(kind: str, alpha: int) -> None:
    scene = scene_frame(10, 4)
    out = io.BytesIO()
    image = Image.fromarray(np.dstack([scene, np.full((180, 320), alpha, np.uint8)]), "RGBA")
    image.save(out, kind, **({"lossless": True, "exact": True} if kind == "WEBP" else {}))
    assert _mean_difference(_read(out.getvalue()).rgb, scene) < 1


def test_what_is_under_a_transparent_margin_stays_hidden() -> None:
    scene = scene_frame(10, 4)
    alpha = np.zeros((180, 320), np.uint8)
    alpha[40:140, 60:260] = 255
    out = io.BytesIO()
    Image.fromarray(np.dstack([scene, alpha]), "RGBA").save(out, "PNG")
    got = _read(out.getvalue()).rgb
    assert not got[:40].any()
    assert (got[40:140, 60:260] == scene[40:140, 60:260]).all()
