"""Making generations: build aside, check, sync, swap the pointer atomically, keep the last two."""

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from core.domain import FileId
from core.errors import LibraryEmptyError, StorageError, StoreError
from core.stores.base import IndexSpec, VectorStore
from core.stores.generation import INFO, POINTER, STORE, GenerationInfo, current_generation

KEPT = 2
_PREFIX = "generation-"
_PART = ".part"


@dataclass(frozen=True, slots=True)
class Generations:
    """The folder of generations. Whoever calls holds the library's lock."""

    folder: Path

    def clean(self) -> list[str]:
        """Delete half-built generations that a crash left behind; their names."""
        try:
            halves = [path for path in self.folder.glob(f"{_PREFIX}*{_PART}") if path.is_dir()]
            for half in halves:
                shutil.rmtree(half)
        except OSError as exc:
            raise StorageError(f"{self.folder}: cannot be cleaned: {exc.strerror}") from exc
        return [half.name for half in halves]

    def publish(
        self, store: VectorStore, *, backend: str, encoder: str, index: IndexSpec, files: Mapping[FileId, int]
    ) -> GenerationInfo:
        """Write `store` as a new generation and point at it; on any failure the old one stays current.

        `StorageError` when the disk refuses.
        """
        info = GenerationInfo(
            name=self._next_name(),
            backend=backend,
            encoder=encoder,
            dim=store.dim,
            index=index,
            files=files,
            built_at=datetime.now(UTC).isoformat(timespec="seconds"),
        )
        part = self.folder / (info.name + _PART)
        try:
            part.mkdir(parents=True)
            store.save(part / STORE)
            write_synced(part / INFO, info.to_json())
            part.rename(self.folder / info.name)
            sync_folder(self.folder)
            self._point_at(info.name)
        except OSError as exc:
            raise StorageError(
                f"{self.folder}: the new index cannot be written: {exc.strerror}; the old one stays"
            ) from exc
        finally:
            shutil.rmtree(part, ignore_errors=True)
        self._prune(info.name)
        return info

    def _point_at(self, name: str) -> None:
        aside = self.folder / (POINTER + _PART)
        write_synced(aside, name + "\n")
        aside.replace(self.folder / POINTER)
        sync_folder(self.folder)

    def _next_name(self) -> str:
        numbers = [int(path.name[len(_PREFIX) :]) for path in self._whole()]
        return f"{_PREFIX}{max(numbers, default=0) + 1:06d}"

    def _whole(self) -> list[Path]:
        return sorted(path for path in self.folder.glob(_PREFIX + "*") if path.name[len(_PREFIX) :].isdigit())

    def _prune(self, current: str) -> None:
        others = [path for path in self._whole() if path.name != current]
        for old in others[: max(0, len(others) - (KEPT - 1))]:
            shutil.rmtree(old, ignore_errors=True)

    def current(self) -> tuple[Path, GenerationInfo] | None:
        """The current generation, `None` when there is none yet; `StoreError` when it is broken."""
        try:
            return current_generation(self.folder)
        except LibraryEmptyError:
            return None


def readable_generation(folder: Path) -> GenerationInfo | None:
    """The current generation's description, `None` when there is none or it is broken."""
    try:
        return current_generation(folder)[1]
    except (LibraryEmptyError, StoreError):
        return None


def write_synced(path: Path, text: str) -> None:
    """Write a small file and wait until it is on disk."""
    with path.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Wait until names in a folder are on disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
