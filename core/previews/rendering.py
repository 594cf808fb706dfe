"""Preview rendering: a scene as MP4 or GIF, within a size limit."""

from fractions import Fraction
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.errors import MediaError
from core.previews.clip import Clip, ClipSpan, read_clip
from core.previews.gif import encode_gif
from core.previews.spec import Preview, PreviewFormat, PreviewSpec
from core.timecode import to_millis
from core.video.reading import VideoReader
from core.video.remote import require_ranges
from core.video.sound_reading import RATE_HZ, read_sound
from core.video.writing import Sound, VideoQuality, write_mp4

_GIF_RATE_LIMIT_HZ: Final = 40.0
"""Viewers show a picture whose delay is below 0.02 s for 0.1 s. The rate that `read_clip` chooses may be a quarter
higher than this, 50 Hz."""
_SHRINK_ATTEMPTS: Final = 5


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
    sound: bool = False,
) -> Preview:
    """Renders a preview around `at_ms` of a file, or of a video on an http(s) server that answers range requests.

    `from_ms` and `to_ms` are the bounds of the scene in the index; exact cuts are detected again among the frames. Of a
    `whole_range` they are its first and last moments, and cuts between them do not end the preview, except within a
    third of a second of either, as such a range is no more precise. A video that is not `seekable` is read through. The
    preview always has the frame that is shown at `at_ms`. `sound`: an MP4 has the sound of its span, if the video has
    sound. A GIF repeats for ever. A preview above `spec.limit_bytes` is made again with fewer pictures and pixels.
    `MediaError` names `source` when it is missing, cannot be read in part, shows nothing at that time, or when no
    preview is small enough.
    """
    start, at, end = (Fraction(time_ms, 1000) for time_ms in (from_ms, at_ms, to_ms))
    span = ClipSpan.of_range(start, at, end, spec) if whole_range else ClipSpan.around(at, start, end, spec)
    if isinstance(source, str) and source.lower().startswith(("http://", "https://")):
        require_ranges(source)
    is_gif = preview_format is PreviewFormat.GIF
    with VideoReader(source, seekable=seekable) as reader:
        rate_hz = min(spec.gif_rate_hz, _GIF_RATE_LIMIT_HZ) if is_gif else spec.mp4_rate_hz
        clip = read_clip(reader, span, rate_hz=rate_hz, width=spec.width)
    samples = read_sound(source, clip.start, clip.end) if sound and not is_gif else None
    for _ in range(_SHRINK_ATTEMPTS):
        data = _as_gif(clip, spec) if is_gif else _as_mp4(clip, spec, samples)
        if len(data) <= spec.limit_bytes:
            return Preview(data, to_millis(clip.start), to_millis(clip.end))
        clip = clip.shrunk(0.9 * spec.limit_bytes / len(data))
    raise MediaError(source, f"no preview of {spec.limit_bytes} bytes or fewer can be made of it")


def _as_mp4(clip: Clip, spec: PreviewSpec, samples: NDArray[np.float32] | None) -> bytes:
    sound = None if samples is None else Sound((samples,), RATE_HZ)
    frames = (picture.rgb for picture in clip.pictures for _ in range(picture.ticks))
    target = BytesIO()
    write_mp4(target, frames, rate=clip.rate, quality=VideoQuality(crf=spec.mp4_crf), sound=sound)
    return target.getvalue()


def _as_gif(clip: Clip, spec: PreviewSpec) -> bytes:
    frames = np.stack([picture.rgb for picture in clip.pictures])
    return encode_gif(frames, _delays_ms(clip), colours=spec.gif_colours)


def _delays_ms(clip: Clip) -> list[int]:
    """Delay of each picture, in whole hundredths of a second as GIF has them; rounding errors do not add up."""
    ends, ticks = [0], 0
    for picture in clip.pictures:
        ticks += picture.ticks
        ends.append(round(ticks * 100 / clip.rate))
    return [10 * (end - start) for start, end in pairwise(ends)]
