"""Sound of a video: the samples of a span, or all of them in blocks, in step with its pictures."""

from collections.abc import Iterator
from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from typing import Final

import av
import av.error
import numpy as np
from av.audio.stream import AudioStream
from av.container import InputContainer
from numpy.typing import NDArray

from core.video.opening import declared_origin, open_video

CHANNELS: Final = 2
RATE_HZ: Final = 44_100
_FORMAT: Final = "fltp"
_LAYOUT: Final = "stereo"
_SEEK_AHEAD_S: Final = Fraction(1, 2)
"""Sound is sought this much before the span: the first packets after a seek may decode to nothing or to noise."""
_RESAMPLER_SLACK_S: Final = Fraction(1, 10)
_JITTER_S: Final = Fraction(1, 20)
"""Time stamps of sound may be this wrong without a gap or an overlap."""
_LONGEST_GAP_S: Final = 3600
_BLOCK_S: Final = 10


def read_sound(
    source: Path | str, start: Fraction, end: Fraction, *, rate_hz: int = RATE_HZ
) -> NDArray[np.float32] | None:
    """The sound from `start` to `end`, seconds as `VideoReader` counts them: (2, n) float32 in -1..1 at `rate_hz`.

    n is the length of the span; where the file has no sound it is silence. `None` without any sound stream that can
    be decoded, and where none of the span's sound can be read. `MediaError` when the file cannot be opened.
    """
    container, _picture = open_video(source)
    with container:
        stream = next((stream for stream in container.streams.audio if stream.codec_context is not None), None)
        if stream is None or end <= start:
            return None
        samples = np.zeros((CHANNELS, int((end - start) * rate_hz)), np.float32)
        try:
            heard = _fill(samples, container, stream, start + declared_origin(container), rate_hz)
        except (av.error.FFmpegError, OSError, IndexError):  # damaged sound is no reason to go without the pictures
            return None
    return np.clip(samples, -1.0, 1.0, out=samples) if heard else None


def stream_sound(source: Path | str, *, rate_hz: int) -> Iterator[NDArray[np.float32]]:
    """All sound from the moment zero of `VideoReader` on, mixed to one channel: blocks (n,) float32 at `rate_hz`, one
    after the other without gaps; where the file has no sound they are silence.

    Nothing without any sound stream that can be decoded. Damaged packets are left out, with silence in their place;
    what cannot be read at all ends the sound. `MediaError` when the file cannot be opened.
    """
    container, _picture = open_video(source)
    with container:
        stream = next((stream for stream in container.streams.audio if stream.codec_context is not None), None)
        if stream is None:
            return
        resampler = av.AudioResampler(format=_FORMAT, layout="mono", rate=rate_hz)
        origin, written = declared_origin(container), 0
        for block in _resampled(container, stream, resampler):
            values = np.clip(block.to_ndarray()[0], -1.0, 1.0)
            if block.pts is not None and block.time_base is not None:
                gap = round((block.pts * block.time_base - origin) * rate_hz) - written
                if abs(gap) > _JITTER_S * rate_hz or not written:
                    if gap > _LONGEST_GAP_S * rate_hz:  # a time stamp that is wrong, rather than silence
                        continue
                    for _ in range(0, gap, _BLOCK_S * rate_hz):
                        yield np.zeros(min(gap, _BLOCK_S * rate_hz), np.float32)
                        written += min(gap, _BLOCK_S * rate_hz)
                        gap -= min(gap, _BLOCK_S * rate_hz)
                    values = values[max(0, -gap) :]
            if len(values):
                yield values
                written += len(values)


def _resampled(container: InputContainer, stream: AudioStream, resampler: av.AudioResampler) -> Iterator[av.AudioFrame]:
    """Decoded sound, resampled; damaged packets are passed over, and what ends the file ends it without an error."""
    with suppress(av.error.FFmpegError, OSError, IndexError):
        for packet in container.demux(stream):
            with suppress(av.error.FFmpegError):
                for frame in packet.decode():
                    yield from resampler.resample(frame)
        yield from resampler.resample(None)


def _fill(
    samples: NDArray[np.float32], container: InputContainer, stream: AudioStream, start: Fraction, rate_hz: int
) -> bool:
    """Decode into `samples`, whose first is at `start` by the stream's own clock; whether anything was decoded."""
    resampler = av.AudioResampler(format=_FORMAT, layout=_LAYOUT, rate=rate_hz)
    base = stream.time_base or Fraction(1, rate_hz)
    end = start + Fraction(samples.shape[1], rate_hz)
    container.seek(int(max(start - _SEEK_AHEAD_S, Fraction(0)) // base), stream=stream)
    heard = False
    for frame in container.decode(stream):
        if frame.time is not None and Fraction(frame.time) >= end + _RESAMPLER_SLACK_S:
            break
        for block in resampler.resample(frame):
            heard |= _put(samples, block, start, rate_hz)
    for block in resampler.resample(None):
        heard |= _put(samples, block, start, rate_hz)
    return heard


def _put(samples: NDArray[np.float32], block: av.AudioFrame, start: Fraction, rate_hz: int) -> bool:
    """Copy what of a block lies in the span; whether anything does."""
    if block.pts is None or block.time_base is None:
        return False
    values = block.to_ndarray()
    first = round((block.pts * block.time_base - start) * rate_hz)
    left, right = max(0, first), min(samples.shape[1], first + values.shape[1])
    if right <= left:
        return False
    samples[:, left:right] = values[:, left - first : right - first]
    return True
