"""Query pictures: decodes a file that somebody searches for, a still to one picture, an animation or a short video to
one or several.
"""

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from itertools import chain, islice
from pathlib import Path
from typing import Final

from core.errors import MediaError, PictureError, PictureProblem
from core.files import storage_errors
from core.pictures.decoding import PictureLimits, read_animation, read_picture
from core.pictures.file_types import FileKind, is_jpeg, sniff
from core.pictures.pixels import Rgb
from core.retrieval.clip_frames import first_usable_frame, frames_of_clip
from core.retrieval.timed_pictures import TimedPicture, evenly_spread
from core.timecode import Millis

_HEAD_BYTES: Final = 4096


def read_query(source: Path | bytes, spec: PictureLimits, size_hint: tuple[int, int]) -> Rgb:
    """Decodes a file or its bytes to RGB (height, width, 3); `size_hint` (width, height) is the size that is enough.

    Of an animation or a short video it is the first frame that is not plain. `PictureError` names the file and the
    problem.
    """
    return _first_picture(source, spec, size_hint).rgb


def read_frames(
    source: Path | bytes, spec: PictureLimits, size_hint: tuple[int, int], budget: int
) -> tuple[TimedPicture, ...]:
    """Decodes at most `budget` pictures of a file or of its bytes, spread evenly over its time, with the first and the
    last usable frame.

    Plain frames and near repeats of the frame before are left out. A still, an animation without movement and one with
    a single usable frame are therefore one picture, whose time is `None`. At most `spec.clip_limit_s` of a video are
    used; frames that are far apart are reached by seeking. `PictureError` as of `read_query`.
    """
    kind, jpeg = _kind_of(source)
    if budget <= 1 or jpeg:
        return (_first_picture(source, spec, size_hint),)
    if kind is FileKind.VIDEO:
        with _video_path(source) as path:
            frames = frames_of_clip(path, spec, budget)
            return frames if len(frames) > 1 else (_first_frame(path, source),)
    moving = (
        TimedPicture(rgb, Millis(from_ms), Millis(until_ms))
        for rgb, from_ms, until_ms in read_animation(source, name=_name_of(source), spec=spec, size_hint=size_hint)
    )
    opening = list(islice(moving, 2))
    frames = evenly_spread(chain(opening, moving), budget) if len(opening) > 1 else ()
    return frames if len(frames) > 1 else (TimedPicture((frames or opening)[0].rgb),)


def _first_picture(source: Path | bytes, spec: PictureLimits, size_hint: tuple[int, int]) -> TimedPicture:
    if _kind_of(source)[0] is FileKind.VIDEO:
        with _video_path(source) as path:
            return _first_frame(path, source)
    picture = read_picture(source, name=_name_of(source), spec=spec, size_hint=size_hint)
    return TimedPicture(picture.rgb, cut_off=picture.cut_off)


def _first_frame(path: Path, source: Path | bytes) -> TimedPicture:
    rgb = first_usable_frame(path)
    if rgb is None:
        raise PictureError(
            f"{_name_of(source)}: there is no frame in it that can be read", PictureProblem.NOTHING_TO_SEE
        )
    return TimedPicture(rgb)


def _name_of(source: Path | bytes) -> str:
    """Name of a picture in errors; bytes have no name of their own."""
    return str(source) if isinstance(source, Path) else "the picture"


def _kind_of(source: Path | bytes) -> tuple[FileKind, bool]:
    """File kind by the first bytes, and whether it is a JPEG, which is never animated.

    A path that is not a regular file, such as a pipe, is not opened, as that might block for ever.
    """
    head = source[:_HEAD_BYTES] if isinstance(source, bytes) else b""
    if isinstance(source, Path):
        with suppress(OSError):
            if source.is_file():
                with source.open("rb") as file:
                    head = file.read(_HEAD_BYTES)
    return sniff(head), is_jpeg(head)


@contextmanager
def _video_path(source: Path | bytes) -> Iterator[Path]:
    """Path of a video; bytes are written to a temporary file that is deleted at the end of the block.

    Video is not read from memory: a hostile file cannot make libav open other files because only the one named file may
    be opened, and the reader opens that file again whenever it cannot seek. A `MediaError` of the block becomes a
    `PictureError`; `StorageError` when there is no room for the file.
    """
    with ExitStack() as stack:
        path = source if isinstance(source, Path) else _temporary_clip(source, stack)
        try:
            yield path
        except MediaError as exc:
            raise PictureError(f"{_name_of(source)}: {exc.reason}", PictureProblem.BROKEN) from exc


def _temporary_clip(data: bytes, stack: ExitStack) -> Path:
    """Writes the bytes to a temporary file, which is deleted when `stack` is closed."""
    with storage_errors(Path(tempfile.gettempdir())):
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="whenanime-"))
        path = Path(folder, "clip")
        path.write_bytes(data)
    return path
