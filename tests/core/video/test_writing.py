"""`write_mp4`: what goes in comes out again, whole or not at all."""

from collections.abc import Iterator
from fractions import Fraction
from io import BytesIO
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from core.errors import MediaError
from core.video.reading import VideoReader
from core.video.writing import Sound, VideoQuality, write_mp4

FILM = Fraction(24_000, 1001)
LEFT, RIGHT = (200, 40, 60), (30, 160, 230)


def halves(count: int, *, width: int = 96, height: int = 64) -> Iterator[NDArray[np.uint8]]:
    """Red on the left, blue on the right; the border moves a pixel a frame."""
    for number in range(count):
        frame = np.full((height, width, 3), RIGHT, np.uint8)
        frame[:, : width // 3 + number] = LEFT
        yield frame


def tone(seconds: float, *, hertz: float, rate_hz: int, channels: int) -> Iterator[NDArray[np.float32]]:
    time = np.arange(round(seconds * rate_hz)) / rate_hz
    wave = (0.4 * np.sin(2 * np.pi * hertz * time)).astype(np.float32)
    for start in range(0, wave.size, 3000):
        yield np.repeat(wave[None, start : start + 3000], channels, axis=0)


def test_frames_times_and_colours_come_back(tmp_path: Path) -> None:
    target = tmp_path / "a.mp4"
    assert write_mp4(target, halves(30), rate=FILM) == 30
    with VideoReader(target) as reader:
        assert (reader.info.width, reader.info.height, reader.info.codec, reader.info.rate) == (96, 64, "h264", FILM)
        frames = list(reader.frames())
    assert [frame.time for frame in frames] == [number / FILM for number in range(30)]
    last = frames[-1].rgb(96, 64)
    assert np.abs(last[:, 8].astype(int) - LEFT).max() <= 6
    assert np.abs(last[:, -8].astype(int) - RIGHT).max() <= 6
    assert np.abs(last[:, 32 + 29 - 4].astype(int) - LEFT).max() <= 20


def test_colours_are_named_and_the_format_plays_everywhere(tmp_path: Path) -> None:
    target = tmp_path / "a.mp4"
    write_mp4(target, halves(3), rate=FILM)
    with av.open(target) as container:
        context = container.streams.video[0].codec_context
        assert context.pix_fmt == "yuv420p"
        assert (context.colorspace, context.color_primaries, context.color_trc, context.color_range) == (1, 1, 1, 1)
        assert not container.streams.audio


def test_the_index_comes_before_the_data(tmp_path: Path) -> None:
    target = tmp_path / "a.mp4"
    write_mp4(target, halves(10), rate=FILM)
    data = target.read_bytes()
    assert 0 < data.index(b"moov") < data.index(b"mdat")


@pytest.mark.parametrize(("width", "height"), [(97, 65), (96, 65), (97, 64)])
def test_an_odd_last_row_or_column_is_left_out(tmp_path: Path, width: int, height: int) -> None:
    target = tmp_path / "a.mp4"
    write_mp4(target, halves(2, width=width, height=height), rate=FILM)
    with VideoReader(target) as reader:
        assert (reader.info.width, reader.info.height) == (96, 64)


def test_a_stream_gets_the_same_bytes_at_its_position(tmp_path: Path) -> None:
    target, stream = tmp_path / "a.mp4", BytesIO()
    stream.write(b"before")
    write_mp4(target, halves(10), rate=FILM)
    write_mp4(stream, halves(10), rate=FILM)
    assert stream.getvalue() == b"before" + target.read_bytes()


def test_a_lower_crf_is_larger() -> None:
    rng = np.random.default_rng(1)
    frames = [rng.integers(0, 256, (64, 96, 3), np.uint8) for _ in range(5)]
    sizes = []
    for crf in (10, 30, 45):
        stream = BytesIO()
        write_mp4(stream, frames, rate=FILM, quality=VideoQuality(crf=crf))
        sizes.append(len(stream.getvalue()))
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] > 2 * sizes[-1]


