"""Decoding of untrusted pictures to upright RGB, by Pillow, with limits that are checked before anything is decoded.

HEIF is decoded by `pi-heif`: libheif with libde265, without the encoder that `pillow-heif` brings along.
"""

import io
import stat
import struct
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
from PIL import Image, UnidentifiedImageError

from core.errors import PictureError, PictureProblem
from core.pictures.file_types import FileKind, is_heif, is_jpeg, refused_format, sniff
from core.pictures.pixels import PLAIN_DEVIATION, Rgb, is_plain
from core.pictures.truncated_jpeg import add_end_marker, count_decoded_rows, lacks_scans

_PILLOW_FORMATS: Final = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "AVIF")
_HEIF_FORMAT: Final = "HEIF"
_ANIMATED_FORMATS: Final = ("PNG", "WEBP", "GIF", "AVIF")
_DRAFT_FORMATS: Final = ("JPEG", "MPO")
_ORIENTATION_TAG: Final = 0x0112  # EXIF
_TRANSPOSE_BY_ORIENTATION: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_SIDEWAYS: Final = {_TRANSPOSE_BY_ORIENTATION[number] for number in (5, 6, 7, 8)}
_PILLOW_ERRORS: Final = (
    OSError,
    EOFError,
    SyntaxError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    ArithmeticError,
    RuntimeError,
    struct.error,
    Image.DecompressionBombError,
)
"""What Pillow raises on damaged files; some of it comes from headers that are parsed in part."""

_MIN_DELAY_MS: Final = 20
_DEFAULT_DELAY_MS: Final = 100
"""Browsers show a frame with a delay below the minimum for the default delay."""


@dataclass(frozen=True, slots=True)
class PictureLimits:
    """Limits on what is decoded. Pixels are width × height as the header says, summed over the frames of an animation.

    `frames_limit`: frames of an animation that are decoded to choose one picture; `animation_frames_limit`: to read all
    of it. `clip_limit_s`: seconds of a video that are read; `effort_limit_s`: seconds of computing spent on it, checked
    between two frames. `plain_deviation`: see `is_plain`.
    """

    limit_bytes: int = 25 << 20
    limit_pixels: int = 64_000_000
    min_side: int = 16
    frames_limit: int = 32
    animation_frames_limit: int = 1000
    clip_limit_s: float = 60.0
    effort_limit_s: float = 10.0
    plain_deviation: float = PLAIN_DEVIATION


@dataclass(frozen=True, slots=True)
class Picture:
    """A decoded picture, upright, and the name by which the user knows it.

    `cut_off`: the file breaks off, and `rgb` is the part of the picture that it has.
    """

    rgb: Rgb
    name: str
    cut_off: bool = False


@dataclass(frozen=True, slots=True)
class _OpenImage:
    """An image; of a JPEG whether its end is missing, and whether it is `coarse`, as scans are missing."""

    image: Image.Image
    lacks_end: bool = False
    coarse: bool = False


def read_picture(
    source: Path | bytes, *, name: str, spec: PictureLimits, size_hint: tuple[int, int] | None = None
) -> Picture:
    """Decode one picture; of an animation the first frame that is not plain, or the first when all are plain.

    `size_hint` (width, height) is the size that is enough: a larger picture is reduced by a whole factor, never below
    `size_hint`; a JPEG is decoded at that size, which saves time. Transparent parts become black: they are nearly
    always the margin of a cut-out window, and black margins are cut off later like any letterbox; transparency under
    which nothing is left to be seen is ignored. More than 8 bits are scaled to 8. Colour profiles are not applied. Of
    several pictures in a HEIF file the primary one is read. An incomplete picture is refused, except a JPEG, whose
    decoded part is returned.

    `PictureError` names `name` and the reason. Safe to call from several threads.
    """
    with _open_image(source, name, spec) as opened:
        return _decode(opened, name, spec, size_hint)


def read_animation(
    source: Path | bytes, *, name: str, spec: PictureLimits, size_hint: tuple[int, int] | None = None
) -> Iterator[tuple[Rgb, int, int]]:
    """Decode an animation frame by frame: RGB (height, width, 3), the millisecond when it appears and when it goes.

    A still picture is one frame, from 0. Reading ends before `spec.animation_frames_limit` frames or
    `spec.limit_pixels` pixels in all are exceeded, and after the last whole frame of a truncated animation. Sizes,
    colours and errors are those of `read_picture`; the frames of one animation are all of one size.
    """
    with _open_image(source, name, spec) as opened:
        image = opened.image
        transpose, size_hint = _prepare(image, size_hint)
        time_ms = 0
        for frame in _frames(image, name, spec, spec.animation_frames_limit):
            delay_ms = frame.info.get("duration", 0)
            has_delay = isinstance(delay_ms, int | float) and delay_ms >= _MIN_DELAY_MS
            until_ms = time_ms + (round(delay_ms) if has_delay else _DEFAULT_DELAY_MS)
            yield _to_array(_reduced(_to_rgb(frame), size_hint), transpose), time_ms, until_ms
            time_ms = until_ms


