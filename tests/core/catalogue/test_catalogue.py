import shutil
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import alembic.op
import pytest
import sqlalchemy as sa
from alembic.script import ScriptDirectory
from sqlalchemy.exc import OperationalError

import core.catalogue.schema
from core.catalogue.identities import IdentitySource, ShowIdentity, ShowStatement
from core.catalogue.reader import CatalogueReader
from core.catalogue.records import FileOutcome, FileStamp, FileState, NameOverride
from core.catalogue.schema import SCHEMA_REVISION, metadata, open_database
from core.catalogue.writer import CatalogueWriter
from core.domain import EpisodeKind, EpisodeName, FileId
from core.errors import CatalogueError
from core.timecode import Millis
from tests.unprivileged import permissions_hold, read_only


@pytest.fixture
def database(tmp_path: Path) -> Iterator[sa.Engine]:
    engine = open_database(f"sqlite:///{tmp_path / 'c.sqlite'}", create=True)
    yield engine
    engine.dispose()


def _stamp(path: str = "/v/第2季/05.mkv") -> FileStamp:
    return FileStamp(path, path[3:], 123, 456, "abc")


NAME = EpisodeName("夏目", 2, "第2季", EpisodeKind.SPECIAL, 5.5, 5.5, "猫", understood=True)
STATEMENT = ShowStatement(
    "夏目",
    IdentitySource.FILE,
    ShowIdentity(
        4081, "夏目友人帳", "Natsume", "Friends", "夏目友人帐", ("N", "夏"), False, "https://n.test", {2: 5300}
    ),
    "/v/show.toml",
)
OUTCOME = FileOutcome(FileState.DAMAGED, "breaks off", "f00d", Millis(90_000), 77, (1500, 4_000_000_000))


def test_a_video_that_must_be_read_through_stays_so(database: sa.Engine) -> None:
    writer, reader = CatalogueWriter(database), CatalogueReader(database)
    writer.put(FileId(1), _stamp(), NAME, replace(OUTCOME, seekable=False))
    assert reader.by_ids([FileId(1)])[FileId(1)].outcome == replace(OUTCOME, seekable=False)


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


def test_what_the_operator_said_comes_back_and_is_kept_until_said_otherwise(database: sa.Engine) -> None:
    writer, reader = CatalogueWriter(database), CatalogueReader(database)
    override = NameOverride("夏目", 0, "/v")
    writer.put(FileId(1), _stamp(), NAME, OUTCOME, override)
    assert reader.all()[0].name_override == override
    writer.set_outcomes({FileId(1): OUTCOME})
    assert reader.all()[0].name_override == override
    writer.move(FileId(1), _stamp(), NAME, NameOverride())
    assert not reader.all()[0].name_override


def _downgrade(path: Path, revision: str = "0001") -> None:
    """Make it a catalogue of the first version, of the third or of the fourth."""
    connection = sqlite3.connect(path)
    for table in ("mined_seasons", "themes", "segments", "theme_notes", "corrections"):
        connection.execute(f"DROP TABLE {table}")
    if revision != "0004":
        connection.execute("DROP TABLE shows")
    for column in () if revision in {"0003", "0004"} else ("given_show", "given_season", "given_of", "seekable"):
        connection.execute(f"ALTER TABLE files DROP COLUMN {column}")
    connection.execute("UPDATE alembic_version SET version_num = ?", (revision,))
    connection.commit()
    connection.close()


def test_an_older_catalogue_is_brought_up_to_date_with_all_that_is_in_it(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'c.sqlite'}"
    engine = open_database(url, create=True)
    CatalogueWriter(engine).put(FileId(7), _stamp(), NAME, OUTCOME)
    engine.dispose()
    _downgrade(tmp_path / "c.sqlite")
    engine = open_database(url, create=False)
    (record,) = CatalogueReader(engine).all()
    assert (record.id, record.stamp, record.name, record.outcome) == (7, _stamp(), NAME, OUTCOME)
    assert not record.name_override
    assert CatalogueWriter(engine).next_id() == 8
    engine.dispose()


def test_a_migration_that_breaks_off_leaves_the_catalogue_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"sqlite:///{tmp_path / 'c.sqlite'}"
    open_database(url, create=True).dispose()
    _downgrade(tmp_path / "c.sqlite")

    add_column = alembic.op.add_column

    def broken(table: str, column: sa.Column[int]) -> None:
        add_column(table, column)
        if column.name == "given_season":
            raise OperationalError("ALTER TABLE", {}, sqlite3.OperationalError("disk I/O error"))

    with monkeypatch.context() as patched:
        patched.setattr("alembic.op.add_column", broken)
        with pytest.raises(CatalogueError, match="disk I/O error"):
            open_database(url, create=False)
    open_database(url, create=False).dispose()


