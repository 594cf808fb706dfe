"""Clips drawn for the tests: every picture carries its own number and a circle, so times and shapes can be checked."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from av.stream import Disposition
from av.video.reformatter import ColorRange, Colorspace

from core.pictures.pixels import Rgb

NUMBER_BITS = 12
_CIRCLE_RGB = (230, 20, 20)


def drawing(number: int, width: int, height: int, *, shot: int = 0, shape: Fraction | None = None) -> Rgb:
    """A picture of one shot: blue and green blocks that differ from shot to shot, a red circle, the number in bars.

    `shape` is the ratio of the picture as shown where that is not width to height: the circle is round when shown so.
    """
    rng = np.random.default_rng(1000 + shot)
    blocks = rng.integers(20, 200, (5, 8, 3)).astype(np.uint8)
    blocks[..., 0] = blocks[..., 1] // 2
    picture = cv2.resize(blocks, (width, height), interpolation=cv2.INTER_NEAREST)
    squeeze = float((shape or Fraction(width, height)) / Fraction(width, height))
    radius = height * 0.28
    x = width * (0.5 + 0.1 * np.sin(number / 9))
    cv2.ellipse(picture, ((x, height * 0.42), (2 * radius / squeeze, 2 * radius), 0.0), _CIRCLE_RGB, -1)
    top, bar = height - height // 6, width / NUMBER_BITS
    for bit in range(NUMBER_BITS):
        shade = 255 if (number ^ number >> 1) >> bit & 1 else 0  # Gray's code: one bar changes from frame to frame
        picture[top:, round(bit * bar) : round((bit + 1) * bar)] = shade
    return np.asarray(picture, dtype=np.uint8)


def number_in(picture: Rgb) -> int:
    """Read the number that `drawing` drew, from a picture of any size."""
    height, width = picture.shape[:2]
    row = picture[height - height // 12]
    bars = [row[int((bit + 0.5) * width / NUMBER_BITS)].mean() > 127 for bit in range(NUMBER_BITS)]
    return sum(1 << bit for bit in range(NUMBER_BITS) if sum(bars[bit:]) % 2)


def circle_ratio(picture: Rgb) -> float:
    """Width to height of the circle that `drawing` drew: 1 in a picture that is not distorted."""
    red = picture[..., 0].astype(int) - np.maximum(picture[..., 1], picture[..., 2])
    mask = red > 90
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return float(columns[-1] - columns[0] + 1) / float(rows[-1] - rows[0] + 1)


def drawings(count: int, width: int = 320, height: int = 180, *, shots: Sequence[int] = (0,)) -> list[Rgb]:
    """`count` drawings, numbered from 0; a new shot begins at each number of `shots`."""
    starts = sorted(shots)
    return [drawing(number, width, height, shot=sum(start <= number for start in starts)) for number in range(count)]


@dataclass(frozen=True, slots=True)
class ClipSpec:
    """How pictures are written. Empty means what the encoder does by itself.

    `times` are the moments of the pictures in seconds, else they follow each other at `rate`; `shift` is added to all
    times, sound and picture; `sound_from` puts a silent track from that moment on, before `shift`. With `fields` every
    two pictures make one interlaced frame, the first the upper field.
    """

    rate: Fraction = Fraction(24)
    codec: str = "libx264"
    pix_fmt: str = "yuv420p"
    options: dict[str, str] = field(default_factory=lambda: {"preset": "ultrafast", "crf": "18", "g": "24"})
    container_options: dict[str, str] = field(default_factory=dict)
    container_format: str | None = None
    times: Sequence[Fraction] | None = None
    shift: Fraction = Fraction(0)
    sample_aspect: Fraction | None = None
    rotation: int = 0
    matrix: Colorspace | None = None
    colour_range: ColorRange | None = None
    tagged: bool = True
    sound_from: Fraction | None = None
    sound_s: Fraction = Fraction(1)
    fields: bool = False
    adjust: Callable[[av.video.stream.VideoStream], None] | None = None


def write_clip(path: Path, pictures: Iterable[Rgb], spec: ClipSpec | None = None) -> Path:
    """Encode the pictures into `path`, whose ending chooses the container; all of one size."""
    spec = spec or ClipSpec()
    pictures = list(pictures)
    height, width = pictures[0].shape[:2]
    with av.open(path, "w", format=spec.container_format, options=spec.container_options) as container:
        stream = container.add_stream(spec.codec, rate=spec.rate, options=spec.options)
        assert isinstance(stream, av.video.stream.VideoStream)
        stream.width, stream.height, stream.pix_fmt = width, height, spec.pix_fmt
        stream.codec_context.time_base = Fraction(1, 90000) if spec.times is not None else 1 / spec.rate
        if spec.sample_aspect is not None:
            stream.codec_context.sample_aspect_ratio = spec.sample_aspect
        if spec.rotation:
            stream.set_display_rotation(spec.rotation)
        if spec.matrix is not None and spec.tagged:
            stream.codec_context.colorspace = 1 if spec.matrix == Colorspace.ITU709 else 5
        if spec.colour_range is not None and spec.tagged:
            stream.codec_context.color_range = spec.colour_range
        if spec.adjust is not None:
            spec.adjust(stream)
        if spec.sound_from is not None:
            _write_silence(container, spec)
        base = stream.codec_context.time_base
        step = 2 if spec.fields else 1
        for index in range(len(pictures) // step):
            several = pictures[index * step : (index + 1) * step]
            frame = _woven(*several) if spec.fields else _converted(several[0], spec)
            time = index / spec.rate if spec.times is None else spec.times[index]
            frame.pts = round((time + spec.shift) / base)
            frame.time_base = base
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def _converted(picture: Rgb, spec: ClipSpec) -> av.VideoFrame:
    return av.VideoFrame.from_ndarray(picture, format="rgb24").reformat(
        format=spec.pix_fmt, dst_colorspace=spec.matrix, dst_color_range=spec.colour_range
    )


def _woven(upper: Rgb, lower: Rgb) -> av.VideoFrame:
    """One interlaced frame: colour is thinned out within each field, as cameras and DVDs do."""
    height, width = upper.shape[:2]
    fields = [
        av.VideoFrame.from_ndarray(np.ascontiguousarray(field), format="rgb24").to_ndarray(format="yuv420p")
        for field in (upper[0::2], lower[1::2])
    ]
    halves = np.stack(fields)  # (2, height * 3 / 4, width)
    planes = [
        part.reshape(2, -1, line).swapaxes(0, 1).ravel()
        for part, line in (
            (halves[:, : height // 2], width),
            (halves[:, height // 2 : height * 5 // 8], width // 2),
            (halves[:, height * 5 // 8 :], width // 2),
        )
    ]
    return av.VideoFrame.from_ndarray(np.concatenate(planes).reshape(-1, width), format="yuv420p")


def write_sound(path: Path, *, cover: Rgb | None = None, seconds: int = 1) -> Path:
    """A silent sound file, with a still picture beside the sound when given."""
    with av.open(path, "w", format="mp4" if path.suffix == ".m4a" else None) as container:
        sound = container.add_stream("libmp3lame" if path.suffix == ".mp3" else "aac", rate=44100)
        assert isinstance(sound, av.audio.stream.AudioStream)
        if cover is not None:
            still = container.add_stream("mjpeg", rate=1)
            assert isinstance(still, av.video.stream.VideoStream)
            still.height, still.width = cover.shape[:2]
            still.pix_fmt = "yuvj420p"
            still.disposition = Disposition.attached_pic
            frame = av.VideoFrame.from_ndarray(cover, format="rgb24").reformat(format="yuvj420p")
            container.mux(still.encode(frame))
            container.mux(still.encode(None))
        _encode_silence(container, sound, Fraction(0), Fraction(seconds))
    return path


def _write_silence(container: av.container.OutputContainer, spec: ClipSpec) -> None:
    sound = container.add_stream("aac", rate=48000)
    assert isinstance(sound, av.audio.stream.AudioStream)
    assert spec.sound_from is not None
    _encode_silence(container, sound, spec.sound_from + spec.shift, spec.sound_s)


def _encode_silence(
    container: av.container.OutputContainer, sound: av.audio.stream.AudioStream, start: Fraction, seconds: Fraction
) -> None:
    rate, size = sound.rate, 1024
    for index in range(int(seconds * rate) // size):
        frame = av.AudioFrame.from_ndarray(np.zeros((2, size), np.float32), format="fltp", layout="stereo")
        frame.sample_rate = rate
        frame.time_base = Fraction(1, rate)
        frame.pts = round(start * rate) + index * size
        container.mux(sound.encode(frame))
    container.mux(sound.encode(None))
