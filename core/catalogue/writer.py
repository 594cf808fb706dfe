"""Changes of the catalogue, one transaction each."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

import numpy as np
import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from core.catalogue.identities import ShowStatement
from core.catalogue.records import NO_OVERRIDE, FileOutcome, FileStamp, NameOverride
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
from core.catalogue.segments import Correction, MinedSeason, Season, Segment, SegmentKind, ThemeId
from core.catalogue.theme_rows import season_key, segment_values, theme_values
from core.domain import EpisodeName, FileId
from core.errors import CatalogueError


class CatalogueWriter:
    """Writes through `engine`. Whoever writes holds the library's lock. `CatalogueError` when the database refuses."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def next_id(self) -> FileId:
        """The id of the next file that is added; ids are never used twice."""
        return FileId(self._next_id(files))

    def put(
        self,
        file_id: FileId,
        stamp: FileStamp,
        name: EpisodeName,
        outcome: FileOutcome,
        override: NameOverride = NO_OVERRIDE,
    ) -> None:
        """Add a file; it replaces the row that its path had before."""
        values = {"id": file_id, **_stamp(stamp), **_name(name), **_outcome(outcome), **_override(override)}
        with self._transaction() as connection:
            replaced = connection.execute(sa.select(files.c.id).where(files.c.path == stamp.path)).scalars().all()
            _remove(connection, replaced)
            connection.execute(files.insert().values(values))

    def move(self, file_id: FileId, stamp: FileStamp, name: EpisodeName, override: NameOverride = NO_OVERRIDE) -> None:
        """Update a file's place, time stamp and name; what was indexed stays."""
        values = {**_stamp(stamp), **_name(name), **_override(override)}
        with self._transaction() as connection:
            connection.execute(files.update().where(files.c.id == file_id).values(values))

    def set_outcomes(self, outcomes: Mapping[FileId, FileOutcome]) -> None:
        """Store the outcomes of indexing, all or none; unknown ids are no error."""
        with self._transaction() as connection:
            for file_id, outcome in outcomes.items():
                connection.execute(files.update().where(files.c.id == file_id).values(**_outcome(outcome)))

    def remove(self, file_ids: Collection[FileId]) -> None:
        """Remove these files with their segments; unknown ids are no error. Corrections of them are kept."""
        with self._transaction() as connection:
            _remove(connection, file_ids)

    def state_shows(self, statements: Iterable[ShowStatement], withdrawn: Iterable[ShowStatement] = ()) -> None:
        """Note what sources say of shows, each in place of what the same source said before of the same show, and
        forget what is `withdrawn`; an empty identity is forgotten too.
        """
        statements = list(statements)
        with self._transaction() as connection:
            for statement in (*withdrawn, *statements):
                connection.execute(shows.delete().where(*_key(statement)))
            for statement in statements:
                if statement.identity:
                    connection.execute(shows.insert().values(_show(statement)))

    def next_theme_id(self) -> ThemeId:
        """The id of the next theme that is stored; ids are never used twice."""
        return ThemeId(self._next_id(themes))

    def put_season(
        self, mined: MinedSeason, segments_by_file: Mapping[FileId, Sequence[Segment]], notes: Mapping[FileId, str]
    ) -> None:
        """Store what was mined of a season, all or none: its themes in place of those before, and segments by time and
        notes in place of those of its files.
        """
        with self._transaction() as connection:
            _forget_seasons(connection, [mined.season])
            season, row = mined.season, {"config": mined.config, "files": sorted(mined.files)}
            connection.execute(mined_seasons.insert().values(show=season.show, season=season.number, **row))
            key = connection.execute(sa.select(mined_seasons.c.id).where(*season_key(season))).scalar_one()
            for theme in mined.themes:
                connection.execute(themes.insert().values(theme_values(theme, key)))
            for file_id in {*mined.files, *segments_by_file, *notes}:
                _forget_segments(connection, file_id)
            for file_id, of_file in segments_by_file.items():
                for number, segment in enumerate(of_file):
                    connection.execute(segments.insert().values(segment_values(segment, file_id, number)))
            for file_id, note in notes.items():
                connection.execute(theme_notes.insert().values(file=file_id, note=note))

    def forget_seasons(self, seasons: Iterable[Season]) -> None:
        """Remove the themes of these seasons; segments stay with their files."""
        with self._transaction() as connection:
            _forget_seasons(connection, seasons)

    def correct(self, correction: Correction) -> None:
        """Store a correction in place of an earlier one of the same kind of the same video."""
        with self._transaction() as connection:
            _withdraw(connection, correction.content, correction.kind)
            spans = [list(span) for span in correction.spans]
            connection.execute(
                corrections.insert().values(content=correction.content, kind=correction.kind, spans=spans)
            )

    def withdraw_correction(self, content: str, kind: SegmentKind) -> None:
        """Remove a correction; that there is none is no error."""
        with self._transaction() as connection:
            _withdraw(connection, content, kind)

    def _next_id(self, table: sa.Table) -> int:
        """One more than any id that a table with `sqlite_autoincrement` has or had."""
        with self._transaction() as connection:
            newest: int = connection.execute(sa.select(sa.func.max(table.c.id))).scalar() or 0
            if self._engine.dialect.name == "sqlite":
                sequence = sa.text("SELECT seq FROM sqlite_sequence WHERE name = :name")
                newest = max(newest, connection.execute(sequence, {"name": table.name}).scalar() or 0)
        return newest + 1

    @contextmanager
    def _transaction(self) -> Iterator[sa.Connection]:
        try:
            with self._engine.begin() as connection:
                yield connection
        except SQLAlchemyError as exc:
            raise CatalogueError(f"the catalogue cannot be written: {plain_reason(exc)}") from exc


