"""A short moving picture around one moment, cut where its shot begins and ends."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from fractions import Fraction
from io import BytesIO
from itertools import pairwise
from math import ceil, sqrt
from pathlib import Path

import cv2
import numpy as np

from core.errors import MediaError
from core.pictures.pixels import Rgb
from core.previews.gif import encode_gif
from core.timecode import format_millis
from core.video.reading import VideoFrame, VideoInfo, VideoReader
from core.video.remote import require_ranges
from core.video.shot_detection import LOOKAHEAD, ShotDetector
from core.video.writing import VideoQuality, write_mp4

_TOLERANCE_S = Fraction(2, 1000)
"""Times come in whole milliseconds, in our index as in Matroska files: a frame counts as shown this much earlier."""
_RANGE_SLACK_S = Fraction(35, 100)
_REACH_BACK_S = 10
"""How far back to look for a frame that is still standing at the moment wanted, when there is none nearer."""
_GIF_LIMIT_HZ = 40.0
"""Viewers show pictures that want less than two hundredths of a second for ten; `_even_rate` adds up to a quarter."""
_ATTEMPTS = 5
_LEAST_WIDTH = 64


class PreviewFormat(StrEnum):
    """What a preview is made as: MP4 is a tenth of the size, GIF moves where no player is."""

    GIF = "gif"
    MP4 = "mp4"


@dataclass(frozen=True, slots=True)
class PreviewSpec:
    """How long, how large, how many pictures a second.

    A preview spans at least `before_s` and `after_s` around its moment and grows towards the bounds of the scene up to
    `limit_s` in all; a cut ends it wherever it falls. That of a range is from its beginning to its end, cuts and all,
    as far as `range_limit_s` go. `width` is never more than the video's own, and the height
    follows. The rates are rounded to the video's own divided by a whole number, so that movement stays even.
    """

    before_s: float = 0.5
    after_s: float = 1.5
    limit_s: float = 4.0
    range_limit_s: float = 8.0
    width: int = 480
    gif_rate_hz: float = 12.0
    mp4_rate_hz: float = 24.0
    gif_colours: int = 255
    mp4_crf: int = 25
    limit_bytes: int = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class _Span:
    """Seconds of the video: `start <= at < end`. A cut counts that is not later than `first` or not before `last`."""

    start: Fraction
    at: Fraction
    end: Fraction
    first: Fraction
    last: Fraction

    def ends_at(self, cut: Fraction) -> bool:
        """Whether a preview is not to go over this cut."""
        return cut <= self.first or cut >= self.last


@dataclass(frozen=True, slots=True)
class _Picture:
    """A frame that began at `time` and stands for `ticks` pictures of the preview."""

    time: Fraction
    ticks: int
    rgb: Rgb


@dataclass(frozen=True, slots=True)
class _Clip:
    """The pictures of a preview at `rate` ticks a second; `pictures[moment]` is the one asked for."""

    pictures: Sequence[_Picture]
    moment: int
    rate: Fraction

    def smaller(self, factor: float) -> "_Clip":
        """About `factor` of the data: every second picture dropped where much must go, fewer pixels for the rest."""
        pictures, moment = self.pictures, self.moment
        if factor < 0.5 and len(pictures) > 3:
            first = moment % 2
            lone = [replace(pictures[0], rgb=pictures[1].rgb)] if first else []
            pairs = [pictures[i : i + 2] for i in range(first, len(pictures), 2)]
            pictures = lone + [replace(pair[0], ticks=sum(p.ticks for p in pair)) for pair in pairs]
            moment = moment // 2 + first
            factor *= 2
        height, width = pictures[0].rgb.shape[:2]
        new_width = max(_LEAST_WIDTH, _even(width * min(1.0, sqrt(factor))))
        size = (new_width, _even(height * new_width / width))
        shrunk = [replace(p, rgb=_resized(p.rgb, size)) for p in pictures]
        return _Clip(shrunk, moment, self.rate)


def render_preview(
    source: Path | str,
    *,
    at_ms: int,
    from_ms: int,
    to_ms: int,
    spec: PreviewSpec,
    preview_format: PreviewFormat,
    whole_range: bool = False,
    seekable: bool = True,
) -> bytes:
    """Cut a preview around `at_ms` out of a file, or of a video on an http(s) server that answers range requests.

    `from_ms` and `to_ms` are the bounds of the scene as the index knows them; exact cuts are looked for again among the
    frames. Of a `whole_range` they are its first and last moments, and cuts between them do not end the preview; a cut
    just inside of either does, as such a range is right to a third of a second only. A video that is not `seekable` is
    read through. The frame that is shown at `at_ms` is always in it. Without sound; a GIF repeats for ever. Where
    `spec.limit_bytes` is passed, it is made again with fewer pictures and pixels. `MediaError` names `source` when it
    is missing, cannot be read in part, shows nothing at that time, or when no preview is small enough.
    """
    at = Fraction(at_ms, 1000)
    start, end = Fraction(from_ms, 1000), Fraction(to_ms, 1000)
    span = _range_span(start, at, end, spec) if whole_range else _span(at, start, end, spec)
    if isinstance(source, str) and source.lower().startswith(("http://", "https://")):
        require_ranges(source)
    with VideoReader(source, seekable=seekable) as reader:
        wanted_hz = min(spec.gif_rate_hz, _GIF_LIMIT_HZ) if preview_format is PreviewFormat.GIF else spec.mp4_rate_hz
        clip = _read_clip(reader, span, _even_rate(reader.info, wanted_hz), _size(reader.info, spec.width))
    for _ in range(_ATTEMPTS):
        data = _as_gif(clip, spec) if preview_format is PreviewFormat.GIF else _as_mp4(clip, spec)
        if len(data) <= spec.limit_bytes:
            return data
        clip = clip.smaller(0.9 * spec.limit_bytes / len(data))
    raise MediaError(source, f"no preview of {spec.limit_bytes} bytes or fewer can be made of it")


def _span(at: Fraction, scene_start: Fraction, scene_end: Fraction, spec: PreviewSpec) -> _Span:
    """The least span, grown towards both ends of the scene alike; what one side cannot use goes to the other."""
    before, after = Fraction(spec.before_s), Fraction(spec.after_s)
    spare = max(Fraction(0), Fraction(spec.limit_s) - before - after)
    wish_before = max(Fraction(0), at - before - scene_start)
    wish_after = max(Fraction(0), scene_end - at - after)
    more_before = min(wish_before, max(spare / 2, spare - wish_after))
    more_after = min(wish_after, spare - more_before)
    return _Span(max(Fraction(0), at - before - more_before), at, at + after + more_after, at, at)


def _range_span(start: Fraction, at: Fraction, end: Fraction, spec: PreviewSpec) -> _Span:
    """From start to end, or of a longer range as much as may be, the moment in it; never less than the least span."""
    least, most = Fraction(spec.before_s) + Fraction(spec.after_s), Fraction(spec.range_limit_s)
    if end - start < least:
        start = max(Fraction(0), min(start, at - Fraction(spec.before_s)))
        end = max(end, start + least)
    if end - start > most:
        start = min(max(start, at - most / 2), end - most)
        end = start + most
    return _Span(start, at, end, min(at, start + _RANGE_SLACK_S), max(at, end - _RANGE_SLACK_S))


def _even_rate(info: VideoInfo, wanted_hz: float) -> Fraction:
    """The video's own rate divided by the least whole number that brings it near `wanted_hz` or below."""
    if not info.rate:
        return Fraction(wanted_hz)
    return info.rate / ceil(info.rate / Fraction(wanted_hz * 1.25))


