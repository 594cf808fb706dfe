"""Reading of video: exact times and undistorted pictures from all the ways in which files are made."""

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import numpy as np
import psutil
import pytest
from av.video.reformatter import ColorRange, Colorspace

from core.pictures.pixels import Rgb
from core.video.reading import VideoReader
from tests.clips import ClipSpec, circle_ratio, drawing, drawings, number_in, write_clip, write_sound

RATE = Fraction(24)
CORPUS = Path(__file__).resolve().parents[4] / "shared" / "corpus" / "odd"
X264 = {"preset": "veryfast", "crf": "18", "g": "12"}
MPEG4 = {"b": "2000000", "g": "12"}
WAYS = {
    "mp4": ("clip.mp4", ClipSpec(options=X264)),
    "mov": ("clip.mov", ClipSpec(options=X264)),
    "m4v": ("clip.m4v", ClipSpec(codec="mpeg4", options=MPEG4)),
    "mkv": ("clip.mkv", ClipSpec(options=X264)),
    "webm": (
        "clip.webm",
        ClipSpec(codec="libvpx", options={"deadline": "realtime", "cpu-used": "8", "g": "12", "threads": "1"}),
    ),
    "avi": ("clip.avi", ClipSpec(codec="mpeg4", options=MPEG4)),
    "avi with reordered frames": ("h264.avi", ClipSpec(options=X264)),
    "ts": ("clip.ts", ClipSpec(options=X264)),
    "flv": ("clip.flv", ClipSpec(codec="flv", options=MPEG4)),
    "mpg": ("clip.mpg", ClipSpec(codec="mpeg2video", options=MPEG4, rate=Fraction(25))),
    "gif": ("clip.gif", ClipSpec(codec="gif", pix_fmt="rgb8", options={}, rate=Fraction(25))),
    "hevc": (
        "hevc.mkv",
        ClipSpec(codec="libx265", options={"preset": "ultrafast", "x265-params": "log-level=none:keyint=12"}),
    ),
}


def _numbers(reader: VideoReader, start: Fraction = Fraction(0), end: Fraction | None = None) -> list[int]:
    return [number_in(frame.rgb(160, 90)) for frame in reader.frames(start, end)]


@pytest.mark.parametrize("way", WAYS)
def test_every_frame_comes_once_in_order_at_its_time(tmp_path: Path, way: str) -> None:
    name, spec = WAYS[way]
    path = write_clip(tmp_path / name, drawings(40, 160, 90), spec)
    with VideoReader(path) as reader:
        frames = list(reader.frames())
        assert [number_in(frame.rgb(160, 90)) for frame in frames] == list(range(40))
        for index, frame in enumerate(frames):  # Matroska, FLV and WebM count in milliseconds
            assert abs(frame.time - index / spec.rate) <= Fraction(1, 1000)
        assert (reader.damage, reader.truncated) == (None, False)


@pytest.mark.parametrize("way", WAYS)
def test_a_part_is_what_the_whole_shows_there(tmp_path: Path, way: str) -> None:
    name, spec = WAYS[way]
    path = write_clip(tmp_path / name, drawings(40, 160, 90), spec)
    with VideoReader(path) as reader:
        whole = [(frame.time, number_in(frame.rgb(160, 90))) for frame in reader.frames()]
        for first, last in ((30, 35), (13, 14), (0, 3), (25, 40), (39, 40)):
            start, end = whole[first][0], whole[last][0] if last < 40 else None
            part = [(frame.time, number_in(frame.rgb(160, 90))) for frame in reader.frames(start, end)]
            assert part == whole[first:last]
        after = whole[20][0] + Fraction(1, 1000)
        assert next(reader.frames(after)).time == whole[21][0]
        assert list(reader.frames(Fraction(100))) == []


