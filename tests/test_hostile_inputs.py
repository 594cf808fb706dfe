"""Inputs nobody means well with: each is answered by a sentence that names it, and nothing else is lost."""

import io
import os
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from PIL import Image

from config.opening import open_engine
from config.settings import Settings
from core.engine import Engine
from core.errors import PictureError
from ingest.library.add import add_videos
from ingest.planning.plan import PlanOptions
from ingest.reporting import SilentReporter
from tests.animations import long_gif
from tests.episodes import CUT, draw_episode, scene_frame


def _png(number: int = 12, shot: int = 0) -> bytes:
    whole, data = cv2.imencode(".png", scene_frame(number, shot)[:, :, ::-1])
    assert whole
    return data.tobytes()


def _bomb() -> bytes:
    """A PNG of 20,000 × 20,000 in a few hundred bytes, whose header is true and whose data ends early."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 20_000, 20_000, 8, 2, 0, 0, 0)
    data = zlib.compress(b"\0" * 100_000)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def _zip() -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("01.txt", "not a video" * 100)
    return data.getvalue()


def _saved(picture: Image.Image, **options: object) -> bytes:
    data = io.BytesIO()
    picture.save(data, **options)  # type: ignore[arg-type]  # options differ by format
    return data.getvalue()


def _pil(number: int = 12, shot: int = 0) -> Image.Image:
    return Image.fromarray(scene_frame(number, shot))


def _audio_only() -> bytes:
    data = io.BytesIO()
    with av.open(data, "w", format="mp4") as container:
        stream = container.add_stream("aac", rate=44_100)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 44_100), np.float32), format="fltp", layout="mono")
        frame.sample_rate = 44_100
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return data.getvalue()


def _no_frames() -> bytes:
    """A video stream that is declared and has no frame."""
    data = io.BytesIO()
    with av.open(data, "w", format="matroska") as container:
        stream = container.add_stream("libx264", rate=24)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        stream.time_base = Fraction(1, 24)
        container.start_encoding()
    return data.getvalue()


_REFUSED_PICTURES: dict[str, Callable[[], bytes]] = {
    "empty.png": lambda: b"",
    "truncated.png": lambda: _png()[:2000],
    "truncated.jpg": lambda: _saved(_pil(), format="JPEG")[:640],
    "text.jpg": lambda: b"hello",
    "zip.png": _zip,
    "one pixel.png": lambda: _saved(Image.new("RGB", (1, 1)), format="PNG"),
    "bomb.png": _bomb,
    "photo.heic": lambda: b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + b"\0" * 64,
    "drawing.svg": lambda: b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>',
    "sound only.mp4": _audio_only,
    "broken.gif": lambda: b"GIF89a" + b"\xff" * 40,
    "no frames.webm": _no_frames,
    "head of a clip.mkv": lambda: _no_frames()[:200],
}


@pytest.fixture(scope="module")
def engine(made_library: Path) -> Iterator[Engine]:
    with open_engine(Settings(data_dir=made_library, runtime="onnx")) as opened:
        yield opened


@pytest.mark.parametrize("name", _REFUSED_PICTURES)
def test_a_picture_that_cannot_be_used_is_named(engine: Engine, tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(_REFUSED_PICTURES[name]())
    with pytest.raises(PictureError) as caught:
        engine.search(path)
    assert name in str(caught.value)
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize("name", ["missing.png", "folder"])
def test_a_picture_that_is_not_there_is_named(engine: Engine, tmp_path: Path, name: str) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(PictureError, match=name):
        engine.search(tmp_path / name)


def _animated(shot: int, **options: object) -> bytes:
    black = Image.new("RGB", (320, 180))
    return _saved(black, save_all=True, append_images=[_pil(12, shot), _pil(14, shot)], duration=80, **options)


def _sixteen_bit() -> bytes:
    whole, data = cv2.imencode(".png", scene_frame(12, 0)[:, :, ::-1].astype(np.uint16) * 257)
    assert whole
    return data.tobytes()


def _rotated() -> bytes:
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was held on its side: to be shown turned by 90 degrees clockwise
    return _saved(_pil().transpose(Image.Transpose.ROTATE_90), format="JPEG", exif=exif)


_ODD_BUT_FINE: dict[str, Callable[[], bytes]] = {
    "animated.png": lambda: _animated(0, format="PNG"),
    "animated.gif": lambda: _animated(0, format="GIF"),
    "animated.webp": lambda: _animated(0, format="WEBP", lossless=True),
    "cmyk.jpg": lambda: _saved(_pil().convert("CMYK"), format="JPEG"),
    "sixteen bit.png": _sixteen_bit,
    "rotated.jpg": _rotated,
    'it\'s "quoted" 🍂 夜.png': _png,
    "palette.png": lambda: _saved(_pil().quantize(64), format="PNG"),
    "see-through.png": lambda: _saved(_pil().convert("RGBA"), format="PNG"),
    "wrong suffix.txt": _png,
}


@pytest.mark.parametrize("name", _ODD_BUT_FINE)
def test_an_odd_picture_is_found_all_the_same(engine: Engine, tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(_ODD_BUT_FINE[name]())
    best = engine.search(path).scenes[0]
    assert best.path.endswith("01-The Ferry.mp4")
    assert abs(best.at_ms - 1000) <= 500
    assert not best.mirrored


def test_a_short_video_is_looked_up_as_what_it_is(engine: Engine, tmp_path: Path) -> None:
    clip = draw_episode(tmp_path / "clip.mp4", 20, frames=CUT)
    best = engine.search(clip).scenes[0]
    assert best.name.season == 2
    assert best.from_ms <= 300
    assert best.to_ms <= 2500


def test_an_animation_that_hardly_ends_is_one_picture(engine: Engine, tmp_path: Path) -> None:
    path = tmp_path / "long.gif"
    path.write_bytes(long_gif(scene_frame(12, 0), 10_000))
    best = engine.search(path).scenes[0]
    assert best.path.endswith("01-The Ferry.mp4")
    assert abs(best.at_ms - 1000) <= 500


_REFUSED_VIDEOS: dict[str, Callable[[], bytes]] = {
    "empty.mp4": lambda: b"",
    "zip.mp4": _zip,
    "text.mkv": lambda: b"this is text\n" * 100,
    "sound only.mp4": _audio_only,
    "no frames.mkv": _no_frames,
    "picture.mp4": _png,
    "playlist.mp4": lambda: b"#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nfile:///etc/hostname\n#EXT-X-ENDLIST\n",
    "noise.avi": lambda: np.random.default_rng(1).bytes(50_000),
}


def test_videos_that_cannot_be_used_are_named_and_the_rest_is_searchable(settings: Settings, tmp_path: Path) -> None:
    folder = tmp_path / "videos"
    good = draw_episode(folder / 'it\'s "good" 🍂.mp4', 0)
    for name, content in _REFUSED_VIDEOS.items():
        (folder / name).write_bytes(content())
    (folder / "cut off.mkv").write_bytes(_as_mkv(good)[:4000])
    (folder / "loop").symlink_to(folder, target_is_directory=True)
    (folder / "ring.mp4").symlink_to("ring.mp4")
    (folder / "nowhere.mp4").symlink_to("gone.mp4")
    (folder / os.fsdecode(b"not text \xff.mp4")).write_bytes(b"x")
    added = add_videos(settings, [folder], PlanOptions(), lambda *_: SilentReporter())
    problems = {Path(path).name: reason for path, reason in added.summary.problems}
    refused_names = {*_REFUSED_VIDEOS, "ring.mp4", "nowhere.mp4", os.fsdecode(b"not text \xff.mp4")}
    assert refused_names <= set(problems) <= refused_names | {"cut off.mkv"}
    assert all(problems.values())
    with open_engine(settings) as engine:
        assert engine.search(scene_frame(12, 0)).scenes[0].path == str(good)


def _as_mkv(video: Path) -> bytes:
    data = io.BytesIO()
    with av.open(video) as source, av.open(data, "w", format="matroska") as target:
        stream = target.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.dts is not None:
                packet.stream = stream
                target.mux(packet)
    return data.getvalue()
