"""Files and folders that appear whole or not at all, errors of the disk in words, and the lock of the one writer."""

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
"""Name of the file in the data directory that the one run that writes holds."""
PART_SUFFIX: Final = ".part"
"""Ends the name of what is being written; what a crash leaves behind is recognised by it."""


@contextmanager
def storage_errors(
    path: Path, problem: str = "cannot be written", *, hint: str = "", error: type[StorageError] = StorageError
) -> Iterator[None]:
    """Translate `OSError` of the block to `error`, whose text names `path`, the problem, its reason, and the hint."""
    try:
        yield
    except OSError as exc:
        raise error(f"{path}: {problem}: {disk_reason(exc, path)}{hint}") from exc


def disk_reason(exc: OSError, path: Path) -> str:
    """Why the disk refused `path`, in words; what may be read but not written is called read-only."""
    if exc.errno == errno.EROFS:
        return "the file system is read-only"
    if exc.errno in {errno.EACCES, errno.EPERM}:
        folder = next(folder for folder in path.absolute().parents if os.path.exists(folder))  # noqa: PTH110  # never raises
        for place in (path, folder):
            if _has_access(place, os.R_OK) and not _has_access(place, os.W_OK):
                return f"{place} is read-only for this user"
    return exc.strerror or str(exc)


def _has_access(path: Path, mode: int) -> bool:
    """Whether this process, as whom it acts now, may read or write a place."""
    return os.access(path, mode, effective_ids=os.access in os.supports_effective_ids)


class StagedPath:
    """A path beside its target, to write a file or a folder at; it takes the target's name when it is whole.

    A context manager that gives the path: a block that ends well commits, another one deletes what was written. Synced
    to disk unless told otherwise, so that after a power cut there is the old content or the new one. `OSError` comes
    through; `storage_errors` translates it. The target's folder has to be there; one writer a target at a time.
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
        """Give what was written the target's name; on an error it is deleted and the target stays as it is.

        A file replaces a file, and a folder an empty one.
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
    problem: str = "cannot be written",
) -> None:
    """Replace the file `path` by bytes, by text in UTF-8 or by what a function writes: whole or not at all.

    Folders are made; synced to disk if `sync`. `StorageError` says `problem` when the disk refuses.
    """
    with storage_errors(path, problem):
        path.parent.mkdir(parents=True, exist_ok=True)
        with StagedPath(path, sync=sync) as part, part.open("wb") as file:
            if callable(content):
                content(file)
            else:
                file.write(content.encode() if isinstance(content, str) else content)


def sync_folder(folder: Path) -> None:
    """Wait until the names in a folder are on disk."""
    _sync(folder)


@contextmanager
def exclusive_lock(path: Path, busy: str) -> Iterator[None]:
    """Hold the lock file `path`, whose folder is made; the system releases it however the process ends.

    `LibraryBusyError` with the text `busy` at once when another process holds it, `StorageError` when the disk refuses.
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
    """The lock of the library whose lock file is `path` (`DataLayout.lock`); raises as `exclusive_lock` does."""
    busy = f"Another whenanime run is changing the library in {path.parent}. Wait until it ends, then run this again."
    return exclusive_lock(path, busy)


def is_locked(path: Path) -> bool:
    """Whether another process holds the lock file `path`; false as well when this user may not lock it."""
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
    """Wait until a file, or a folder with all that is below it, is on disk."""
    if path.is_dir():
        for entry in path.iterdir():
            _sync_tree(entry)
    _sync(path)


def _delete(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
