"""Tables, and opening a database with its schema brought up to date (Alembic)."""

from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from core.errors import CatalogueError

SCHEMA_REVISION = "0001"
"""The newest migration under `migrations/versions`; a test compares them."""

_ADVICE = ". Put a copy of it back, or delete it and add your videos again with `whenanime library add DIR`."

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
    sqlite_autoincrement=True,  # an id is never given twice: labels of a removed file must not come back to life
)


def open_database(url: str, *, create: bool) -> sa.Engine:
    """Open the catalogue, migrating it to `SCHEMA_REVISION` when it is older or new.

    `CatalogueError` when it cannot be opened, is not a catalogue, was written by a newer version, or is not there and
    `create` is false.
    """
    parsed = sa.make_url(url)
    if parsed.get_backend_name() == "sqlite" and parsed.database:
        database = Path(parsed.database)
        if not create and not database.exists():
            raise CatalogueError(f"{database}: there is no catalogue{_ADVICE}")
        try:
            database.parent.mkdir(parents=True, exist_ok=True)
        except OSError as exc:
            raise CatalogueError(f"{database.parent}: cannot be created: {exc.strerror}") from exc
    engine = sa.create_engine(url)
    if engine.dialect.name == "sqlite":
        sa.event.listen(engine, "connect", _set_pragmas)
    try:
        if _revision(engine) != SCHEMA_REVISION:
            _migrate(engine)
    except SQLAlchemyError as exc:
        engine.dispose()
        raise CatalogueError(
            f"{parsed.database}: the catalogue cannot be opened: {plain_reason(exc)}{_ADVICE}"
        ) from exc
    except CatalogueError:
        engine.dispose()
        raise
    return engine


def plain_reason(exc: SQLAlchemyError) -> str:
    """The database's own words, without SQL and links."""
    return str(getattr(exc, "orig", None) or exc)


def _set_pragmas(connection: object, _record: object) -> None:
    cursor = connection.cursor()  # type: ignore[attr-defined]  # a DBAPI connection, which has no common type
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA busy_timeout=10000")
    cursor.close()


def _revision(engine: sa.Engine) -> str | None:
    """The schema's revision, read without Alembic, whose import costs more than a search."""
    with engine.connect() as connection:
        if not sa.inspect(connection).has_table("alembic_version"):
            return None
        return connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()


def _migrate(engine: sa.Engine) -> None:
    from alembic import command  # noqa: PLC0415  # only a new or an old catalogue pays for the import
    from alembic.config import Config  # noqa: PLC0415
    from alembic.util import CommandError  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        try:
            command.upgrade(config, "head")
        except CommandError as exc:
            raise CatalogueError("the catalogue was written by a newer version of WhenAnime; update this one") from exc
