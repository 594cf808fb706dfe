"""Times of frames, from time stamps that may be missing, wrong or restarted."""

from fractions import Fraction
from typing import Final

import av

_BACK_JUMP_S: Final = 1


class FrameClock:
    """Gives the frames of one pass, in the order in which they are decoded, times that strictly increase.

    Presentation time stamps are used as long as they are wrong no more often than decoding time stamps, which are used
    otherwise (old AVI files have only these): the rule of `guess_correct_pts` in libavcodec. A frame without a time
    stamp is shown one frame length after the one before. After a jump back of more than a second (recordings joined
    without new stamps) the clock goes on from the last frame.
    """

    def __init__(self, origin: Fraction, frame_length: Fraction) -> None:
        self._origin = origin
        self._frame_length = frame_length
        self._shift = Fraction(0)
        self.restarts = 0
        """How often the time stamps have restarted so far."""
        self._last: Fraction | None = None
        self._last_pts: int | None = None
        self._last_dts: int | None = None
        self._faulty_pts = 0
        self._faulty_dts = 0

    def time_of(self, frame: av.VideoFrame) -> Fraction | None:
        """Seconds from the start of the file; `None` for a frame that is not later than the last and is not shown."""
        stamp = self._time_stamp(frame.pts, frame.dts)
        base = frame.time_base
        last = self._last
        if stamp is None or base is None:
            time = Fraction(0) if last is None else last + self._frame_length
        else:
            time = self.time_at(stamp * base)
            if last is not None and time <= last:
                if last - time < _BACK_JUMP_S:
                    return None
                self._shift += last + self._frame_length - time
                self.restarts += 1
                time = last + self._frame_length
        self._last = time
        return time

    def time_at(self, stamp_s: Fraction) -> Fraction:
        """Seconds from the start of the file for a time stamp in seconds, by the restarts counted so far."""
        return stamp_s - self._origin + self._shift

    def end_of(self, frame: av.VideoFrame) -> Fraction:
        """End of the last frame by the file's own time stamps, in seconds from the start."""
        length = frame.duration * frame.time_base if frame.duration and frame.time_base else self._frame_length
        return (self._last or Fraction(0)) - self._shift + length

    def _time_stamp(self, pts: int | None, dts: int | None) -> int | None:
        if dts is not None:
            self._faulty_dts += self._last_dts is not None and dts <= self._last_dts
        if pts is not None:
            self._faulty_pts += self._last_pts is not None and pts <= self._last_pts
        self._last_dts = pts if dts is None else dts
        self._last_pts = dts if pts is None else pts
        if pts is None or (dts is not None and self._faulty_pts > self._faulty_dts):
            return dts
        return pts
