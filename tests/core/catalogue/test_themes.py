"""Themes, segments, notes and corrections in the catalogue."""

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from core.catalogue.reader import CatalogueReader
from core.catalogue.records import FileOutcome, FileStamp, FileState
from core.catalogue.schema import open_database
from core.catalogue.segments import (
    Correction,
    Evidence,
    MinedSeason,
    Season,
    Segment,
    SegmentKind,
    Theme,
    ThemeId,
    corrected_segments,
)
from core.catalogue.writer import CatalogueWriter
from core.domain import EpisodeName, FileId
from core.errors import CatalogueError
from core.timecode import Millis
from tests.unprivileged import read_only

OPENING, ENDING, EYECATCH = SegmentKind.OPENING, SegmentKind.ENDING, SegmentKind.EYECATCH
FIRST, SECOND = FileId(1), FileId(2)
SOUND = (Evidence.CHAPTER, Evidence.SOUND)


def _theme(number: int, kind: SegmentKind = OPENING, variant_of: ThemeId | None = None) -> Theme:
    return Theme(ThemeId(number), kind, number, FIRST, Millis(45_000), Millis(135_000), variant_of)


def _segment(start_ms: int, end_ms: int, kind: SegmentKind = OPENING, theme: int | None = 1) -> Segment:
    return Segment(kind, Millis(start_ms), Millis(end_ms), 0.93, SOUND, None if theme is None else ThemeId(theme))


SEASON = MinedSeason(
    Season("夏目友人帳", 2), "f00d", frozenset({FIRST, SECOND}), (_theme(1), _theme(2, variant_of=ThemeId(1)))
)
SEGMENTS = {
    FIRST: (_segment(45_000, 135_000), _segment(600_000, 690_000, ENDING, None)),
    SECOND: (_segment(0, 90_000, theme=2),),
}


@pytest.fixture
def database(tmp_path: Path) -> Iterator[sa.Engine]:
    engine = open_database(f"sqlite:///{tmp_path / 'c.sqlite'}", create=True)
    writer = CatalogueWriter(engine)
    for file_id in (FIRST, SECOND):
        _put(writer, file_id, f"/v/{file_id}.mkv", f"content {file_id}")
    yield engine
    engine.dispose()


def _put(writer: CatalogueWriter, file_id: FileId, path: str, content: str) -> None:
    outcome = FileOutcome(FileState.READY, duration_ms=Millis(700_000))
    writer.put(file_id, FileStamp(path, path[3:], 1, 1, content), EpisodeName("夏目友人帳", 2), outcome)


def test_a_season_that_is_put_comes_back_whole(database: sa.Engine) -> None:
    writer, reader = CatalogueWriter(database), CatalogueReader(database)
    writer.put_season(SEASON, SEGMENTS, {SECOND: "it has no sound"})
    assert reader.mined_seasons() == [SEASON]
    assert reader.segments() == reader.mined_segments() == SEGMENTS
    assert reader.theme_notes() == {SECOND: "it has no sound"}


def test_a_later_pass_takes_the_place_of_the_one_before_and_of_no_other_season(database: sa.Engine) -> None:
    writer, reader = CatalogueWriter(database), CatalogueReader(database)
    nameless = MinedSeason(Season("夏目友人帳"), "f00d", frozenset(), (_theme(9),))
    writer.put_season(nameless, {}, {})
    writer.put_season(SEASON, SEGMENTS, {SECOND: "it has no sound"})
    later = replace(SEASON, config="beef", themes=(_theme(1),))
    writer.put_season(later, {FIRST: SEGMENTS[FIRST]}, {})
    assert reader.mined_seasons() == [nameless, later]
    assert reader.segments() == {FIRST: SEGMENTS[FIRST]}
    assert reader.theme_notes() == {}
    writer.put_season(replace(nameless, themes=()), {}, {})
    assert reader.mined_seasons() == [replace(nameless, themes=()), later]


def test_a_season_is_stored_whole_or_not_at_all(database: sa.Engine) -> None:
    writer, reader = CatalogueWriter(database), CatalogueReader(database)
    writer.put_season(SEASON, SEGMENTS, {})
    twice = replace(SEASON, themes=(_theme(1), _theme(1)))
    with pytest.raises(CatalogueError, match="cannot be written"):
        writer.put_season(twice, {}, {})
    assert reader.mined_seasons() == [SEASON]
    assert reader.segments() == SEGMENTS


