"""Theme map: occurrences by file and by theme, and which one stands for a theme."""

from core.catalogue.records import FileOutcome, FileRecord, FileStamp, FileState
from core.catalogue.segments import Evidence, Segment, SegmentKind, Theme, ThemeId
from core.catalogue.theme_map import NO_THEMES, ThemeMap
from core.domain import EpisodeKind, EpisodeName, FileId
from core.timecode import Millis

OPENING, ENDING = ThemeId(1), ThemeId(2)


def _record(file_id: int, episode: float | None, season: int | None = 1, **name: EpisodeKind) -> FileRecord:
    stamp = FileStamp(f"/v/{file_id}.mkv", f"{file_id}.mkv", 1, 1, str(file_id))
    return FileRecord(
        FileId(file_id),
        stamp,
        EpisodeName("A", season, first=episode, last=episode, kind=name.get("kind", EpisodeKind.EPISODE)),
        FileOutcome(FileState.READY),
    )


def _segment(
    start_s: int,
    end_s: int,
    theme: ThemeId | None = OPENING,
    *,
    kind: SegmentKind = SegmentKind.OPENING,
    confidence: float = 0.9,
) -> Segment:
    return Segment(kind, Millis(start_s * 1000), Millis(end_s * 1000), confidence, (Evidence.SOUND,), theme)


def _theme(theme: ThemeId = OPENING, file_id: int = 2, start_s: int = 30) -> Theme:
    return Theme(theme, SegmentKind.OPENING, 1, FileId(file_id), Millis(start_s * 1000), Millis((start_s + 90) * 1000))


RECORDS = [_record(5, 1), _record(2, 2), _record(3, None, kind=EpisodeKind.SPECIAL), _record(4, 3)]


def test_occurrences_come_in_the_order_of_episodes_and_hold_their_times() -> None:
    segments = {FileId(n): (_segment(10 * n, 10 * n + 90),) for n in (2, 3, 4, 5)}
    themes = ThemeMap(segments, [_theme()], RECORDS)
    assert [place.file_id for place in themes.of_theme(OPENING)] == [5, 2, 4, 3]
    place = themes.at(FileId(5), 50_000)
    assert place
    assert (place.start_ms, place.end_ms, place.length_ms) == (50_000, 140_000, 90_000)
    assert themes.at(FileId(5), 49_999) is None
    assert themes.at(FileId(5), 140_000) is None
    assert themes.at(FileId(9), 50_000) is None
    other = themes.at(FileId(2), 20_000)
    assert other
    assert place.shift_to(other) == -30_000
    assert themes
    assert not NO_THEMES


def test_of_segments_that_overlap_the_one_that_begins_last_counts() -> None:
    segments = {FileId(2): (_segment(0, 100), _segment(90, 97, ENDING, kind=SegmentKind.SPONSOR))}
    themes = ThemeMap(segments, [_theme(), _theme(ENDING)], RECORDS)
    found = [themes.at(FileId(2), 1000 * second) for second in (50, 95, 98)]
    assert [place.theme.id for place in found if place] == [OPENING, ENDING, OPENING]


def test_the_named_occurrence_stands_for_a_theme_and_without_it_the_most_certain() -> None:
    segments = {
        FileId(2): (_segment(31, 120, confidence=0.6), _segment(400, 490, confidence=0.99)),
        FileId(4): (_segment(0, 90, confidence=0.7),),
        FileId(5): (_segment(0, 90, confidence=0.8),),
    }
    themes = ThemeMap(segments, [_theme()], RECORDS)
    assert (themes.clearest(OPENING).file_id, themes.clearest(OPENING).start_ms) == (2, 31_000)
    without = ThemeMap(segments, [_theme()], [record for record in RECORDS if record.id != 2])
    assert without.clearest(OPENING).file_id == 5


def test_what_is_unsure_unknown_or_without_a_theme_is_no_occurrence() -> None:
    segments = {
        FileId(2): (_segment(0, 90, confidence=0.4),),
        FileId(4): (_segment(0, 90, ThemeId(7)),),
        FileId(5): (_segment(0, 90, None), _segment(100, 160, None, kind=SegmentKind.COLD_OPEN)),
    }
    themes = ThemeMap(segments, [_theme()], RECORDS)
    assert not themes
    assert themes.themes == []
    assert not themes.is_skipped(FileId(2), 10_000)
    assert themes.is_skipped(FileId(5), 10_000)  # an opening by its chapter, though nothing is compared with it
    assert not themes.is_skipped(FileId(5), 120_000)
