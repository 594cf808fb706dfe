"""Status of a run: written and read again, damaged, and of a run that was killed."""

from dataclasses import replace
from pathlib import Path

import pytest

from core.errors import StorageError
from core.files import library_lock
from core.library.run_status import STALE_S, RunState, RunStatus, is_dead, read_run_status, write_run_status

STATUS = RunStatus(
    "library add",
    pid=42,
    started_s=1000.0,
    changed_s=1060.0,
    reading_s=1030.0,
    state=RunState.READING,
    files=4,
    done=1,
    total_bytes=1000,
    done_bytes=100,
    frames=12,
    name="夜の雨 <b>.mkv",
    name_bytes=200,
    share=0.5,
)


def test_a_status_comes_back_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "data" / "run.json"
    assert read_run_status(path) is None
    for status in (STATUS, replace(STATUS, state=RunState.FAILED, problem="The disk is full.", share=1.0)):
        write_run_status(path, status)
        assert read_run_status(path) == status
    assert [file.name for file in path.parent.iterdir()] == ["run.json"]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b"{}",
        b'{"command": "library add"}',
        b'{"command": 1, "pid": 1, "started_s": 1, "changed_s": 1}',
        b'{"command": "", "pid": -1, "started_s": 1, "changed_s": 1}',
        b'{"command": "", "pid": 1, "started_s": 1, "changed_s": 1, "share": 7}',
        b'{"command": "", "pid": 1, "started_s": 1, "changed_s": 1, "state": "dancing"}',
        b'{"command": "", "pid": 1, "started_s": NaN, "changed_s": 1}',
        b'{"command": "", "pid": 1, "started_s": 1e999, "changed_s": 1}',
        b"\xff\xfe\x00",
        b'{"command": "' + b"x" * 100_000 + b'"}',
    ],
)
def test_a_damaged_status_is_an_error_with_its_path(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    path.write_bytes(content)
    with pytest.raises(StorageError, match=r"run\.json: is no status of a run"):
        read_run_status(path)


def test_a_folder_in_its_place_is_an_error_too(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="cannot be read"):
        read_run_status(tmp_path)


def test_how_much_is_read_and_how_long_it_takes() -> None:
    assert STATUS.read_share == pytest.approx(0.2)
    assert STATUS.remaining_s == pytest.approx(120.0)
    assert replace(STATUS, done_bytes=0, share=0.0).remaining_s is None
    assert replace(STATUS, total_bytes=0).read_share == 0.0
    assert replace(STATUS, done_bytes=5000).read_share == 1.0
    assert replace(STATUS, state=RunState.FINISHED).remaining_s is None


def test_a_run_that_is_silent_and_holds_no_lock_is_dead(tmp_path: Path) -> None:
    lock, late_s = tmp_path / "library.lock", STATUS.changed_s + STALE_S + 1
    with library_lock(lock):
        assert not is_dead(STATUS, lock, late_s)
    assert is_dead(STATUS, lock, late_s)
    assert not is_dead(STATUS, lock, STATUS.changed_s + 1)
    assert not is_dead(replace(STATUS, state=RunState.FINISHED), lock, late_s)
