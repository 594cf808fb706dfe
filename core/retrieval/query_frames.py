"""What people hand in: a still as one picture, an animation or a short video as one or as several with their times."""

import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import chain, islice, pairwise
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.errors import MediaError, PictureError, PictureProblem
from core.pictures.decoding import ImagingSpec, read_moving, read_picture
from core.pictures.file_types import FileKind, is_jpeg, sniff
from core.pictures.pixels import Rgb, gray_thumbnail, is_plain
from core.timecode import Millis, to_millis
from core.video.reading import VideoFrame, VideoReader
from core.video.shot_detection import mean_difference

_HEAD_BYTES: Final = 4096
_VIDEO_LOOK_S: Final = Fraction(10)
_VIDEO_WIDTH_LIMIT: Final = 640
_SEEK_AHEAD_S: Final = 1  # nearer frames are reached by reading on
_END_SPARE_S: Final = Fraction(1, 4)  # declared ends are often a little late
_SMALL: Final = (32, 18)
_REPEAT: Final = 2.0  # grey levels apart on average, seen small
_SPARE: Final = 4  # as many times the budget is held while the length is not known


@dataclass(frozen=True, slots=True)
class TimedPicture:
    """`rgb` (height, width, 3), and when it is shown in its clip: from when until when at least it could still be seen;
    `None` for a picture that was given by itself. `cut_off`: its file breaks off, and this is what there is of it.
    """

    rgb: Rgb
    time_ms: Millis | None = None
    until_ms: Millis | None = None
    cut_off: bool = False


def read_query(path: Path, spec: ImagingSpec, want: tuple[int, int]) -> Rgb:
    """RGB (height, width, 3) of what is at `path`; `want` (width, height) is the size that is enough.

    Of an animation or a short video it is the first good frame. `PictureError` names the file and says what is wrong
    with it.
    """
    return _read_one(path, spec, want).rgb


def _read_one(path: Path, spec: ImagingSpec, want: tuple[int, int]) -> TimedPicture:
    if _kind_of(path)[0] is FileKind.VIDEO:
        return TimedPicture(_first_good_frame(path))
    picture = read_picture(path, name=str(path), spec=spec, want=want)
    return TimedPicture(picture.rgb, cut_off=picture.cut_off)


def read_frames(path: Path, spec: ImagingSpec, want: tuple[int, int], budget: int) -> tuple[TimedPicture, ...]:
    """At most `budget` pictures of what is at `path`, spread evenly over its time, first and last good frame included.

    Plain frames and near repeats of the frame before are left out, so that a still, an animation that stands still and
    one with a single good frame are one picture, whose time is `None`. At most `spec.clip_limit_s` of a video are
    looked at; it is sought in rather than read through where the frames are far apart. `PictureError` as of
    `read_query`.
    """
    kind, jpeg = _kind_of(path)
    if budget <= 1 or jpeg:
        return (_read_one(path, spec, want),)
    if kind is FileKind.VIDEO:
        frames = _frames_of_clip(path, spec, budget)
        return frames if len(frames) > 1 else (_read_one(path, spec, want),)
    moving = (
        TimedPicture(rgb, Millis(from_ms), Millis(until_ms))
        for rgb, from_ms, until_ms in read_moving(path, name=str(path), spec=spec, want=want)
    )
    opening = list(islice(moving, 2))
    frames = _spread(chain(opening, moving), budget) if len(opening) > 1 else ()
    return frames if len(frames) > 1 else (TimedPicture((frames or opening)[0].rgb),)


def without_plain(pictures: Sequence[TimedPicture]) -> Sequence[TimedPicture]:
    """Those that are not plain; the first when all are."""
    return [one for one in pictures if not is_plain(one.rgb)] or pictures[:1]


def usable_pictures(pictures: Iterable[TimedPicture]) -> Iterator[TimedPicture]:
    """Those that are not plain and not a near repeat of the one before."""
    before: tuple[TimedPicture, NDArray[np.uint8]] | None = None
    for one in pictures:
        if is_plain(one.rgb):
            continue
        small = gray_thumbnail(one.rgb, *_SMALL)
        if before and mean_difference(small, before[1]) < _REPEAT:
            before = replace(before[0], until_ms=one.until_ms), before[1]
            continue
        if before:
            yield before[0]
        before = one, small
    if before:
        yield before[0]


