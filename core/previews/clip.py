"""Pictures of a preview: a span of the video around one moment, read at an even rate and cut at its shot."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import ceil, sqrt
from typing import Final

from core.errors import MediaError
from core.pictures.pixels import Rgb, area_resized
from core.previews.spec import PreviewSpec
from core.timecode import format_millis
from core.video.reading import VideoFrame, VideoInfo, VideoReader
from core.video.shot_detection import LOOKAHEAD_FRAMES, ShotDetector

_TOLERANCE_S: Final = Fraction(2, 1000)
"""Times come in whole milliseconds, in our index as in Matroska files: a frame counts as shown this much earlier."""
_RANGE_SLACK_S: Final = Fraction(35, 100)
_LOOK_BACK_S: Final = 10
"""How far before the span a frame is looked for that is still shown at the moment, when no later frame is."""
_MIN_WIDTH: Final = 64


@dataclass(frozen=True, slots=True)
class ClipSpan:
    """Seconds of the video: `start <= at < end`. The clip ends at cuts up to `first` and at cuts from `last` on."""

    start: Fraction
    at: Fraction
    end: Fraction
    first: Fraction
    last: Fraction

    @staticmethod
    def around(at: Fraction, scene_start: Fraction, scene_end: Fraction, spec: PreviewSpec) -> "ClipSpan":
        """Returns the shortest span, extended equally towards both ends of the scene; length that one side cannot use
        is given to the other side.
        """
        before, after = Fraction(spec.before_s), Fraction(spec.after_s)
        spare = max(Fraction(0), Fraction(spec.limit_s) - before - after)
        room_before = max(Fraction(0), at - before - scene_start)
        room_after = max(Fraction(0), scene_end - at - after)
        more_before = min(room_before, max(spare / 2, spare - room_after))
        more_after = min(room_after, spare - more_before)
        return ClipSpan(max(Fraction(0), at - before - more_before), at, at + after + more_after, at, at)

    @staticmethod
    def of_range(start: Fraction, at: Fraction, end: Fraction, spec: PreviewSpec) -> "ClipSpan":
        """Returns the span from start to end, or of a longer range a part of `range_limit_s` around the moment; never
        shorter than the shortest span.
        """
        min_length, max_length = Fraction(spec.before_s) + Fraction(spec.after_s), Fraction(spec.range_limit_s)
        if end - start < min_length:
            start = max(Fraction(0), min(start, at - Fraction(spec.before_s)))
            end = max(end, start + min_length)
        if end - start > max_length:
            start = min(max(start, at - max_length / 2), end - max_length)
            end = start + max_length
        return ClipSpan(start, at, end, min(at, start + _RANGE_SLACK_S), max(at, end - _RANGE_SLACK_S))

    def ends_at(self, cut: Fraction) -> bool:
        """Whether the clip must not cross this cut."""
        return cut <= self.first or cut >= self.last


@dataclass(frozen=True, slots=True)
class ClipPicture:
    """A frame that begins at `time`, in seconds, and is shown for `ticks` pictures of the clip."""

    time: Fraction
    ticks: int
    rgb: Rgb


@dataclass(frozen=True, slots=True)
class Clip:
    """Pictures at `rate` ticks a second; `pictures[moment]` is shown at the span's moment; the first picture is shown
    from `start` (seconds of the video) on.
    """

    pictures: Sequence[ClipPicture]
    moment: int
    rate: Fraction
    start: Fraction

    @property
    def end(self) -> Fraction:
        """End of the clip, in seconds of the video."""
        return self.start + sum(picture.ticks for picture in self.pictures) / self.rate

    def shrunk(self, factor: float) -> "Clip":
        """Returns a clip of about `factor` of the data: fewer pixels, and below 0.5 half as many pictures."""
        pictures, moment = self.pictures, self.moment
        if factor < 0.5 and len(pictures) > 3:
            first = moment % 2
            lone = [replace(pictures[0], rgb=pictures[1].rgb)] if first else []
            pairs = [pictures[index : index + 2] for index in range(first, len(pictures), 2)]
            pictures = lone + [replace(pair[0], ticks=sum(picture.ticks for picture in pair)) for pair in pairs]
            moment = moment // 2 + first
            factor *= 2
        height, width = pictures[0].rgb.shape[:2]
        new_width = max(_MIN_WIDTH, _even(width * min(1.0, sqrt(factor))))
        size = (new_width, _even(height * new_width / width))
        return replace(
            self,
            pictures=[replace(picture, rgb=area_resized(picture.rgb, *size)) for picture in pictures],
            moment=moment,
        )


def read_clip(reader: VideoReader, span: ClipSpan, *, rate_hz: float, width: int) -> Clip:
    """Reads the pictures of a span that belong to the moment's shot, at about `rate_hz` and at most `width` pixels
    wide.

    The rate is the video's own divided by the smallest whole number that brings it near `rate_hz` or below. Cuts are
    detected among the frames that are read. `MediaError` when the video shows nothing at the moment or cannot be read
    in part.
    """
    rate, size = _even_rate(reader.info, rate_hz), _size(reader.info, width)
    pictures, cuts = _read_pictures(reader, span, rate, size)
    if (not pictures or pictures[0].time > span.at + _TOLERANCE_S) and span.start > 0:
        pictures, cuts = _read_pictures(reader, span, rate, size, look_back_s=_LOOK_BACK_S)
    if not pictures:
        raise MediaError(reader.source, f"it shows nothing at {format_millis(int(span.at * 1000), precise=True)}")
    return _cut_to_shot(pictures, cuts, span, rate)


def _read_pictures(
    reader: VideoReader, span: ClipSpan, rate: Fraction, size: tuple[int, int], *, look_back_s: int = 0
) -> tuple[list[ClipPicture], list[Fraction]]:
    """Returns the pictures of a span in order of time, and the times at which new shots begin."""
    pictures: list[ClipPicture] = []
    cuts: list[Fraction] = []
    detector = ShotDetector()
    frame: VideoFrame | None = None  # its end is the time of the next one

    def take(frame: VideoFrame, until: Fraction) -> None:
        first, last = (
            ceil((time - _TOLERANCE_S - span.at) * rate) for time in (max(frame.time, span.start), min(until, span.end))
        )
        if last > first:
            pictures.append(ClipPicture(frame.time, last - first, frame.rgb(*size)))

    frame_length = 1 / (reader.info.rate or rate)
    margin = (LOOKAHEAD_FRAMES + 2) * frame_length  # frames that the detector needs around a cut
    for following in reader.frames(max(Fraction(0), span.start - margin - look_back_s), span.end + margin):
        if frame is not None:
            take(frame, following.time)
        frame = following
        cut = detector.feed(frame.time, frame.luma())
        if cut is not None:
            cuts.append(cut)
            if cut > span.at + _TOLERANCE_S and span.ends_at(cut):
                break
    if frame is not None:
        take(frame, max(frame.time + frame_length, reader.info.duration or Fraction(0)))
    return pictures, cuts + detector.finish()


def _cut_to_shot(pictures: Sequence[ClipPicture], cuts: Sequence[Fraction], span: ClipSpan, rate: Fraction) -> Clip:
    shown = [index for index, picture in enumerate(pictures) if picture.time <= span.at + _TOLERANCE_S]
    moment = shown[-1] if shown else 0
    time = pictures[moment].time
    cuts = [cut for cut in cuts if span.ends_at(cut)]
    start = max((cut for cut in cuts if cut <= time), default=pictures[0].time)
    end = min((cut for cut in cuts if cut > time), default=span.end)
    inside = [index for index, picture in enumerate(pictures) if start <= picture.time < end]
    first = max(pictures[inside[0]].time, span.start)
    return Clip([pictures[index] for index in inside], inside.index(moment), rate, first)


def _even_rate(info: VideoInfo, rate_hz: float) -> Fraction:
    if not info.rate:
        return Fraction(rate_hz)
    return info.rate / ceil(info.rate / Fraction(rate_hz * 1.25))


def _size(info: VideoInfo, width_limit: int) -> tuple[int, int]:
    width = min(width_limit, info.width)
    return _even(width), _even(width * info.height / info.width)


def _even(length: float) -> int:
    return max(2, round(length / 2) * 2)
