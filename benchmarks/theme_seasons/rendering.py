"""Rendering of planned episodes: pictures, credits, fades and sound, encoded into one file."""

from bisect import bisect_right
from collections.abc import Iterator
from contextlib import ExitStack
from fractions import Fraction
from pathlib import Path
from typing import Final

import av
import av.error
import cv2
import numpy as np
from av.audio.fifo import AudioFifo
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.packet import Packet
from av.video.stream import VideoStream

from benchmarks.theme_seasons.chapter_lists import chapters
from benchmarks.theme_seasons.footage import FootageShelf, ReelReader
from benchmarks.theme_seasons.season_plan import EpisodePlan, Part
from benchmarks.theme_seasons.soundtrack import RATE_HZ, Samples, SoundShelf, mix
from core.errors import MediaError
from core.files import StagedPath
from core.pictures.pixels import Rgb

_VFR_DROPPED: Final = 0.15
_MILLIS: Final = Fraction(1, 1000)
_BLOCK: Final = RATE_HZ
_CREDITS_S: Final = 4.0
_NAME_PARTS: Final = ("ka", "mi", "ro", "ta", "shi", "ne", "ko", "yu", "ha", "ra", "no", "se", "to", "ma", "ri", "da")
_OPTIONS: Final = {
    "libx264": {"preset": "ultrafast", "threads": "1"},
    "libx265": {"preset": "ultrafast", "x265-params": "log-level=none:pools=1:frame-threads=1"},
    "libvpx-vp9": {"deadline": "realtime", "cpu-used": "8", "threads": "1", "b": "0"},
    "mpeg4": {"qscale": "5"},
}


def render_episode(plan: EpisodePlan, target: Path, footage: FootageShelf, sounds: SoundShelf) -> None:
    """Write one episode; `MediaError` where it cannot be encoded."""
    with StagedPath(target, sync=False) as staged, ExitStack() as stack:
        form = "matroska" if target.suffix == ".mkv" else "mp4"
        try:
            container = stack.enter_context(av.open(str(staged), "w", format=form))
            _write(plan, container, footage, sounds)
        except av.error.FFmpegError as exc:
            raise MediaError(target, f"it cannot be encoded: {exc}") from exc


def _write(plan: EpisodePlan, container: OutputContainer, footage: FootageShelf, sounds: SoundShelf) -> None:
    video = _video_stream(plan, container)
    codec = plan.encoding.audio_codec
    sound = _Soundtrack(plan, codec, container, sounds) if codec else None
    container.set_chapters(
        [
            {
                "id": number,
                "start": chapter.start_ms,
                "end": chapter.end_ms,
                "time_base": _MILLIS,
                "metadata": {"title": chapter.title},
            }
            for number, chapter in enumerate(chapters(plan))
        ]
    )
    for frame, time_s in _frames(plan, video, footage):
        container.mux(video.encode(frame))
        if sound:
            container.mux(sound.until(time_s))
    container.mux(video.encode(None))
    if sound:
        container.mux(sound.until(float("inf")))


def _video_stream(plan: EpisodePlan, container: OutputContainer) -> VideoStream:
    encoding = plan.encoding
    stream: VideoStream = container.add_stream(encoding.video_codec, rate=encoding.rate)  # type: ignore[assignment]  # that of this codec
    stream.width, stream.height, stream.pix_fmt = encoding.width, encoding.height, "yuv420p"
    stream.codec_context.gop_size = encoding.gop
    stream.codec_context.time_base = _MILLIS if encoding.vfr else 1 / encoding.rate
    options: dict[str, object] = dict(_OPTIONS[encoding.video_codec])
    if encoding.video_codec != "mpeg4":
        options["crf"] = str(encoding.crf)
    stream.options = options
    return stream


