"""Frame sampling: which frames of a video are indexed."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from math import ceil
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from core.encoders.base import PreprocessSpec
from core.encoders.preprocess import place, placement
from core.errors import InputError
from core.library.stills import StillsSpec
from core.pictures.color_layout import color_layout
from core.pictures.pixels import Rgb, area_resized
from core.timecode import Millis, to_millis
from core.video.frame_selection import FrameSelectionSpec, FrameSelector
from core.video.reading import VideoFrame, VideoReader
from core.video.seek_probes import SeekProbes
from core.video.shot_detection import frames_by_shot

_TRIM_PATTERN: Final = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(s|%)?\s*")


@dataclass(frozen=True, slots=True)
class Trim:
    """The part left out at one end of a video: seconds, or a share (0..1) of its duration."""

    seconds: Fraction = Fraction(0)
    share: Fraction = Fraction(0)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse `90`, `90s` or `5%`. `ValueError` for anything else."""
        match = _TRIM_PATTERN.fullmatch(text)
        if match is None:
            raise ValueError(text)
        number = Fraction(match[1])
        if match[2] != "%":
            return cls(seconds=number)
        if number > 100:
            raise ValueError(text)
        return cls(share=number / 100)

    def of(self, duration: Fraction | None) -> Fraction:
        """The length in seconds; a share of an unknown duration is 0."""
        return self.seconds + self.share * (duration or 0)


@dataclass(frozen=True, slots=True)
class SamplingSpec(FrameSelectionSpec):
    """Which frames of a file are kept.

    `skip_head` and `skip_tail` are left out: `90`, `90s` or `5%` of the duration; first episodes keep them when
    `keep_first_episodes`, as their openings and endings then stand for those of the season. Of the rest,
    `FrameSelectionSpec` says which. `InputError` names a field that cannot be read.
    """

    skip_head: str = "0"
    skip_tail: str = "0"
    keep_first_episodes: bool = True

    def __post_init__(self) -> None:
        FrameSelectionSpec.__post_init__(self)  # `super()` does not know a class that dataclass made anew for its slots
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
    """Numbers of decoded frames, of samples among them by what became of them, and of samples skipped at head and
    tail.
    """

    decoded: int = 0
    samples: int = 0
    selected: int = 0
    repeats: int = 0
    plain: int = 0
    skipped: int = 0


@dataclass(frozen=True, slots=True)
class SampledFrame:
    """A frame to index: its start time and its picture (height, width, 3) as the encoder takes it; if wanted, the
    picture to store, in display shape, and the color layout (33,).
    """

    time_ms: Millis
    rgb: Rgb
    still: Rgb | None = None
    layout: NDArray[np.uint8] | None = None


class IndexFrameSampler:
    """Iterates once over a video's frames to index, in order; their milliseconds strictly increase.

    Frames are decoded on demand. `counts`, `cuts_ms` and `time_reached` may be read at any time, also from another
    thread. `stills` describes the pictures to store, `layouts` says whether color layouts are made (neither by
    default); the encoder's input does not depend on them.
    """

    def __init__(
        self,
        video: VideoReader,
        spec: SamplingSpec,
        preprocess: PreprocessSpec,
        *,
        first_episode: bool,
        stills: StillsSpec | None = None,
        layouts: bool = False,
    ) -> None:
        self._video = video
        self._layouts = layouts
        self._preprocess = preprocess
        self._still_size = stills.size_of(video.info.width, video.info.height) if stills else None
        self._rate = Fraction(str(spec.rate_hz))
        self._start, self._end = _span(video.info.duration, spec, whole=first_episode and spec.keep_first_episodes)
        placed = placement(video.info.width, video.info.height, preprocess)
        self._selector = FrameSelector(spec, (placed.width, placed.height), self._start)
        self._decoded = 0
        self.time_reached = self._start
        """The time in seconds up to which the video is decoded, for progress."""
        self.cuts_ms: list[Millis] = []
        """Start times of all shots but the first one, ascending."""
        self.probes = SeekProbes()
        """Some of the indexed frames, to test seeking with when the video is read."""

    @property
    def counts(self) -> SamplingCounts:
        """The counts so far."""
        skipped = _first_sample_from(self._start, self._rate)
        duration = self._video.info.duration
        if self._end is not None and duration is not None:
            skipped += _first_sample_from(duration, self._rate) - _first_sample_from(
                max(self._start, self._end), self._rate
            )
        selector = self._selector
        return SamplingCounts(
            self._decoded, selector.samples, selector.selected, selector.repeats, selector.plain, skipped
        )

    @property
    def span_s(self) -> Fraction:
        """Seconds between the parts left out at head and tail; up to the time reached if the length is unknown."""
        end = self._end or max(self._video.info.duration or self.time_reached, self.time_reached)
        return max(Fraction(0), end - self._start)

    def __iter__(self) -> Iterator[SampledFrame]:
        for shot_frame in frames_by_shot(self._decode()):
            time_ms = to_millis(shot_frame.frame.time)
            if shot_frame.shot > len(self.cuts_ms):
                self.cuts_ms.append(time_ms)
            picture = self._selector.select(shot_frame)
            if picture is not None:
                self.probes.offer(shot_frame.frame.time, shot_frame.luma)
                still = self._still(shot_frame.frame, picture)
                layout = color_layout(picture) if self._layouts else None
                yield SampledFrame(time_ms, place(picture, self._preprocess), still, layout)

    def _decode(self) -> Iterator[VideoFrame]:
        for frame in self._video.frames(self._start, self._end):
            self._decoded += 1
            self.time_reached = frame.time
            yield frame

    def _still(self, frame: VideoFrame, picture: Rgb) -> Rgb | None:
        """The picture to store, scaled from the encoder's picture where that is large enough, which saves a
        conversion.
        """
        if self._still_size is None:
            return None
        width, height = self._still_size
        if width > picture.shape[1] or height > picture.shape[0]:
            return frame.rgb(width, height)
        if picture.shape[:2] == (height, width):
            return picture
        return area_resized(picture, width, height)


def _span(duration: Fraction | None, spec: SamplingSpec, *, whole: bool) -> tuple[Fraction, Fraction | None]:
    """Start and end of the sampled part in seconds; `None` is the end of the file."""
    if whole:
        return Fraction(0), None
    tail = Trim.parse(spec.skip_tail).of(duration)
    start = Trim.parse(spec.skip_head).of(duration)
    if duration is None:
        return start, None
    return min(start, duration), duration - tail if tail else None


def _first_sample_from(time: Fraction, rate: Fraction) -> int:
    """The number of the first sample at `time` or later."""
    return ceil(time * rate)
