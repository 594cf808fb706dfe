"""Parts of a video are what reading it through shows there, also where seeking leads elsewhere."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import pytest

from core.errors import MediaError
from core.video.reading import VideoReader
from core.video.seek_probes import SeekProbes
from tests.clips import ClipSpec, drawings, number_in, write_clip

COUNT = 240
X264 = {"preset": "veryfast", "crf": "18", "g": "24"}
MPEG4 = {"b": "2000000", "g": "24"}
WRAP_S = Fraction(2**33, 90_000)

Frames = list[tuple[Fraction, int]]


def _plain(folder: Path) -> Path:
    return write_clip(folder / "a.mp4", drawings(COUNT, 160, 90), ClipSpec(options=X264))


def _joined(folder: Path, name: str, spec: ClipSpec, *lengths: int) -> Path:
    """Recordings of so many frames in one file, as `cat` joins them: their stamps start anew, their numbers go on."""
    pictures, data = drawings(COUNT, 160, 90), b""
    for length in lengths:
        part, pictures = pictures[:length], pictures[length:]
        data += write_clip(folder / f"part-{name}", part, spec).read_bytes()
    path = folder / name
    path.write_bytes(data)
    return path


def _joined_ts(folder: Path) -> Path:
    return _joined(folder, "a.ts", ClipSpec(options=X264), 120, 120)


def _uneven_ts(folder: Path) -> Path:
    return _joined(folder, "a.ts", ClipSpec(options=X264), 50, 130, 60)


def _joined_mpg(folder: Path) -> Path:
    spec = ClipSpec(codec="mpeg2video", options=MPEG4, rate=Fraction(25))
    return _joined(folder, "a.mpg", spec, 100, 140)


def _wrapping_ts(folder: Path) -> Path:
    """The 33 bits of its clock overflow after four seconds."""
    return write_clip(folder / "a.ts", drawings(COUNT, 160, 90), ClipSpec(options=X264, shift=WRAP_S - 4))


def _wrapping_mpg(folder: Path) -> Path:
    spec = ClipSpec(codec="mpeg2video", options=MPEG4, rate=Fraction(25), shift=WRAP_S - 4)
    return write_clip(folder / "a.mpg", drawings(COUNT, 160, 90), spec)


def _open_groups(folder: Path) -> Path:
    options = {"preset": "veryfast", "crf": "18", "x264-params": "open-gop=1:keyint=24:bframes=3:b-adapt=0:scenecut=0"}
    return write_clip(folder / "a.mkv", drawings(COUNT, 160, 90), ClipSpec(options=options))


def _open_groups_ts(folder: Path) -> Path:
    options = {"preset": "veryfast", "crf": "18", "x264-params": "open-gop=1:keyint=24:bframes=3:b-adapt=0:scenecut=0"}
    return write_clip(folder / "a.ts", drawings(COUNT, 160, 90), ClipSpec(options=options))


def _edit_list(folder: Path) -> Path:
    """An MP4 whose picture begins late, by an empty edit, and whose reordering is taken back by another."""
    spec = ClipSpec(options=X264, shift=Fraction(3, 2), sound_from=Fraction(-3, 2), sound_s=Fraction(12))
    return write_clip(folder / "a.mp4", drawings(COUNT, 160, 90), spec)


def _avi_without_index(folder: Path) -> Path:
    path = write_clip(folder / "a.avi", drawings(COUNT, 160, 90), ClipSpec(codec="mpeg4", options=MPEG4))
    data = path.read_bytes()
    path.write_bytes(data[: data.rindex(b"idx1")])
    return path


def _mkv_without_index(folder: Path) -> Path:
    """As it is streamed."""
    spec = ClipSpec(options=X264, container_options={"live": "1"})
    return write_clip(folder / "a.mkv", drawings(COUNT, 160, 90), spec)


def _bare_h264(folder: Path) -> Path:
    return write_clip(folder / "a.h264", drawings(COUNT, 160, 90), ClipSpec(options=X264))


def _one_group(folder: Path) -> Path:
    options = {"preset": "veryfast", "crf": "18", "g": "100000", "sc_threshold": "0"}
    return write_clip(folder / "a.ts", drawings(COUNT, 160, 90), ClipSpec(options=options))


KINDS: dict[str, Callable[[Path], Path]] = {
    "an ordinary file": _plain,
    "two recordings": _joined_ts,
    "three recordings of different lengths": _uneven_ts,
    "two programme streams": _joined_mpg,
    "a transport stream's clock that overflows": _wrapping_ts,
    "a programme stream's clock that overflows": _wrapping_mpg,
    "open groups": _open_groups,
    "open groups in a transport stream": _open_groups_ts,
    "an edit list": _edit_list,
    "an AVI without its index": _avi_without_index,
    "a Matroska file without its index": _mkv_without_index,
    "a bare stream": _bare_h264,
    "one group of frames": _one_group,
}


def _whole(path: Path) -> tuple[Frames, bool]:
    """Every frame, and whether seeking leads to them, as `library add` finds out."""
    probes = SeekProbes()
    with VideoReader(path) as reader:
        frames = []
        for frame in reader.frames():
            frames.append((frame.time, number_in(frame.rgb(160, 90))))
            probes.offer(frame.time, frame.luma())
        return frames, not reader.restarts and probes.agree(reader)


def _parts_differ(path: Path, whole: Frames, *, seekable: bool) -> list[int]:
    differ = []
    with VideoReader(path, seekable=seekable) as reader:
        for first in (200, 30, 119, 120, 121, 5, 170, 239, 60, 181):
            start = whole[first][0]
            end = whole[first + 4][0] if first + 4 < len(whole) else None
            part = [(frame.time, number_in(frame.rgb(160, 90))) for frame in reader.frames(start, end)]
            if part != whole[first : first + 4 if end else None]:
                differ.append(first)
    return differ


@pytest.mark.parametrize("kind", KINDS)
def test_a_part_is_what_reading_through_shows_there(tmp_path: Path, kind: str) -> None:
    path = KINDS[kind](tmp_path)
    whole, seekable = _whole(path)
    assert [number for _, number in whole] == list(range(COUNT))
    assert _parts_differ(path, whole, seekable=False) == []
    if seekable:
        assert _parts_differ(path, whole, seekable=True) == []


@pytest.mark.parametrize(
    ("kind", "expected"),
    [("an ordinary file", True), ("open groups", True), ("two recordings", False), ("two programme streams", False)],
)
def test_it_is_noticed_when_seeking_leads_elsewhere(tmp_path: Path, kind: str, expected: bool) -> None:
    assert _whole(KINDS[kind](tmp_path))[1] is expected


def test_a_frame_that_is_shown_at_another_time_is_noticed(tmp_path: Path) -> None:
    """Not only by the stamps: the frame itself is compared."""
    path = _plain(tmp_path)
    probes = SeekProbes()
    with VideoReader(path) as reader:
        frames = list(reader.frames())
        for frame, elsewhere in zip(frames, [*frames[30:], *frames[:30]], strict=True):
            probes.offer(frame.time, elsewhere.luma())
        assert not probes.agree(reader)


def test_most_of_what_is_passed_over_is_not_decoded(tmp_path: Path) -> None:
    path = _uneven_ts(tmp_path)
    whole, _seekable = _whole(path)
    with VideoReader(path, seekable=False) as reader:
        before = reader.decoded_frames
        assert next(reader.frames(whole[170][0])).time == whole[170][0]
        assert 0 < reader.decoded_frames - before < 100


def test_what_cannot_be_sought_in_is_said(tmp_path: Path) -> None:
    with VideoReader(_bare_h264(tmp_path)) as reader, pytest.raises(MediaError, match="cannot be sought in"):
        reader.seek_frame(Fraction(4), 100)
