"""Files that appear whole or not at all."""

import os
from contextlib import suppress
from pathlib import Path

from core.errors import StorageError


def write_whole(path: Path, data: bytes, *, sync: bool = True) -> None:
    """Replace `path` by `data`: written aside in the same folder, synced if wanted, renamed; folders are made.

    `StorageError` when it cannot be written: no room, no permission.
    """
    aside = path.with_name(f".{path.name}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with aside.open("wb") as file:
            file.write(data)
            if sync:
                file.flush()
                os.fsync(file.fileno())
        aside.replace(path)
    except OSError as exc:
        with suppress(OSError):
            aside.unlink(missing_ok=True)
        raise StorageError(f"{path}: cannot be written: {exc.strerror}.") from exc
