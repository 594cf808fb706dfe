"""When frames are shown, from time stamps that may be missing, wrong or start anew."""

from fractions import Fraction
from typing import Final

import av

_BACK_JUMP_S: Final = 1


class FrameClock:
    """Gives the frames of one pass, in the order in which they are decoded, times that strictly increase.

    Time stamps for showing are believed as long as they misbehave no more often than those for decoding, which are
    taken otherwise (old AVI files have only these): the rule of `guess_correct_pts` in libavcodec. A frame without any
    comes one frame length after the one before. A jump back of more than a second (recordings joined without new
    stamps) goes on counting from where it was.
    """

    def __init__(self, origin: Fraction, frame_length: Fraction) -> None:
        self._origin = origin
        self._frame_length = frame_length
        self._shift = Fraction(0)
        self.restarts = 0
        """How often the time stamps have started anew so far."""
        self._last: Fraction | None = None
        self._last_pts: int | None = None
        self._last_dts: int | None = None
        self._faulty_pts = 0
        self._faulty_dts = 0

    def time_of(self, frame: av.VideoFrame) -> Fraction | None:
        """Seconds from the start of the file; `None` for a frame that is not after the one before: not to be shown."""
        stamp = self._believed(frame.pts, frame.dts)
        base = frame.time_base
        last = self._last
        if stamp is None or base is None:
            time = Fraction(0) if last is None else last + self._frame_length
        else:
            time = self.continued(stamp * base)
            if last is not None and time <= last:
                if last - time < _BACK_JUMP_S:
                    return None
                self._shift += last + self._frame_length - time
                self.restarts += 1
                time = last + self._frame_length
        self._last = time
        return time

    def continued(self, stamp_s: Fraction) -> Fraction:
        """Seconds from the start of the file for a stamp in seconds that belongs where the clock has come to."""
        return stamp_s - self._origin + self._shift

    def end_of(self, frame: av.VideoFrame) -> Fraction:
        """When the last frame seen ends by the file's own stamps, in seconds from the start."""
        length = frame.duration * frame.time_base if frame.duration and frame.time_base else self._frame_length
        return (self._last or Fraction(0)) - self._shift + length

    def _believed(self, pts: int | None, dts: int | None) -> int | None:
        if dts is not None:
            self._faulty_dts += self._last_dts is not None and dts <= self._last_dts
        if pts is not None:
            self._faulty_pts += self._last_pts is not None and pts <= self._last_pts
        self._last_dts = pts if dts is None else dts
        self._last_pts = dts if pts is None else pts
        if pts is None or (dts is not None and self._faulty_pts > self._faulty_dts):
            return dts
        return pts