def test_key_frames_come_as_often_as_asked(tmp_path: Path) -> None:
    target = tmp_path / "a.mp4"
    write_mp4(target, halves(48), rate=Fraction(24), quality=VideoQuality(keyframe_every_s=0.5))
    with av.open(target) as container:
        packets = [packet for packet in container.demux(video=0) if packet.size]
    keys = [number for number, packet in enumerate(packets) if packet.is_keyframe]
    assert keys[0] == 0
    assert 6 <= max(b - a for a, b in pairwise(keys)) <= 12


@pytest.mark.parametrize("channels", [1, 2])
def test_sound_is_aac_of_the_same_tone_and_length(tmp_path: Path, channels: int) -> None:
    target, rate_hz = tmp_path / "a.mp4", 32_000
    sound = Sound(tone(2.0, hertz=500, rate_hz=rate_hz, channels=channels), rate_hz=rate_hz)
    write_mp4(target, halves(48), rate=Fraction(24), sound=sound)
    with av.open(target) as container:
        stream = container.streams.audio[0]
        assert (stream.codec_context.name, stream.codec_context.channels, stream.rate) == ("aac", channels, rate_hz)
        samples = np.concatenate([frame.to_ndarray() for frame in container.decode(audio=0)], axis=1)
    assert samples.shape[0] == channels
    assert samples.shape[1] == pytest.approx(2.0 * rate_hz, abs=2048)
    middle = samples[0, rate_hz // 2 : rate_hz // 2 + rate_hz]
    assert np.abs(np.fft.rfft(middle)).argmax() == 500
    assert np.abs(middle).max() == pytest.approx(0.4, abs=0.05)


def test_sound_is_asked_for_as_the_pictures_go_on(tmp_path: Path) -> None:
    order: list[str] = []

    def pictures() -> Iterator[NDArray[np.uint8]]:
        for frame in halves(24):
            order.append("p")
            yield frame

    def blocks() -> Iterator[NDArray[np.float32]]:
        for block in tone(1.0, hertz=500, rate_hz=24_000, channels=1):
            order.append("s")
            yield block

    write_mp4(tmp_path / "a.mp4", pictures(), rate=Fraction(24), sound=Sound(blocks(), rate_hz=24_000))
    text = "".join(order)
    assert text.count("p") == 24
    assert text.count("s") == 8
    assert "pppppp" not in text


def test_what_frames_raise_comes_through_and_leaves_nothing_behind(tmp_path: Path) -> None:
    target = tmp_path / "a.mp4"
    target.write_bytes(b"old")

    def broken() -> Iterator[NDArray[np.uint8]]:
        yield from halves(3)
        raise RuntimeError("no more ink")

    with pytest.raises(RuntimeError, match="no more ink"):
        write_mp4(target, broken(), rate=FILM)
    assert [path.name for path in tmp_path.iterdir()] == ["a.mp4"]
    assert target.read_bytes() == b"old"


def mixed_sizes() -> Iterator[NDArray[np.uint8]]:
    yield from halves(2)
    yield from halves(1, width=64)


@pytest.mark.parametrize(
    ("frames", "rate", "words"),
    [
        (iter(()), FILM, "not one frame"),
        (mixed_sizes(), FILM, "frame 3 has another shape"),
        (iter([np.zeros((64, 96, 3), np.float32)]), FILM, "frame 1 has another shape or type"),
        (halves(2, width=1), FILM, "smaller than 2×2"),
        (halves(2), Fraction(0), "0 frames a second"),
    ],
)
def test_frames_that_cannot_be_written_are_refused(
    tmp_path: Path, frames: Iterator[NDArray[np.uint8]], rate: Fraction, words: str
) -> None:
    with pytest.raises(MediaError, match=words) as caught:
        write_mp4(tmp_path / "a.mp4", frames, rate=rate)
    assert caught.value.path == tmp_path / "a.mp4"
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "blocks", [[], [np.zeros((3, 100), np.float32)], [np.zeros(100, np.float32)], [np.zeros((1, 9)), np.zeros((2, 9))]]
)
def test_sound_that_does_not_fit_is_refused(tmp_path: Path, blocks: list[NDArray[np.float32]]) -> None:
    with pytest.raises(MediaError, match="sound"):
        write_mp4(tmp_path / "a.mp4", halves(3), rate=FILM, sound=Sound(blocks))


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match=r"no/a\.mp4: cannot be written \(No such file or directory\)"):
        write_mp4(tmp_path / "no" / "a.mp4", halves(2), rate=FILM)
