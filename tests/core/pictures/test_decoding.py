import io
import os
import struct
import subprocess
import sys
import warnings
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, TiffImagePlugin

from core.errors import PictureError
from core.pictures.decoding import PictureLimits, read_picture
from core.pictures.file_types import FileKind, sniff
from core.pictures.pixels import colour_deviation, is_plain

SPEC = PictureLimits()
ROOT = Path(__file__).resolve().parents[3]
LOSSLESS = ["PNG", "BMP", "TIFF", "GIF", "WEBP"]


def _scene(width: int = 96, height: int = 64, seed: int = 0) -> NDArray[np.uint8]:
    """Four flat corners of different colours: turning, mirroring and swapped channels all show."""
    rgb = np.empty((height, width, 3), np.uint8)
    colours = np.random.default_rng(seed).permutation([[200, 40, 40], [40, 200, 40], [40, 40, 200], [220, 220, 40]])
    rgb[: height // 2, : width // 2], rgb[: height // 2, width // 2 :] = colours[0], colours[1]
    rgb[height // 2 :, : width // 2], rgb[height // 2 :, width // 2 :] = colours[2], colours[3]
    return rgb


def _encoded(image: Image.Image | NDArray[np.uint8], kind: str, **options: object) -> bytes:
    out = io.BytesIO()
    picture = image if isinstance(image, Image.Image) else Image.fromarray(image)
    picture.save(out, kind, **options)
    return out.getvalue()


def _read(
    data: bytes | Path, spec: PictureLimits = SPEC, want: tuple[int, int] | None = None, name: str = "a.png"
) -> NDArray[np.uint8]:
    return read_picture(data, name=name, spec=spec, size_hint=want).rgb


def _same(got: NDArray[np.uint8], expected: NDArray[np.uint8], tolerance: int = 0) -> bool:
    """Alike in the middle of each corner; edges are the codec's."""
    if got.shape != expected.shape:
        return False
    height, width = got.shape[:2]
    rows, columns = [height // 4, height * 3 // 4], [width // 4, width * 3 // 4]
    difference = got[np.ix_(rows, columns)].astype(int) - expected[np.ix_(rows, columns)]
    return bool(np.abs(difference).max() <= tolerance)


@pytest.mark.parametrize(
    ("kind", "options", "tolerance"),
    [
        ("PNG", {}, 0),
        ("BMP", {}, 0),
        ("TIFF", {}, 0),
        ("TIFF", {"compression": "tiff_lzw"}, 0),
        ("GIF", {}, 0),
        ("WEBP", {"lossless": True}, 0),
        ("WEBP", {}, 12),
        ("JPEG", {"quality": 95}, 4),
        ("JPEG", {"quality": 95, "progressive": True}, 4),
        ("AVIF", {"quality": 95}, 8),
    ],
)
def test_every_format_is_read(kind: str, options: dict[str, object], tolerance: int) -> None:
    scene = _scene()
    picture = read_picture(_encoded(scene, kind, **options), name="frame", spec=SPEC)
    assert _same(picture.rgb, scene, tolerance)
    assert picture.name == "frame"
    assert picture.rgb.dtype == np.uint8
    assert picture.rgb.flags.c_contiguous
    assert picture.rgb.flags.writeable


def test_a_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "зона 区.png"
    path.write_bytes(_encoded(_scene(), "PNG"))
    assert _same(_read(path), _scene())


def test_grey_palette_and_one_bit_become_rgb() -> None:
    grey = Image.fromarray(_scene()).convert("L")
    expected = np.repeat(np.asarray(grey)[..., None], 3, axis=2)
    assert np.array_equal(_read(_encoded(grey, "PNG")), expected)
    assert _same(
        _read(_encoded(Image.fromarray(_scene()).convert("P", palette=Image.Palette.ADAPTIVE), "PNG")), _scene()
    )
    checks = np.kron(np.array([[0, 1], [1, 0]], bool), np.ones((32, 48), bool))
    read = _read(_encoded(Image.fromarray(checks), "PNG"))
    assert np.array_equal(read, np.repeat(checks[..., None] * np.uint8(255), 3, axis=2))


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "TIFF"])
def test_transparent_parts_become_black_and_half_transparent_ones_darker(kind: str) -> None:
    rgba = np.dstack([_scene(), np.full((64, 96), 255, np.uint8)])
    rgba[:32, :48, 3], rgba[:32, 48:, 3] = 0, 128
    read = _read(_encoded(Image.fromarray(rgba), kind, **({"lossless": True} if kind == "WEBP" else {})))
    expected = _scene()
    expected[:32, :48] = 0
    expected[:32, 48:] = np.rint(expected[:32, 48:] * (128 / 255))
    assert _same(read, expected, 1)


def test_transparency_of_palette_and_of_grey_with_alpha_is_black() -> None:
    palette = Image.fromarray(_scene()).convert("P", palette=Image.Palette.ADAPTIVE)
    hidden = palette.getpixel((10, 10))
    read = _read(_encoded(palette, "PNG", transparency=hidden))
    assert read[10, 10].tolist() == [0, 0, 0]
    assert read[10, 90].tolist() == _scene()[10, 90].tolist()
    grey_alpha = np.dstack([np.full((64, 96), 180, np.uint8), np.full((64, 96), 255, np.uint8)])
    grey_alpha[:, :48, 1] = 0
    read = _read(_encoded(Image.fromarray(grey_alpha, "LA"), "PNG"))
    assert read[5, 5].tolist() == [0, 0, 0]
    assert read[5, 90].tolist() == [180, 180, 180]


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_sixteen_bits_are_scaled_not_clipped(kind: str) -> None:
    ramp = np.tile(np.linspace(0, 65535, 256).astype(np.uint16), (64, 1))
    read = _read(_encoded(Image.fromarray(ramp), kind))
    assert np.abs(read[0, :, 0].astype(int) - np.arange(256)).max() <= 1
    assert np.array_equal(read[..., 0], read[..., 2])


def test_floats_are_scaled_to_their_full_scale() -> None:
    ramp = np.tile(np.linspace(0, 1, 256, dtype=np.float32), (64, 1))
    assert np.abs(_read(_encoded(Image.fromarray(ramp), "TIFF"))[0, :, 0].astype(int) - np.arange(256)).max() <= 1


def test_cmyk_jpeg_keeps_its_colours() -> None:
    data = _encoded(Image.fromarray(_scene()).convert("CMYK"), "JPEG", quality=95)
    assert b"Adobe" in data[:64]
    with Image.open(io.BytesIO(data)) as raw:
        assert raw.mode == "CMYK"
    assert _same(_read(data), _scene(), 6)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("want", [None, (24, 16)])
def test_orientation_is_made_upright(kind: str, orientation: int, want: tuple[int, int] | None) -> None:
    upright = _scene(192, 128)
    stored = {
        1: upright,
        2: upright[:, ::-1],
        3: upright[::-1, ::-1],
        4: upright[::-1],
        5: upright.transpose(1, 0, 2),
        6: np.rot90(upright),
        7: upright[::-1, ::-1].transpose(1, 0, 2),
        8: np.rot90(upright, -1),
    }[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = _encoded(np.ascontiguousarray(stored), kind, exif=exif)
    read = _read(data, want=want)
    assert (read.shape[1], read.shape[0]) == (want or (192, 128))
    assert _same(read, upright[:: 128 // read.shape[0], :: 192 // read.shape[1]], 8)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "BMP"])
@pytest.mark.parametrize("want", [(40, 40), (100, 100), (500, 500), (1, 1)])
def test_a_wanted_size_is_never_undercut(kind: str, want: tuple[int, int]) -> None:
    read = _read(_encoded(_scene(401, 267), kind), want=want)
    assert read.shape[1] >= min(want[0], 401)
    assert read.shape[0] >= min(want[1], 267)
    if want[0] < 200:
        assert read.shape[0] < 267


def _animation(frames: list[NDArray[np.uint8]], kind: str) -> bytes:
    images = [Image.fromarray(frame) for frame in frames]
    options: dict[str, object] = {"lossless": True} if kind == "WEBP" else {"quality": 95} if kind == "AVIF" else {}
    return _encoded(images[0], kind, save_all=True, append_images=images[1:], duration=100, loop=0, **options)


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG", "AVIF"])
def test_the_first_frame_with_something_in_it_stands_for_an_animation(kind: str) -> None:
    black, white = np.zeros((64, 96, 3), np.uint8), np.full((64, 96, 3), 255, np.uint8)
    data = _animation([black, white, _scene(seed=1), _scene(seed=2)], kind)
    assert _same(_read(data), _scene(seed=1), 8)
    assert _same(_read(data, want=(48, 32)), _scene(48, 32, seed=1), 8)


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_an_animation_of_plain_frames_gives_its_first(kind: str) -> None:
    shades = [np.full((64, 96, 3), shade, np.uint8) for shade in (10, 90, 200)]
    assert _read(_animation(shades, kind))[5, 5].tolist() == [10, 10, 10]


@pytest.mark.parametrize("limit", [{"frames_limit": 3}, {"limit_pixels": 3 * 64 * 96}])
def test_looking_through_an_animation_ends(limit: dict[str, int]) -> None:
    plain = [np.full((64, 96, 3), shade, np.uint8) for shade in (10, 90, 200)]
    data = _animation([*plain, _scene()], "GIF")
    assert _same(_read(data), _scene())
    assert is_plain(_read(data, PictureLimits(**limit)))


def test_an_animation_cut_off_after_a_whole_frame_is_still_a_picture() -> None:
    data = _animation([_scene(seed=1), _scene(seed=2)], "GIF")
    assert _same(_read(data[: len(data) * 3 // 4]), _scene(seed=1))


def _png_of_size(width: int, height: int) -> bytes:
    data = _encoded(_scene(), "PNG")
    header = b"IHDR" + struct.pack(">II", width, height) + data[24:29]
    return data[:12] + header + struct.pack(">I", zlib.crc32(header)) + data[33:]


def _enlarged(kind: str) -> bytes:
    """A small file whose header says 20,000 × 20,000."""
    side = 20_000
    if kind == "PNG":
        return _png_of_size(side, side)
    data = bytearray(_encoded(_scene(), kind))
    if kind == "GIF":
        data[6:10] = struct.pack("<HH", side, side)
    elif kind == "BMP":
        data[18:26] = struct.pack("<ii", side, side)
    elif kind == "JPEG":
        at = data.index(b"\xff\xc0") + 5
        data[at : at + 4] = struct.pack(">HH", side, side)
    else:
        tags = TiffImagePlugin.ImageFileDirectory_v2()
        tags[256], tags[257] = side, side
        return _encoded(_scene(), kind, tiffinfo=tags)
    return bytes(data)


@pytest.mark.parametrize("kind", ["PNG", "GIF", "BMP", "JPEG"])
def test_a_bomb_is_refused_from_its_header(kind: str) -> None:
    data = _enlarged(kind)
    assert len(data) < 100_000
    with pytest.raises(PictureError, match=r"^bomb: has too many pixels.*64 megapixels is the limit"):
        _read(data, name="bomb")


def test_between_the_limit_and_pillow_s_own_it_is_refused_too() -> None:
    with pytest.raises(PictureError, match=r"has too many pixels \(10000 × 12000\)"):
        _read(_png_of_size(10_000, 12_000))


def test_neither_a_bomb_nor_a_huge_file_takes_memory(tmp_path: Path) -> None:
    huge = tmp_path / "huge.png"
    with huge.open("wb") as file:
        file.truncate(1 << 29)
    code = (
        "import resource, sys\n"
        "from pathlib import Path\n"
        "from core.errors import PictureError\n"
        "from core.pictures.decoding import PictureLimits, read_picture\n"
        "small, bomb = sys.stdin.buffer.read().split(b'--cut--')\n"
        "read_picture(small, name='small', spec=PictureLimits())\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "for source in (bomb, Path(sys.argv[1])):\n"
        "    try:\n"
        "        read_picture(source, name='bomb', spec=PictureLimits())\n"
        "    except PictureError:\n"
        "        print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(huge)],
        input=_encoded(_scene(), "PNG") + b"--cut--" + _png_of_size(20_000, 20_000),
        capture_output=True,
        check=True,
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    assert done.stderr == b""
    after_bomb, after_huge = map(int, done.stdout.split())
    assert after_bomb < 8 * 1024, "kilobytes"
    assert after_huge < 64 * 1024, "one read of 25 MB and its copy"


def test_a_second_frame_cannot_smuggle_in_a_bomb() -> None:
    data = bytearray(_animation([np.zeros((64, 96, 3), np.uint8), _scene()], "GIF"))
    at = data.index(b"\x2c", data.index(b"\x2c") + 1)
    while data[at - 8 : at - 5] != b"\x21\xf9\x04":
        at = data.index(b"\x2c", at + 1)
    data[at + 5 : at + 9] = struct.pack("<HH", 12_000, 12_000)
    with pytest.raises(PictureError, match="has too many pixels"):
        _read(bytes(data))


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "BMP", "TIFF", "GIF", "AVIF"])
@pytest.mark.parametrize("part", [0.02, 0.3, 0.6, 0.95])
def test_half_a_picture_is_refused(kind: str, part: float) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (64, 96, 3)).astype(np.uint8)
    data = _encoded(noise, kind)
    with pytest.raises(PictureError, match=r"^shot\.x: is (damaged or cut off|not a picture)"):
        _read(data[: int(len(data) * part)], name="shot.x")


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "BMP", "TIFF", "GIF", "AVIF"])
def test_damaged_bytes_raise_nothing_but_a_picture_error(kind: str) -> None:
    sound = _encoded(_scene(), kind)
    rng = np.random.default_rng(1)
    refused = 0
    for _ in range(150):
        data = bytearray(sound)
        for _ in range(int(rng.integers(1, 20))):
            data[int(rng.integers(0, len(data)))] = int(rng.integers(0, 256))
        try:
            assert _read(bytes(data)).ndim == 3
        except PictureError:
            refused += 1
    assert refused


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "is empty"),
        (b"hello there, this is no picture at all", "is not a picture"),
        (bytes(1000), "is not a picture"),
        (b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic" + bytes(64), "is damaged or cut off"),
        (b"%PDF-1.7 and so on", "PDF documents cannot be read; send JPEG or PNG"),
        (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "SVG drawings cannot be read; send JPEG or PNG"),
        (b'\xef\xbb\xbf<?xml version="1.0"?>\n<!-- a --><svg/>', "SVG drawings cannot be read; send JPEG or PNG"),
        (b"8BPS" + bytes(64), "Photoshop files cannot be read"),
        (b"\xff\x0a" + bytes(64), "JPEG XL pictures cannot be read"),
        (b"\x1a\x45\xdf\xa3" + bytes(64), "is a video, not a picture"),
        (b"P6 20 20 255\n" + bytes(1200), "is not a picture, or of a format that is not read; send JPEG or PNG"),
    ],
)
def test_what_is_no_picture_is_named(data: bytes, reason: str) -> None:
    with pytest.raises(PictureError) as caught:
        _read(data, name="upload 7")
    assert str(caught.value).startswith(f"upload 7: {reason}")


def test_xml_full_of_comments_is_judged_quickly() -> None:
    with pytest.raises(PictureError, match="is not a picture"):
        _read(b"<?xml?>" + b"<!---->" * 100_000)


def test_too_many_bytes_and_too_few_pixels() -> None:
    data = _encoded(_scene(), "BMP")
    with pytest.raises(PictureError, match=r"is too large; 0\.0156 MB is the limit"):
        _read(data, PictureLimits(limit_bytes=1 << 14))
    with pytest.raises(PictureError, match=r"is too small \(1 × 1\); each side must have 16 pixels or more"):
        _read(_encoded(_scene(2, 2)[:1, :1], "PNG"))
    with pytest.raises(PictureError, match="is too small"):
        _read(_encoded(_scene(400, 12), "PNG"))


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(PictureError, match=r"^x\.png: there is no such file"):
        _read(tmp_path / "none.png", name="x.png")
    with pytest.raises(PictureError, match="is a folder, not a picture"):
        _read(tmp_path)
    with pytest.raises(PictureError, match="cannot be read"):
        _read(tmp_path / ("n" * 4000))
    with pytest.raises(PictureError, match="cannot be read"):
        _read(Path("a\0b"))
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(PictureError, match="is not a file"):
        _read(tmp_path / "pipe")
    large = tmp_path / "large.png"
    with large.open("wb") as file:
        file.truncate(SPEC.limit_bytes * 40)
    with pytest.raises(PictureError, match="is too large; 25 MB is the limit"):
        _read(large)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(_encoded(_scene(), "PNG"))
    path.chmod(0)
    with pytest.raises(PictureError, match="no permission"):
        _read(path)


def test_no_permission_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(b"x")

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(PictureError, match="may not be read"):
        _read(path)


def test_broken_metadata_neither_spoils_a_picture_nor_warns() -> None:
    exif = b"Exif\x00\x00II*\x00\x08\x00\x00\x00\x05\x00" + b"\xff" * 40
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert _same(_read(_encoded(_scene(), "JPEG", quality=95, exif=exif)), _scene(), 4)
        with pytest.raises(PictureError):
            _read(_png_of_size(10_000, 12_000))
        assert caught == []


def test_threads_may_read_at_once() -> None:
    inputs = [_encoded(_scene(seed=number), "PNG") for number in range(24)]
    with ThreadPoolExecutor(8) as pool:
        for number, rgb in enumerate(pool.map(_read, inputs)):
            assert _same(rgb, _scene(seed=number))


@pytest.mark.parametrize("kind", [*LOSSLESS, "JPEG", "AVIF"])
def test_pictures_are_told_by_their_first_bytes(kind: str) -> None:
    assert sniff(_encoded(_scene(), kind)[:400]) is FileKind.PICTURE


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"\x00\x00\x00\x20ftypisom\x00\x00\x02\x00isomiso2avc1mp41", FileKind.VIDEO),
        (b"\x00\x00\x00\x14ftypqt  \x00\x00\x00\x00qt  ", FileKind.VIDEO),
        (b"\x00\x00\x00\x08wide\x00\x00\x10\x00mdat", FileKind.VIDEO),
        (b"\x1a\x45\xdf\xa3\x01\x00\x00\x00", FileKind.VIDEO),
        (b"RIFF\x00\x00\x01\x00AVI LIST", FileKind.VIDEO),
        (b"FLV\x01\x05", FileKind.VIDEO),
        (b"OggS\x00\x02", FileKind.VIDEO),
        ((b"G" + bytes(187)) * 3, FileKind.VIDEO),
        (b"\x00\x00\x00\x1cftypavif\x00\x00\x00\x00avifmif1miaf", FileKind.PICTURE),
        (b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic", FileKind.PICTURE),
        (b"RIFF\x00\x00\x01\x00WAVEfmt ", FileKind.UNKNOWN),
        (b"GIF", FileKind.UNKNOWN),
        (b"", FileKind.UNKNOWN),
        (b"<svg/>", FileKind.UNKNOWN),
    ],
)
def test_videos_and_the_rest_are_told_apart(head: bytes, kind: FileKind) -> None:
    assert sniff(head) is kind


def test_colour_deviation_is_of_the_channel_that_varies_most() -> None:
    rgb = np.full((40, 60, 3), 30, np.uint8)
    assert colour_deviation(rgb) == 0
    rgb[:, :30, 2] = 130
    assert colour_deviation(rgb) == pytest.approx(50)
    assert colour_deviation(rgb[..., 2]) == pytest.approx(50)
    assert not is_plain(rgb)
    assert is_plain(rgb, deviation=50)
    noisy = np.clip(np.random.default_rng(0).normal(128, 3, (90, 160, 3)), 0, 255).astype(np.uint8)
    assert is_plain(noisy)
    assert not is_plain(_scene())
