import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.script import ScriptDirectory

import core.catalogue.schema
from core.catalogue.reader import CatalogueReader
from core.catalogue.records import FileOutcome, FileStamp, FileState
from core.catalogue.schema import SCHEMA_REVISION, metadata, open_database
from core.catalogue.writer import CatalogueWriter
from core.domain import EpisodeKind, EpisodeName, FileId
from core.errors import CatalogueError
from core.timecode import Millis


@pytest.fixture
def database(tmp_path: Path) -> Iterator[sa.Engine]:
    engine = open_database(f"sqlite:///{tmp_path / 'c.sqlite'}", create=True)
    yield engine
    engine.dispose()


def _stamp(path: str = "/v/第2季/05.mkv") -> FileStamp:
    return FileStamp(path, path[3:], 123, 456, "abc")


NAME = EpisodeName("夏目", 2, "第2季", EpisodeKind.SPECIAL, 5.5, 5.5, "猫", understood=True)
OUTCOME = FileOutcome(FileState.DAMAGED, "breaks off", "f00d", Millis(90_000), 77, (1500, 4_000_000_000))


def test_what_is_put_comes_back(database: sa.Engine) -> None:
    writer, reader = CatalogueWriter(database), CatalogueReader(database)
    writer.put(writer.next_id(), _stamp(), NAME, OUTCOME)
    (record,) = reader.all()
    assert (record.id, record.stamp, record.name, record.outcome) == (1, _stamp(), NAME, OUTCOME)
    assert reader.by_ids([FileId(1), FileId(99)]) == {1: record}
    assert reader.all(FileState.READY) == []
    assert reader.all(FileState.DAMAGED) == [record]


def test_a_file_is_put_in_place_of_the_row_its_path_had(database: sa.Engine) -> None:
    writer, reader = CatalogueWriter(database), CatalogueReader(database)
    writer.put(FileId(1), _stamp(), NAME, OUTCOME)
    writer.put(FileId(2), _stamp(), NAME, OUTCOME)
    assert [record.id for record in reader.all()] == [2]


def test_an_id_is_never_given_twice(database: sa.Engine) -> None:
    writer = CatalogueWriter(database)
    writer.put(writer.next_id(), _stamp("/v/a"), NAME, OUTCOME)
    second = writer.next_id()
    writer.put(second, _stamp("/v/b"), NAME, OUTCOME)
    writer.remove([second])
    assert writer.next_id() == second + 1


def test_a_moved_file_keeps_what_was_indexed(database: sa.Engine) -> None:
    writer, reader = CatalogueWriter(database), CatalogueReader(database)
    writer.put(FileId(1), _stamp(), NAME, OUTCOME)
    writer.move(FileId(1), _stamp("/v/new"), EpisodeName("New"))
    (record,) = reader.all()
    assert (record.stamp.path, record.name.show, record.outcome) == ("/v/new", "New", OUTCOME)


def test_the_migrations_make_the_schema_of_the_code(database: sa.Engine) -> None:
    made = sa.MetaData()
    made.reflect(database, only=["files"])
    assert {column.name: column.nullable for column in made.tables["files"].columns} == {
        column.name: column.nullable for column in metadata.tables["files"].columns
    }
    folder = Path(core.catalogue.schema.__file__).parent / "migrations"
    assert ScriptDirectory(str(folder)).get_current_head() == SCHEMA_REVISION


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    (tmp_path / "c.sqlite").write_bytes(b"not a database, but long enough to be looked into" * 20)
    with pytest.raises(CatalogueError, match=r"c\.sqlite: the catalogue cannot be opened: file is not a database"):
        open_database(f"sqlite:///{tmp_path / 'c.sqlite'}", create=True)


def test_a_catalogue_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'c.sqlite'}"
    open_database(url, create=True).dispose()
    connection = sqlite3.connect(tmp_path / "c.sqlite")
    connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.commit()
    connection.close()
    with pytest.raises(CatalogueError, match="newer version"):
        open_database(url, create=True)


def test_a_catalogue_that_is_not_there_is_not_made_by_reading(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match="no catalogue"):
        open_database(f"sqlite:///{tmp_path / 'c.sqlite'}", create=False)
    assert not (tmp_path / "c.sqlite").exists()


@pytest.mark.parametrize(
    ("time_ms", "shot"), [(0, (0, 1500)), (1499, (0, 1500)), (1500, (1500, 3000)), (3000, (3000, 90_000))]
)
def test_a_time_is_in_the_shot_that_began_last(time_ms: int, shot: tuple[int, int]) -> None:
    outcome = FileOutcome(FileState.READY, duration_ms=Millis(90_000), cuts_ms=(1500, 3000))
    assert outcome.shot_at(time_ms) == shot