@contextmanager
def _open_image(source: Path | bytes, name: str, spec: PictureLimits) -> Iterator[_OpenImage]:
    """Open an image and check its limits; errors of Pillow inside the block become a `PictureError`."""
    data = _bytes_of(source, name, spec)
    _check_kind(data, name)
    # Pillow warns of broken metadata and of sizes, which are checked here anyway.
    warnings.filterwarnings("ignore", module=r"PIL\.")
    data, lacks_end = add_end_marker(data) if is_jpeg(data) else (data, False)
    heif = is_heif(data)
    if heif:
        _register_heif()
    try:
        with Image.open(io.BytesIO(data), formats=(_HEIF_FORMAT,) if heif else _PILLOW_FORMATS) as image:
            _check_size(image, name, spec)
            yield _OpenImage(image, lacks_end, lacks_end and lacks_scans(data))
    except Image.DecompressionBombError as exc:
        raise _too_many_pixels(f"{name}: has too many pixels", spec) from exc
    except MemoryError as exc:
        raise PictureError(f"{name}: takes more memory than there is", PictureProblem.BROKEN) from exc
    except UnidentifiedImageError as exc:
        if sniff(data) is FileKind.PICTURE:
            raise PictureError(f"{name}: is damaged or cut off", PictureProblem.BROKEN) from exc
        raise PictureError(f"{name}: is not a picture, or of a format that is not read; send JPEG or PNG") from exc
    except _PILLOW_ERRORS as exc:
        raise PictureError(
            f"{name}: is damaged or cut off, and cannot be decoded in full", PictureProblem.BROKEN
        ) from exc


def _bytes_of(source: Path | bytes, name: str, spec: PictureLimits) -> bytes:
    """The bytes of a picture, within the limit."""
    data = source if isinstance(source, bytes) else _read_file(source, name, spec.limit_bytes)
    if not data:
        raise PictureError(f"{name}: is empty", PictureProblem.EMPTY)
    if len(data) > spec.limit_bytes:
        limit = f"{spec.limit_bytes / (1 << 20):.3g}"
        raise PictureError(f"{name}: is too large; {limit} MB is the limit", PictureProblem.TOO_LARGE, detail=limit)
    return data


def _read_file(path: Path, name: str, limit_bytes: int) -> bytes:
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise PictureError(f"{name}: is a folder, not a picture", PictureProblem.UNREADABLE)
        if not stat.S_ISREG(mode):
            raise PictureError(f"{name}: is not a file", PictureProblem.UNREADABLE)
        with path.open("rb") as file:
            return file.read(limit_bytes + 1)
    except FileNotFoundError as exc:
        raise PictureError(f"{name}: there is no such file", PictureProblem.UNREADABLE) from exc
    except PermissionError as exc:
        raise PictureError(f"{name}: may not be read (no permission)", PictureProblem.UNREADABLE) from exc
    except (OSError, ValueError) as exc:
        reason = getattr(exc, "strerror", None) or exc
        raise PictureError(f"{name}: cannot be read: {reason}", PictureProblem.UNREADABLE) from exc


def _check_kind(data: bytes, name: str) -> None:
    short, plural = refused_format(data)
    if short:
        raise PictureError(
            f"{name}: {plural} cannot be read; send JPEG or PNG", PictureProblem.UNSUPPORTED, detail=short
        )
    if sniff(data) is FileKind.VIDEO:
        raise PictureError(f"{name}: is a video, not a picture")


def _check_size(image: Image.Image, name: str, spec: PictureLimits) -> None:
    width, height = image.size
    if width * height > spec.limit_pixels:
        raise _too_many_pixels(f"{name}: has too many pixels ({width} × {height})", spec)
    if min(width, height) < spec.min_side:
        raise PictureError(
            f"{name}: is too small ({width} × {height}); each side must have {spec.min_side} pixels or more",
            PictureProblem.TOO_SMALL,
            detail=str(spec.min_side),
        )


def _too_many_pixels(problem: str, spec: PictureLimits) -> PictureError:
    limit = f"{spec.limit_pixels / 1e6:.3g}"
    return PictureError(f"{problem}; {limit} megapixels is the limit", PictureProblem.TOO_MANY_PIXELS, detail=limit)


