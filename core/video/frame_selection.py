"""Which frames of a video an index keeps."""

from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor

import numpy as np
from numpy.typing import NDArray

from core.errors import InputError
from core.pictures.pixels import PLAIN_DEVIATION, Rgb, colour_deviation
from core.timecode import to_millis
from core.video.frame import VideoFrame
from core.video.shot_detection import ShotFrame, mean_difference


@dataclass(frozen=True, slots=True)
class FrameSelectionSpec:
    """Which frames are kept.

    Samples are taken `rate_hz` times a second, and of the first good frame of every shot. A sample is dropped as a
    repeat when its brightness, seen at 18×32, differs from that of the last frame kept of its shot by less than
    `repeat_threshold` grey levels on average, unless more than `max_gap_s` would then pass between kept frames; and as
    plain when no colour of it deviates by `plain_deviation` (0..255). `InputError` for a rate that is not above 0.
    """

    rate_hz: float = 4.0
    repeat_threshold: float = 2.0
    max_gap_s: float = 1.0
    plain_deviation: float = PLAIN_DEVIATION

    def __post_init__(self) -> None:
        if not self.rate_hz > 0:
            raise InputError(f"rate_hz must be greater than 0, not {self.rate_hz}.")


class FrameSelector:
    """Decides it frame by frame, in order; one keeper for one video, whose frames begin at `start` (seconds).

    `samples` taken, and what became of them: `kept`, `repeats` and `plain` count frames, and may be read at any time.
    """

    def __init__(self, spec: FrameSelectionSpec, size: tuple[int, int], start: Fraction = Fraction(0)) -> None:
        self._spec = spec
        self._size = size
        self._rate = Fraction(str(spec.rate_hz))
        self._next_due = ceil(start * self._rate) / self._rate
        self._shot = 0
        self._shot_is_empty = True
        self._last_kept: tuple[Fraction, NDArray[np.uint8]] | None = None
        self._last_ms = -1
        self.samples = self.kept = self.repeats = self.plain = 0

    def take(self, one: ShotFrame[VideoFrame]) -> Rgb | None:
        """The picture of a frame that is to be kept, RGB (height, width, 3) of the keeper's `size` (width, height).

        The milliseconds of kept frames strictly increase.
        """
        time, time_ms = one.frame.time, to_millis(one.frame.time)
        if one.shot != self._shot:
            self._shot, self._shot_is_empty, self._last_kept = one.shot, True, None
        due = time >= self._next_due
        if due:
            self._next_due = (floor(time * self._rate) + 1) / self._rate
        opens_shot = self._shot_is_empty and colour_deviation(one.luma) >= self._spec.plain_deviation
        if not (due or opens_shot) or time_ms <= self._last_ms:
            return None
        self.samples += 1
        if self._is_repeat(one.luma):
            self.repeats += 1
            return None
        picture = one.frame.rgb(*self._size)
        if colour_deviation(picture) < self._spec.plain_deviation:
            self.plain += 1
            return None
        self.kept += 1
        self._shot_is_empty = False
        self._last_kept, self._last_ms = (time, one.luma), time_ms
        return picture

    def _is_repeat(self, luma: NDArray[np.uint8]) -> bool:
        if self._last_kept is None:
            return False
        time, last = self._last_kept
        if self._next_due - time > self._spec.max_gap_s:
            return False
        return mean_difference(last, luma) < self._spec.repeat_threshold
