"""Video reading: facts about a file, and its frames with exact times."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain, islice
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import av
import av.error
from av.video.stream import VideoStream

from core.errors import MediaError
from core.timecode import format_millis, to_millis
from core.video.clock import FrameClock
from core.video.errors import reason_of
from core.video.frame import Scaler, VideoFrame, orientation_of
from core.video.opening import declared_end, is_cover, open_video
from core.video.read_through import read_through

__all__ = ["VideoFrame", "VideoInfo", "VideoReader"]

_DEMUX_RETRIES: Final = 1000
_SEEK_STEPS_S: Final = (0, 2, 10, 60)
_FALLBACK_RATE: Final = Fraction(25)
_END_TOLERANCE_S: Final = 1
_GUESSED_END_TOLERANCE_S: Final = 5


@dataclass(frozen=True, slots=True)
class VideoInfo:
    """Facts about a video. `width` and `height` are those of the picture as shown: after aspect ratio and rotation.

    `duration` is in seconds and may be an estimate of the container; `rate` is the average of frames per second.
    """

    duration: Fraction | None
    width: int
    height: int
    rate: Fraction | None
    codec: str
    container: str


class VideoReader:
    """One video file, or an http(s) URL that is read by ranges; a context manager.

    Promises: times of frames are `pts * time_base` less the earliest start of the file's sound and video, as players
    count them, and strictly increase; cover pictures are not video; damaged packets are skipped; nothing but the named
    file or server is ever opened; `close` releases the file even when an iteration was left in the middle.

    `MediaError` when the file is missing, empty, a folder, not readable, not a video, cut off in its header, or has no
    frame that can be decoded. `threads` decode (0: one for each core). `skip_unreferenced` leaves out the frames that
    no other frame refers to, about half of them in most encodes: a quarter less work, and a shot may seem to begin a
    frame or two late. In a file that is not `seekable`, because seeking leads to other frames than reading through
    does, every part is read from the beginning, most of it undecoded.

    Not for several threads at once. One iteration at a time: a new one ends the one before.
    """

    def __init__(
        self, source: Path | str, *, threads: int = 0, skip_unreferenced: bool = False, seekable: bool = True
    ) -> None:
        self.source = source
        self._seekable = seekable
        self.truncated = False
        """After an iteration to the end: whether that came well before the length that the file declares."""
        self.restarts = 0
        """How often the time stamps restarted in the part read by the last iteration."""
        self.decoded_frames = 0
        """How many frames have been decoded since the file was opened, shown or not."""
        self._lost_packets = 0
        self._end_problem: str | None = None
        self._threads = threads
        self._skip_unreferenced = skip_unreferenced
        self._scaler = Scaler()
        self._iteration = 0
        self._closed = False
        self._open()
        try:
            feed = self._decode(self._packets())
            first = self._first_frame(feed)
            self._head: Iterator[av.VideoFrame] | None = chain((first,), feed)
            self._origin = self._find_origin(first)
            self._first_time = self._time_of(first) or Fraction(0)
            self.info = self._video_info(first)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Release the file; may be called again."""
        self._closed = True
        self._iteration += 1
        self._container.close()

    @property
    def damage(self) -> str | None:
        """Damage in the part read by the last iteration, as a sentence; `None` when there was none."""
        lost = self._lost_packets
        parts = [f"{lost} damaged packet{'s' if lost > 1 else ''}"] if lost else []
        parts += [self._end_problem] if self._end_problem else []
        return "; ".join(parts) or None

    def frames(self, start: Fraction = Fraction(0), end: Fraction | None = None) -> Iterator[VideoFrame]:
        """The frames with `start <= time < end` (seconds) in order, decoded from the key frame before `start`.

        Damage is skipped and reported by `damage` and `truncated` afterwards; `MediaError` only when the file cannot be
        opened again to go back in it.
        """
        if self._closed:
            raise ValueError(f"the reader of {self.source} is closed")
        self._iteration += 1
        return self._frames(self._iteration, start, end)

    def seek_frame(self, start: Fraction, frame_limit: int) -> VideoFrame | None:
        """The first frame from `start` (seconds) on to which seeking alone leads, even if the file is not `seekable`.

        `None` when it is not among the first `frame_limit` frames after the seek; `MediaError` when the file cannot be
        sought in at all.
        """
        self._iteration += 1
        feed = self._seek_before(start)
        if feed is None:
            raise MediaError(self.source, "it cannot be sought in")
        clock = self._new_clock()
        for frame in islice(feed, frame_limit):
            time = clock.time_of(frame)
            if time is not None and time >= start:
                return VideoFrame(time, frame, self._scaler)
        return None

    def _new_clock(self) -> FrameClock:
        return FrameClock(self._origin, 1 / (self.info.rate or _FALLBACK_RATE))

    def _frames(self, iteration: int, start: Fraction, end: Fraction | None) -> Iterator[VideoFrame]:
        clock = self._new_clock()
        frame: av.VideoFrame | None = None
        for frame in self._decoded_from(start, clock):
            time = clock.time_of(frame)
            self.restarts = clock.restarts
            if time is None:
                continue
            if end is not None and time >= end:
                return
            if time >= start:
                yield VideoFrame(time, frame, self._scaler)
                if iteration != self._iteration:
                    return
        if frame is not None:
            self._check_end(clock.end_of(frame))

    def _decoded_from(self, start: Fraction, clock: FrameClock) -> Iterator[av.VideoFrame]:
        """Decoded frames from one at or before `start` on, or from the first; the caller passes them to `clock`."""
        head, self._head = self._head, None
        if head is not None and start <= self._first_time + 1:
            return head
        self._lost_packets, self._end_problem, self.truncated = 0, None, False
        feed = self._seek_before(start) if self._seekable else None
        if feed is not None:
            return feed
        self._container.close()
        self._open()
        if self._seekable:
            return self._decode(self._packets())
        return read_through(self._packets(), self._decode, self._stream, clock, start)

    def _seek_before(self, start: Fraction) -> Iterator[av.VideoFrame] | None:
        """Decoded frames from one at or before `start` on; `None` where seeking does not lead to any."""
        self._head = None
        for back_s in _SEEK_STEPS_S:
            if start - back_s <= self._first_time:
                break
            feed = self._seek(start - back_s)
            first = next(feed, None)
            time = None if first is None else self._time_of(first)
            if first is not None and time is not None and time <= start:
                return chain((first,), feed)
        return None

    def _seek(self, time: Fraction) -> Iterator[av.VideoFrame]:
        """Frames from the key frame before `time`; none where the container cannot seek."""
        base = self._stream.time_base or Fraction(1, 1000)
        try:
            self._container.seek(int((time + self._origin) // base), stream=self._stream)
        except (av.error.FFmpegError, OSError):
            return
        yield from self._decode(self._packets())

    def _open(self) -> None:
        self._container, self._stream = open_video(self.source)
        self._stream.thread_type = "AUTO"
        self._stream.codec_context.thread_count = self._threads
        if self._skip_unreferenced:
            self._stream.codec_context.skip_frame = "NONREF"

    def _decode(self, packets: "Iterable[av.Packet[VideoStream] | None]") -> Iterator[av.VideoFrame]:
        """The frames of packets; damaged packets are skipped."""
        for packet in packets:
            try:
                frames = self._stream.decode(packet)
            except av.error.FFmpegError:
                self._lost_packets += 1
                continue
            for frame in frames:
                self.decoded_frames += 1
                yield frame
                if self._closed:
                    return

    def _packets(self) -> Iterator["av.Packet[VideoStream] | None"]:
        """Packets of the video stream; the last one is empty and flushes the decoder."""
        for _ in range(_DEMUX_RETRIES):
            try:
                yield from self._container.demux(self._stream)
            except av.error.InvalidDataError:
                self._lost_packets += 1
            except (av.error.FFmpegError, OSError) as exc:
                self._end_problem = f"reading stopped: {reason_of(exc)}"
                break
            except IndexError:  # PyAV fails at the end when damage made further streams appear
                break
            else:
                return
        yield None

    def _first_frame(self, feed: Iterator[av.VideoFrame]) -> av.VideoFrame:
        first = next(feed, None)
        if first is None:
            raise MediaError(self.source, "none of its frames can be decoded")
        return first

    def _find_origin(self, first: av.VideoFrame) -> Fraction:
        """The time that players show as zero, in seconds as the streams count.

        Where frames have no presentation time stamps (AVI), decoding time stamps are ahead by the frames that the
        decoder holds back to reorder them.
        """
        starts = [
            stream.start_time * stream.time_base
            for stream in (*self._container.streams.audio, *self._container.streams.video)
            if stream.start_time is not None and stream.time_base is not None and not is_cover(stream)
        ]
        self._origin = Fraction(0)
        first_time = self._time_of(first)
        if first_time is None:
            return min(starts, default=Fraction(0))
        origin = min([*starts, first_time])
        if first.pts is None and self._stream.average_rate:
            origin += min(first_time - origin, self._stream.codec_context.reorder_depth / self._stream.average_rate)
        return origin

    def _time_of(self, frame: av.VideoFrame) -> Fraction | None:
        pts = frame.dts if frame.pts is None else frame.pts
        base = frame.time_base or self._stream.time_base
        return None if pts is None or base is None else pts * base - self._origin

    def _check_end(self, reached: Fraction) -> None:
        declared = declared_end(self._container, self._stream)
        if declared is None:
            return
        end, exact = declared[0] - self._origin, declared[1]
        if end - reached > (_END_TOLERANCE_S if exact else _GUESSED_END_TOLERANCE_S):
            self.truncated = True
            self._end_problem = (
                f"it ends at {format_millis(to_millis(reached))} of {format_millis(to_millis(end))}: "
                "cut off, as of a download or a copy that was not finished"
            )

    def _video_info(self, first: av.VideoFrame) -> VideoInfo:
        ratio = self._stream.sample_aspect_ratio or Fraction(1)
        width, height = max(1, round(first.width * ratio)), first.height
        if orientation_of(first).transposed:
            width, height = height, width
        seconds = Fraction(self._container.duration, 1_000_000) if self._container.duration else None
        return VideoInfo(
            duration=seconds,
            width=width,
            height=height,
            rate=self._stream.average_rate or self._stream.guessed_rate,
            codec=self._stream.codec_context.codec.canonical_name,
            container=self._container.format.name,
        )