def test_times_are_exact(tmp_path: Path) -> None:
    rate = Fraction(24000, 1001)
    path = write_clip(tmp_path / "a.mp4", drawings(30, 160, 90), ClipSpec(rate=rate))
    with VideoReader(path) as reader:
        assert [frame.time for frame in reader.frames()] == [index / rate for index in range(30)]
        assert reader.info.rate == rate
        assert reader.info.duration is not None
        assert abs(reader.info.duration - 30 / rate) < Fraction(1, 1000)
        assert (reader.info.width, reader.info.height, reader.info.codec) == (160, 90, "h264")
        assert "mp4" in reader.info.container


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv"])
def test_frames_of_uneven_length_keep_their_times(tmp_path: Path, name: str) -> None:
    times = [Fraction(index * 40 + 15 * (index % 3) + (700 if index > 12 else 0), 1000) for index in range(30)]
    path = write_clip(tmp_path / name, drawings(30, 160, 90), ClipSpec(times=times))
    with VideoReader(path) as reader:
        assert [frame.time for frame in reader.frames()] == times
        assert _numbers(reader, times[13], times[15]) == [13, 14]


@pytest.mark.parametrize(("name", "tolerance"), [("a.mp4", 0), ("a.mkv", 0), ("a.ts", Fraction(1, 40))])
def test_time_begins_where_sound_or_picture_begins(tmp_path: Path, name: str, tolerance: Fraction) -> None:
    """A transport stream's own clock starts anywhere, and its sound a little earlier for the encoder's sake."""
    times = [Fraction(1, 2) + index / RATE for index in range(24)]
    shift = Fraction(10) if name.endswith("ts") else Fraction(0)
    spec = ClipSpec(times=times, sound_from=Fraction(0), shift=shift)
    with VideoReader(write_clip(tmp_path / name, drawings(24, 160, 90), spec)) as reader:
        first = next(reader.frames()).time
        assert 0 <= first - Fraction(1, 2) <= tolerance
    alone = ClipSpec(shift=shift)
    with VideoReader(write_clip(tmp_path / f"alone-{name}", drawings(24, 160, 90), alone)) as reader:
        assert [frame.time for frame in reader.frames()][:2] == [0, pytest.approx(1 / 24, abs=1e-3)]


