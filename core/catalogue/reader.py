"""Reading of the catalogue."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager

import numpy as np
import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from core.catalogue.identities import IdentitySource, ShowIdentity, ShowStatement, merge_statements
from core.catalogue.records import FileOutcome, FileRecord, FileStamp, FileState, NameOverride
from core.catalogue.schema import (
    corrections,
    files,
    mined_seasons,
    plain_reason,
    segments,
    shows,
    theme_notes,
    themes,
)
from core.catalogue.segments import Correction, MinedSeason, Segment, Theme, corrected_segments
from core.catalogue.theme_rows import correction_of, mined_season_of, segment_of, theme_of
from core.domain import EpisodeKind, EpisodeName, FileId
from core.errors import CatalogueError
from core.timecode import Millis

_IDS_PER_QUERY = 500


class CatalogueReader:
    """Reads through `engine`, which the caller opens and disposes of. `CatalogueError` when the database refuses."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def all(self, state: FileState | None = None) -> list[FileRecord]:
        """Every file, or those of one state, by id."""
        query = sa.select(files).order_by(files.c.id)
        return self._records(query if state is None else query.where(files.c.state == state))

    def by_ids(self, file_ids: Collection[FileId]) -> Mapping[FileId, FileRecord]:
        """These files; unknown ids are left out."""
        sorted_ids = sorted(set(file_ids))
        records: dict[FileId, FileRecord] = {}
        for start in range(0, len(sorted_ids), _IDS_PER_QUERY):
            query = sa.select(files).where(files.c.id.in_(sorted_ids[start : start + _IDS_PER_QUERY]))
            records |= {record.id: record for record in self._records(query)}
        return records

    def show_statements(self) -> list[ShowStatement]:
        """All that is said of shows; nothing in a catalogue of an earlier version that cannot be written."""
        rows = self._rows_if_any(shows, shows.c.show, shows.c.source, shows.c.place)
        return [_statement(row) for row in rows]

    def identities(self) -> Mapping[str, ShowIdentity]:
        """What is known of shows, by name; also of shows that have no file any more."""
        return merge_statements(self.show_statements())

    def mined_seasons(self) -> list[MinedSeason]:
        """Seasons whose themes were mined, by show and number; nothing in a catalogue of an earlier version that cannot
        be written, as from the methods below.
        """
        by_season: dict[int, list[Theme]] = {}
        for row in self._rows_if_any(themes, themes.c.kind, themes.c.number, themes.c.id):
            by_season.setdefault(row.mined_season, []).append(theme_of(row))
        rows = self._rows_if_any(mined_seasons, mined_seasons.c.show, mined_seasons.c.season, mined_seasons.c.id)
        return [mined_season_of(row, by_season.get(row.id, ())) for row in rows]

    def segments(self) -> Mapping[FileId, tuple[Segment, ...]]:
        """Segments of the files of the library by time, with the operator's corrections in place of what was mined;
        files without any are left out.
        """
        by_content: dict[str, list[Correction]] = {}
        for correction in self.corrections():
            by_content.setdefault(correction.content, []).append(correction)
        mined = self.mined_segments()
        query = sa.select(files.c.id, files.c.content, files.c.duration_ms).order_by(files.c.id)
        segments_by_file = {
            FileId(row.id): corrected_segments(
                mined.get(row.id, ()), by_content.get(row.content, ()), Millis(row.duration_ms)
            )
            for row in self._rows(query)
            if row.id in mined or row.content in by_content
        }
        return {file_id: values for file_id, values in segments_by_file.items() if values}

    def mined_segments(self) -> Mapping[FileId, tuple[Segment, ...]]:
        """Segments as they were mined, without corrections."""
        by_file: dict[FileId, list[Segment]] = {}
        for row in self._rows_if_any(segments, segments.c.file, segments.c.number):
            by_file.setdefault(FileId(row.file), []).append(segment_of(row))
        return {file_id: tuple(values) for file_id, values in by_file.items()}

    def theme_notes(self) -> Mapping[FileId, str]:
        """What hindered the search for themes, by file."""
        return {FileId(row.file): row.note for row in self._rows_if_any(theme_notes, theme_notes.c.file)}

    def corrections(self) -> list[Correction]:
        """All corrections, also those of videos that are not in the library now."""
        rows = self._rows_if_any(corrections, corrections.c.content, corrections.c.kind)
        return [correction_of(row) for row in rows]

    def _rows_if_any(self, table: sa.Table, *order: sa.Column[object]) -> list[sa.Row[tuple[object, ...]]]:
        """The rows of a table that an older catalogue may not have."""
        with self._reading() as connection:
            if not sa.inspect(connection).has_table(table.name):
                return []
            return list(connection.execute(sa.select(table).order_by(*order)))

    def _records(self, query: sa.Select[tuple[object, ...]]) -> list[FileRecord]:
        return [_record(row) for row in self._rows(query)]

    def _rows(self, query: sa.Select[tuple[object, ...]]) -> list[sa.Row[tuple[object, ...]]]:
        with self._reading() as connection:
            return list(connection.execute(query))

    @contextmanager
    def _reading(self) -> Iterator[sa.Connection]:
        try:
            with self._engine.connect() as connection:
                yield connection
        except SQLAlchemyError as exc:
            raise CatalogueError(f"the catalogue cannot be read: {plain_reason(exc)}") from exc


def _record(row: sa.Row[tuple[object, ...]]) -> FileRecord:
    return FileRecord(
        id=FileId(row.id),
        stamp=FileStamp(row.path, row.relative, row.bytes, row.modified_ns, row.content),
        name=EpisodeName(
            show=row.show,
            season=row.season,
            season_name=row.season_name,
            kind=EpisodeKind(row.kind),
            first=row.first,
            last=row.last,
            name=row.name,
            understood=row.understood,
        ),
        outcome=FileOutcome(
            state=FileState(row.state),
            problem=row.problem,
            encoder=row.encoder,
            duration_ms=Millis(row.duration_ms),
            frames=row.frames,
            cuts_ms=tuple(np.frombuffer(row.cuts_ms, "<u4").tolist()),
            seekable=row.seekable,
        ),
        name_override=NameOverride(row.given_show, row.given_season, row.given_of),
    )


def _statement(row: sa.Row[tuple[object, ...]]) -> ShowStatement:
    return ShowStatement(
        show=row.show,
        source=IdentitySource(row.source),
        place=row.place,
        identity=ShowIdentity(
            anilist=row.anilist,
            native=row.native,
            romaji=row.romaji,
            english=row.english,
            chinese=row.chinese,
            synonyms=tuple(row.synonyms),
            adult=row.adult,
            link=row.link,
            season_anilist={int(season): number for season, number in row.season_anilist.items()},
        ),
    )
