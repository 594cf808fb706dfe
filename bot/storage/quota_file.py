"""Quota file: pictures that clients have searched in the last 24 hours, in SQLite, so that a restart forgets none.

Clients are digests: no address and no name of a key is at rest.
"""

import logging
import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing, suppress
from dataclasses import astuple, dataclass
from pathlib import Path
from threading import Lock
from typing import Final

from core.errors import StorageError
from core.files import make_private, storage_errors

_VERSION: Final = 1
_BUSY_S: Final = 1.0
_DAMAGED_SUFFIX: Final = ".damaged"
_SCHEMA: Final = (
    "CREATE TABLE IF NOT EXISTS spans (client BLOB NOT NULL, start_s INTEGER NOT NULL, pictures INTEGER NOT NULL, "
    "PRIMARY KEY (client, start_s)) WITHOUT ROWID"
)
_SELECT: Final = "SELECT client, start_s, pictures FROM spans WHERE start_s > ? ORDER BY start_s"
_UPSERT: Final = (
    "INSERT INTO spans VALUES (?, ?, ?) ON CONFLICT (client, start_s) DO UPDATE SET pictures = excluded.pictures"
)
_DELETE: Final = "DELETE FROM spans WHERE start_s <= ?"
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class QuotaSpan:
    """Pictures of one client in a short span of time. `client`: a digest; `start_s`: seconds since the epoch."""

    client: bytes
    start_s: int
    pictures: int


class QuotaFile:
    """Spans of all clients in one file, readable by its owner only. Blocking; for several threads."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = Lock()

    def read(self, since_s: int) -> Sequence[QuotaSpan]:
        """The spans that began after `since_s`, the oldest first; none when there is no file.

        A damaged file is set aside, with a warning. `StorageError` when the disk refuses.
        """
        if not self._path.exists():
            return ()
        try:
            with self._lock, closing(self._connection()) as connection:
                _check(connection)
                return tuple(_span(*row) for row in connection.execute(_SELECT, (since_s,)))
        except sqlite3.OperationalError as exc:
            raise StorageError(f"{self._path}: the pictures of the last 24 hours cannot be read: {exc}.") from exc
        except (sqlite3.DatabaseError, ValueError) as exc:
            self._set_aside(exc)
            return ()

    def write(self, spans: Iterable[QuotaSpan], until_s: int) -> None:
        """Store spans in place of those of the same client and start; forget those that began until `until_s`.

        `StorageError` when the disk refuses; then the file is as it was.
        """
        with storage_errors(self._path):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._path.touch(mode=0o600)
        make_private(self._path)
        try:
            with self._lock, closing(self._connection()) as connection, connection:
                connection.execute(_SCHEMA)
                connection.execute(f"PRAGMA user_version = {_VERSION}")
                connection.executemany(_UPSERT, (astuple(span) for span in spans))
                connection.execute(_DELETE, (until_s,))
        except sqlite3.Error as exc:
            raise StorageError(f"{self._path}: the pictures of the last 24 hours cannot be kept: {exc}.") from exc

    def _connection(self) -> sqlite3.Connection:
        return sqlite3.connect(self._path, timeout=_BUSY_S)

    def _set_aside(self, problem: Exception) -> None:
        aside = self._path.with_name(self._path.name + _DAMAGED_SUFFIX)
        with suppress(OSError):
            self._path.replace(aside)
        _log.warning(
            "%s is damaged (%s) and was set aside as %s; quotas are counted from zero", self._path, problem, aside.name
        )


def _check(connection: sqlite3.Connection) -> None:
    """Raises `ValueError` or `sqlite3.DatabaseError` for a file that is damaged or of another make."""
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version != _VERSION:
        raise ValueError(f"its version is {version} and not {_VERSION}")
    (result,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    if result != "ok":
        raise ValueError(str(result))
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if "spans" not in tables:
        raise ValueError("it has no table of spans")


def _span(client: object, start_s: object, pictures: object) -> QuotaSpan:
    if not isinstance(client, bytes) or not isinstance(start_s, int) or not isinstance(pictures, int) or pictures < 0:
        raise ValueError("a row is none of ours")
    return QuotaSpan(client, start_s, pictures)
