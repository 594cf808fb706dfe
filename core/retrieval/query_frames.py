"""Query frames: the pictures of a still, an animation or a short video that is searched for."""

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


def read_query(source: Path | bytes, spec: PictureLimits, want: tuple[int, int]) -> Rgb:
    """RGB (height, width, 3) of a file or of its bytes; `want` (width, height) is the size that is enough.

    Of an animation or a short video it is the first frame that is not plain. `PictureError` names the file and says
    what is wrong with it.
    """
    return _read_one(source, spec, want).rgb


def read_frames(
    source: Path | bytes, spec: PictureLimits, want: tuple[int, int], budget: int
) -> tuple[TimedPicture, ...]:
    """At most `budget` pictures of a file or of its bytes, spread evenly over its time, first and last usable frame
    included.

    Plain frames and near repeats of the frame before are left out, so that a still, an animation that stands still and
    one with a single usable frame are one picture, whose time is `None`. At most `spec.clip_limit_s` of a video are
    looked at; it is sought in rather than read through where the frames are far apart. `PictureError` as of
    `read_query`.
    """
    kind, jpeg = _kind_of(source)
    if budget <= 1 or jpeg:
        return (_read_one(source, spec, want),)
    if kind is FileKind.VIDEO:
        with _video_path(source) as path:
            frames = frames_of_clip(path, spec, budget)
            return frames if len(frames) > 1 else (_first_frame(path, source),)
    moving = (
        TimedPicture(rgb, Millis(from_ms), Millis(until_ms))
        for rgb, from_ms, until_ms in read_animation(source, name=_name_of(source), spec=spec, size_hint=want)
    )
    opening = list(islice(moving, 2))
    frames = evenly_spread(chain(opening, moving), budget) if len(opening) > 1 else ()
    return frames if len(frames) > 1 else (TimedPicture((frames or opening)[0].rgb),)


def _read_one(source: Path | bytes, spec: PictureLimits, want: tuple[int, int]) -> TimedPicture:
    if _kind_of(source)[0] is FileKind.VIDEO:
        with _video_path(source) as path:
            return _first_frame(path, source)
    picture = read_picture(source, name=_name_of(source), spec=spec, size_hint=want)
    return TimedPicture(picture.rgb, cut_off=picture.cut_off)


def _first_frame(path: Path, source: Path | bytes) -> TimedPicture:
    rgb = first_usable_frame(path)
    if rgb is None:
        raise PictureError(
            f"{_name_of(source)}: there is no frame in it that can be read", PictureProblem.NOTHING_TO_SEE
        )
    return TimedPicture(rgb)


def _name_of(source: Path | bytes) -> str:
    """What errors call a picture; bytes have no name of their own."""
    return str(source) if isinstance(source, Path) else "the picture"


def _kind_of(source: Path | bytes) -> tuple[FileKind, bool]:
    """What a picture is by its first bytes, and whether it is a JPEG, which never moves.

    A path that is not a regular file, such as a pipe, is neither: opening it might wait for ever.
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
    """The path of a video; bytes are in a temporary file until the block ends.

    Video is not read from memory: what keeps a hostile file from naming others is that libav may open the one file that
    it was given by name, and the reader opens that again whenever it cannot seek. A `MediaError` of the block becomes
    a `PictureError`; `StorageError` when there is no room for the file.
    """
    with ExitStack() as stack:
        path = source if isinstance(source, Path) else _written(source, stack)
        try:
            yield path
        except MediaError as exc:
            raise PictureError(f"{_name_of(source)}: {exc.reason}", PictureProblem.BROKEN) from exc


def _written(data: bytes, stack: ExitStack) -> Path:
    """A temporary file of these bytes, deleted with `stack`."""
    with storage_errors(Path(tempfile.gettempdir())):
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="whenanime-"))
        path = Path(folder, "clip")
        path.write_bytes(data)
    return path
