"""One writer at a time."""

from collections.abc import Iterator
from contextlib import contextmanager

from filelock import FileLock, Timeout

from core.errors import LibraryBusyError, StorageError
from core.layout import DataLayout


@contextmanager
def library_lock(layout: DataLayout) -> Iterator[None]:
    """Hold the library's lock; the system releases it however the process ends.

    `LibraryBusyError` at once when another run holds it, `StorageError` when the data directory cannot be written.
    """
    lock = FileLock(layout.lock)
    try:
        layout.root.mkdir(parents=True, exist_ok=True)
        lock.acquire(timeout=0)
    except Timeout as exc:
        raise LibraryBusyError(
            f"Another whenanime run is changing the library in {layout.root}. Wait until it ends, then run this again."
        ) from exc
    except OSError as exc:
        raise StorageError(f"{layout.root}: cannot be written: {exc.strerror}") from exc
    try:
        yield
    finally:
        lock.release()
