"""Changes of the catalogue, one transaction each."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager

import numpy as np
import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from core.catalogue.identities import ShowStatement
from core.catalogue.records import NO_OVERRIDE, FileOutcome, FileStamp, NameOverride
from core.catalogue.schema import files, plain_reason, shows
from core.domain import EpisodeName, FileId
from core.errors import CatalogueError


class CatalogueWriter:
    """Writes through `engine`. Whoever writes holds the library's lock. `CatalogueError` when the database refuses."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def next_id(self) -> FileId:
        """The id of the next file that is added; ids are never used twice."""
        with self._transaction() as connection:
            newest = connection.execute(sa.select(sa.func.max(files.c.id))).scalar() or 0
            if self._engine.dialect.name == "sqlite":
                used = connection.execute(sa.text("SELECT seq FROM sqlite_sequence WHERE name = 'files'")).scalar()
                newest = max(newest, used or 0)
        return FileId(newest + 1)

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
            connection.execute(files.delete().where(files.c.path == stamp.path))
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
        """Remove these files; unknown ids are no error."""
        with self._transaction() as connection:
            for file_id in file_ids:
                connection.execute(files.delete().where(files.c.id == file_id))

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

    @contextmanager
    def _transaction(self) -> Iterator[sa.Connection]:
        try:
            with self._engine.begin() as connection:
                yield connection
        except SQLAlchemyError as exc:
            raise CatalogueError(f"the catalogue cannot be written: {plain_reason(exc)}") from exc


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