def _size(info: VideoInfo, limit_width: int) -> tuple[int, int]:
    width = min(limit_width, info.width)
    return _even(width), _even(width * info.height / info.width)


def _even(length: float) -> int:
    return max(2, round(length / 2) * 2)


def _resized(rgb: Rgb, size: tuple[int, int]) -> Rgb:
    return np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _read_clip(reader: VideoReader, span: _Span, rate: Fraction, size: tuple[int, int]) -> _Clip:
    pictures, cuts = _read_pictures(reader, span, rate, size)
    if (not pictures or pictures[0].time > span.at + _TOLERANCE_S) and span.start > 0:
        pictures, cuts = _read_pictures(reader, span, rate, size, reach_back_s=_REACH_BACK_S)
    if not pictures:
        raise MediaError(reader.source, f"it shows nothing at {format_millis(int(span.at * 1000), precise=True)}")
    return _one_shot(pictures, cuts, span, rate)


def _read_pictures(
    reader: VideoReader, span: _Span, rate: Fraction, size: tuple[int, int], *, reach_back_s: int = 0
) -> tuple[list[_Picture], list[Fraction]]:
    """The pictures of a span in the order of time, and where new shots begin among the frames."""
    pictures: list[_Picture] = []
    cuts: list[Fraction] = []
    detector = ShotDetector()
    frame: VideoFrame | None = None  # held back until the next one says how long it is shown

    def take(frame: VideoFrame, until: Fraction) -> None:
        first, last = (
            ceil((time - _TOLERANCE_S - span.at) * rate) for time in (max(frame.time, span.start), min(until, span.end))
        )
        if last > first:
            pictures.append(_Picture(frame.time, last - first, frame.rgb(*size)))

    frame_length = 1 / (reader.info.rate or rate)
    margin = (LOOKAHEAD + 2) * frame_length  # what the detector must see around a cut to know it
    for following in reader.frames(max(Fraction(0), span.start - margin - reach_back_s), span.end + margin):
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


def _one_shot(pictures: Sequence[_Picture], cuts: Sequence[Fraction], span: _Span, rate: Fraction) -> _Clip:
    shown = [index for index, picture in enumerate(pictures) if picture.time <= span.at + _TOLERANCE_S]
    moment = shown[-1] if shown else 0
    time = pictures[moment].time
    cuts = [cut for cut in cuts if span.ends_at(cut)]
    start = max((cut for cut in cuts if cut <= time), default=pictures[0].time)
    end = min((cut for cut in cuts if cut > time), default=span.end)
    inside = [index for index, picture in enumerate(pictures) if start <= picture.time < end]
    return _Clip([pictures[index] for index in inside], inside.index(moment), rate)


def _as_mp4(clip: _Clip, spec: PreviewSpec) -> bytes:
    frames = (picture.rgb for picture in clip.pictures for _ in range(picture.ticks))
    target = BytesIO()
    write_mp4(target, frames, rate=clip.rate, quality=VideoQuality(crf=spec.mp4_crf))
    return target.getvalue()


def _as_gif(clip: _Clip, spec: PreviewSpec) -> bytes:
    frames = np.stack([picture.rgb for picture in clip.pictures])
    return encode_gif(frames, _delays_ms(clip), colours=spec.gif_colours)


def _delays_ms(clip: _Clip) -> list[int]:
    """How long each picture stays, in whole hundredths as GIF has them, so that their sum is right."""
    ends, ticks = [0], 0
    for picture in clip.pictures:
        ticks += picture.ticks
        ends.append(round(ticks * 100 / clip.rate))
    return [10 * (end - start) for start, end in pairwise(ends)]