def _spread(pictures: Iterable[TimedPicture], budget: int) -> tuple[TimedPicture, ...]:
    """At most `budget` good pictures, evenly spread, of any number; a few times as many are held at most."""
    held: list[TimedPicture] = []
    last: TimedPicture | None = None
    gap_ms = 0
    for last in usable_pictures(pictures):
        if held and _ms(last) - _ms(held[-1]) < gap_ms:
            continue
        held.append(last)
        if len(held) > _SPARE * budget:
            held = held[::2]
            gap_ms = 2 * gap_ms or min(_ms(after) - _ms(one) for one, after in pairwise(held))
    if last is not None and last is not held[-1]:
        held.append(last)
    if len(held) <= budget:
        return tuple(held)
    times = np.array([_ms(one) for one in held])
    chosen = {int(np.abs(times - due).argmin()) for due in np.linspace(times[0], times[-1], budget)}
    return tuple(held[index] for index in sorted(chosen))


def _ms(picture: TimedPicture) -> int:
    return picture.time_ms or 0


def _kind_of(path: Path) -> tuple[FileKind, bool]:
    """What a file is by its first bytes, and whether it is a JPEG, which never moves.

    What is no file, such as a pipe, is neither: opening it might wait for ever.
    """
    head = b""
    with suppress(OSError):
        if path.is_file():
            with path.open("rb") as file:
                head = file.read(_HEAD_BYTES)
    return sniff(head), is_jpeg(head)


def _frames_of_clip(path: Path, spec: ImagingSpec, budget: int) -> tuple[TimedPicture, ...]:
    try:
        with VideoReader(path, skip_unreferenced=True) as video:
            limit = Fraction(spec.clip_limit_s)
            length = video.info.duration
            size, end_s = _size_of(video), time.monotonic() + spec.effort_limit_s
            if length is not None:
                feed = _until(end_s, _sought(video, min(length, limit), budget))
                pictures = [_timed(frame, size) for frame in feed]
                if len(pictures) >= budget / 2 or time.monotonic() > end_s:
                    return _spread(pictures, budget)
            # of unknown length, or of that of a sound which goes on when the picture has ended
            through = _until(end_s, video.frames(end=limit))
            return _spread((_timed(frame, size) for frame in through), budget)
    except MediaError as exc:
        raise PictureError(f"{path}: {exc.reason}", PictureProblem.BROKEN) from exc


def _timed(frame: VideoFrame, size: tuple[int, int]) -> TimedPicture:
    at_ms = to_millis(frame.time)
    return TimedPicture(frame.rgb(*size), at_ms, at_ms)


def _until(end_s: float, feed: Iterable[VideoFrame]) -> Iterator[VideoFrame]:
    """The frames that come before this moment of the monotonic clock, and one more."""
    for frame in feed:
        yield frame
        if time.monotonic() > end_s:
            return


def _sought(video: VideoReader, length: Fraction, budget: int) -> Iterator[VideoFrame]:
    """`budget` frames at even distances; fewer when the video ends early."""
    step = max(length - min(_END_SPARE_S, length / 4), Fraction(0)) / (budget - 1)
    feed, reached = video.frames(), Fraction(0)
    for due in (step * number for number in range(budget)):
        if due - reached > _SEEK_AHEAD_S:
            feed = video.frames(due)
        frame = next((frame for frame in feed if frame.time >= due), None)
        if frame is None:
            return
        reached = frame.time
        yield frame


def _first_good_frame(path: Path) -> Rgb:
    """The first frame that is not plain in the first seconds; a plain one when there is none other."""
    plain: Rgb | None = None
    try:
        with VideoReader(path) as video:
            size = _size_of(video)
            for frame in video.frames(end=_VIDEO_LOOK_S):
                rgb = frame.rgb(*size)
                if not is_plain(rgb):
                    return rgb
                plain = rgb if plain is None else plain
    except MediaError as exc:
        raise PictureError(f"{path}: {exc.reason}", PictureProblem.BROKEN) from exc
    if plain is None:
        raise PictureError(f"{path}: there is no frame in it that can be read", PictureProblem.NOTHING_TO_SEE)
    return plain


def _size_of(video: VideoReader) -> tuple[int, int]:
    """Width and height at which its frames are looked at."""
    width = min(video.info.width, _VIDEO_WIDTH_LIMIT)
    return width, max(1, round(video.info.height * width / video.info.width))
