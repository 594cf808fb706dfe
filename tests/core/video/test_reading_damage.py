"""Files that are not videos, or not any more."""

import os
import zipfile
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av.error
import numpy as np
import psutil
import pytest

from core.errors import MediaError
from core.video.errors import media_errors, reason_of
from core.video.reading import VideoReader
from tests.clips import ClipSpec, drawing, drawings, number_in, write_clip, write_sound

NOT_A_VIDEO = "not a video that can be read"
CUT_HEADER = "its header is missing or cut off"
FAST_START = {"movflags": "+faststart"}


def _noisy(count: int) -> list[np.ndarray[tuple[int, ...], np.dtype[np.uint8]]]:
    """Drawings whose packets are of about one size."""
    rng = np.random.default_rng(1)
    pictures = drawings(count)
    for picture in pictures:
        picture[:40] = rng.integers(0, 255, (40, 320, 3))
    return pictures


def _refusal(path: Path) -> str:
    with pytest.raises(MediaError) as caught:
        VideoReader(path)
    assert caught.value.path == path
    assert str(caught.value) == f"{path}: {caught.value.reason}"
    return caught.value.reason


def test_what_is_not_there_is_said(tmp_path: Path) -> None:
    assert _refusal(tmp_path / "no.mp4") == "no such file"
    assert _refusal(tmp_path) == "a folder, not a video"
    (tmp_path / "empty.mp4").touch()
    assert _refusal(tmp_path / "empty.mp4") == "the file is empty"
    os.mkfifo(tmp_path / "pipe.mp4")
    assert _refusal(tmp_path / "pipe.mp4") == "not a regular file"


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may read everything")
def test_a_file_that_may_not_be_read_is_said(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mp4", drawings(3))
    path.chmod(0)
    assert _refusal(path) == "no permission to read it"


@pytest.mark.parametrize(
    "text",
    [
        b"The quick brown fox jumps over the lazy dog.\n" * 50,
        b"#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nreal.mp4\n#EXT-X-ENDLIST\n",
        b"ffconcat version 1.0\nfile real.mp4\n",
        b"v=0\no=- 0 0 IN IP4 127.0.0.1\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\n",
        b'<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011"><Period/></MPD>',
        bytes(range(256)) * 100,
    ],
)
@pytest.mark.parametrize("name", ["a.mp4", "a.mkv"])
def test_what_is_not_a_video_is_refused_and_nothing_else_opened(tmp_path: Path, name: str, text: bytes) -> None:
    """Play lists would make libav open the files that they name."""
    write_clip(tmp_path / "real.mp4", drawings(3))
    (tmp_path / name).write_bytes(text)
    assert _refusal(tmp_path / name) == NOT_A_VIDEO


def test_an_archive_named_like_a_video_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.mp4", "w") as archive:
        archive.writestr("real.txt", "text" * 100)
    assert _refusal(tmp_path / "a.mp4") == NOT_A_VIDEO


def test_names_are_paths_whatever_they_look_like(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    path = write_clip(tmp_path / "a.mp4", drawings(3))
    for name in ("concat:a.mp4", "-", "夜 の:雨%20?.mp4", "http:a.mp4", "\udcff.mp4"):
        os.link(path, tmp_path / name)
        with VideoReader(Path(name)) as reader:
            assert len(list(reader.frames())) == 3


def test_sound_alone_is_refused(tmp_path: Path) -> None:
    assert _refusal(write_sound(tmp_path / "a.mp3")) == "it has no video stream"
    assert _refusal(write_sound(tmp_path / "a.m4a", cover=drawing(0, 64, 64))) == "it has no video stream"
    (tmp_path / "a.mp4").write_bytes((tmp_path / "a.m4a").read_bytes())
    assert _refusal(tmp_path / "a.mp4") == "it has no video stream"


def test_a_header_that_is_cut_off_is_told_from_what_is_no_video(tmp_path: Path) -> None:
    for name, share in (("a.mp4", 0.9), ("a.mkv", 0.001)):
        data = write_clip(tmp_path / name, _noisy(30)).read_bytes()
        (tmp_path / name).write_bytes(data[: int(len(data) * share)])
        assert _refusal(tmp_path / name).startswith(CUT_HEADER)


def test_a_small_file_of_huge_frames_is_refused_before_they_are_made(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.gif", drawings(3, 32, 18), ClipSpec(codec="gif", pix_fmt="rgb8", options={}))
    data = bytearray(path.read_bytes())
    data[6:10] = (40_000).to_bytes(2, "little") * 2  # the width and height of the whole, 6 GB in colour
    path.write_bytes(data)
    before = psutil.Process().memory_info().rss
    assert _refusal(path) == "none of its frames can be decoded"
    assert psutil.Process().memory_info().rss - before < 100 * 2**20


def test_a_video_without_one_good_frame_is_refused(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mp4", _noisy(30))
    data = bytearray(path.read_bytes())
    start, end = data.index(b"mdat") + 4, data.index(b"moov") - 4
    data[start:end] = bytes(end - start)
    path.write_bytes(data)
    assert _refusal(path) == "none of its frames can be decoded"


@pytest.mark.parametrize(
    ("name", "spec"),
    [
        ("a.mp4", ClipSpec(container_options=FAST_START)),
        ("a.mkv", ClipSpec()),
        ("a.avi", ClipSpec(codec="mpeg4", options={"b": "2000000"})),
    ],
)
def test_of_a_file_that_breaks_off_the_good_part_is_read_and_the_loss_is_told(
    tmp_path: Path, name: str, spec: ClipSpec, capfd: pytest.CaptureFixture[str]
) -> None:
    path = write_clip(tmp_path / name, _noisy(96), spec)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    capfd.readouterr()
    with VideoReader(path) as reader:
        frames = [(frame.time, number_in(frame.rgb(320, 180))) for frame in reader.frames()]
        truncated = reader.truncated
        assert truncated
        assert reader.damage is not None
        assert "it ends at 00:00:0" in reader.damage
        assert "of 00:00:04" in reader.damage
        assert [number for _, number in frames[:-1]] == list(range(len(frames) - 1))
        assert 30 <= len(frames) <= 60
        list(reader.frames(end=Fraction(1)))
        assert not reader.truncated
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("name", "spec"),
    [
        ("a.mp4", ClipSpec()),
        ("a.mkv", ClipSpec()),
        ("a.ts", ClipSpec()),
        ("a.flv", ClipSpec(codec="flv", options={"b": "2000000", "g": "12"})),
        ("a.avi", ClipSpec(codec="mpeg4", options={"b": "2000000", "g": "12"})),
    ],
)
def test_damage_in_the_middle_is_passed_over(tmp_path: Path, name: str, spec: ClipSpec) -> None:
    path = write_clip(tmp_path / name, _noisy(96), spec)
    data = bytearray(path.read_bytes())
    middle, size = len(data) // 2, len(data) // 16
    data[middle : middle + size] = np.random.default_rng(3).integers(0, 256, size, dtype=np.uint8).tobytes()
    path.write_bytes(data)
    with VideoReader(path) as reader:
        frames = [(frame.time, number_in(frame.rgb(320, 180))) for frame in reader.frames()]
        assert not reader.truncated
        if name.endswith(("mp4", "mkv")):
            assert reader.damage is not None
            assert "damaged packet" in reader.damage
    times = [time for time, _ in frames]
    assert all(time < next_time for time, next_time in pairwise(times))
    assert [number for _, number in frames[:36]] == list(range(36))
    assert [number for _, number in frames[-20:]] == list(range(76, 96))
    if not name.endswith("avi"):  # where time is the number of the frame
        assert all(abs(time - Fraction(number, 24)) < 0.05 for time, number in frames[-20:])


def test_exceptions_of_libav_become_sentences_about_the_file() -> None:
    assert reason_of(av.error.PermissionError(13, "x", "y")) == "no permission to read it"
    assert reason_of(av.error.HTTPNotFoundError(1, "Server returned 404", "y")).startswith("the server refused (")
    assert reason_of(OSError(28, "No space left on device")) == "No space left on device"
    kinds = [kind for kind in vars(av.error).values() if isinstance(kind, type) and issubclass(kind, Exception)]
    assert len(kinds) > 30
    for kind in kinds:
        if issubclass(kind, av.error.FFmpegError):
            assert reason_of(kind(1, "some words", "a file"))
            with pytest.raises(MediaError, match=r"a\.mp4: \S"), media_errors(Path("a.mp4")):
                raise kind(1, "some words", "a file")
