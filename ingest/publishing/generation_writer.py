"""Writing generations: build aside, sync, swap the pointer atomically, keep the last two."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from core.domain import FileId
from core.errors import LibraryEmptyError, StoreError
from core.files import PART_SUFFIX, StagedPath, storage_errors
from core.stores.base import IndexSpec
from core.stores.generation import INFO, POINTER, GenerationInfo, IndexName, ThemeCut, current_generation, index_path

GENERATIONS_LIMIT = 2
_PREFIX = "generation-"


class NamedIndex(Protocol):
    """An index of vectors of one length that writes itself to a new folder."""

    @property
    def dim(self) -> int:
        """Length of a vector."""

    def save(self, path: Path) -> None:
        """Write to a new folder at `path`, synced to disk. `StoreError` when it cannot be."""


@dataclass(frozen=True, slots=True)
class GenerationWriter:
    """The folder of generations. The caller holds the library's lock."""

    folder: Path

    def clean(self) -> list[str]:
        """Delete half-written generations that a crash left behind; returns their names."""
        with storage_errors(self.folder, "cannot be cleaned"):
            partial = [path for path in self.folder.glob(f"{_PREFIX}*{PART_SUFFIX}") if path.is_dir()]
            for folder in partial:
                shutil.rmtree(folder)
        return [folder.name for folder in partial]

    def publish(
        self,
        indexes: Mapping[IndexName, NamedIndex],
        *,
        backend: str,
        encoder: str,
        index: IndexSpec,
        files: Mapping[FileId, int],
        cuts: Mapping[FileId, ThemeCut] | None = None,
    ) -> GenerationInfo:
        """Write `indexes`, that of frames among them, as a new generation and make it current; on any failure the old
        one stays current. The other values describe the index of frames.

        `StorageError` when the disk refuses.
        """
        info = GenerationInfo(
            name=self._next_name(),
            backend=backend,
            encoder=encoder,
            dim=indexes[IndexName.FRAMES].dim,
            index=index,
            files=files,
            built_at=datetime.now(UTC).isoformat(timespec="seconds"),
            cuts=cuts or {},
        )
        with storage_errors(self.folder, "the new index cannot be written", hint="; the old one stays"):
            self.folder.mkdir(parents=True, exist_ok=True)
            with StagedPath(self.folder / info.name) as part:
                part.mkdir()
                for name, store in indexes.items():
                    store.save(index_path(part, name))
                (part / INFO).write_text(info.to_json(), "utf-8")
            with StagedPath(self.folder / POINTER) as part:
                part.write_text(info.name + "\n", "utf-8")
        self._prune(info.name)
        return info

    def _next_name(self) -> str:
        numbers = [int(path.name[len(_PREFIX) :]) for path in self._complete()]
        return f"{_PREFIX}{max(numbers, default=0) + 1:06d}"

    def _complete(self) -> list[Path]:
        return sorted(path for path in self.folder.glob(_PREFIX + "*") if path.name[len(_PREFIX) :].isdigit())

    def _prune(self, current: str) -> None:
        older = [path for path in self._complete() if path.name != current]
        for old in older[: max(0, len(older) - (GENERATIONS_LIMIT - 1))]:
            shutil.rmtree(old, ignore_errors=True)

    def exist(self) -> bool:
        """Whether anything was ever published here, readable or not."""
        return (self.folder / POINTER).exists()

    def current(self) -> tuple[Path, GenerationInfo] | None:
        """The current generation, `None` when there is none yet. `StoreError` when it cannot be read."""
        try:
            return current_generation(self.folder)
        except LibraryEmptyError:
            return None


def readable_generation(folder: Path) -> GenerationInfo | None:
    """The description of the current generation, `None` when there is none or it cannot be read."""
    try:
        return current_generation(folder)[1]
    except (LibraryEmptyError, StoreError):
        return None
