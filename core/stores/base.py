"""Vector store protocol. One contract suite (`tests/core/stores`) runs on every backend."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from core.domain import FileId


@dataclass(frozen=True, slots=True)
class IndexSpec:
    """HNSW settings (Malkov & Yashunin 2016): links per node, candidates while building, candidates while searching."""

    m: int = 16
    ef_construction: int = 300
    ef: int = 256


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The nearest frames of one query, best first, ties by label: labels (k,) uint64, similarities (k,) float32."""

    labels: NDArray[np.uint64]
    similarities: NDArray[np.float32]


class VectorStore(Protocol):
    """Labelled unit vectors and nearest-neighbour search.

    Promises: best first, ties by label; an empty store or an empty filter returns nothing; fewer than `k` come back
    only when fewer match; a filter is applied while searching, never to a list already cut to `k`; adding a label
    again replaces its vector; similarities are right to 0.005; removing unknown ids is no error; searching while
    another thread adds is safe; `save` then `load` gives the same answers.
    """

    @property
    def dim(self) -> int:
        """Length of a vector."""

    @property
    def count(self) -> int:
        """Number of vectors that can be found."""

    @property
    def bytes_total(self) -> int:
        """Memory use, as exactly as the backend can tell."""

    def add(self, labels: NDArray[np.uint64], vectors: NDArray[np.float32]) -> None:
        """Adds (n,) labels with (n, dim) unit vectors. `StoreError` when shapes do not fit."""

    def remove_files(self, file_ids: Collection[FileId]) -> int:
        """Removes every frame of these files; returns their number."""

    def search(
        self, queries: NDArray[np.float32], k: int, *, file_ids: Collection[FileId] | None = None
    ) -> Sequence[Neighbours]:
        """Returns the `k` nearest frames of each row of (n, dim) `queries`, only those of `file_ids` when given."""

    def save(self, path: Path) -> None:
        """Writes a new file or folder at `path`, synced to disk. `StoreError` when that fails."""

    def close(self) -> None:
        """Releases memory and connections; the store cannot be used afterwards."""
