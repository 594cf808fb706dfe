"""Chapters beside what was mined: confirmed, added, or left out because they are off."""

from core.catalogue.segments import Evidence, Segment, SegmentKind
from core.themes.chapter_check import with_chapters
from core.timecode import Millis

MINUTE = 60_000
CUTS = [30_000, 120_000, 500_000, 590_000]


def _segment(kind: SegmentKind, start_ms: int, end_ms: int, evidence: Evidence = Evidence.CHAPTER) -> Segment:
    return Segment(kind, Millis(start_ms), Millis(end_ms), 0.9, (evidence,))


OPENING = _segment(SegmentKind.OPENING, 30_200, 120_100, Evidence.SOUND)


def test_chapters_that_agree_confirm_what_was_mined() -> None:
    chapter = _segment(SegmentKind.OPENING, 30_000, 120_000)
    (segment,) = with_chapters([OPENING], [chapter], CUTS, 10 * MINUTE)
    assert (segment.start_ms, segment.evidence) == (30_200, (Evidence.CHAPTER, Evidence.SOUND))
    assert segment.confidence > OPENING.confidence


def test_chapters_at_cuts_add_what_was_not_mined() -> None:
    ending = _segment(SegmentKind.ENDING, 500_100, 590_000)
    assert [item.kind for item in with_chapters([OPENING], [ending], CUTS, 10 * MINUTE)] == [
        SegmentKind.OPENING,
        SegmentKind.ENDING,
    ]


def test_chapters_apart_from_cuts_are_left_out() -> None:
    assert with_chapters([], [_segment(SegmentKind.ENDING, 511_000, 601_000)], CUTS, 11 * MINUTE) == []


def test_chapters_that_are_contradicted_once_are_not_believed_elsewhere() -> None:
    late = [_segment(SegmentKind.OPENING, 50_000, 140_000), _segment(SegmentKind.ENDING, 500_000, 590_000)]
    assert with_chapters([OPENING], late, CUTS, 10 * MINUTE) == [OPENING]
