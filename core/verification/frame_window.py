"""Frame window: the frames of a video around a moment, and the drawings that they show.

Animation holds a drawing for several frames. Frames of one drawing differ only by what the encoding made of it: little
on average, and nowhere much. A mouth that opens is little on average too, but much in one place.
"""

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from core.pictures.pixels import Rgb, mean_difference
from core.timecode import Millis, to_millis
from core.video.reading import VideoReader

_WIDTH: Final = 320
_BEFORE_MS: Final = 1000  # indexed frames are no further apart
_AFTER_MS: Final = 500  # where much moves they are less than this apart
_FAR_MS: Final = 8000
_OVER_MS: Final = 1500  # cuts may be wrong by that much
_LONGEST_HELD_MS: Final = 30_000
_SAME_DRAWING: Final = 0.5
"""Grey levels on average, at half of `_WIDTH`: held frames of the development part's videos differ by less."""
_SAME_PLACE: Final = 3.0
"""Grey levels on average of `_PLACE` x `_PLACE` pixels: of 99 % of held frames no place differs by 2, while a mouth or
an eye that moves makes it 5 to 30."""
_PLACE: Final = 8


@dataclass(frozen=True, slots=True)
class Span:
    """Where to look: around `at_ms`, not before `from_ms` and not from `to_ms` on."""

    from_ms: Millis
    at_ms: Millis
    to_ms: Millis


@dataclass(frozen=True, slots=True)
class WindowFrame:
    """Brightness of one frame, (h, 320) and (h / 2, 160) uint8; `time` in seconds."""

    time: Fraction
    luma: NDArray[np.uint8]
    small: NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Drawing:
    """The first of the consecutive frames that show a drawing, and from when until before when they do, as far as the
    window goes.
    """

    frame: WindowFrame
    from_ms: Millis
    to_ms: Millis


class FrameWindow:
    """Frames around the moment of a span, and more of them when asked for; `drawings` in the order of time.

    Making it and asking for more decodes video: `MediaError` when it cannot be read.
    """

    def __init__(self, source: Path | str, span: Span, *, threads: int = 1, seekable: bool = True) -> None:
        self.span = span
        self._source = source
        self._threads = threads
        self._seekable = seekable
        self._frame_s = Fraction(0)
        self._frames: list[WindowFrame] = []
        self._from_ms = max(0, span.from_ms, span.at_ms - _BEFORE_MS)
        self._to_ms = max(min(span.to_ms, span.at_ms + _AFTER_MS), self._from_ms + 2)
        self._put((self._from_ms, self._to_ms))

    def widen(self) -> None:
        """Take in all of the span and what is near its ends, as far as it is near the moment too."""
        at_ms = self.span.at_ms
        from_ms = max(0, min(self._from_ms, max(self.span.from_ms - _OVER_MS, at_ms - _FAR_MS)))
        to_ms = max(self._to_ms, min(self.span.to_ms + _OVER_MS, at_ms + _FAR_MS))
        before, after = (from_ms, self._from_ms), (self._to_ms, to_ms)
        self._from_ms, self._to_ms = from_ms, to_ms
        self._put(before, after)

    def held(self, drawing: Drawing) -> Drawing:
        """The same drawing from its first frame on, which may lie before the window: then more of the span is read."""
        while drawing.from_ms == self.drawings[0].from_ms and self._from_ms > self.span.from_ms:
            if self._from_ms <= self.span.at_ms - _LONGEST_HELD_MS:
                break
            from_ms, to_ms = max(self.span.from_ms, self._from_ms - _FAR_MS), self._from_ms
            self._from_ms = from_ms
            self._put((from_ms, to_ms))
            drawing = next(earlier for earlier in reversed(self.drawings) if earlier.from_ms <= drawing.from_ms)
        return drawing

    def _put(self, *parts: tuple[int, int]) -> None:
        """Read the frames of these times, in milliseconds, and tell the drawings anew."""
        with VideoReader(self._source, threads=self._threads, seekable=self._seekable) as video:
            height = max(2, round(_WIDTH * video.info.height / video.info.width))
            self._frame_s = 1 / (video.info.rate or Fraction(25))
            for from_ms, to_ms in parts:
                if from_ms < to_ms:
                    start, end = (Fraction(max(0, 2 * time_ms - 1), 2000) for time_ms in (from_ms, to_ms))
                    self._frames += [
                        _window_frame(frame.time, frame.rgb(_WIDTH, height)) for frame in video.frames(start, end)
                    ]
        self._frames.sort(key=lambda frame: frame.time)
        self.drawings = self._drawings_of_frames()

    def _drawings_of_frames(self) -> list[Drawing]:
        """Every frame that is not like the first one of the drawing before it begins another."""
        firsts: list[WindowFrame] = []
        for frame in self._frames:
            if not firsts or not same_drawing(firsts[-1], frame):
                firsts.append(frame)
        if not firsts:
            return []
        times = [to_millis(frame.time) for frame in firsts]
        ends = [*times[1:], to_millis(self._frames[-1].time + self._frame_s)]
        return [Drawing(*row) for row in zip(firsts, times, ends, strict=True)]


def _window_frame(time: Fraction, rgb: Rgb) -> WindowFrame:
    luma = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)
    small = cv2.resize(luma, (luma.shape[1] // 2, luma.shape[0] // 2), interpolation=cv2.INTER_AREA)
    return WindowFrame(time, np.asarray(luma, np.uint8), np.asarray(small, np.uint8))


def same_drawing(first: WindowFrame, frame: WindowFrame) -> bool:
    """Whether two frames differ by no more than what encoding makes of one drawing."""
    if mean_difference(first.small, frame.small) >= _SAME_DRAWING:
        return False
    height, width = first.small.shape
    places = max(1, width // _PLACE), max(1, height // _PLACE)
    difference = cv2.absdiff(first.small, frame.small)
    return float(cv2.resize(difference, places, interpolation=cv2.INTER_AREA).max()) < _SAME_PLACE
