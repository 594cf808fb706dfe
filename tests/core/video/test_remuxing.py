"""Copies of videos with chapters: every packet, stream and attachment is that of the original."""

from fractions import Fraction
from pathlib import Path

import av
import pytest

from core.errors import MediaError
from core.timecode import Millis
from core.video.chapters import Chapter, read_chapters
from core.video.reading import VideoReader
from core.video.remuxing import remuxed_suffix, write_with_chapters
from tests.clips import ClipSpec, drawings, write_clip

CHAPTERS = (Chapter("片头", Millis(0), Millis(1500)), Chapter("Part A", Millis(1500), Millis(4000)))


def _clip(path: Path, spec: ClipSpec) -> Path:
    return write_clip(path, drawings(48, 64, 64), spec)


def _with_font_and_subtitles(source: Path, target: Path) -> Path:
    with av.open(str(source)) as container, av.open(str(target), "w") as output:
        streams = {stream.index: output.add_stream_from_template(stream, opaque=True) for stream in container.streams}
        output.add_attachment("font.ttf", "application/x-truetype-font", b"font" * 100)
        subtitles = output.add_mux_stream("subrip")
        output.start_encoding()
        for packet in container.demux():
            if packet.dts is not None:
                packet.stream = streams[packet.stream_index]
                output.mux(packet)
        line: av.Packet[av.stream.Stream] = av.Packet("字幕".encode())
        line.pts = line.dts = 500
        line.duration, line.time_base, line.stream = 1000, Fraction(1, 1000), subtitles
        output.mux(line)
    return target


def _packets(path: Path) -> list[tuple[int, int | None, int | None, bytes]]:
    with av.open(str(path)) as container:
        packets = [packet for packet in container.demux() if packet.size]
        return sorted((packet.stream_index, packet.pts, packet.dts, bytes(packet)) for packet in packets)


def test_a_copy_has_every_packet_and_every_stream(tmp_path: Path) -> None:
    spec = ClipSpec(rate=Fraction(12), sound_from=Fraction(0), sound_s=Fraction(4))
    source = _with_font_and_subtitles(_clip(tmp_path / "plain.mkv", spec), tmp_path / "source.mkv")
    before = source.read_bytes()
    target = tmp_path / "out/copy.mkv"
    write_with_chapters(source, target, CHAPTERS)
    assert read_chapters(target).chapters == CHAPTERS
    assert _packets(target) == _packets(source)
    with av.open(str(source)) as original, av.open(str(target)) as copy:
        assert [stream.type for stream in copy.streams] == ["video", "audio", "subtitle", "attachment"]
        assert [stream.type for stream in original.streams] == [stream.type for stream in copy.streams]
    assert source.read_bytes() == before
    assert [path.name for path in target.parent.iterdir()] == ["copy.mkv"]


def test_a_copy_shows_the_same_moments_turned_the_same_way(tmp_path: Path) -> None:
    source = _clip(tmp_path / "turned.mp4", ClipSpec(rate=Fraction(12), rotation=90, shift=Fraction(1, 2)))
    target = tmp_path / "copy.mp4"
    write_with_chapters(source, target, CHAPTERS)
    with VideoReader(source) as original, VideoReader(target) as copy:
        assert (copy.info.width, copy.info.height) == (original.info.width, original.info.height)
        assert [frame.time for frame in copy.frames()] == [frame.time for frame in original.frames()]
    assert [chapter.title for chapter in read_chapters(target).chapters] == ["片头", "Part A"]


def test_chapters_that_were_there_are_replaced(tmp_path: Path) -> None:
    source = _clip(tmp_path / "source.mkv", ClipSpec(rate=Fraction(12)))
    write_with_chapters(source, tmp_path / "first.mkv", CHAPTERS)
    write_with_chapters(tmp_path / "first.mkv", tmp_path / "second.mkv", CHAPTERS[1:])
    assert [chapter.title for chapter in read_chapters(tmp_path / "second.mkv").chapters] == ["Part A"]


def test_nothing_is_written_over_a_file_nor_left_behind(tmp_path: Path) -> None:
    source = _clip(tmp_path / "source.mkv", ClipSpec(rate=Fraction(12)))
    with pytest.raises(MediaError, match="is there already"):
        write_with_chapters(source, source, CHAPTERS)
    (tmp_path / "text.mkv").write_text("no video")
    with pytest.raises(MediaError, match="not a video"):
        write_with_chapters(tmp_path / "text.mkv", tmp_path / "out.mkv", CHAPTERS)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["source.mkv", "text.mkv"]


def test_an_avi_file_cannot_be_copied(tmp_path: Path) -> None:
    source = _clip(tmp_path / "old.avi", ClipSpec(rate=Fraction(12), codec="mpeg4", options={}))
    assert remuxed_suffix(source) == ".mkv"
    with pytest.raises(MediaError, match="no time stamps"):
        write_with_chapters(source, tmp_path / "old.mkv", CHAPTERS)
    assert not (tmp_path / "old.mkv").exists()


def test_the_suffix_of_a_copy() -> None:
    assert remuxed_suffix(Path("a.MP4")) == ".mp4"
    assert remuxed_suffix(Path("a.webm")) == ".mkv"
