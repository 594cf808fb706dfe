"""Files: atomic writes, errors of the disk as sentences, and the library's lock."""

import errno
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Final

from filelock import FileLock, Timeout

from core.errors import LibraryBusyError, StorageError

LIBRARY_LOCK: Final = "library.lock"
"""Name of the lock file in the data directory; the run that writes the library holds it."""
_PRIVATE_MODE: Final = 0o600
PART_SUFFIX: Final = ".part"
"""Suffix of a file or folder that is being written; one that a crash leaves behind is recognised by it."""


@contextmanager
def storage_errors(
    path: Path, problem: str = "cannot be written", *, hint: str = "", error: type[StorageError] = StorageError
) -> Iterator[None]:
    """Translate an `OSError` of the block to `error`, whose text has `path`, the problem, its reason and the hint."""
    try:
        yield
    except OSError as exc:
        raise error(f"{path}: {problem}: {disk_reason(exc, path)}{hint}") from exc


def disk_reason(exc: OSError, path: Path) -> str:
    """The reason of an error about `path`, in words; what may be read but not written is called read-only."""
    if exc.errno == errno.EROFS:
        return "the file system is read-only"
    if exc.errno in {errno.EACCES, errno.EPERM}:
        folder = next(folder for folder in path.absolute().parents if os.path.exists(folder))  # noqa: PTH110  # never raises
        for place in (path, folder):
            if _has_access(place, os.R_OK) and not _has_access(place, os.W_OK):
                return f"{place} is read-only for this user"
    return exc.strerror or str(exc)


def _has_access(path: Path, mode: int) -> bool:
    """Whether this process, as its effective user, may read or write a path."""
    return os.access(path, mode, effective_ids=os.access in os.supports_effective_ids)


class StagedPath:
    """A path beside its target at which a file or folder is written; when it is whole it gets the target's name.

    A context manager that returns the path: the end of the block commits, an exception deletes what was written. Synced
    to disk unless `sync` is false, so that after a power cut there is the old content or the new one. `OSError` comes
    through; `storage_errors` translates it. The target's folder must exist; one writer a target at a time.
    """

    def __init__(self, target: Path, *, sync: bool = True) -> None:
        self.target = target
        self.path = target.with_name(target.name + PART_SUFFIX)
        self._sync = sync
        _delete(self.path)

    def __enter__(self) -> Path:
        return self.path

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self.commit()
        else:
            self.discard()

    def commit(self) -> None:
        """Give the target's name to what was written; on an error it is deleted and the target stays.

        A file replaces a file, and a folder an empty folder.
        """
        try:
            if self._sync:
                _sync_tree(self.path)
            self.path.replace(self.target)
            if self._sync:
                sync_folder(self.target.parent)
        except BaseException:
            self.discard()
            raise

    def discard(self) -> None:
        """Delete what was written; never fails."""
        with suppress(OSError):
            _delete(self.path)


def write_file(
    path: Path,
    content: bytes | str | Callable[[BinaryIO], object],
    *,
    sync: bool = True,
    private: bool = False,
    problem: str = "cannot be written",
) -> None:
    """Replace the file `path` by bytes, by text in UTF-8 or by the output of a function, atomically.

    Folders are created; synced to disk if `sync`; `private`: only the owner may read it. `StorageError` with `problem`
    when the disk refuses.
    """
    with storage_errors(path, problem):
        path.parent.mkdir(parents=True, exist_ok=True)
        with StagedPath(path, sync=sync) as part, part.open("wb") as file:
            if private:
                part.chmod(_PRIVATE_MODE)
            if callable(content):
                content(file)
            else:
                file.write(content.encode() if isinstance(content, str) else content)


def make_private(path: Path) -> None:
    """Let only the owner read and write a file, where there is one and the system allows it."""
    with suppress(OSError):
        path.chmod(_PRIVATE_MODE)


def sync_folder(folder: Path) -> None:
    """Sync the names in a folder to disk."""
    _sync(folder)


@contextmanager
def exclusive_lock(path: Path, busy: str) -> Iterator[None]:
    """Hold the lock file `path`, whose folder is created; the system releases it however the process ends.

    The lock is `filelock`'s; only its use is ours, because `filelock` alone would wait instead of failing at once, and
    would raise its own `Timeout` or a bare `OSError`. `LibraryBusyError` with the text `busy` when another process
    holds it, `StorageError` when the disk refuses.
    """
    lock = FileLock(path)
    with storage_errors(path.parent):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            lock.acquire(timeout=0)
        except Timeout as exc:  # an `OSError`
            raise LibraryBusyError(busy) from exc
    try:
        yield
    finally:
        lock.release()


def library_lock(path: Path) -> AbstractContextManager[None]:
    """The library's lock, with the lock file `path` (`DataLayout.lock`); raises as `exclusive_lock` does."""
    busy = f"Another whenanime run is changing the library in {path.parent}. Wait until it ends, then run this again."
    return exclusive_lock(path, busy)


def is_locked(path: Path) -> bool:
    """Whether another process holds the lock file `path`; also false when this user may not lock it."""
    if not path.exists():
        return False
    lock = FileLock(path)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return True
    except OSError:
        return False
    lock.release()
    return False


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _sync_tree(path: Path) -> None:
    """Sync a file, or a folder with everything below it, to disk."""
    if path.is_dir():
        for entry in path.iterdir():
            _sync_tree(entry)
    _sync(path)


def _delete(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