def _frames(plan: EpisodePlan, stream: VideoStream, footage: FootageShelf) -> Iterator[tuple[av.VideoFrame, float]]:
    """Frames of an episode with their times; one that is shown again is not drawn again."""
    encoding, starts = plan.encoding, plan.starts_s
    reader = ReelReader(footage, encoding.width, encoding.height)
    rng = np.random.default_rng(plan.seed)
    last: tuple[Rgb, int, float] | None = None
    frame = av.VideoFrame(encoding.width, encoding.height, "yuv420p")
    for number in range(int(plan.length_s * encoding.rate)):
        time_s = float(number / encoding.rate)
        if encoding.vfr and number and rng.random() < _VFR_DROPPED:
            continue
        index = min(bisect_right(starts, time_s) - 1, len(plan.parts) - 1)
        part = plan.parts[index]
        inside = (time_s - starts[index]) * plan.speed
        picture = reader.picture(part.reel, part.reel_s + inside)
        page = int(inside / _CREDITS_S) if part.credits_seed is not None else -1
        light = _light(part, inside, float(encoding.rate) / plan.speed)
        if last is None or last[0] is not picture or last[1:] != (page, light):
            drawn = _titled(picture, part.credits_seed, page) if part.credits_seed is not None else picture
            drawn = drawn if light == 1 else np.asarray(cv2.convertScaleAbs(drawn, alpha=light), np.uint8)
            planes = np.asarray(cv2.cvtColor(drawn, cv2.COLOR_RGB2YUV_I420), np.uint8)
            frame = av.VideoFrame.from_ndarray(planes, format="yuv420p")
            last = (picture, page, light)
        frame.pts = round(time_s * 1000) if encoding.vfr else number
        frame.time_base = stream.codec_context.time_base or _MILLIS
        yield frame, time_s


def _light(part: Part, inside_s: float, rate: float) -> float:
    """Brightness of a moment of a part, below 1 in its fades from and to black."""
    light = 1.0
    if part.fade_in_frames:
        light = min(light, inside_s * rate / part.fade_in_frames)
    if part.fade_out_frames:
        light = min(light, (part.length_s - inside_s) * rate / part.fade_out_frames)
    return max(0.0, light)


def _titled(picture: Rgb, seed: int, page: int) -> Rgb:
    """The picture with a page of credits, which differ from episode to episode."""
    rng = np.random.default_rng([seed, page])
    height, width = picture.shape[:2]
    titled = picture.copy()
    left, top = int(rng.uniform(0.05, 0.5) * width), rng.uniform(0.2, 0.6) * height
    for line in range(int(rng.integers(1, 4))):
        text = " ".join("".join(rng.choice(_NAME_PARTS, 3)).capitalize() for _ in range(2))
        place = (left, int(top + line * height / 9))
        for color, thickness in (((0, 0, 0), 3), ((250, 250, 240), 1)):
            cv2.putText(titled, text, place, cv2.FONT_HERSHEY_SIMPLEX, height / 420, color, thickness, cv2.LINE_AA)
    return titled


class _Soundtrack:
    """The sound of an episode, encoded in steps beside its pictures."""

    def __init__(self, plan: EpisodePlan, codec: str, container: OutputContainer, sounds: SoundShelf) -> None:
        encoding = plan.encoding
        layout = "stereo" if encoding.stereo else "mono"
        stream: AudioStream = container.add_stream(  # type: ignore[assignment]  # that of this codec
            codec, rate=encoding.audio_hz, layout=layout
        )
        stream.bit_rate = encoding.audio_bits_per_s
        stream.options = {"aac_coder": "fast"} if codec == "aac" else {}
        self._stream = stream
        self._samples: Samples = mix(plan, sounds)
        self._next = round(encoding.sound_start_s * RATE_HZ)
        self._resampler = av.AudioResampler(format=stream.format, layout=layout, rate=encoding.audio_hz)
        self._fifo = AudioFifo()
        self._written = round(encoding.sound_start_s * encoding.audio_hz)

    def until(self, time_s: float) -> "list[Packet[AudioStream]]":
        """Packets up to a little after a time; up to the end, and no more, at infinity."""
        packets: list[Packet[AudioStream]] = []
        while self._next < len(self._samples) and self._next / RATE_HZ < time_s + 0.5:
            block = av.AudioFrame.from_ndarray(
                self._samples[None, self._next : self._next + _BLOCK], format="fltp", layout="mono"
            )
            block.sample_rate = RATE_HZ
            self._next += _BLOCK
            packets += self._encode(self._resampler.resample(block))
        if time_s == float("inf"):
            packets += self._encode(self._resampler.resample(None))
            rest = self._fifo.read(partial=True)
            packets += self._encoded(rest) if rest else []
            packets += self._stream.encode(None)
        return packets

    def _encode(self, frames: list[av.AudioFrame]) -> "list[Packet[AudioStream]]":
        packets: list[Packet[AudioStream]] = []
        for frame in frames:
            frame.pts = None
            self._fifo.write(frame)
        size = self._stream.codec_context.frame_size or 1024
        while (full := self._fifo.read(size)) is not None:
            packets += self._encoded(full)
        return packets

    def _encoded(self, frame: av.AudioFrame) -> "list[Packet[AudioStream]]":
        frame.pts, frame.time_base = self._written, Fraction(1, frame.sample_rate)
        self._written += frame.samples
        return self._stream.encode(frame)
