"""The file of quotas: what was counted, across restarts, and after damage."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from bot.storage.quota_file import QuotaFile, QuotaSpan
from core.errors import StorageError

SPANS = (QuotaSpan(b"ann", 100, 2), QuotaSpan(b"ben", 160, 1))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "bot" / "quota.sqlite"


def test_spans_are_there_again_the_oldest_first(path: Path) -> None:
    assert QuotaFile(path).read(0) == ()
    QuotaFile(path).write(SPANS[::-1], 0)
    assert QuotaFile(path).read(0) == SPANS
    assert QuotaFile(path).read(100) == SPANS[1:]
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_later_count_takes_the_place_of_an_earlier_one_and_what_is_too_old_goes(path: Path) -> None:
    file = QuotaFile(path)
    file.write(SPANS, 0)
    file.write([QuotaSpan(b"ben", 160, 5)], 100)
    assert file.read(0) == (QuotaSpan(b"ben", 160, 5),)


def _of_version(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        for statement in statements:
            connection.execute(statement)


@pytest.mark.parametrize("damage", ["text", "half", "version", "table", "row"])
def test_a_damaged_file_is_set_aside_with_a_warning(damage: str, path: Path, caplog: pytest.LogCaptureFixture) -> None:
    file = QuotaFile(path)
    file.write([QuotaSpan(b"ann", number, 1) for number in range(2000)], -1)
    whole = path.read_bytes()
    match damage:
        case "text":
            path.write_bytes(b"this is no database" * 100)
        case "half":
            path.write_bytes(whole[: len(whole) // 2])
        case "version":
            _of_version(path, "PRAGMA user_version = 7")
        case "table":
            _of_version(path, "DROP TABLE spans")
        case "row":
            _of_version(path, "UPDATE spans SET pictures = 'many' WHERE start_s = 7")
    assert file.read(-1) == ()
    assert "quota.sqlite.damaged" in caplog.text
    assert path.with_name("quota.sqlite.damaged").exists()
    caplog.clear()
    file.write(SPANS, 0)
    assert QuotaFile(path).read(0) == SPANS
    assert not caplog.records


def test_a_disk_that_refuses_is_said(path: Path) -> None:
    path.parent.write_bytes(b"a file where the folder should be")
    with pytest.raises(StorageError, match=r"quota\.sqlite"):
        QuotaFile(path).write(SPANS, 0)
    path.parent.unlink()
    path.mkdir(parents=True)
    with pytest.raises(StorageError, match="cannot be kept"):
        QuotaFile(path).write(SPANS, 0)
    with pytest.raises(StorageError, match="cannot be read"):
        QuotaFile(path).read(0)
