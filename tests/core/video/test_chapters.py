"""Chapters of containers: read, repaired, and those that lie in another file."""

from fractions import Fraction
from itertools import count
from pathlib import Path

import av
import pytest

from core.errors import MediaError
from core.timecode import Millis
from core.video.chapters import Chapter, read_chapters, repair_chapters
from core.video.matroska_chapters import LinkedChapter, linked_chapters
from tests.clips import ClipSpec, drawings, write_clip

TITLES = (("アバン", 0, 1000), ("片头曲", 1000, 2000), ("", 2000, 4000))


def _chapter(title: str, start_ms: int, end_ms: int) -> Chapter:
    return Chapter(title, Millis(start_ms), Millis(end_ms))


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A video of four seconds."""
    folder = tmp_path_factory.mktemp("clips")
    return write_clip(folder / "clip.mkv", drawings(48, 64, 64), ClipSpec(rate=Fraction(12)))


def _with_chapters(clip: Path, target: Path, shift_ms: int = 0) -> Path:
    with av.open(str(clip)) as source, av.open(str(target), "w") as container:
        stream = container.add_stream_from_template(source.streams.video[0])
        container.set_chapters(
            [
                {
                    "id": number,
                    "start": start + shift_ms,
                    "end": end + shift_ms,
                    "time_base": Fraction(1, 1000),
                    "metadata": {"title": title} if title else {},
                }
                for number, (title, start, end) in enumerate(TITLES, 1)
            ]
        )
        for packet in source.demux(video=0):
            if packet.dts is not None and packet.pts is not None and packet.time_base is not None:
                packet.pts += round(Fraction(shift_ms, 1000) / packet.time_base)
                packet.dts += round(Fraction(shift_ms, 1000) / packet.time_base)
                packet.stream = stream
                container.mux(packet)
    return target


@pytest.mark.parametrize("name", ["chapters.mkv", "chapters.mp4"])
def test_chapters_come_with_titles_and_times(clip: Path, tmp_path: Path, name: str) -> None:
    chapters = read_chapters(_with_chapters(clip, tmp_path / name))
    assert chapters.linked == ()
    assert [chapter.title for chapter in chapters.chapters] == [title for title, _, _ in TITLES]
    assert [(chapter.start_ms, chapter.end_ms) for chapter in chapters.chapters] == [
        pytest.approx((start, end), abs=2) for _, start, end in TITLES
    ]


def test_times_are_counted_from_the_first_picture_or_sound(clip: Path, tmp_path: Path) -> None:
    (first, *_) = read_chapters(_with_chapters(clip, tmp_path / "late.mkv", shift_ms=500)).chapters
    assert (first.start_ms, first.end_ms) == (0, 1000)


def test_a_video_without_chapters_has_none_and_a_text_is_no_video(clip: Path, tmp_path: Path) -> None:
    assert read_chapters(clip).chapters == ()
    text = tmp_path / "text.mkv"
    text.write_text("CHAPTER01=00:00:00.000")
    with pytest.raises(MediaError, match="not a video"):
        read_chapters(text)


@pytest.mark.parametrize(
    ("written", "repaired"),
    [
        ([("a", 0, 10), ("b", 10, 5)], [("a", 0, 10), ("b", 10, 100)]),  # ends before it begins
        ([("b", 50, 50), ("a", 0, 0)], [("a", 0, 50), ("b", 50, 100)]),  # out of order, without ends
        ([("a", 0, 60), ("b", 50, 90)], [("a", 0, 50), ("b", 50, 90)]),  # overlapping
        ([("all", 0, 100), ("a", 0, 50), ("b", 50, 100)], [("all", 0, 50), ("b", 50, 100)]),  # two editions
        ([("a", 0, 50), ("b", 50, 1_000), ("c", 100, 200)], [("a", 0, 50), ("b", 50, 100)]),  # beyond the end
        ([], []),
    ],
)
def test_damaged_chapters_are_repaired(
    written: list[tuple[str, int, int]], repaired: list[tuple[str, int, int]]
) -> None:
    chapters = [_chapter(*values) for values in written]
    assert repair_chapters(chapters, 100) == tuple(_chapter(*values) for values in repaired)


def test_chapters_of_a_video_of_unknown_length_and_too_many_of_them() -> None:
    chapters = [_chapter("a", 0, 0), _chapter("b", 10, 20), _chapter("c", 30, 30)]
    assert repair_chapters(chapters, None) == (_chapter("a", 0, 10), _chapter("b", 10, 20))
    assert repair_chapters([_chapter("x", start, start) for start in range(5_000)], 5_000) == ()


def _element(identifier: int, payload: bytes) -> bytes:
    """An EBML element with a size of eight bytes."""
    return (
        identifier.to_bytes((identifier.bit_length() + 7) // 8, "big")
        + ((1 << 56) | len(payload)).to_bytes(8, "big")
        + payload
    )


def _atom(title: str, start_ms: int, end_ms: int, segment: bytes = b"", numbers: "count[int]" = count(1)) -> bytes:  # noqa: B008  # ids differ
    display = _element(0x80, _element(0x85, title.encode()) + _element(0x437C, b"und"))
    link = _element(0x6E67, segment) if segment else b""
    times = b"".join(
        _element(identifier, (time_ms * 1_000_000).to_bytes(8, "big"))
        for identifier, time_ms in ((0x91, start_ms), (0x92, end_ms))
    )
    return _element(0xB6, _element(0x73C4, bytes([next(numbers)])) + times + link + display)


def _append_chapters(clip: Path, target: Path, atoms: bytes, *, ordered: bool = True) -> Path:
    """A copy of a Matroska file with an edition of chapters at the end of its segment."""
    flag = _element(0x45DD, b"\1") if ordered else b""
    chapters = _element(0x1043A770, _element(0x45B9, flag + atoms))
    data = bytearray(clip.read_bytes())
    size_at = data.index(b"\x18\x53\x80\x67") + 4
    assert data[size_at] == 1  # a size of eight bytes
    size = int.from_bytes(data[size_at + 1 : size_at + 8], "big") + len(chapters)
    data[size_at + 1 : size_at + 8] = size.to_bytes(7, "big")
    target.write_bytes(bytes(data) + chapters)
    return target


def test_ordered_chapters_that_lie_in_another_file_are_named_and_are_none_of_this_one(
    clip: Path, tmp_path: Path
) -> None:
    atoms = _atom("Prologue", 0, 1_000) + _atom("Opening", 1_500, 90_000, b"\7" * 16) + _atom("Part A", 1_000, 4_000)
    chapters = read_chapters(_append_chapters(clip, tmp_path / "linked.mkv", atoms))
    assert chapters.linked == ("Opening",)
    assert "Opening" not in [chapter.title for chapter in chapters.chapters]


def test_chapters_that_are_not_ordered_lead_nowhere(clip: Path, tmp_path: Path) -> None:
    atoms = _atom("Opening", 0, 1_000, b"\7" * 16)
    assert linked_chapters(_append_chapters(clip, tmp_path / "plain.mkv", atoms, ordered=False)) == ()
    linked = linked_chapters(_append_chapters(clip, tmp_path / "ordered.mkv", atoms))
    assert linked == (LinkedChapter("Opening", Millis(0)),)


def test_damaged_and_foreign_files_have_no_linked_chapters(clip: Path, tmp_path: Path) -> None:
    atoms = _atom("Opening", 0, 1_000, b"\7" * 16)
    whole = _append_chapters(clip, tmp_path / "ordered.mkv", atoms).read_bytes()
    path = tmp_path / "damaged.mkv"
    for size in (*range(0, 200, 7), *range(len(whole) - 160, len(whole), 5)):
        path.write_bytes(whole[:size])
        assert linked_chapters(path) == ()
    path.write_bytes(b"\0" * 100)
    assert linked_chapters(path) == ()
    assert linked_chapters(tmp_path / "no such.mkv") == ()
