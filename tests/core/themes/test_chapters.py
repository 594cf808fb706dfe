"""Chapters as segments, by the chapters beside them."""

import pytest

from core.catalogue.segments import Evidence, SegmentKind
from core.domain import FileId
from core.themes.chapters import chapter_kinds, chapter_segments, unnamed_candidates
from core.timecode import Millis
from core.video.chapters import Chapter

DURATION_MS = Millis(24 * 60_000)
COLD_OPEN, OPENING, ENDING, PREVIEW = (
    SegmentKind.COLD_OPEN,
    SegmentKind.OPENING,
    SegmentKind.ENDING,
    SegmentKind.PREVIEW,
)


def _chapters(*names: tuple[str, float], end_s: float = 1440) -> list[Chapter]:
    """Chapters of names and start times in seconds, each up to the next."""
    ends = [start for _, start in names[1:]] + [end_s]
    return [
        Chapter(name, Millis(int(start * 1000)), Millis(int(end * 1000)))
        for (name, start), end in zip(names, ends, strict=True)
    ]


@pytest.mark.parametrize(
    ("names", "kinds"),
    [
        ((("Intro", 0), ("OP", 95), ("Part A", 185)), [COLD_OPEN, OPENING, None]),
        ((("Intro", 0), ("Part A", 90)), [OPENING, None]),
        ((("Intro", 0), ("Part A", 140)), [COLD_OPEN, None]),  # longer than an opening
        ((("Intro", 0), ("Part A", 20)), [COLD_OPEN, None]),
        ((("Prologue", 0), ("Episode", 90)), [COLD_OPEN, None]),
        ((("Avant", 0), ("オープニング", 90), ("Aパート", 180)), [COLD_OPEN, OPENING, None]),
        ((("アバン", 0), ("OP", 60), ("本編", 150), ("ED", 1300)), [COLD_OPEN, OPENING, None, ENDING]),
        ((("主题曲", 0), ("正片", 90), ("主题曲", 1350)), [OPENING, None, ENDING]),
        ((("片头曲", 0), ("主题曲", 90), ("正片", 180)), [OPENING, None, None]),
        ((("Episode", 0), ("Credits", 1330)), [None, ENDING]),
        ((("Credits", 0), ("Episode", 90)), [None, None]),
        ((("Part A", 0), ("ED", 1300), ("Credits", 1390)), [None, ENDING, None]),
        ((("Part A", 0), ("Outro", 1350)), [None, ENDING]),
        ((("Part A", 0), ("Outro", 1300), ("ED", 1350)), [None, None, ENDING]),
        ((("Part A", 0), ("OP", 1350)), [None, None]),  # the song of the opening, under the last credits
        ((("ED", 0), ("Part A", 90)), [None, None]),
        ((("OP", 0), ("A", 90), ("ED", 600), ("OP", 720), ("A", 810), ("ED", 1350)), [OPENING, None, ENDING] * 2),
        ((("Part A", 0), ("Intro", 1300)), [None, None]),
        ((), []),
    ],
)  # fmt: skip
def test_what_chapters_are_beside_each_other(
    names: tuple[tuple[str, float], ...], kinds: list[SegmentKind | None]
) -> None:
    assert chapter_kinds(_chapters(*names) if names else [], DURATION_MS) == kinds


def test_segments_of_a_list_of_chapters() -> None:
    chapters = _chapters(
        ("アバン", 0),
        ("OP", 60),
        ("Aパート", 150),
        ("アイキャッチ", 700),
        ("Bパート", 706),
        ("ED", 1300),
        ("次回予告", 1390),
        ("提供", 1420),
    )
    segments = chapter_segments(chapters, DURATION_MS)
    assert [(segment.kind, segment.start_ms, segment.end_ms) for segment in segments] == [
        (COLD_OPEN, 0, 60_000),
        (OPENING, 60_000, 150_000),
        (SegmentKind.EYECATCH, 700_000, 706_000),
        (ENDING, 1_300_000, 1_390_000),
        (PREVIEW, 1_390_000, 1_420_000),
        (SegmentKind.SPONSOR, 1_420_000, 1_440_000),
    ]
    assert {segment.evidence for segment in segments} == {(Evidence.CHAPTER,)}
    assert all(0 < segment.confidence < 1 and segment.theme is None for segment in segments)


def test_a_chapter_of_an_unlikely_length_is_no_segment() -> None:
    lists = (
        _chapters(("OP", 90), ("ED", 1300)),  # the chapter of the story is missing
        _chapters(("OP", 90), ("Part A", 95)),
        _chapters(("Part A", 0), ("ED", 1000)),
    )
    for chapters in lists:
        kinds = [segment.kind for segment in chapter_segments(chapters, DURATION_MS)]
        assert kinds in ([], [ENDING])


def test_the_credits_of_a_film_may_be_long() -> None:
    film_ms = Millis(100 * 60_000)
    chapters = _chapters(("Part A", 0), ("Ending", 5_600), end_s=6_000)
    assert [segment.kind for segment in chapter_segments(chapters, film_ms)] == [ENDING]


def test_a_typical_length_is_trusted_more_than_an_odd_one() -> None:
    typical, odd = (
        chapter_segments(_chapters(("OP", 0), ("Part A", end)), DURATION_MS)[0].confidence for end in (90, 40)
    )
    assert typical > odd


def test_chapters_without_names_are_candidates_where_their_length_recurs() -> None:
    first = _chapters(("Chapter 1", 0), ("Chapter 2", 120), ("Chapter 3", 210), ("Chapter 4", 700))
    second = _chapters(("01", 0), ("02", 89.5), ("03", 800))
    named = _chapters(("OP", 0), ("Part A", 90))
    season = {FileId(1): first, FileId(2): second, FileId(3): named}
    assert unnamed_candidates(season) == {FileId(1): (first[1],), FileId(2): (second[0],)}
    assert unnamed_candidates({FileId(1): first, FileId(3): named}) == {}
    assert chapter_segments(first, DURATION_MS) == ()
