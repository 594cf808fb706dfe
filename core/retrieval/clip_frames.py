"""Query frames of a short video."""

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
_SEEK_MIN_GAP_S: Final = 1  # frames nearer than this are reached by decoding on
_END_MARGIN_S: Final = Fraction(1, 4)  # declared ends are often too late


def frames_of_clip(path: Path, spec: PictureLimits, budget: int) -> tuple[TimedPicture, ...]:
    """Returns at most `budget` usable frames, spread evenly over the first `spec.clip_limit_s` seconds.

    Frames that are far apart are reached by seeking; reading stops after `spec.effort_limit_s`. `MediaError` when the
    file is no video.
    """
    with VideoReader(path, skip_unreferenced=True) as video:
        limit = Fraction(spec.clip_limit_s)
        length = video.info.duration
        size, end_s = _frame_size(video), time.monotonic() + spec.effort_limit_s
        if length is not None:
            feed = _frames_until(end_s, _spread_frames(video, min(length, limit), budget))
            pictures = [_timed_picture(frame, size) for frame in feed]
            if len(pictures) >= budget / 2 or time.monotonic() > end_s:
                return evenly_spread(pictures, budget)
        # the length is unknown, or it is that of a sound track longer than the picture
        through = _frames_until(end_s, video.frames(end=limit))
        return evenly_spread((_timed_picture(frame, size) for frame in through), budget)


def first_usable_frame(path: Path) -> Rgb | None:
    """Returns the first frame of the first ten seconds that is not plain, or the first frame when all are plain.

    `None` when no frame can be read, `MediaError` when the file is no video.
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


def _timed_picture(frame: VideoFrame, size: tuple[int, int]) -> TimedPicture:
    at_ms = to_millis(frame.time)
    return TimedPicture(frame.rgb(*size), at_ms, at_ms)


def _frames_until(end_s: float, feed: Iterable[VideoFrame]) -> Iterator[VideoFrame]:
    """Yields the frames that are decoded before this time of the monotonic clock, and one more."""
    for frame in feed:
        yield frame
        if time.monotonic() > end_s:
            return


def _spread_frames(video: VideoReader, length: Fraction, budget: int) -> Iterator[VideoFrame]:
    """Yields `budget` frames at even distances; fewer when the video ends early."""
    step = max(length - min(_END_MARGIN_S, length / 4), Fraction(0)) / (budget - 1)
    feed, reached = video.frames(), Fraction(0)
    for due in (step * number for number in range(budget)):
        if due - reached > _SEEK_MIN_GAP_S:
            feed = video.frames(due)
        frame = next((frame for frame in feed if frame.time >= due), None)
        if frame is None:
            return
        reached = frame.time
        yield frame


def _frame_size(video: VideoReader) -> tuple[int, int]:
    """Width and height at which frames are searched."""
    width = min(video.info.width, _WIDTH_LIMIT)
    return width, max(1, round(video.info.height * width / video.info.width))
