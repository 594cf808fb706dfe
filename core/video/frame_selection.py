"""Frame selection: which frames of a video are indexed."""

from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor

import numpy as np
from numpy.typing import NDArray

from core.errors import InputError
from core.pictures.pixels import PLAIN_DEVIATION, Rgb, colour_deviation, mean_difference
from core.timecode import to_millis
from core.video.frame import VideoFrame
from core.video.shot_detection import ShotFrame


@dataclass(frozen=True, slots=True)
class FrameSelectionSpec:
    """Rules of the selection.

    Frames are sampled `rate_hz` times a second, and the first frame of every shot that is not plain. A sample is
    dropped as a repeat when its brightness at 18×32 differs from that of the last selected frame of its shot by less
    than `repeat_threshold` grey levels on average, unless more than `max_gap_s` would then pass between selected
    frames; and as plain when no channel deviates by `plain_deviation` (0..255). `InputError` for a rate that is not
    above 0.
    """

    rate_hz: float = 4.0
    repeat_threshold: float = 2.0
    max_gap_s: float = 1.0
    plain_deviation: float = PLAIN_DEVIATION

    def __post_init__(self) -> None:
        if not self.rate_hz > 0:
            raise InputError(f"rate_hz must be greater than 0, not {self.rate_hz}.")


class FrameSelector:
    """Selects frames of one video, one by one and in order; its frames begin at `start` (seconds).

    `samples` counts the sampled frames; `selected`, `repeats` and `plain` count what became of them. They may be read
    at any time.
    """

    def __init__(self, spec: FrameSelectionSpec, size: tuple[int, int], start: Fraction = Fraction(0)) -> None:
        self._spec = spec
        self._size = size
        self._rate = Fraction(str(spec.rate_hz))
        self._next_sample = ceil(start * self._rate) / self._rate
        self._shot = 0
        self._shot_is_empty = True
        self._last_selected: tuple[Fraction, NDArray[np.uint8]] | None = None
        self._last_ms = -1
        self.samples = self.selected = self.repeats = self.plain = 0

    def select(self, shot_frame: ShotFrame[VideoFrame]) -> Rgb | None:
        """The picture of a frame that is selected, at the selector's `size` (width, height); `None` for any other.

        The milliseconds of selected frames strictly increase.
        """
        time, time_ms = shot_frame.frame.time, to_millis(shot_frame.frame.time)
        if shot_frame.shot != self._shot:
            self._shot, self._shot_is_empty, self._last_selected = shot_frame.shot, True, None
        due = time >= self._next_sample
        if due:
            self._next_sample = (floor(time * self._rate) + 1) / self._rate
        opens_shot = self._shot_is_empty and colour_deviation(shot_frame.luma) >= self._spec.plain_deviation
        if not (due or opens_shot) or time_ms <= self._last_ms:
            return None
        self.samples += 1
        if self._is_repeat(shot_frame.luma):
            self.repeats += 1
            return None
        picture = shot_frame.frame.rgb(*self._size)
        if colour_deviation(picture) < self._spec.plain_deviation:
            self.plain += 1
            return None
        self.selected += 1
        self._shot_is_empty = False
        self._last_selected, self._last_ms = (time, shot_frame.luma), time_ms
        return picture

    def _is_repeat(self, luma: NDArray[np.uint8]) -> bool:
        if self._last_selected is None:
            return False
        time, last_luma = self._last_selected
        if self._next_sample - time > self._spec.max_gap_s:
            return False
        return mean_difference(last_luma, luma) < self._spec.repeat_threshold
