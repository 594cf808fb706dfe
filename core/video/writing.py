"""MP4 writing: H.264 in yuv420p and AAC, with the index in front of the data, which plays everywhere.

The encoder is the first that FFmpeg has for H.264: in PyAV's own wheels libx264, which is under the GPL, so that a
bundle with those wheels contains GPL code. `VideoQuality` has the settings of x264.
"""

import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain
from pathlib import Path
from typing import BinaryIO

import av
import numpy as np
from av.audio.stream import AudioStream
from av.codec.codec import UnknownCodecError
from av.container import OutputContainer
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc, VideoReformatter
from av.video.stream import VideoStream
from numpy.typing import NDArray

from core.errors import MediaError
from core.files import StagedPath, disk_reason
from core.pictures.pixels import Rgb
from core.video.errors import media_errors

_BT709_COLORSPACE = 1
"""BT.709 in `AVColorSpace`; written to the stream, because players assume different ones otherwise."""


@dataclass(frozen=True, slots=True)
class VideoQuality:
    """x264's settings: `crf` 0..51, lower is better and larger; `threads` 0 takes every core."""

    crf: int = 23
    preset: str = "veryfast"
    keyframe_every_s: float = 5.0
    threads: int = 0


@dataclass(frozen=True, slots=True)
class Sound:
    """Blocks of samples, (channels, n) float32 in -1..1 with 1 or 2 channels, at `rate_hz`; encoded as AAC.

    Blocks are taken as the pictures are, so that both can be made on the way. Sound longer than the video is kept.
    """

    blocks: Iterable[NDArray[np.float32]]
    rate_hz: int = 44_100
    bits_per_s: int = 96_000


def write_mp4(
    target: Path | BinaryIO,
    frames: Iterable[Rgb],
    *,
    rate: Fraction,
    quality: VideoQuality | None = None,
    sound: Sound | None = None,
) -> int:
    """Write RGB frames, all of one size, at `rate` a second; returns how many were written.

    An odd last row or column is left out, as yuv420p requires. A file appears under its name only when it is whole; a
    stream gets its bytes at the end, from its present position. `MediaError` when there is no frame, when frames or
    sound do not fit together, or when the encoder or the disk fails. Exceptions of `frames` itself come through.
    """
    name = target if isinstance(target, Path) else getattr(target, "name", "<stream>")
    quality = quality or VideoQuality()
    with ExitStack() as stack:
        with _write_errors(name):
            if isinstance(target, Path):
                staged = StagedPath(target, sync=False)
            else:
                folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="whenanime-"))
                staged = StagedPath(Path(folder, "whole.mp4"), sync=False)
            staged.path.touch()  # a folder that cannot be written is reported before anything is encoded
        stack.callback(staged.discard)
        count = _encode(name, staged.path, frames, rate, quality, sound)
        with _write_errors(name):
            staged.commit()
            if not isinstance(target, Path):
                with staged.target.open("rb") as whole:
                    shutil.copyfileobj(whole, target)
    return count


@contextmanager
def _write_errors(name: Path | str) -> Iterator[None]:
    try:
        yield
    except OSError as exc:
        raise MediaError(name, f"cannot be written ({disk_reason(exc, Path(name))})") from exc


def _encode(
    name: Path | str,
    part: Path,
    frames: Iterable[Rgb],
    rate: Fraction,
    quality: VideoQuality,
    sound: Sound | None,
) -> int:
    pictures = iter(frames)
    first = next(pictures, None)
    if first is None:
        raise MediaError(name, "cannot be written, because there is not one frame to write")
    if rate <= 0:
        raise MediaError(name, f"cannot be written at {rate} frames a second")
    with media_errors(name):
        container = av.open(part, "w", format="mp4", options={"movflags": "+faststart"})
    count = 0
    try:
        picture_track = _PictureTrack(name, container, first.shape, rate, quality)
        sound_track = None if sound is None else _SoundTrack(name, container, sound)
        for count, rgb in enumerate(chain([first], pictures), 1):
            picture_track.add(rgb)
            if sound_track is not None:
                sound_track.encode_until(count / rate)
        picture_track.finish()
        if sound_track is not None:
            sound_track.finish()
        with media_errors(name):
            container.close()
    except BaseException:
        with suppress(av.FFmpegError, OSError):
            container.close()
        raise
    return count


