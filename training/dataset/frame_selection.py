"""Which frames of a video are worth learning from: some of every shot, more of long ones, none twice."""

import heapq
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.pictures.pixels import Rgb, colour_deviation
from core.timecode import Millis, to_millis
from core.video.reading import VideoFrame, VideoReader
from core.video.shot_detection import by_shots, mean_difference
from training.dataset.spec import DatasetSpec

_LOOK_AGAIN_S: Final = Fraction(1, 10)


@dataclass(frozen=True, slots=True)
class FrameCandidate:
    """A frame that may be taken: the number of its shot, from 0, and RGB (height, width, 3) of the size to keep."""

    shot: int
    time_ms: Millis
    rgb: Rgb


class FrameCandidates:
    """Goes once through a video; iterating gives what may be taken of it, in order, with strictly rising milliseconds.

    Of every shot the first frame that is not plain, then one every `gap_s` seconds that is unlike all those before of
    the same shot. A shot that is plain throughout has none. `shots` (those begun) and `share` (0..1 of the video read)
    may be read at any time.
    """

    def __init__(self, video: VideoReader, spec: DatasetSpec) -> None:
        info = video.info
        self._video = video
        self._spec = spec
        self._size = frame_size(info.width, info.height, spec.width)
        duration = info.duration or Fraction(0)
        self._start = duration * Fraction(str(spec.head))
        self._end = duration * (1 - Fraction(str(spec.tail))) if duration and spec.tail else None
        self._duration = duration
        self._gap = Fraction(str(spec.gap_s))
        self._due = Fraction(0)
        self._last_ms = -1
        self._taken: list[NDArray[np.uint8]] = []
        self.shots = 0
        self.share = 0.0

    def __iter__(self) -> Iterator[FrameCandidate]:
        for one in by_shots(self._decode()):
            time, time_ms = one.frame.time, to_millis(one.frame.time)
            if one.shot >= self.shots:
                self.shots = one.shot + 1
                self._taken, self._due = [], time
            if time < self._due or time_ms <= self._last_ms:
                continue
            self._due = time + _LOOK_AGAIN_S
            if nearest(one.luma, self._taken) < self._spec.repeat:
                continue
            rgb = one.frame.rgb(*self._size)
            if colour_deviation(rgb) < self._spec.plain:
                continue
            self._taken.append(one.luma)
            self._due, self._last_ms = time + self._gap, time_ms
            yield FrameCandidate(one.shot, time_ms, rgb)

    def _decode(self) -> Iterator[VideoFrame]:
        for frame in self._video.frames(self._start, self._end):
            self.share = min(1.0, float(frame.time / self._duration)) if self._duration else 0.0
            yield frame


def allot(found: Sequence[int], limit: int) -> list[int]:
    """How many frames each shot gives, of the number `found` in it, `limit` in all (0: everything).

    Every shot gives one; the rest goes by the method of Sainte-Laguë (highest of found ÷ (2 given + 1)), so that long
    shots give more. When there are more shots than frames wanted, shots evenly spread over the video give one each.
    """
    if not limit or sum(found) <= limit:
        return list(found)
    filled = [index for index, number in enumerate(found) if number]
    given = [0] * len(found)
    for index in spread(len(filled), limit):
        given[filled[index]] = 1
    queue = [(-found[index] / 3, index) for index in filled if found[index] > 1]
    heapq.heapify(queue)
    for _ in range(limit - sum(given)):
        _, index = heapq.heappop(queue)
        given[index] += 1
        if given[index] < found[index]:
            heapq.heappush(queue, (-found[index] / (2 * given[index] + 1), index))
    return given


def spread(number: int, wanted: int) -> list[int]:
    """`wanted` different indices of 0..`number`-1, evenly spread; all of them when there are no more."""
    wanted = min(wanted, number)
    return [(2 * index + 1) * number // (2 * wanted) for index in range(wanted)]


def nearest(luma: NDArray[np.uint8], others: Iterable[NDArray[np.uint8]]) -> float:
    """The least mean difference of a brightness picture from others of its size, in grey levels; of none infinity."""
    return min((mean_difference(luma, other) for other in others), default=float("inf"))


def frame_size(width: int, height: int, largest: int) -> tuple[int, int]:
    """Width and height of a frame no wider than `largest`, in the shape it had."""
    if width <= largest:
        return width, height
    return largest, max(1, round(height * largest / width))
