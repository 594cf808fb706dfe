"""Reading of the catalogue."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager

import numpy as np
import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from core.catalogue.identities import IdentitySource, ShowIdentity, ShowStatement, merge_statements
from core.catalogue.records import FileOutcome, FileRecord, FileStamp, FileState, NameOverride
from core.catalogue.schema import files, plain_reason, shows
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
        with self._reading() as connection:
            if not sa.inspect(connection).has_table(shows.name):
                return []
            rows = list(connection.execute(sa.select(shows).order_by(shows.c.show, shows.c.source, shows.c.place)))
        return [_statement(row) for row in rows]

    def identities(self) -> Mapping[str, ShowIdentity]:
        """What is known of shows, by name; also of shows that have no file any more."""
        return merge_statements(self.show_statements())

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