def test_a_catalogue_in_a_folder_that_cannot_be_written_is_read(tmp_path: Path) -> None:
    path = tmp_path / "100 % #1" / "c.sqlite"
    engine = open_database(f"sqlite:///{path}", create=True)
    CatalogueWriter(engine).put(FileId(1), _stamp(), NAME, OUTCOME)
    engine.dispose()
    with read_only(path.parent):
        engine = open_database(f"sqlite:///{path}", create=False)
        assert [record.name for record in CatalogueReader(engine).all()] == [NAME]
        with pytest.raises(CatalogueError, match="cannot be written: attempt to write a readonly database"):
            CatalogueWriter(engine).remove([FileId(1)])
        engine.dispose()
        with pytest.raises(CatalogueError, match=r"this folder, or c\.sqlite in it, cannot be written") as caught:
            open_database(f"sqlite:///{path}", create=True)
    assert "delete it" not in str(caught.value)
    assert [entry.name for entry in path.parent.iterdir()] == ["c.sqlite"]


def test_a_catalogue_that_may_not_be_read_is_not_called_broken(tmp_path: Path) -> None:
    path = tmp_path / "c.sqlite"
    open_database(f"sqlite:///{path}", create=True).dispose()
    path.chmod(0)
    with permissions_hold(), pytest.raises(CatalogueError, match="May it be read") as caught:
        open_database(f"sqlite:///{path}", create=False)
    assert "delete it" not in str(caught.value)


def test_an_older_catalogue_that_cannot_be_written_says_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "data" / "c.sqlite"
    open_database(f"sqlite:///{path}", create=True).dispose()
    _downgrade(path)
    with (
        read_only(path.parent),
        pytest.raises(CatalogueError, match="another version of WhenAnime, and its folder cannot be written"),
    ):
        open_database(f"sqlite:///{path}", create=False)


def test_a_catalogue_without_shows_is_read_where_it_cannot_be_written_and_gets_them_where_it_can(
    tmp_path: Path,
) -> None:
    path = tmp_path / "data" / "c.sqlite"
    engine = open_database(f"sqlite:///{path}", create=True)
    CatalogueWriter(engine).put(FileId(1), _stamp(), NAME, OUTCOME)
    engine.dispose()
    _downgrade(path, "0003")
    with read_only(path.parent):
        engine = open_database(f"sqlite:///{path}", create=False)
        assert [record.name for record in CatalogueReader(engine).all()] == [NAME]
        assert CatalogueReader(engine).show_statements() == []
        engine.dispose()
    engine = open_database(f"sqlite:///{path}", create=False)
    CatalogueWriter(engine).state_shows([STATEMENT])
    assert CatalogueReader(engine).show_statements() == [STATEMENT]
    engine.dispose()


def test_what_is_said_of_shows_comes_back_whole_one_statement_a_source(database: sa.Engine) -> None:
    writer, reader = CatalogueWriter(database), CatalogueReader(database)
    operator = ShowStatement("夏目", IdentitySource.OPERATOR, ShowIdentity(adult=False))
    writer.state_shows([STATEMENT, operator])
    assert reader.show_statements() == [STATEMENT, operator]
    changed = replace(STATEMENT, identity=ShowIdentity(romaji="Natsume"))
    writer.state_shows([changed], [operator])
    assert reader.show_statements() == [changed]
    writer.state_shows([replace(changed, identity=ShowIdentity())])
    assert reader.show_statements() == []


def test_changes_that_are_still_in_the_log_are_not_passed_over(tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path / 'c.sqlite'}", create=True)
    CatalogueWriter(engine).put(FileId(1), _stamp(), NAME, OUTCOME)
    copy = tmp_path / "copy"
    copy.mkdir()
    for name in ("c.sqlite", "c.sqlite-wal"):
        shutil.copy(tmp_path / name, copy / name)
    engine.dispose()
    with read_only(copy), pytest.raises(CatalogueError, match=r"still in c\.sqlite-wal.*library list"):
        open_database(f"sqlite:///{copy / 'c.sqlite'}", create=False)
    engine = open_database(f"sqlite:///{copy / 'c.sqlite'}", create=False)
    assert len(CatalogueReader(engine).all()) == 1
    engine.dispose()


def test_the_migrations_make_the_schema_of_the_code(database: sa.Engine) -> None:
    migrated = sa.MetaData()
    migrated.reflect(database, only=list(metadata.tables))
    assert migrated.tables.keys() == metadata.tables.keys()
    for name, table in metadata.tables.items():
        assert {column.name: (column.nullable, column.primary_key) for column in migrated.tables[name].columns} == {
            column.name: (column.nullable, column.primary_key) for column in table.columns
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
