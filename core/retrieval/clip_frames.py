"""Clip frames: the frames of a short video that are searched for."""

import time
from collections.abc import Iterable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Final

from core.pictures.decoding import PictureLimits
from core.pictures.pixels import Rgb, is_plain
from core.retrieval.timed_pictures import TimedPicture, evenly_spread
from core.timecode import to_millis
from core.video.reading import VideoFrame, VideoReader

_FIRST_FRAME_LIMIT_S: Final = Fraction(10)
_WIDTH_LIMIT: Final = 640
_SEEK_AHEAD_S: Final = 1  # nearer frames are reached by reading on
_END_SPARE_S: Final = Fraction(1, 4)  # declared ends are often a little late


def frames_of_clip(path: Path, spec: PictureLimits, budget: int) -> tuple[TimedPicture, ...]:
    """At most `budget` usable frames, spread evenly over the first `spec.clip_limit_s` seconds.

    Far frames are sought, and no more is read when `spec.effort_limit_s` are over. `MediaError` when it is no video.
    """
    with VideoReader(path, skip_unreferenced=True) as video:
        limit = Fraction(spec.clip_limit_s)
        length = video.info.duration
        size, end_s = _frame_size(video), time.monotonic() + spec.effort_limit_s
        if length is not None:
            feed = _until(end_s, _sought(video, min(length, limit), budget))
            pictures = [_timed(frame, size) for frame in feed]
            if len(pictures) >= budget / 2 or time.monotonic() > end_s:
                return evenly_spread(pictures, budget)
        # of unknown length, or of that of a sound which goes on when the picture has ended
        through = _until(end_s, video.frames(end=limit))
        return evenly_spread((_timed(frame, size) for frame in through), budget)


def first_usable_frame(path: Path) -> Rgb | None:
    """The first frame that is not plain in the first seconds, a plain one when there is none other.

    `None` when no frame can be read, `MediaError` when it is no video.
    """
    plain: Rgb | None = None
    with VideoReader(path) as video:
        size = _frame_size(video)
        for frame in video.frames(end=_FIRST_FRAME_LIMIT_S):
            rgb = frame.rgb(*size)
            if not is_plain(rgb):
                return rgb
            plain = rgb if plain is None else plain
    return plain


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


def _frame_size(video: VideoReader) -> tuple[int, int]:
    """Width and height at which frames are looked up."""
    width = min(video.info.width, _WIDTH_LIMIT)
    return width, max(1, round(video.info.height * width / video.info.width))
