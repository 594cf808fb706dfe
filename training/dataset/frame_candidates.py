"""Frame candidates: selection of frames to train on: some of every shot, more of long shots, no repeats."""

import heapq
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.pictures.pixels import Rgb, colour_deviation, mean_difference
from core.timecode import Millis, to_millis
from core.video.reading import VideoFrame, VideoReader
from core.video.shot_detection import frames_by_shot
from training.dataset.spec import DatasetSpec

_RETRY_S: Final = Fraction(1, 10)


@dataclass(frozen=True, slots=True)
class FrameCandidate:
    """A frame that may be selected: the number of its shot, from 0, and RGB (height, width, 3) of the size to store."""

    shot: int
    time_ms: Millis
    rgb: Rgb


class FrameCandidates:
    """The candidates of a video, which is read once: in order, with strictly increasing milliseconds.

    In every shot the first frame that is not plain, then a frame every `gap_s` seconds that differs from all earlier
    candidates of the shot. A shot of plain frames only has none. `shots` (begun so far) and `share` (0..1 of the video
    read) may be read at any time.
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
        self._shot_lumas: list[NDArray[np.uint8]] = []
        self.shots = 0
        self.share = 0.0

    def __iter__(self) -> Iterator[FrameCandidate]:
        for shot_frame in frames_by_shot(self._decode()):
            time, time_ms = shot_frame.frame.time, to_millis(shot_frame.frame.time)
            if shot_frame.shot >= self.shots:
                self.shots = shot_frame.shot + 1
                self._shot_lumas, self._due = [], time
            if time < self._due or time_ms <= self._last_ms:
                continue
            self._due = time + _RETRY_S
            if nearest_difference(shot_frame.luma, self._shot_lumas) < self._spec.repeat:
                continue
            rgb = shot_frame.frame.rgb(*self._size)
            if colour_deviation(rgb) < self._spec.plain:
                continue
            self._shot_lumas.append(shot_frame.luma)
            self._due, self._last_ms = time + self._gap, time_ms
            yield FrameCandidate(shot_frame.shot, time_ms, rgb)

    def _decode(self) -> Iterator[VideoFrame]:
        for frame in self._video.frames(self._start, self._end):
            self.share = min(1.0, float(frame.time / self._duration)) if self._duration else 0.0
            yield frame


def allot_frames(candidates: Sequence[int], limit: int) -> list[int]:
    """The number of frames to select from each shot, of its number of `candidates`, `limit` in all (0: all of them).

    Every shot gives one; the rest is allotted by the method of Sainte-Laguë (highest of candidates ÷ (2 allotted + 1)),
    so that long shots give more. When there are more shots than `limit`, shots evenly spread over the video give one.
    """
    if not limit or sum(candidates) <= limit:
        return list(candidates)
    filled = [index for index, number in enumerate(candidates) if number]
    allotted = [0] * len(candidates)
    for index in evenly_spread(len(filled), limit):
        allotted[filled[index]] = 1
    queue = [(-candidates[index] / 3, index) for index in filled if candidates[index] > 1]
    heapq.heapify(queue)
    for _ in range(limit - sum(allotted)):
        _, index = heapq.heappop(queue)
        allotted[index] += 1
        if allotted[index] < candidates[index]:
            heapq.heappush(queue, (-candidates[index] / (2 * allotted[index] + 1), index))
    return allotted


def evenly_spread(number: int, count: int) -> list[int]:
    """`count` different indices of 0..`number`-1, evenly spread; all of them when there are fewer."""
    count = min(count, number)
    return [(2 * index + 1) * number // (2 * count) for index in range(count)]


def nearest_difference(luma: NDArray[np.uint8], lumas: Iterable[NDArray[np.uint8]]) -> float:
    """The least mean difference of a brightness picture from others of its size, in grey levels; infinity for none."""
    return min((mean_difference(luma, candidate) for candidate in lumas), default=float("inf"))


def frame_size(width: int, height: int, largest: int) -> tuple[int, int]:
    """Width and height of a frame scaled to at most `largest` pixels wide, aspect ratio kept."""
    if width <= largest:
        return width, height
    return largest, max(1, round(height * largest / width))
