"""Untrusted bytes → one upright RGB picture, by Pillow, with limits that hold before anything is decoded.

HEIF is decoded by `pi-heif`: libheif with libde265, without the encoder that its sister package carries.
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
from core.pictures.truncated_jpeg import lacks_scans, rows_there, with_end

_FORMATS: Final = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "AVIF")
_HEIF: Final = "HEIF"
_ANIMATED: Final = ("PNG", "WEBP", "GIF", "AVIF")
_DRAFTED: Final = ("JPEG", "MPO")
_ORIENTATION: Final = 0x0112  # EXIF
_UPRIGHT: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
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
"""What Pillow raises on bytes that are not what they say; some of it comes from half-parsed headers."""

_LEAST_DELAY_MS: Final = 20
_USUAL_DELAY_MS: Final = 100
"""An animation that asks for less than the first between two frames is shown with the second, by every browser."""


@dataclass(frozen=True, slots=True)
class ImagingSpec:
    """Limits. Pixels are width × height as the header says; of an animation all looked-at frames count together.

    `frames_limit` frames of an animation are looked at for one picture, `moving_limit` when all of it is asked for. A
    video is looked at for `clip_limit_s` of it, and for `effort_limit_s` of our time, told between two of its frames.
    """

    limit_bytes: int = 25 << 20
    limit_pixels: int = 64_000_000
    min_side: int = 16
    frames_limit: int = 32
    moving_limit: int = 1000
    clip_limit_s: float = 60.0
    effort_limit_s: float = 10.0
    plain_deviation: float = PLAIN_DEVIATION


@dataclass(frozen=True, slots=True)
class Picture:
    """RGB (height, width, 3), upright, and the name by which the user knows it.

    `cut_off`: the file breaks off, and `rgb` is what there is of its picture.
    """

    rgb: Rgb
    name: str
    cut_off: bool = False


@dataclass(frozen=True, slots=True)
class _Opened:
    """An image; of a JPEG whether it `lacks_end`, and whether it is `coarse`, as scans of it are missing."""

    image: Image.Image
    lacks_end: bool = False
    coarse: bool = False


def read_picture(source: Path | bytes, *, name: str, spec: ImagingSpec, want: tuple[int, int] | None = None) -> Picture:
    """Decode one picture; of an animation the first frame that is not plain, or the first when all are.

    `want` (width, height) is the size that is enough: a larger picture comes back smaller, by a whole factor, and never
    below `want`; a JPEG is then decoded at that size, which saves time. Transparent parts become black: they are nearly
    always the margin of a cut-out window, and black margins are cut off later like any letterbox; transparency that
    leaves nothing to be seen is ignored. More than 8 bits are scaled to 8. Colour profiles are not applied. Of several
    pictures in a HEIF it is the primary one. Half a picture is refused, but of a JPEG the part that is there is read.

    `PictureError` says `name` and the reason. Safe to call from several threads.
    """
    with _opened(source, name, spec) as opened:
        return _decode(opened, name, spec, want)


def read_moving(
    source: Path | bytes, *, name: str, spec: ImagingSpec, want: tuple[int, int] | None = None
) -> Iterator[tuple[Rgb, int, int]]:
    """Decode an animation frame by frame: RGB (height, width, 3), the millisecond when it appears and when it goes.

    A still picture is one frame, from 0. It ends before `spec.moving_limit` frames or `spec.limit_pixels` pixels in all
    are exceeded, and after the last whole frame of an animation that is cut off. Sizes, colours and errors are those of
    `read_picture`; the frames of one animation are all of one size.
    """
    with _opened(source, name, spec) as opened:
        image = opened.image
        turn, want = _prepared(image, want)
        time_ms = 0
        for frame in _frames(image, name, spec, spec.moving_limit):
            delay_ms = frame.info.get("duration", 0)
            told = isinstance(delay_ms, int | float) and delay_ms >= _LEAST_DELAY_MS
            until_ms = time_ms + (round(delay_ms) if told else _USUAL_DELAY_MS)
            yield _upright(_smaller(_flat(frame), want), turn), time_ms, until_ms
            time_ms = until_ms


@contextmanager
def _opened(source: Path | bytes, name: str, spec: ImagingSpec) -> Iterator[_Opened]:
    """An image within its limits; what goes wrong with it inside the block becomes a `PictureError`."""
    data = _bytes_of(source, name, spec)
    _check_kind(data, name)
    # Pillow warns of broken metadata and of sizes that are checked here anyway; nothing of that is for the user.
    warnings.filterwarnings("ignore", module=r"PIL\.")
    data, lacks_end = with_end(data) if is_jpeg(data) else (data, False)
    heif = is_heif(data)
    if heif:
        _register_heif()
    try:
        with Image.open(io.BytesIO(data), formats=(_HEIF,) if heif else _FORMATS) as image:
            _check_size(image, name, spec)
            yield _Opened(image, lacks_end, lacks_end and lacks_scans(data))
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


def _bytes_of(source: Path | bytes, name: str, spec: ImagingSpec) -> bytes:
    """The bytes, never more than the limit and one."""
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


def _check_size(image: Image.Image, name: str, spec: ImagingSpec) -> None:
    width, height = image.size
    if width * height > spec.limit_pixels:
        raise _too_many_pixels(f"{name}: has too many pixels ({width} × {height})", spec)
    if min(width, height) < spec.min_side:
        raise PictureError(
            f"{name}: is too small ({width} × {height}); each side must have {spec.min_side} pixels or more",
            PictureProblem.TOO_SMALL,
            detail=str(spec.min_side),
        )


def _too_many_pixels(what: str, spec: ImagingSpec) -> PictureError:
    limit = f"{spec.limit_pixels / 1e6:.3g}"
    return PictureError(f"{what}; {limit} megapixels is the limit", PictureProblem.TOO_MANY_PIXELS, detail=limit)


@cache
def _register_heif() -> None:
    """Let Pillow know of HEIF: of its main pictures, each decoded by one thread."""
    import pi_heif  # noqa: PLC0415  # for pictures of this kind alone

    pi_heif.register_heif_opener(thumbnails=False, depth_images=False, aux_images=False, decode_threads=1)


def _decode(opened: _Opened, name: str, spec: ImagingSpec, want: tuple[int, int] | None) -> Picture:
    image, cut_off = opened.image, False
    turn, want = _prepared(image, want)
    chosen: Image.Image | None = None
    for frame in _frames(image, name, spec, spec.frames_limit):
        picture = _smaller(_flat(frame), want)
        if image.format not in _ANIMATED or not is_plain(np.asarray(picture), spec.plain_deviation):
            chosen = picture
            break
        chosen = chosen or picture.copy()  # the next frame is drawn into the same object
    if chosen is None:
        raise PictureError(f"{name}: there is no picture in it", PictureProblem.NOTHING_TO_SEE)
    if opened.lacks_end:
        rows = rows_there(np.asarray(chosen))
        if rows < spec.min_side:
            raise PictureError(f"{name}: is damaged or cut off, with next to nothing of it left", PictureProblem.BROKEN)
        cut_off = opened.coarse or rows < chosen.height
        chosen = chosen.crop((0, 0, chosen.width, rows))
    return Picture(_upright(chosen, turn), name, cut_off)


def _prepared(
    image: Image.Image, want: tuple[int, int] | None
) -> tuple[Image.Transpose | None, tuple[int, int] | None]:
    """How the decoded picture must be turned, and the wanted size before that; a JPEG is told that size."""
    jpeg = image.format in _DRAFTED
    if not jpeg:
        image.load()
    turn = _UPRIGHT.get(_orientation(image))
    sideways = turn in {_UPRIGHT[5], _UPRIGHT[6], _UPRIGHT[7], _UPRIGHT[8]}
    if want and sideways:
        want = want[1], want[0]
    if want and jpeg:
        image.draft(None, want)
    return turn, want


def _upright(image: Image.Image, turn: Image.Transpose | None) -> Rgb:
    """An array of its own, turned."""
    return np.array(image if turn is None else image.transpose(turn))


def _orientation(image: Image.Image) -> int:
    """EXIF orientation, 1 when there is none or it cannot be read: broken metadata does not spoil a picture."""
    try:
        value = image.getexif().get(_ORIENTATION, 1)
    except _PILLOW_ERRORS:
        return 1
    return value if isinstance(value, int) else 1


def _frames(image: Image.Image, name: str, spec: ImagingSpec, most: int) -> Iterator[Image.Image]:
    """The first frames, at most so many, decoded. An animation that breaks off after a whole frame ends there."""
    image.load()
    yield image
    if image.format not in _ANIMATED:
        return
    most = min(most, spec.limit_pixels // (image.width * image.height))
    for number in range(1, most):
        try:
            image.seek(number)
            _check_size(image, name, spec)
            image.load()
        except _PILLOW_ERRORS:
            return
        yield image


def _flat(image: Image.Image) -> Image.Image:
    """To 8-bit RGB on black; as it is where nothing but black would be left of it."""
    if image.mode.startswith("I") or image.mode == "F":
        image = _eight_bits(image)
    if image.has_transparency_data:
        image = image.convert("RGBA")
        on_black = Image.new("RGB", image.size)
        on_black.paste(image, mask=image.getchannel("A"))
        if not is_plain(np.asarray(on_black)):
            return on_black
    return image if image.mode == "RGB" else image.convert("RGB")


def _eight_bits(image: Image.Image) -> Image.Image:
    """Grey of 16 or 32 bits or floats, from its full scale to 0..255."""
    values = np.nan_to_num(np.asarray(image, np.float32))
    if image.mode.startswith("I;16"):
        full = 65535.0
    else:
        peak = float(values.max())
        scales = (1.0, 255.0, 65535.0) if image.mode == "F" else (255.0, 65535.0)
        full = next((scale for scale in scales if peak <= scale), peak)
    return Image.fromarray(np.clip(np.rint(values * (255 / full)), 0, 255).astype(np.uint8))


def _smaller(image: Image.Image, want: tuple[int, int] | None) -> Image.Image:
    factor = min(image.width // want[0], image.height // want[1]) if want else 1
    return image.reduce(factor) if factor > 1 else image