@cache
def _register_heif() -> None:
    """Register HEIF with Pillow: primary pictures only, each decoded by one thread."""
    import pi_heif  # noqa: PLC0415  # needed for HEIF pictures only

    pi_heif.register_heif_opener(thumbnails=False, depth_images=False, aux_images=False, decode_threads=1)


def _decode(opened: _OpenImage, name: str, spec: PictureLimits, size_hint: tuple[int, int] | None) -> Picture:
    image, cut_off = opened.image, False
    transpose, size_hint = _prepare(image, size_hint)
    chosen: Image.Image | None = None
    for frame in _frames(image, name, spec, spec.frames_limit):
        picture = _reduced(_to_rgb(frame), size_hint)
        if image.format not in _ANIMATED_FORMATS or not is_plain(np.asarray(picture), spec.plain_deviation):
            chosen = picture
            break
        chosen = chosen or picture.copy()  # the next frame is drawn into the same object
    if chosen is None:
        raise PictureError(f"{name}: there is no picture in it", PictureProblem.NOTHING_TO_SEE)
    if opened.lacks_end:
        rows = count_decoded_rows(np.asarray(chosen))
        if rows < spec.min_side:
            raise PictureError(f"{name}: is damaged or cut off, with next to nothing of it left", PictureProblem.BROKEN)
        cut_off = opened.coarse or rows < chosen.height
        chosen = chosen.crop((0, 0, chosen.width, rows))
    return Picture(_to_array(chosen, transpose), name, cut_off)


def _prepare(
    image: Image.Image, size_hint: tuple[int, int] | None
) -> tuple[Image.Transpose | None, tuple[int, int] | None]:
    """The transposition that makes the picture upright, and the size hint before it; a JPEG is set to that size."""
    jpeg = image.format in _DRAFT_FORMATS
    if not jpeg:
        image.load()
    transpose = _TRANSPOSE_BY_ORIENTATION.get(_orientation(image))
    if size_hint and transpose in _SIDEWAYS:
        size_hint = size_hint[1], size_hint[0]
    if size_hint and jpeg:
        image.draft(None, size_hint)
    return transpose, size_hint


def _to_array(image: Image.Image, transpose: Image.Transpose | None) -> Rgb:
    """The pixels as an array of their own, upright."""
    return np.array(image if transpose is None else image.transpose(transpose))


def _orientation(image: Image.Image) -> int:
    """EXIF orientation; 1 when there is none or it cannot be read, so that broken metadata does not matter."""
    try:
        value = image.getexif().get(_ORIENTATION_TAG, 1)
    except _PILLOW_ERRORS:
        return 1
    return value if isinstance(value, int) else 1


def _frames(image: Image.Image, name: str, spec: PictureLimits, limit: int) -> Iterator[Image.Image]:
    """The first `limit` frames, decoded. A truncated animation ends after its last whole frame."""
    image.load()
    yield image
    if image.format not in _ANIMATED_FORMATS:
        return
    limit = min(limit, spec.limit_pixels // (image.width * image.height))
    for number in range(1, limit):
        try:
            image.seek(number)
            _check_size(image, name, spec)
            image.load()
        except _PILLOW_ERRORS:
            return
        yield image


def _to_rgb(image: Image.Image) -> Image.Image:
    """8-bit RGB, transparent parts black; transparency is ignored where the result would be plain."""
    if image.mode.startswith("I") or image.mode == "F":
        image = _to_8_bits(image)
    if image.has_transparency_data:
        image = image.convert("RGBA")
        on_black = Image.new("RGB", image.size)
        on_black.paste(image, mask=image.getchannel("A"))
        if not is_plain(np.asarray(on_black)):
            return on_black
    return image if image.mode == "RGB" else image.convert("RGB")


def _to_8_bits(image: Image.Image) -> Image.Image:
    """Grey of 16 or 32 bits or floats, scaled from its full scale to 0..255."""
    values = np.nan_to_num(np.asarray(image, np.float32))
    if image.mode.startswith("I;16"):
        full_scale = 65535.0
    else:
        peak = float(values.max())
        scales = (1.0, 255.0, 65535.0) if image.mode == "F" else (255.0, 65535.0)
        full_scale = next((scale for scale in scales if peak <= scale), peak)
    return Image.fromarray(np.clip(np.rint(values * (255 / full_scale)), 0, 255).astype(np.uint8))


def _reduced(image: Image.Image, size_hint: tuple[int, int] | None) -> Image.Image:
    factor = min(image.width // size_hint[0], image.height // size_hint[1]) if size_hint else 1
    return image.reduce(factor) if factor > 1 else image
