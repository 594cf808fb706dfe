"""Which frames of a video are kept for the index."""

import re
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor
from typing import Final, Self

import cv2
import numpy as np
from numpy.typing import NDArray

from core.encoders.base import PreprocessSpec
from core.encoders.preprocess import place, placement
from core.errors import InputError
from core.imaging import colour_deviation
from core.shots import LOOKAHEAD, ShotDetector
from core.timecode import Millis, to_millis
from core.video.reading import VideoFrame, VideoReader

_TRIM: Final = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(s|%)?\s*")


@dataclass(frozen=True, slots=True)
class Trim:
    """How much is left out at one end of a video: seconds, or a share (0..1) of its duration."""

    seconds: Fraction = Fraction(0)
    share: Fraction = Fraction(0)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `90`, `90s` or `5%`. `ValueError` when it is none of these."""
        match = _TRIM.fullmatch(text)
        if match is None:
            raise ValueError(text)
        number = Fraction(match[1])
        if match[2] != "%":
            return cls(seconds=number)
        if number > 100:
            raise ValueError(text)
        return cls(share=number / 100)

    def of(self, duration: Fraction | None) -> Fraction:
        """In seconds; a share of an unknown duration is nothing."""
        return self.seconds + self.share * (duration or 0)


@dataclass(frozen=True, slots=True)
class SamplingSpec:
    """Which frames are kept.

    Samples are taken `rate_hz` times a second, and of the first good frame of every shot. A sample is dropped as a
    repeat when its brightness, seen at 18×32, differs from that of the last frame kept of its shot by less than
    `repeat_threshold` grey levels on average, unless more than `max_gap_s` would then pass between kept frames; and as
    plain when no colour of it deviates by `plain_deviation` (0..255). `skip_head` and `skip_tail` are left out: `90`,
    `90s` or `5%` of the duration; first episodes keep them when `keep_first_episodes`, as their openings and endings
    then stand for those of the season. `InputError` names a field that cannot be read.
    """

    rate_hz: float = 4.0
    repeat_threshold: float = 2.0
    max_gap_s: float = 1.0
    plain_deviation: float = 6.0
    skip_head: str = "0"
    skip_tail: str = "0"
    keep_first_episodes: bool = True

    def __post_init__(self) -> None:
        if not self.rate_hz > 0:
            raise InputError(f"rate_hz must be greater than 0, not {self.rate_hz}.")
        for name in ("skip_head", "skip_tail"):
            try:
                Trim.parse(getattr(self, name))
            except ValueError as exc:
                raise InputError(
                    f"{name} must be seconds (`90`, `90s`) or a share of the duration (`5%`), "
                    f"not {getattr(self, name)!r}."
                ) from exc


@dataclass(frozen=True, slots=True)
class SamplingCounts:
    """Frames decoded; of these samples taken, and what became of them; samples not taken at head and tail."""

    decoded: int = 0
    samples: int = 0
    kept: int = 0
    repeats: int = 0
    plain: int = 0
    skipped: int = 0


@dataclass(frozen=True, slots=True)
class SampledFrame:
    """A frame to keep: when it begins, and its picture (height, width, 3) as the encoder takes it."""

    time_ms: Millis
    rgb: NDArray[np.uint8]


@dataclass(slots=True)
class _Pending:
    """A decoded frame that waits until it is known whether a shot begins with it."""

    frame: VideoFrame
    luma: NDArray[np.uint8]
    begins_shot: bool = False


class FrameSampler:
    """Goes once through a video and gives the frames to keep, in order; their milliseconds strictly increase.

    Frames are decoded as they are asked for. `counts`, `cuts_ms` and `time_reached` may be read at any time, from
    another thread too.
    """

    def __init__(
        self, video: VideoReader, spec: SamplingSpec, preprocess: PreprocessSpec, *, first_episode: bool
    ) -> None:
        self._video = video
        self._spec = spec
        self._preprocess = preprocess
        self._placement = placement(video.info.width, video.info.height, preprocess)
        self._rate = Fraction(str(spec.rate_hz))
        self._start, self._end = _span(video.info.duration, spec, whole=first_episode and spec.keep_first_episodes)
        self._next_due = _due(self._start, self._rate) / self._rate
        self._decoded = self._samples = self._kept = self._repeats = self._plain = 0
        self._shot_is_empty = True
        self._last_kept: tuple[Fraction, NDArray[np.uint8]] | None = None
        self._last_ms = -1
        self.time_reached = self._start
        """Seconds of the video that are decoded, for progress."""
        self.cuts_ms: list[Millis] = []
        """First times of the shots after the first one, ascending."""

    @property
    def counts(self) -> SamplingCounts:
        """What was done so far."""
        skipped = _due(self._start, self._rate)
        duration = self._video.info.duration
        if self._end is not None and duration is not None:
            skipped += _due(duration, self._rate) - _due(max(self._start, self._end), self._rate)
        return SamplingCounts(self._decoded, self._samples, self._kept, self._repeats, self._plain, skipped)

    def __iter__(self) -> Iterator[SampledFrame]:
        detector = ShotDetector()
        pending: deque[_Pending] = deque()
        for frame in self._video.frames(self._start, self._end):
            self._decoded += 1
            self.time_reached = frame.time
            luma = frame.luma()
            pending.append(_Pending(frame, luma))
            cut = detector.feed(frame.time, luma)
            if cut is not None:
                _mark(pending, cut)
            if len(pending) > LOOKAHEAD:
                yield from self._take(pending.popleft())
        for cut in detector.finish():
            _mark(pending, cut)
        for one in pending:
            yield from self._take(one)

    def _take(self, one: _Pending) -> Iterator[SampledFrame]:
        """The frame, if it is to be kept."""
        time_ms = to_millis(one.frame.time)
        if one.begins_shot:
            self.cuts_ms.append(time_ms)
            self._shot_is_empty = True
            self._last_kept = None
        due = one.frame.time >= self._next_due
        if due:
            self._next_due = (floor(one.frame.time * self._rate) + 1) / self._rate
        opens_shot = self._shot_is_empty and colour_deviation(one.luma) >= self._spec.plain_deviation
        if not (due or opens_shot) or time_ms <= self._last_ms:
            return
        self._samples += 1
        if self._is_repeat(one):
            self._repeats += 1
            return
        picture = one.frame.rgb(self._placement.width, self._placement.height)
        if colour_deviation(picture) < self._spec.plain_deviation:
            self._plain += 1
            return
        self._kept += 1
        self._shot_is_empty = False
        self._last_kept = (one.frame.time, one.luma)
        self._last_ms = time_ms
        yield SampledFrame(time_ms, place(picture, self._preprocess))

    def _is_repeat(self, one: _Pending) -> bool:
        if self._last_kept is None:
            return False
        time, luma = self._last_kept
        if self._next_due - time > self._spec.max_gap_s:
            return False
        return cv2.norm(luma, one.luma, cv2.NORM_L1) / luma.size < self._spec.repeat_threshold


def _span(duration: Fraction | None, spec: SamplingSpec, *, whole: bool) -> tuple[Fraction, Fraction | None]:
    """From when to when frames are taken; no end is the end of the file."""
    if whole:
        return Fraction(0), None
    tail = Trim.parse(spec.skip_tail).of(duration)
    start = Trim.parse(spec.skip_head).of(duration)
    if duration is None:
        return start, None
    return min(start, duration), duration - tail if tail else None


def _due(time: Fraction, rate: Fraction) -> int:
    """The number of the first sample that is due at `time` or later."""
    return ceil(time * rate)


def _mark(pending: Iterable[_Pending], cut: Fraction) -> None:
    for one in pending:
        if one.frame.time == cut:
            one.begins_shot = True
