"""A store's folder on disk: written aside, synced, renamed; and checked in full before any file in it is read.

    store.json      backend, length of a vector, size and CRC-32 of every other file
    …               the backend's own files

A checksum is what keeps a damaged graph away from hnswlib, which follows the numbers in its file as they come.
"""

import json
import os
import shutil
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from core.errors import StoreError

MANIFEST = "store.json"
LAYOUT = 1
_CHUNK_BYTES = 1 << 20
_REBUILD = "run `whenanime index rebuild`"


@dataclass(frozen=True, slots=True)
class StoreFacts:
    """What `store.json` says; `files` maps names to (bytes, CRC-32)."""

    layout: int
    backend: str
    dim: int
    files: Mapping[str, tuple[int, int]]


@contextmanager
def sealed_folder(path: Path, *, backend: str, dim: int) -> Iterator[Path]:
    """A new folder to write a store's files into; it becomes `path` when the block ends well, and is gone otherwise.

    `StoreError` when `path` exists or the disk refuses.
    """
    aside = path.with_name(f".{path.name}.part")
    try:
        if path.exists():
            raise StoreError(f"{path}: there is something here already; an index is written to a new folder only")
        if aside.exists():
            shutil.rmtree(aside)
        aside.mkdir(parents=True)
        yield aside
        files = {one.name: _sync(one) for one in sorted(aside.iterdir())}
        facts = StoreFacts(LAYOUT, backend, dim, files)
        (aside / MANIFEST).write_text(json.dumps(asdict(facts), indent=1), "utf-8")
        _sync(aside / MANIFEST)
        _sync_folder(aside)
        aside.rename(path)
        _sync_folder(path.parent)
    except OSError as exc:
        raise StoreError(f"{path}: the index cannot be written: {exc.strerror or exc}") from exc
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def read_facts(path: Path) -> StoreFacts:
    """What the folder says it holds. `StoreError` when it is not a store's or of another layout."""
    try:
        values = json.loads((path / MANIFEST).read_text("utf-8"))
        files = {str(name): (int(size), int(crc)) for name, (size, crc) in values["files"].items()}
        facts = StoreFacts(int(values["layout"]), str(values["backend"]), int(values["dim"]), files)
    except (FileNotFoundError, NotADirectoryError) as exc:
        raise StoreError(f"{path}: there is no index here; {_REBUILD}") from exc
    except OSError as exc:
        raise StoreError(f"{path / MANIFEST}: cannot be read: {exc.strerror or exc}; {_REBUILD}") from exc
    except (ValueError, KeyError, TypeError, AttributeError) as exc:
        raise StoreError(f"{path / MANIFEST}: is damaged; {_REBUILD}") from exc
    if facts.layout != LAYOUT:
        raise StoreError(f"{path}: the index was written by another version (layout {facts.layout}); {_REBUILD}")
    return facts


def check_files(path: Path, facts: StoreFacts) -> None:
    """`StoreError` unless every file is there, whole and unchanged."""
    for name, (size, crc) in facts.files.items():
        file = path / name
        try:
            if file.stat().st_size != size:
                raise StoreError(f"{file}: has {file.stat().st_size} bytes, {size} were written; {_REBUILD}")
            if _crc32(file) != crc:
                raise StoreError(f"{file}: is damaged (its checksum is not the one written); {_REBUILD}")
        except OSError as exc:
            raise StoreError(f"{file}: cannot be read: {exc.strerror or exc}; {_REBUILD}") from exc


def _sync(path: Path) -> tuple[int, int]:
    """Wait until a file is on disk; its size and checksum."""
    with path.open("rb") as file:
        os.fsync(file.fileno())
    return path.stat().st_size, _crc32(path)


def _sync_folder(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _crc32(path: Path) -> int:
    crc = 0
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            crc = zlib.crc32(chunk, crc)
    return crc