def test_the_segments_of_a_file_leave_with_it_and_themes_stay(database: sa.Engine) -> None:
    writer, reader = CatalogueWriter(database), CatalogueReader(database)
    writer.put_season(SEASON, SEGMENTS, {FIRST: "damaged", SECOND: "it has no sound"})
    writer.remove([FIRST])
    assert reader.segments() == {SECOND: SEGMENTS[SECOND]}
    assert reader.theme_notes() == {SECOND: "it has no sound"}
    _put(writer, FileId(3), "/v/2.mkv", "another content")  # in place of the second
    assert reader.mined_segments() == {}
    assert reader.theme_notes() == {}
    assert reader.mined_seasons() == [SEASON]
    writer.forget_seasons([SEASON.season, Season("no such")])
    assert reader.mined_seasons() == []


def test_an_id_of_a_theme_is_never_given_twice(database: sa.Engine) -> None:
    writer = CatalogueWriter(database)
    assert writer.next_theme_id() == 1
    writer.put_season(SEASON, {}, {})
    assert writer.next_theme_id() == 3
    writer.forget_seasons([SEASON.season])
    assert writer.next_theme_id() == 3


def test_a_correction_stands_in_place_of_what_is_mined_whatever_pass_follows(database: sa.Engine) -> None:
    writer, reader = CatalogueWriter(database), CatalogueReader(database)
    writer.put_season(SEASON, SEGMENTS, {})
    correction = Correction("content 1", OPENING, ((Millis(44_000), Millis(134_000)),))
    writer.correct(correction)
    corrected = Segment(OPENING, Millis(44_000), Millis(134_000), 1.0, (Evidence.CORRECTION,), ThemeId(1))
    for _pass in range(2):
        assert reader.segments()[FIRST] == (corrected, SEGMENTS[FIRST][1])
        assert reader.mined_segments() == SEGMENTS
        writer.put_season(SEASON, SEGMENTS, {})
    assert reader.corrections() == [correction]
    writer.correct(replace(correction, spans=()))
    assert reader.segments()[FIRST] == (SEGMENTS[FIRST][1],)
    writer.withdraw_correction("content 1", ENDING)
    writer.withdraw_correction("content 1", OPENING)
    assert reader.segments() == SEGMENTS


def test_a_correction_holds_for_a_file_that_is_moved_and_for_one_that_comes_back(database: sa.Engine) -> None:
    writer, reader = CatalogueWriter(database), CatalogueReader(database)
    writer.correct(Correction("content 1", OPENING, ((Millis(0), Millis(90_000)),)))
    writer.move(FIRST, FileStamp("/elsewhere/1.mkv", "1.mkv", 1, 1, "content 1"), EpisodeName("夏目友人帳", 2))
    assert list(reader.segments()) == [FIRST]
    writer.remove([FIRST])
    assert reader.segments() == {}
    _put(writer, FileId(3), "/v/again.mkv", "content 1")
    assert list(reader.segments()) == [FileId(3)]


@pytest.mark.parametrize(
    ("spans", "themes"),
    [
        (((11_000, 12_000), (1_000, 2_000)), [4, None]),  # by time, each with the theme that it overlaps
        (((1_500, 9_500),), [5]),
        (((20_000, 21_000), (22_000, 23_000)), [None]),  # the second lies beyond the end
        ((), []),
    ],
)
def test_corrected_spans(spans: tuple[tuple[int, int], ...], themes: list[int | None]) -> None:
    mined = [_segment(0, 2_000, EYECATCH, 4), _segment(5_000, 9_000, EYECATCH, 5)]
    said = Correction("c", EYECATCH, tuple((Millis(start), Millis(end)) for start, end in spans))
    segments = corrected_segments(mined, [said], Millis(22_000))
    assert [segment.theme for segment in segments] == themes
    assert [segment.start_ms for segment in segments] == sorted(segment.start_ms for segment in segments)


def test_a_catalogue_without_themes_is_read_where_it_cannot_be_written_and_gets_them_where_it_can(
    tmp_path: Path,
) -> None:
    path = tmp_path / "data" / "c.sqlite"
    engine = open_database(f"sqlite:///{path}", create=True)
    _put(CatalogueWriter(engine), FIRST, "/v/1.mkv", "content 1")
    engine.dispose()
    connection = sqlite3.connect(path)
    for table in ("mined_seasons", "themes", "segments", "theme_notes", "corrections"):
        connection.execute(f"DROP TABLE {table}")
    connection.execute("UPDATE alembic_version SET version_num = '0004'")
    connection.commit()
    connection.close()
    with read_only(path.parent):
        engine = open_database(f"sqlite:///{path}", create=False)
        reader = CatalogueReader(engine)
        assert [record.id for record in reader.all()] == [FIRST]
        assert (reader.mined_seasons(), reader.segments(), reader.theme_notes()) == ([], {}, {})
        engine.dispose()
    engine = open_database(f"sqlite:///{path}", create=False)
    CatalogueWriter(engine).put_season(SEASON, SEGMENTS, {})
    assert CatalogueReader(engine).segments() == {FIRST: SEGMENTS[FIRST]}
    engine.dispose()
