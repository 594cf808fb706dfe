"""Every frame of a video with its shot, and whether an index would keep it.

Frames are kept by the rules that the library's own sampler has by default, so that an encoder is asked among frames as
they lie in a real index: four a second and the first good one of each shot, without repeats within a shot and without
plain ones.
"""

from bisect import bisect_right
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import floor
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from core.imaging import PLAIN_DEVIATION, colour_deviation
from core.shots import LOOKAHEAD, ShotDetector
from core.video.reading import VideoFrame, VideoReader
from training.choosing import frame_size
from training.evaluation.collection import FRAME_WIDTH
from training.views.geometry import RGB

_RATE: Final = 4
_REPEAT: Final = 2.0  # grey levels
_LONGEST_GAP_S: Final = 1
_ROUNDING_S: Final = Fraction(1, 50)
"""Starts in lists are rounded: a frame this much before one belongs to the shot."""


@dataclass(frozen=True, slots=True)
class SeenFrame:
    """A frame, the number of its shot from 0, and the picture to index, 512 pixels wide at most; `None`: not kept."""

    frame: VideoFrame
    shot: int
    kept: RGB | None


@dataclass(frozen=True, slots=True)
class _Placed:
    frame: VideoFrame
    luma: NDArray[np.uint8]
    shot: int


def look_through(video: VideoReader, starts: Sequence[Fraction] | None) -> Iterator[SeenFrame]:
    """All frames in order. Shots begin at `starts` (seconds), or where `core.shots` sees a cut when there are none."""
    keeper = _Keeper(frame_size(video.info.width, video.info.height, FRAME_WIDTH))
    for placed in _by_list(video, starts) if starts else _by_cuts(video):
        yield SeenFrame(placed.frame, placed.shot, keeper.take(placed))


def _by_list(video: VideoReader, starts: Sequence[Fraction]) -> Iterator[_Placed]:
    for frame in video.frames():
        yield _Placed(frame, frame.luma(), max(0, bisect_right(starts, frame.time + _ROUNDING_S) - 1))


def _by_cuts(video: VideoReader) -> Iterator[_Placed]:
    detector = ShotDetector()
    pending: deque[tuple[VideoFrame, NDArray[np.uint8]]] = deque()
    cuts: list[Fraction] = []

    def placed() -> _Placed:
        frame, luma = pending.popleft()
        return _Placed(frame, luma, bisect_right(cuts, frame.time))

    for frame in video.frames():
        luma = frame.luma()
        pending.append((frame, luma))
        cut = detector.feed(frame.time, luma)
        if cut is not None:
            cuts.append(cut)
        if len(pending) > LOOKAHEAD:
            yield placed()
    cuts += detector.finish()
    while pending:
        yield placed()


class _Keeper:
    """Decides, frame by frame, which ones an index keeps."""

    def __init__(self, size: tuple[int, int]) -> None:
        self._size = size
        self._next_due = Fraction(0)
        self._shot = -1
        self._shot_is_empty = True
        self._last: tuple[Fraction, NDArray[np.uint8]] | None = None

    def take(self, one: _Placed) -> RGB | None:
        if one.shot != self._shot:
            self._shot, self._shot_is_empty, self._last = one.shot, True, None
        due = one.frame.time >= self._next_due
        if due:
            self._next_due = Fraction(floor(one.frame.time * _RATE) + 1, _RATE)
        opens_shot = self._shot_is_empty and colour_deviation(one.luma) >= PLAIN_DEVIATION
        if not (due or opens_shot) or self._is_repeat(one):
            return None
        picture = one.frame.rgb(*self._size)
        if colour_deviation(picture) < PLAIN_DEVIATION:
            return None
        self._shot_is_empty = False
        self._last = one.frame.time, one.luma
        return picture

    def _is_repeat(self, one: _Placed) -> bool:
        if self._last is None:
            return False
        time, luma = self._last
        if self._next_due - time > _LONGEST_GAP_S:
            return False
        return cv2.norm(luma, one.luma, cv2.NORM_L1) / luma.size < _REPEAT