class _PictureTrack:
    """The H.264 stream of a container."""

    def __init__(
        self,
        name: Path | str,
        container: OutputContainer,
        shape: tuple[int, ...],
        rate: Fraction,
        quality: VideoQuality,
    ) -> None:
        self._name = name
        self._container = container
        self._shape = shape
        self._width, self._height = shape[1] & ~1, shape[0] & ~1
        if not (self._height and self._width):
            raise MediaError(name, "cannot be written, because its frames are smaller than 2×2 pixels")
        self._count = 0
        self._rate = rate
        self._to_yuv = VideoReformatter()
        try:
            stream = container.add_stream("h264", rate=rate, options=_encoder_options(rate, quality))
        except UnknownCodecError as exc:
            raise MediaError(name, "cannot be written, because this PyAV has no H.264 encoder") from exc
        stream.width, stream.height, stream.pix_fmt = self._width, self._height, "yuv420p"
        stream.time_base = 1 / rate
        context = stream.codec_context
        context.thread_count = quality.threads
        context.colorspace = _BT709_COLORSPACE
        context.color_primaries = ColorPrimaries.BT709
        context.color_trc = ColorTrc.BT709
        context.color_range = ColorRange.MPEG
        self._stream: VideoStream = stream

    def add(self, rgb: Rgb) -> None:
        if rgb.shape != self._shape or rgb.dtype != np.uint8:
            raise MediaError(
                self._name, f"cannot be written, because frame {self._count + 1} has another shape or type"
            )
        even_sized = np.ascontiguousarray(rgb[: self._height, : self._width])
        with media_errors(self._name):
            frame = self._to_yuv.reformat(
                av.VideoFrame.from_ndarray(even_sized, "rgb24"),
                format="yuv420p",
                dst_colorspace=Colorspace.ITU709,
                dst_color_range=ColorRange.MPEG,
                threads=1,
            )
            frame.pts, frame.time_base = self._count, 1 / self._rate
            self._container.mux(self._stream.encode(frame))
        self._count += 1

    def finish(self) -> None:
        with media_errors(self._name):
            self._container.mux(self._stream.encode(None))


def _encoder_options(rate: Fraction, quality: VideoQuality) -> dict[str, str]:
    return {
        "crf": str(quality.crf),
        "preset": quality.preset,
        "profile": "high",
        "g": str(max(1, round(rate * Fraction(quality.keyframe_every_s)))),
    }


class _SoundTrack:
    """The AAC stream of a container, encoded as far as the video is."""

    def __init__(self, name: Path | str, container: OutputContainer, sound: Sound) -> None:
        self._name = name
        self._container = container
        self._rate_hz = sound.rate_hz
        self._blocks: Iterator[NDArray[np.float32]] = iter(sound.blocks)
        self._next_block = next(self._blocks, None)
        self._count = 0
        if self._next_block is None or self._next_block.ndim != 2 or self._next_block.shape[0] not in (1, 2):
            raise MediaError(name, "cannot be written, because its sound is not blocks of one or two channels")
        self._layout = "mono" if self._next_block.shape[0] == 1 else "stereo"
        self._channels = self._next_block.shape[0]
        with media_errors(name):
            stream = container.add_stream("aac", rate=sound.rate_hz)
        stream.layout = self._layout
        stream.bit_rate = sound.bits_per_s
        self._stream: AudioStream = stream

    def encode_until(self, time_s: Fraction | None) -> None:
        """Encode blocks until the sound has reached `time_s`; all of them for `None`."""
        while self._next_block is not None and (time_s is None or self._count < time_s * self._rate_hz):
            self._add(self._next_block)
            self._next_block = next(self._blocks, None)

    def finish(self) -> None:
        self.encode_until(None)
        with media_errors(self._name):
            self._container.mux(self._stream.encode(None))

    def _add(self, block: NDArray[np.float32]) -> None:
        if block.ndim != 2 or block.shape[0] != self._channels or block.dtype != np.float32:
            raise MediaError(self._name, "cannot be written, because a block of its sound has another shape or type")
        with media_errors(self._name):
            frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(block), "fltp", self._layout)
            frame.sample_rate, frame.pts, frame.time_base = self._rate_hz, self._count, Fraction(1, self._rate_hz)
            self._container.mux(self._stream.encode(frame))
        self._count += block.shape[1]