def test_recordings_joined_end_to_end_go_on_counting(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.ts", drawings(48, 160, 90), ClipSpec())
    joined = tmp_path / "joined.ts"
    joined.write_bytes(path.read_bytes() * 2)
    with VideoReader(joined) as reader:
        frames = [(frame.time, number_in(frame.rgb(160, 90))) for frame in reader.frames()]
    assert all(frame[0] < next_frame[0] for frame, next_frame in pairwise(frames))
    assert [number for _, number in frames] == [*range(48), *range(48)]
    assert frames[-1][0] == pytest.approx(95 / 24, abs=0.05)


@pytest.mark.parametrize(("rotation", "turns"), [(90, -1), (-90, 1), (180, 2)])
def test_turned_pictures_are_set_upright(tmp_path: Path, rotation: int, turns: int) -> None:
    lying = [np.ascontiguousarray(np.rot90(picture, turns)) for picture in drawings(6)]
    path = write_clip(tmp_path / "a.mp4", lying, ClipSpec(rotation=rotation))
    with VideoReader(path) as reader:
        assert (reader.info.width, reader.info.height) == (320, 180)
        _, frame, *_ = reader.frames()
    picture = frame.rgb(320, 180)
    assert number_in(picture) == 1
    assert circle_ratio(picture) == pytest.approx(1, abs=0.05)
    assert np.abs(picture.astype(int) - drawing(1, 320, 180, shot=1)).mean() < 6


@pytest.mark.parametrize(
    ("coded", "aspect", "shown"),
    [
        ((720, 480), Fraction(8, 9), (640, 480)),
        ((720, 480), Fraction(32, 27), (853, 480)),
        ((720, 576), Fraction(16, 15), (768, 576)),
        ((704, 576), Fraction(16, 11), (1024, 576)),
        ((640, 480), None, (640, 480)),
    ],
)
def test_pixels_that_are_not_square_give_undistorted_pictures(
    tmp_path: Path, coded: tuple[int, int], aspect: Fraction | None, shown: tuple[int, int]
) -> None:
    shape = Fraction(*coded) * (aspect or 1)
    pictures = [drawing(number, *coded, shape=shape) for number in range(3)]
    path = write_clip(tmp_path / "a.mkv", pictures, ClipSpec(sample_aspect=aspect))
    with VideoReader(path) as reader:
        info = reader.info
        assert (info.width, info.height) == shown
        picture = next(reader.frames()).rgb(info.width // 2, info.height // 2)
    assert circle_ratio(picture) == pytest.approx(1, abs=0.02)


@pytest.mark.parametrize(
    ("codec", "options"),
    [
        ("libx264", {"preset": "ultrafast", "crf": "14", "x264-params": "tff=1"}),
        ("mpeg2video", {"flags": "+ildct+ilme", "b": "9000000"}),
    ],
)
def test_interlaced_frames_are_not_combed(tmp_path: Path, codec: str, options: dict[str, str]) -> None:
    fields = [np.roll(drawing(0, 720, 480), index * 16, axis=1) for index in range(12)]
    path = write_clip(tmp_path / "a.mkv", fields, ClipSpec(codec=codec, options=options, fields=True))
    with VideoReader(path) as reader:
        pictures = [frame.rgb(720, 480) for frame in reader.frames()]
        assert len(pictures) == 6
        small = next(reader.frames(Fraction(1, 8))).rgb(270, 180)
    assert circle_ratio(small) == pytest.approx(1, abs=0.03)
    for index, picture in enumerate(pictures):
        assert circle_ratio(picture) == pytest.approx(1, abs=0.02)
        assert np.abs(picture.astype(int) - fields[2 * index]).mean() < 5


def _patches(width: int, height: int) -> tuple[Rgb, list[tuple[int, int, int]]]:
    colours = [(200, 30, 30), (30, 180, 40), (40, 40, 210), (240, 240, 240), (12, 12, 12), (190, 120, 80)]
    picture = np.zeros((height, width, 3), np.uint8)
    for index, colour in enumerate(colours):
        picture[:, index * width // 6 : (index + 1) * width // 6] = colour
    return picture, colours


def _colour_error(path: Path, colours: list[tuple[int, int, int]]) -> int:
    with VideoReader(path) as reader:
        picture = next(reader.frames()).rgb(96, 54).astype(int)
    return max(int(np.abs(picture[27, 8 + 16 * index] - colour).max()) for index, colour in enumerate(colours))


@pytest.mark.parametrize("pix_fmt", ["yuv420p", "yuv420p10le", "yuv444p"])
@pytest.mark.parametrize("matrix", [Colorspace.ITU601, Colorspace.ITU709])
@pytest.mark.parametrize("colour_range", [ColorRange.MPEG, ColorRange.JPEG])
def test_colours_are_right(tmp_path: Path, pix_fmt: str, matrix: Colorspace, colour_range: ColorRange) -> None:
    picture, colours = _patches(384, 216)
    spec = ClipSpec(pix_fmt=pix_fmt, matrix=matrix, colour_range=colour_range)
    assert _colour_error(write_clip(tmp_path / "a.mkv", [picture, picture], spec), colours) <= 4


@pytest.mark.parametrize(("width", "height", "matrix"), [(384, 216, Colorspace.ITU601), (1280, 544, Colorspace.ITU709)])
def test_colours_of_streams_that_say_nothing_are_those_of_their_size(
    tmp_path: Path, width: int, height: int, matrix: Colorspace
) -> None:
    picture, colours = _patches(width, height)
    spec = ClipSpec(matrix=matrix, tagged=False)
    wrong = Colorspace.ITU601 if matrix == Colorspace.ITU709 else Colorspace.ITU709
    assert _colour_error(write_clip(tmp_path / "a.mkv", [picture] * 2, spec), colours) <= 4
    assert _colour_error(write_clip(tmp_path / "b.mkv", [picture] * 2, replace(spec, matrix=wrong)), colours) > 10


@pytest.mark.parametrize(
    ("size", "spec"),
    [
        ((640, 480), ClipSpec()),
        ((640, 360), ClipSpec(pix_fmt="yuv420p10le")),
        ((200, 110), ClipSpec(codec="ffv1", options={}, pix_fmt="bgr0")),
        ((48, 30), ClipSpec()),
        ((22, 14), ClipSpec()),
    ],
)
def test_the_small_brightness_picture_is_the_frame_averaged(
    tmp_path: Path, size: tuple[int, int], spec: ClipSpec
) -> None:
    ramp = np.linspace(20, 230, size[0]) * np.ones((size[1], 1))
    ramp[: size[1] // 2] *= 0.5
    picture = np.repeat(ramp[..., None], 3, axis=2).astype(np.uint8)
    path = write_clip(tmp_path / "a.mkv", [picture] * 2, replace(spec, colour_range=ColorRange.JPEG))
    with VideoReader(path) as reader:
        luma = next(reader.frames()).luma()
    assert luma.shape == (18, 32)
    assert luma.dtype == np.uint8
    expected = np.linspace(20, 230, 65)[1::2]
    assert np.abs(luma[3].astype(float) - expected * 0.5).max() < 14
    assert np.abs(luma[14].astype(float) - expected).max() < 14


@pytest.mark.parametrize("name", ["a.mp3", "a.m4a"])
def test_a_cover_picture_is_not_video(tmp_path: Path, name: str) -> None:
    path = write_sound(tmp_path / name, cover=drawing(0, 320, 320))
    with pytest.raises(Exception, match="it has no video stream"):
        VideoReader(path)


def test_unreferenced_frames_can_be_left_out(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mp4", drawings(40, 160, 90), ClipSpec(options=X264))
    with VideoReader(path) as whole, VideoReader(path, skip_unreferenced=True) as fewer:
        times = {frame.time for frame in whole.frames()}
        left = [frame.time for frame in fewer.frames()]
    assert 10 <= len(left) < 35
    assert set(left) < times


def test_files_are_released_and_frames_outlive_them(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mp4", drawings(40, 160, 90), ClipSpec())
    process = psutil.Process()
    before = process.num_fds()
    for _ in range(3):
        with VideoReader(path) as reader:
            frames = reader.frames()
            first = next(frames)
            assert process.num_fds() > before
        assert list(frames) == []
        assert number_in(first.rgb(160, 90)) == 0
        assert process.num_fds() == before
    with pytest.raises(ValueError, match="closed"):
        reader.frames()


def test_a_new_iteration_ends_the_one_before(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mp4", drawings(40, 160, 90), ClipSpec())
    with VideoReader(path) as reader:
        first = reader.frames()
        next(first)
        second = reader.frames(Fraction(1))
        assert number_in(next(second).rgb(160, 90)) == 24
        assert list(first) == []
        assert [number_in(frame.rgb(160, 90)) for frame in second] == list(range(25, 40))


def test_memory_stays_flat(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mp4", drawings(20, 640, 360) * 20, ClipSpec())
    process = psutil.Process()
    with VideoReader(path) as reader:
        for index, _ in enumerate(reader.frames()):
            if index == 60:
                before = process.memory_info().rss
        grown = process.memory_info().rss - before
    assert index == 399
    assert grown < 40 * 2**20  # the frames that follow take 120 MB


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the collection of odd files is not beside the project")
def test_odd_files_of_other_projects_can_be_read() -> None:
    shapes = {"issue-134-rotate.mp4": (544, 1280), "issue-195-aspect-ratio.mp4": (1024, 576)}
    counts = {"Megamind.avi": 270, "goldeneye-vfr-drop3.mp4": 160, "issue-236-split-copy.mkv": 48}
    for path in sorted(CORPUS.iterdir()):
        with VideoReader(path) as reader:
            times = [frame.time for frame in reader.frames(end=None if path.name in counts else Fraction(3))]
            shape = (reader.info.width, reader.info.height)
            assert shape == shapes.get(path.name, shape)
            assert (reader.damage, reader.truncated) == (None, False), path
        assert all(time < next_time for time, next_time in pairwise(times)), path
        assert len(times) == counts.get(path.name, len(times)), path
        assert times[0] < Fraction(1, 10), path
