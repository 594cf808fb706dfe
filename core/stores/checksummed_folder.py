"""Checksummed folder: a store on disk, written aside, synced and renamed; all of it is verified before a file is read.

    store.json      backend, length of a vector, size and CRC-32 of every other file
    …               the backend's own files

The checksums keep damaged graphs away from hnswlib, which does not verify the offsets in its file.
"""

import json
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from core.errors import StoreError
from core.files import StagedPath, storage_errors

MANIFEST = "store.json"
LAYOUT_VERSION = 1
_CHUNK_BYTES = 1 << 20
_REBUILD_HINT = "run `whenanime index rebuild`"


@dataclass(frozen=True, slots=True)
class StoreManifest:
    """Content of `store.json`; `files` maps names to (bytes, CRC-32)."""

    layout: int
    backend: str
    dim: int
    files: Mapping[str, tuple[int, int]]


@contextmanager
def checksummed_folder(path: Path, *, backend: str, dim: int) -> Iterator[Path]:
    """New folder for a store's files; it is renamed to `path` at the end of the block, and deleted on an exception.

    `StoreError` when `path` exists or the disk refuses.
    """
    with storage_errors(path, "the index cannot be written", error=StoreError):
        if path.exists():
            raise StoreError(f"{path}: there is something here already; an index is written to a new folder only")
        path.parent.mkdir(parents=True, exist_ok=True)
        with StagedPath(path) as folder:
            folder.mkdir()
            yield folder
            files = {file.name: (file.stat().st_size, _crc32(file)) for file in sorted(folder.iterdir())}
            manifest = StoreManifest(LAYOUT_VERSION, backend, dim, files)
            (folder / MANIFEST).write_text(json.dumps(asdict(manifest), indent=1), "utf-8")


def read_manifest(path: Path) -> StoreManifest:
    """Reads the manifest of a folder. `StoreError` when it is not a store's or of another layout."""
    try:
        values = json.loads((path / MANIFEST).read_text("utf-8"))
        files = {str(name): (int(size), int(crc)) for name, (size, crc) in values["files"].items()}
        manifest = StoreManifest(int(values["layout"]), str(values["backend"]), int(values["dim"]), files)
    except (FileNotFoundError, NotADirectoryError) as exc:
        raise StoreError(f"{path}: there is no index here; {_REBUILD_HINT}") from exc
    except OSError as exc:
        raise StoreError(f"{path / MANIFEST}: cannot be read: {exc.strerror or exc}; {_REBUILD_HINT}") from exc
    except (ValueError, KeyError, TypeError, AttributeError) as exc:
        raise StoreError(f"{path / MANIFEST}: is damaged; {_REBUILD_HINT}") from exc
    if manifest.layout != LAYOUT_VERSION:
        raise StoreError(
            f"{path}: the index was written by another version (layout {manifest.layout}); {_REBUILD_HINT}"
        )
    return manifest


def check_files(path: Path, manifest: StoreManifest) -> None:
    """Verifies size and checksum of every file; `StoreError` when one is missing, cut off or changed."""
    for name, (size, crc) in manifest.files.items():
        file = path / name
        try:
            if file.stat().st_size != size:
                raise StoreError(f"{file}: has {file.stat().st_size} bytes, {size} were written; {_REBUILD_HINT}")
            if _crc32(file) != crc:
                raise StoreError(f"{file}: is damaged (its checksum is not the one written); {_REBUILD_HINT}")
        except OSError as exc:
            raise StoreError(f"{file}: cannot be read: {exc.strerror or exc}; {_REBUILD_HINT}") from exc


def _crc32(path: Path) -> int:
    crc = 0
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            crc = zlib.crc32(chunk, crc)
    return crc
