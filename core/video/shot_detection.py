"""Shot detection: hard cuts in a stream of frames.

As in PySceneDetect's `AdaptiveDetector` (B. Castellano), a cut is a change between two frames that stands out from the
changes around it, so that pans, shakes and action do not count. The measure is our own, for drawings: the difference of
two small brightness pictures relative to their contrast (which finds cuts in the dark), their correlation (fades and
flashes keep the drawing, and so the correlation), and whether the old picture comes back.
"""

from bisect import bisect_right
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Final, Generic, Protocol, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from core.pictures.pixels import correlation, mean_difference

LOOKAHEAD_FRAMES: Final = 6
"""Frames after a cut that are needed to decide on it."""

_MIN_SHOT_FRAMES: Final = 3
_MAX_FLASH_FRAMES: Final = 5  # within these the old picture comes back after a flash
_NOISE_CONTRAST: Final = 8.0  # in grey levels: below this contrast differences count for less
_MIN_CUT_CHANGE: Final = 0.4  # of two unrelated pictures it is about 1
_MOTION_FACTOR: Final = 2.0
_UNRELATED_CHANGE: Final = 0.8
_UNRELATED_MOTION_FACTOR: Final = 1.4
_SAME_DRAWING_MIN_CORRELATION: Final = 0.88
_RETURN_MAX_SHARE: Final = 0.5  # of the change at the cut
_PLAIN_MAX_CONTRAST: Final = 0.5  # grey levels


class Frame(Protocol):
    """What the detector needs of a frame, as `core.video.frame.VideoFrame` has it."""

    @property
    def time(self) -> Fraction:
        """Seconds, rising from frame to frame."""

    def luma(self) -> NDArray[np.uint8]:
        """A small brightness picture, as `ShotDetector.feed` takes it."""


FrameT = TypeVar("FrameT", bound=Frame)


@dataclass(frozen=True, slots=True)
class ShotFrame(Generic[FrameT]):
    """A frame, its small brightness picture (h, w), and the number of its shot, from 0."""

    frame: FrameT
    luma: NDArray[np.uint8]
    shot: int


def frames_by_shot(frames: Iterable[FrameT]) -> Iterator[ShotFrame[FrameT]]:
    """All frames of a video, in order, each with the shot that `ShotDetector` puts it in.

    They come `LOOKAHEAD_FRAMES` frames late; no more than that and one are held in memory.
    """
    detector = ShotDetector()
    pending: deque[tuple[FrameT, NDArray[np.uint8]]] = deque()
    cuts: list[Fraction] = []

    def oldest() -> ShotFrame[FrameT]:
        frame, luma = pending.popleft()
        return ShotFrame(frame, luma, bisect_right(cuts, frame.time))

    for frame in frames:
        luma = frame.luma()
        pending.append((frame, luma))
        cut = detector.feed(frame.time, luma)
        if cut is not None:
            cuts.append(cut)
        if len(pending) > LOOKAHEAD_FRAMES:
            yield oldest()
    cuts += detector.finish()
    while pending:
        yield oldest()


@dataclass(frozen=True, slots=True)
class _MeasuredFrame:
    """One frame: its small brightness picture, its contrast, and its difference from the frame before: in grey levels,
    and relative to the contrast (`change`; 0: the same, 1: unrelated).
    """

    time: Fraction
    luma: NDArray[np.uint8]  # (h, w)
    contrast: float
    difference: float
    change: float


class ShotDetector:
    """Finds hard cuts in a stream of frames. One detector for one video, frames in order.

    Flashes of up to five frames, fades, pans, shakes and other motion are not cuts; nor are dissolves, which have no
    first frame. A cut is reported `LOOKAHEAD_FRAMES` frames late, and the last ones by `finish`.
    """

    def __init__(self) -> None:
        self._frames: deque[_MeasuredFrame] = deque(maxlen=2 * LOOKAHEAD_FRAMES + 1)
        self._undecided = 0
        self._frames_since_cut = 0

    def feed(self, time: Fraction, luma: NDArray[np.uint8]) -> Fraction | None:
        """Take the next frame, a small (h, w) brightness picture, always of one size (tuned for 18×32).

        Returns the time of the first frame of a new shot, `LOOKAHEAD_FRAMES` frames back, or `None`.
        """
        contrast = float(cv2.meanStdDev(luma)[1][0, 0])
        difference = mean_difference(self._frames[-1].luma, luma) if self._frames else 0.0
        change = _change(difference, self._frames[-1].contrast, contrast) if self._frames else 0.0
        self._frames.append(_MeasuredFrame(time, luma, contrast, difference, change))
        if self._undecided < LOOKAHEAD_FRAMES:
            self._undecided += 1
            return None
        return self._cut_at(len(self._frames) - 1 - LOOKAHEAD_FRAMES)

    def finish(self) -> list[Fraction]:
        """The cuts among the last `LOOKAHEAD_FRAMES` frames, when the video has ended."""
        cuts = [self._cut_at(index) for index in range(len(self._frames) - self._undecided, len(self._frames))]
        self._frames.clear()
        self._undecided = 0
        return [time for time in cuts if time is not None]

    def _cut_at(self, index: int) -> Fraction | None:
        frame = self._frames[index]
        self._frames_since_cut += 1
        if frame.change < _MIN_CUT_CHANGE or self._frames_since_cut < _MIN_SHOT_FRAMES or not self._is_cut(index):
            return None
        self._frames_since_cut = 0
        return frame.time

    def _is_cut(self, index: int) -> bool:
        frames = list(self._frames)
        frame, previous = frames[index], frames[index - 1]
        neighbours = [
            *frames[max(0, index - LOOKAHEAD_FRAMES) : index],
            *frames[index + 1 : index + 1 + LOOKAHEAD_FRAMES],
        ]
        factor = _UNRELATED_MOTION_FACTOR if frame.change >= _UNRELATED_CHANGE else _MOTION_FACTOR
        if frame.change < factor * _second_largest(neighbour.change for neighbour in neighbours):
            return False
        if min(previous.contrast, frame.contrast) < _PLAIN_MAX_CONTRAST:
            # no drawing to compare: the last step of a fade, or a cut
            if frame.difference < _MOTION_FACTOR * _second_largest(neighbour.difference for neighbour in neighbours):
                return False
        elif correlation(previous.luma, frame.luma) > _SAME_DRAWING_MIN_CORRELATION:
            return False
        limit = _RETURN_MAX_SHARE * min(frame.change, _UNRELATED_CHANGE)
        earlier = frames[max(0, index - 1 - _MAX_FLASH_FRAMES) : index - 1]
        later = frames[index + 1 : index + 1 + _MAX_FLASH_FRAMES]
        old_returns = any(_distance(previous, neighbour) < limit for neighbour in later)
        new_was_there = any(_distance(neighbour, frame) < limit for neighbour in earlier)
        return not old_returns and not new_was_there


def _second_largest(values: Iterable[float]) -> float:
    """The second largest: the usual motion, as the largest may be another cut."""
    return sorted([0.0, 0.0, *values])[-2]


def _change(difference: float, contrast: float, other_contrast: float) -> float:
    return 2 * difference / (contrast + other_contrast + _NOISE_CONTRAST)


def _distance(first: _MeasuredFrame, second: _MeasuredFrame) -> float:
    return _change(mean_difference(first.luma, second.luma), first.contrast, second.contrast)
