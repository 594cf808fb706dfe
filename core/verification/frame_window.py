"""Frame window: the frames of a video around a moment, and the drawings that they show.

Animation shows a drawing for several frames. Frames of one drawing differ by encoding noise only: little on average,
and little in every block. A mouth that opens is little on average too, but much in one block.
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

_FRAME_WIDTH: Final = 320  # pixels
_BEFORE_MS: Final = 1000  # indexed frames are at most this far apart
_AFTER_MS: Final = 500  # with much motion they are less than this apart
_WIDENING_MS: Final = 8000
_CUT_TOLERANCE_MS: Final = 1500  # error of detected cuts
_LONGEST_DRAWING_MS: Final = 30_000
_SAME_DRAWING_MAX_LEVELS: Final = 0.5
"""Grey levels on average, at half of `_FRAME_WIDTH`: frames of one drawing differ by less in the development part."""
_SAME_BLOCK_MAX_LEVELS: Final = 3.0
"""Grey levels on average of a block: in 99 % of the frames of one drawing no block differs by 2; a mouth or an eye that
moves makes it 5 to 30.
"""
_BLOCK_PIXELS: Final = 8


@dataclass(frozen=True, slots=True)
class Span:
    """Times to search: around `at_ms`, from `from_ms` until before `to_ms`."""

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
    """The first of the consecutive frames that show a drawing, and their times, from `from_ms` until before `to_ms`,
    as far as the window reaches.
    """

    frame: WindowFrame
    from_ms: Millis
    to_ms: Millis


class FrameWindow:
    """Frames around the moment of a span, which can be widened; `drawings` in order of time.

    The constructor and the methods decode video: `MediaError` when it cannot be read.
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
        self._read_parts((self._from_ms, self._to_ms))

    def widen(self) -> None:
        """Widens the window to the span and 1.5 s beyond its ends, but at most to 8 s from the moment."""
        at_ms = self.span.at_ms
        from_ms = max(0, min(self._from_ms, max(self.span.from_ms - _CUT_TOLERANCE_MS, at_ms - _WIDENING_MS)))
        to_ms = max(self._to_ms, min(self.span.to_ms + _CUT_TOLERANCE_MS, at_ms + _WIDENING_MS))
        before, after = (from_ms, self._from_ms), (self._to_ms, to_ms)
        self._from_ms, self._to_ms = from_ms, to_ms
        self._read_parts(before, after)

    def extend_drawing(self, drawing: Drawing) -> Drawing:
        """Returns a drawing with its first frame, reading more of the span when that is before the window."""
        while drawing.from_ms == self.drawings[0].from_ms and self._from_ms > self.span.from_ms:
            if self._from_ms <= self.span.at_ms - _LONGEST_DRAWING_MS:
                break
            from_ms, to_ms = max(self.span.from_ms, self._from_ms - _WIDENING_MS), self._from_ms
            self._from_ms = from_ms
            self._read_parts((from_ms, to_ms))
            drawing = next(earlier for earlier in reversed(self.drawings) if earlier.from_ms <= drawing.from_ms)
        return drawing

    def _read_parts(self, *parts: tuple[int, int]) -> None:
        """Reads the frames of these times, in milliseconds, and splits all frames into drawings again."""
        with VideoReader(self._source, threads=self._threads, seekable=self._seekable) as video:
            height = max(2, round(_FRAME_WIDTH * video.info.height / video.info.width))
            self._frame_s = 1 / (video.info.rate or Fraction(25))
            for from_ms, to_ms in parts:
                if from_ms < to_ms:
                    start, end = (Fraction(max(0, 2 * time_ms - 1), 2000) for time_ms in (from_ms, to_ms))
                    self._frames += [
                        _window_frame(frame.time, frame.rgb(_FRAME_WIDTH, height)) for frame in video.frames(start, end)
                    ]
        self._frames.sort(key=lambda frame: frame.time)
        self.drawings = self._split_drawings()

    def _split_drawings(self) -> list[Drawing]:
        """A frame that differs from the first one of the drawing before it begins another drawing."""
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
    """Whether two frames differ by encoding noise only."""
    if mean_difference(first.small, frame.small) >= _SAME_DRAWING_MAX_LEVELS:
        return False
    height, width = first.small.shape
    blocks = max(1, width // _BLOCK_PIXELS), max(1, height // _BLOCK_PIXELS)
    difference = cv2.absdiff(first.small, frame.small)
    return float(cv2.resize(difference, blocks, interpolation=cv2.INTER_AREA).max()) < _SAME_BLOCK_MAX_LEVELS
