"""Exports of segments: what each format says, and that our own chapters are read again as what they were."""

import json
from xml.etree import ElementTree as ET

from core.catalogue.segments import Evidence, Segment, SegmentKind
from core.themes.chapters import chapter_segments
from core.timecode import Millis
from ingest.themes.exported_chapters import WRITERS, edl_text, matroska_xml, ogm_text, skip_json, whole_chapters

DURATION_MS = Millis(1_440_000)


def _segment(kind: SegmentKind, start_ms: int, end_ms: int) -> Segment:
    return Segment(kind, Millis(start_ms), Millis(end_ms), 0.9, (Evidence.SOUND,))


SEGMENTS = (
    _segment(SegmentKind.COLD_OPEN, 0, 45_020),
    _segment(SegmentKind.OPENING, 45_040, 134_956),
    _segment(SegmentKind.EYECATCH, 700_000, 706_000),
    _segment(SegmentKind.ENDING, 1_320_000, 1_410_000),
    _segment(SegmentKind.PREVIEW, 1_410_000, 1_440_000),
)


def test_chapters_cover_the_whole_video() -> None:
    assert [(chapter.title, chapter.start_ms, chapter.end_ms) for chapter in whole_chapters(SEGMENTS, DURATION_MS)] == [
        ("Prologue", 0, 45_020),
        ("Opening", 45_020, 134_956),  # the gap is shorter than the error of edges
        ("Part A", 134_956, 700_000),
        ("Eyecatch", 700_000, 706_000),
        ("Part B", 706_000, 1_320_000),
        ("Ending", 1_320_000, 1_410_000),
        ("Preview", 1_410_000, 1_440_000),
    ]


def test_segments_that_overlap_follow_each_other() -> None:
    segments = (
        _segment(SegmentKind.OPENING, 0, 90_000),
        _segment(SegmentKind.SPONSOR, 80_000, 95_000),
        _segment(SegmentKind.EYECATCH, 81_000, 89_000),
    )
    chapters = whole_chapters(segments, Millis(100_000))
    assert [(chapter.title, chapter.start_ms) for chapter in chapters] == [
        ("Opening", 0),
        ("Sponsor", 90_000),
        ("Part A", 95_000),
    ]


def test_our_own_chapters_are_read_as_what_they_were() -> None:
    kinds = [segment.kind for segment in chapter_segments(whole_chapters(SEGMENTS, DURATION_MS), DURATION_MS)]
    assert kinds == [segment.kind for segment in SEGMENTS]


def test_simple_chapters() -> None:
    lines = ogm_text(SEGMENTS, DURATION_MS).splitlines()
    assert lines[2:4] == ["CHAPTER02=00:00:45.020", "CHAPTER02NAME=Opening"]
    assert len(lines) == 14


def test_matroskas_chapters() -> None:
    root = ET.fromstring(matroska_xml(SEGMENTS, DURATION_MS))  # noqa: S314  # our own
    atoms = root.findall("./EditionEntry/ChapterAtom")
    assert [atom.findtext("ChapterUID") for atom in atoms] == [str(number) for number in range(1, 8)]
    assert atoms[1].findtext("ChapterTimeStart") == "00:00:45.020000000"
    assert atoms[1].findtext("ChapterTimeEnd") == "00:02:14.956000000"
    assert atoms[1].findtext("./ChapterDisplay/ChapterString") == "Opening"


def test_times_for_skipping() -> None:
    values = json.loads(skip_json(SEGMENTS, DURATION_MS))
    assert values["Introduction"] == {"Start": 45.04, "End": 134.956}
    assert values["Credits"] == {"Start": 1320.0, "End": 1410.0}
    assert values["Preview"] == {"Start": 1410.0, "End": 1440.0}
    assert "Recap" not in values
    assert (values["intro"], values["outro"]) == ({"start": 45.04, "end": 134.956}, {"start": 1320.0, "end": 1410.0})
    assert [segment["kind"] for segment in values["segments"]] == [segment.kind for segment in SEGMENTS]


def test_breaks_are_what_is_skipped_alone() -> None:
    assert edl_text(SEGMENTS, DURATION_MS) == "45.040\t134.956\t3\n1320.000\t1410.000\t3\n"


def test_every_format_writes_something_of_nothing() -> None:
    for _suffix, write in WRITERS.values():
        assert isinstance(write((), DURATION_MS), str)
