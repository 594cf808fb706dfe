"""Files: atomic writes, messages of disk errors, and the library's lock."""

import errno
import os
import re
import threading
from pathlib import Path
from typing import BinaryIO

import pytest

from core.errors import LibraryBusyError, StorageError, StoreError
from core.files import StagedPath, disk_reason, exclusive_lock, is_locked, make_private, storage_errors, write_file

ROOT = Path(__file__).parents[2]


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def _half(file: BinaryIO) -> None:
    file.write(b"half")
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_bytes_text_and_what_a_function_writes_end_up_under_the_name(tmp_path: Path) -> None:
    for name, content in (("a", b"\x00\xff"), ("b", "映画"), ("c", lambda file: file.write(b"by a function"))):
        write_file(tmp_path / "deep" / "er" / name, content)
    folder = tmp_path / "deep" / "er"
    assert [(folder / name).read_bytes() for name in "abc"] == [b"\x00\xff", "映画".encode(), b"by a function"]
    assert _names(folder) == ["a", "b", "c"]


def test_a_file_that_cannot_be_finished_leaves_the_one_before_it_and_nothing_beside(tmp_path: Path) -> None:
    write_file(tmp_path / "file", b"before")
    with pytest.raises(StorageError, match=r"file: cannot be written: No space left"):
        write_file(tmp_path / "file", _half)
    assert (tmp_path / "file").read_bytes() == b"before"
    assert _names(tmp_path) == ["file"]


def test_a_folder_appears_with_all_that_is_in_it_or_not_at_all(tmp_path: Path) -> None:
    staged = StagedPath(tmp_path / "folder")
    staged.path.mkdir()
    (staged.path / "inside").write_bytes(b"1")
    staged.discard()
    assert _names(tmp_path) == []
    with StagedPath(tmp_path / "folder") as part:
        part.mkdir()
        (part / "inside").write_bytes(b"1")
        assert not (tmp_path / "folder").exists()
    assert _names(tmp_path) == ["folder"]
    assert (tmp_path / "folder" / "inside").read_bytes() == b"1"


def test_what_a_crash_left_beside_a_file_is_written_over(tmp_path: Path) -> None:
    left = StagedPath(tmp_path / "file").path
    left.mkdir()
    (left / "inside").write_bytes(b"of the crash")
    write_file(tmp_path / "file", b"new")
    assert _names(tmp_path) == ["file"]


def test_everything_is_on_disk_before_the_name_is_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    events: list[str] = []
    fsync, replace = os.fsync, Path.replace

    def synced(handle: int) -> None:
        events.append(f"sync {Path(f'/proc/self/fd/{handle}').readlink().name}")
        fsync(handle)

    def replaced(path: Path, target: Path) -> Path:
        events.append(f"name {target.name}")
        return replace(path, target)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(Path, "replace", replaced)
    with StagedPath(tmp_path / "folder") as part:
        part.mkdir()
        (part / "inside").write_bytes(b"1")
    assert events == ["sync inside", "sync folder.part", "name folder", f"sync {tmp_path.name}"]


def test_a_read_only_file_system_is_called_so(tmp_path: Path) -> None:
    with (
        pytest.raises(StoreError, match=r"place: cannot be written: the file system is read-only; the old one stays$"),
        storage_errors(tmp_path / "place", hint="; the old one stays", error=StoreError),
    ):
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))


def test_a_folder_that_may_only_be_read_is_called_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    denied = OSError(errno.EACCES, os.strerror(errno.EACCES))
    folder = tmp_path / "folder"
    folder.mkdir()
    assert disk_reason(denied, folder / "new" / "file") == "Permission denied"
    monkeypatch.setattr(os, "access", lambda path, mode, **_: Path(path) == folder and mode == os.R_OK)
    assert disk_reason(denied, folder / "new" / "file") == f"{folder} is read-only for this user"
    monkeypatch.setattr(os, "access", lambda _path, _mode, **_: False)
    assert disk_reason(denied, folder / "new" / "file") == "Permission denied"


def test_one_at_a_time_holds_a_lock_and_others_are_told(tmp_path: Path) -> None:
    path = tmp_path / "new" / "lock"
    assert not is_locked(path)
    assert not path.parent.exists()
    outcomes: list[bool | str] = []

    def second_holder() -> None:
        outcomes.append(is_locked(path))
        try:
            with exclusive_lock(path, "Wait for the other."):
                pass
        except LibraryBusyError as exc:
            outcomes.append(str(exc))

    with exclusive_lock(path, ""):
        thread = threading.Thread(target=second_holder)
        thread.start()
        thread.join()
    assert outcomes == [True, "Wait for the other."]
    assert not is_locked(path)
    with exclusive_lock(path, ""):
        pass


def test_no_other_module_writes_files_aside_or_locks_them() -> None:
    """One way: `fsync`, renaming and lock files are in `core/files.py` only."""
    own = re.compile(r"\bfsync\b|\bos\.(replace|rename)\(|\.rename\(|\bmkstemp\b|\bFileLock\b|import fcntl")
    folders = ("bot", "config", "core", "ingest", "training")
    paths = [path for folder in folders for path in (ROOT / folder).rglob("*.py") if path != ROOT / "core" / "files.py"]
    assert len(paths) > 100
    assert [str(path.relative_to(ROOT)) for path in paths if own.search(path.read_text("utf-8"))] == []


def test_a_private_file_is_its_owners_from_the_first_byte_on(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    modes: list[int] = []

    def write(file: BinaryIO) -> None:
        modes.append(Path(file.name).stat().st_mode & 0o777)
        file.write(b"secret")

    write_file(path, write, private=True)
    assert (modes, path.stat().st_mode & 0o777) == ([0o600], 0o600)
    path.chmod(0o644)
    make_private(path)
    make_private(tmp_path / "missing")
    assert path.stat().st_mode & 0o777 == 0o600
