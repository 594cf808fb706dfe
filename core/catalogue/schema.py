"""Database schema: tables, and opening a database with its schema brought up to date (Alembic)."""

import sqlite3
from pathlib import Path
from typing import Final
from urllib.parse import quote

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from core.errors import CatalogueError

SCHEMA_REVISION = "0005"
"""The newest migration under `migrations/versions`; a test compares them."""
_READABLE: Final = frozenset({"0003", "0004", SCHEMA_REVISION})
"""Revisions that are read as they are where nothing can be written: the older ones lack tables that may be empty."""

_RESTORE_ADVICE: Final = (
    ". Put a copy of it back, or delete it and add your videos again with `whenanime library add DIR`."
)
_DAMAGED_CODES: Final = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_NOT_WRITABLE_CODES: Final = frozenset({sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM})
_PRIMARY_CODE_MASK: Final = 0xFF

metadata = sa.MetaData()

files = sa.Table(
    "files",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("path", sa.Text, nullable=False, unique=True),
    sa.Column("relative", sa.Text, nullable=False),
    sa.Column("bytes", sa.BigInteger, nullable=False),
    sa.Column("modified_ns", sa.BigInteger, nullable=False),
    sa.Column("content", sa.Text, nullable=False, index=True),
    sa.Column("state", sa.Text, nullable=False, index=True),
    sa.Column("problem", sa.Text, nullable=False),
    sa.Column("encoder", sa.Text, nullable=False),
    sa.Column("duration_ms", sa.BigInteger, nullable=False),
    sa.Column("frames", sa.Integer, nullable=False),
    sa.Column("cuts_ms", sa.LargeBinary, nullable=False),
    sa.Column("show", sa.Text, nullable=False, index=True),
    sa.Column("season", sa.Integer, nullable=True, index=True),
    sa.Column("season_name", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("first", sa.Float, nullable=True),
    sa.Column("last", sa.Float, nullable=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("understood", sa.Boolean, nullable=False),
    sa.Column("given_show", sa.Text, nullable=True),
    sa.Column("given_season", sa.Integer, nullable=True),
    sa.Column("given_of", sa.Text, nullable=True),
    sa.Column("seekable", sa.Boolean, nullable=False, server_default=sa.true()),
    sqlite_autoincrement=True,  # ids are never used twice: labels of a removed file must stay invalid
)

shows = sa.Table(
    "shows",
    metadata,
    sa.Column("show", sa.Text, primary_key=True),
    sa.Column("source", sa.Text, primary_key=True),
    sa.Column("place", sa.Text, primary_key=True),
    sa.Column("anilist", sa.Integer, nullable=True),
    sa.Column("native", sa.Text, nullable=True),
    sa.Column("romaji", sa.Text, nullable=True),
    sa.Column("english", sa.Text, nullable=True),
    sa.Column("chinese", sa.Text, nullable=True),
    sa.Column("synonyms", sa.JSON, nullable=False),
    sa.Column("adult", sa.Boolean, nullable=True),
    sa.Column("link", sa.Text, nullable=True),
    sa.Column("season_anilist", sa.JSON, nullable=False),
)
"""What sources say of shows; `show` is a name in `files`, though not every name here is one there."""

mined_seasons = sa.Table(
    "mined_seasons",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("show", sa.Text, nullable=False, index=True),
    sa.Column("season", sa.Integer, nullable=True),
    sa.Column("config", sa.Text, nullable=False),
    sa.Column("files", sa.JSON, nullable=False),
)
"""Seasons whose themes are known, each with the ids of the files that were compared."""

themes = sa.Table(
    "themes",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("mined_season", sa.Integer, nullable=False, index=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("file", sa.Integer, nullable=False),
    sa.Column("start_ms", sa.BigInteger, nullable=False),
    sa.Column("end_ms", sa.BigInteger, nullable=False),
    sa.Column("variant_of", sa.Integer, nullable=True),
    sqlite_autoincrement=True,  # ids are never used twice: a stored slice of a theme must not become another's
)
"""`file` may have left the library: what the theme is matched by is stored beside the catalogue."""

segments = sa.Table(
    "segments",
    metadata,
    sa.Column("file", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("start_ms", sa.BigInteger, nullable=False),
    sa.Column("end_ms", sa.BigInteger, nullable=False),
    sa.Column("confidence", sa.Float, nullable=False),
    sa.Column("evidence", sa.Text, nullable=False),
    sa.Column("theme", sa.Integer, nullable=True),
)
"""Mined segments, numbered by time; corrections are not among them."""

theme_notes = sa.Table(
    "theme_notes",
    metadata,
    sa.Column("file", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("note", sa.Text, nullable=False),
)
"""What hindered the search for a file's themes, as a sentence."""

corrections = sa.Table(
    "corrections",
    metadata,
    sa.Column("content", sa.Text, primary_key=True),
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("spans", sa.JSON, nullable=False),
)
"""What the operator said of segments, by the content of the video; kept when the video leaves the library."""


def open_database(url: str, *, create: bool) -> sa.Engine:
    """Open the catalogue, migrating it to `SCHEMA_REVISION` when it is older or new.

    In a folder that cannot be written it is opened read-only, unless `create`. `CatalogueError` when it cannot be
    opened, is not a catalogue, was written by a newer version, or is missing and `create` is false.
    """
    parsed = sa.make_url(url)
    database = Path(parsed.database) if parsed.get_backend_name() == "sqlite" and parsed.database else None
    if database:
        _find_or_prepare(database, create=create)
    engine = sa.create_engine(url)
    if engine.dialect.name == "sqlite":
        sa.event.listen(engine, "connect", _set_pragmas)
    try:
        if _revision(engine) != SCHEMA_REVISION:
            _migrate(engine)
    except SQLAlchemyError as exc:
        engine.dispose()
        if database and not create and _code_of(exc) in _NOT_WRITABLE_CODES:
            return _open_for_reading(database)
        raise _cannot_be_opened(parsed.database, exc) from exc
    except CatalogueError:
        engine.dispose()
        raise
    return engine


def database_state(database: Path) -> tuple[tuple[int, int], ...]:
    """What changes whenever an SQLite catalogue does: times and sizes of its file and its log, read without opening it.

    A log that is empty counts as none; what is not there is as good as empty.
    """
    state = []
    for path in (database, database.with_name(database.name + "-wal")):
        try:
            status = path.stat()
        except OSError:
            state.append((0, 0))
            continue
        state.append((status.st_mtime_ns, status.st_size) if status.st_size else (0, 0))
    return tuple(state)


def _find_or_prepare(database: Path, *, create: bool) -> None:
    if not create and not database.exists():
        raise CatalogueError(f"{database}: there is no catalogue{_RESTORE_ADVICE}")
    try:
        database.parent.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise CatalogueError(f"{database.parent}: cannot be created: {exc.strerror}") from exc


def _open_for_reading(database: Path) -> sa.Engine:
    """Open a catalogue read-only, in a folder that cannot be written.

    In write-ahead mode SQLite needs two files beside a database, unless it is opened as immutable. That is safe without
    a log; with one, the changes in the log would be missed.
    """
    log = database.with_name(database.name + "-wal")
    if log.exists() and log.stat().st_size:
        raise CatalogueError(
            f"{database}: the last changes to the catalogue are still in {log.name}, and its folder cannot be written. "
            "Run `whenanime library list` once where it can be."
        )
    immutable = {"mode": "ro", "immutable": "1", "uri": "true"}
    engine = sa.create_engine(sa.URL.create("sqlite", database=f"file:{quote(str(database))}", query=immutable))
    try:
        revision = _revision(engine)
    except SQLAlchemyError as exc:
        engine.dispose()
        raise _cannot_be_opened(str(database), exc) from exc
    if revision not in _READABLE:
        engine.dispose()
        raise CatalogueError(
            f"{database}: the catalogue was written by another version of WhenAnime, and its folder cannot be written. "
            "Run `whenanime library list` with this version once where it can be."
        )
    return engine


def _cannot_be_opened(database: str | None, exc: SQLAlchemyError) -> CatalogueError:
    code = _code_of(exc)
    if code == sqlite3.SQLITE_READONLY and database:
        folder, name = Path(database).parent, Path(database).name
        return CatalogueError(f"{folder}: this folder, or {name} in it, cannot be written: it is read-only.")
    advice = _RESTORE_ADVICE if code in _DAMAGED_CODES else ". May it be read, and its folder be written?"
    return CatalogueError(f"{database}: the catalogue cannot be opened: {plain_reason(exc)}{advice}")


def _code_of(exc: SQLAlchemyError) -> int | None:
    """SQLite's primary result code; `None` for an error of another database."""
    code = getattr(getattr(exc, "orig", None), "sqlite_errorcode", None)
    return code & _PRIMARY_CODE_MASK if isinstance(code, int) else None


def plain_reason(exc: SQLAlchemyError) -> str:
    """The database's own message, without SQL and links."""
    return str(getattr(exc, "orig", None) or exc)


def _set_pragmas(connection: object, _record: object) -> None:
    cursor = connection.cursor()  # type: ignore[attr-defined]  # a DBAPI connection, which has no common type
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA busy_timeout=10000")
    cursor.close()


def _revision(engine: sa.Engine) -> str | None:
    """The schema's revision, read without Alembic, whose import takes longer than a search."""
    with engine.connect() as connection:
        if not sa.inspect(connection).has_table("alembic_version"):
            return None
        return connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()


def _migrate(engine: sa.Engine) -> None:
    from alembic import command  # noqa: PLC0415  # imported for a new or an old catalogue only
    from alembic.config import Config  # noqa: PLC0415
    from alembic.util import CommandError  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    with engine.begin() as connection:
        if engine.dialect.name == "sqlite":
            connection.exec_driver_sql("BEGIN IMMEDIATE")  # atomic, and one process at a time
        config.attributes["connection"] = connection
        try:
            command.upgrade(config, "head")
        except CommandError as exc:
            raise CatalogueError("the catalogue was written by a newer version of WhenAnime; update this one") from exc