def _remove(connection: sa.Connection, file_ids: Iterable[int]) -> None:
    for file_id in file_ids:
        connection.execute(files.delete().where(files.c.id == file_id))
        _forget_segments(connection, file_id)


def _forget_segments(connection: sa.Connection, file_id: int) -> None:
    connection.execute(segments.delete().where(segments.c.file == file_id))
    connection.execute(theme_notes.delete().where(theme_notes.c.file == file_id))


def _forget_seasons(connection: sa.Connection, seasons: Iterable[Season]) -> None:
    for season in seasons:
        keys = connection.execute(sa.select(mined_seasons.c.id).where(*season_key(season))).scalars().all()
        connection.execute(themes.delete().where(themes.c.mined_season.in_(keys)))
        connection.execute(mined_seasons.delete().where(mined_seasons.c.id.in_(keys)))


def _withdraw(connection: sa.Connection, content: str, kind: SegmentKind) -> None:
    connection.execute(corrections.delete().where(corrections.c.content == content, corrections.c.kind == kind))


def _stamp(stamp: FileStamp) -> Mapping[str, object]:
    return {
        "path": stamp.path,
        "relative": stamp.relative,
        "bytes": stamp.size_bytes,
        "modified_ns": stamp.modified_ns,
        "content": stamp.content,
    }


def _name(name: EpisodeName) -> Mapping[str, object]:
    return {
        "show": name.show,
        "season": name.season,
        "season_name": name.season_name,
        "kind": name.kind,
        "first": name.first,
        "last": name.last,
        "name": name.name,
        "understood": name.understood,
    }


def _override(override: NameOverride) -> Mapping[str, object]:
    return {"given_show": override.show, "given_season": override.season, "given_of": override.place}


def _outcome(outcome: FileOutcome) -> Mapping[str, object]:
    return {
        "state": outcome.state,
        "problem": outcome.problem,
        "encoder": outcome.encoder,
        "duration_ms": outcome.duration_ms,
        "frames": outcome.frames,
        "cuts_ms": np.asarray(outcome.cuts_ms, "<u4").tobytes(),
        "seekable": outcome.seekable,
    }


def _key(statement: ShowStatement) -> Iterator[sa.ColumnElement[bool]]:
    yield shows.c.show == statement.show
    yield shows.c.source == statement.source
    yield shows.c.place == statement.place


def _show(statement: ShowStatement) -> Mapping[str, object]:
    identity = statement.identity
    return {
        "show": statement.show,
        "source": statement.source,
        "place": statement.place,
        "anilist": identity.anilist,
        "native": identity.native,
        "romaji": identity.romaji,
        "english": identity.english,
        "chinese": identity.chinese,
        "synonyms": list(identity.synonyms),
        "adult": identity.adult,
        "link": identity.link,
        "season_anilist": {str(season): number for season, number in identity.season_anilist.items()},
    }
