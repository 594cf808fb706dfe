"""Where one shot ends and the next begins.

The idea is that of PySceneDetect's `AdaptiveDetector` (B. Castellano): a cut is a change between two frames that stands
out from the changes around it, so that pans, shakes and action do not count. The measure is our own, for drawings: the
difference of two small brightness pictures as a part of their contrast (which sees cuts in the dark), how far they
correlate (fades and flashes keep the drawing, and so the correlation), and whether the old picture comes back.
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

LOOKAHEAD: Final = 6
"""Frames after a cut that must be seen before it is told."""

_SHORTEST_SHOT: Final = 3  # frames
_FLASH: Final = 5  # frames within which the old picture comes back after a flash
_NOISE: Final = 8.0  # contrast, in grey levels, below which differences count for less
_CHANGE: Final = 0.4  # of two unrelated pictures about 1
_ABOVE_MOTION: Final = 2.0
_UNRELATED: Final = 0.8
_UNRELATED_ABOVE_MOTION: Final = 1.4
_SAME_DRAWING: Final = 0.88  # correlation
_RETURNED: Final = 0.5
_PLAIN: Final = 0.5  # contrast


class Frame(Protocol):
    """What is looked at: a frame as `core.video` decodes it."""

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


def by_shots(frames: Iterable[FrameT]) -> Iterator[ShotFrame[FrameT]]:
    """All frames of a video, in order, each with the shot that `ShotDetector` puts it in.

    They come `LOOKAHEAD` frames late; no more than that and one are held.
    """
    detector = ShotDetector()
    waiting: deque[tuple[FrameT, NDArray[np.uint8]]] = deque()
    cuts: list[Fraction] = []

    def first() -> ShotFrame[FrameT]:
        frame, luma = waiting.popleft()
        return ShotFrame(frame, luma, bisect_right(cuts, frame.time))

    for frame in frames:
        luma = frame.luma()
        waiting.append((frame, luma))
        cut = detector.feed(frame.time, luma)
        if cut is not None:
            cuts.append(cut)
        if len(waiting) > LOOKAHEAD:
            yield first()
    cuts += detector.finish()
    while waiting:
        yield first()


@dataclass(frozen=True, slots=True)
class _Look:
    """One frame: its small picture, its contrast, and how it differs from the frame before: in grey levels, and as a
    part of the contrast (0: the same, 1: unrelated).
    """

    time: Fraction
    luma: NDArray[np.uint8]  # (h, w)
    contrast: float
    difference: float
    change: float


class ShotDetector:
    """Finds hard cuts in a stream of frames. One detector for one video, frames in order.

    Flashes of up to five frames, fades, pans, shakes and other motion are not cuts; nor are dissolves, which have no
    first frame. A cut is told `LOOKAHEAD` frames late, and the last ones by `finish`.
    """

    def __init__(self) -> None:
        self._looks: deque[_Look] = deque(maxlen=2 * LOOKAHEAD + 1)
        self._unjudged = 0
        self._since_cut = 0

    def feed(self, time: Fraction, luma: NDArray[np.uint8]) -> Fraction | None:
        """Take the next frame, a small (h, w) brightness picture, always of one size (18×32 is what it is tuned for).

        Returns the time of the first frame of a new shot, `LOOKAHEAD` frames back, or `None`.
        """
        contrast = float(cv2.meanStdDev(luma)[1][0, 0])
        difference = mean_difference(self._looks[-1].luma, luma) if self._looks else 0.0
        change = _change(difference, self._looks[-1].contrast, contrast) if self._looks else 0.0
        self._looks.append(_Look(time, luma, contrast, difference, change))
        if self._unjudged < LOOKAHEAD:
            self._unjudged += 1
            return None
        return self._judge(len(self._looks) - 1 - LOOKAHEAD)

    def finish(self) -> list[Fraction]:
        """The cuts among the last `LOOKAHEAD` frames; the video ends here."""
        found = [self._judge(index) for index in range(len(self._looks) - self._unjudged, len(self._looks))]
        self._looks.clear()
        self._unjudged = 0
        return [time for time in found if time is not None]

    def _judge(self, index: int) -> Fraction | None:
        look = self._looks[index]
        self._since_cut += 1
        if look.change < _CHANGE or self._since_cut < _SHORTEST_SHOT or not self._is_cut(index):
            return None
        self._since_cut = 0
        return look.time

    def _is_cut(self, index: int) -> bool:
        looks = list(self._looks)
        look, before = looks[index], looks[index - 1]
        around = [other for other in looks[max(0, index - LOOKAHEAD) : index + LOOKAHEAD + 1] if other is not look]
        above = _UNRELATED_ABOVE_MOTION if look.change >= _UNRELATED else _ABOVE_MOTION
        if look.change < above * _second(other.change for other in around):
            return False
        if min(before.contrast, look.contrast) < _PLAIN:  # no drawing to compare: the last step of a fade, or a cut
            if look.difference < _ABOVE_MOTION * _second(other.difference for other in around):
                return False
        elif correlation(before.luma, look.luma) > _SAME_DRAWING:
            return False
        limit = _RETURNED * min(look.change, _UNRELATED)
        comes_back = any(_distance(before, later) < limit for later in looks[index + 1 : index + 1 + _FLASH])
        came_back = any(_distance(earlier, look) < limit for earlier in looks[max(0, index - 1 - _FLASH) : index - 1])
        return not comes_back and not came_back


def _second(values: Iterable[float]) -> float:
    """The second largest: the usual motion, as the largest may be another cut."""
    return sorted([0.0, 0.0, *values])[-2]


def mean_difference(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> float:
    """How two pictures of one size differ, in grey levels."""
    return cv2.norm(one, other, cv2.NORM_L1) / one.size


def _change(difference: float, contrast: float, other_contrast: float) -> float:
    return 2 * difference / (contrast + other_contrast + _NOISE)


def _distance(one: _Look, other: _Look) -> float:
    return _change(mean_difference(one.luma, other.luma), one.contrast, other.contrast)


def correlation(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> float:
    """Pearson's, of the pixels."""
    return float(cv2.matchTemplate(one, other, cv2.TM_CCOEFF_NORMED)[0, 0])
