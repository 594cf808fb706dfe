"""Store backends by name: opens and creates stores."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final, Protocol

from core.errors import StoreError
from core.stores.base import IndexSpec, VectorStore
from core.stores.checksummed_folder import read_manifest
from core.stores.generation import GenerationInfo, IndexName, index_path
from core.stores.hnsw.store import BACKEND as HNSW
from core.stores.hnsw.store import HnswStore


class StoreBackend(Protocol):
    """Class of a backend's stores."""

    def __call__(self, dim: int, spec: IndexSpec, *, threads: int) -> VectorStore:
        """Creates an empty store."""

    def load(self, path: Path, spec: IndexSpec, *, threads: int) -> VectorStore:
        """Opens a saved store."""


BACKENDS: Final[Mapping[str, StoreBackend]] = {HNSW: HnswStore}
DEFAULT_BACKEND: Final = HNSW
"""Backend of new indexes."""


def new_store(backend: str, dim: int, spec: IndexSpec, *, threads: int = -1) -> VectorStore:
    """Creates an empty store for vectors of `dim` numbers, built by `threads` threads (-1: one for each core).

    `StoreError` when there is no such backend or `dim` is not positive.
    """
    if backend not in BACKENDS:
        raise StoreError(f"There is no index backend called {backend!r}; there is: {', '.join(BACKENDS)}.")
    return BACKENDS[backend](dim, spec, threads=threads)


def open_store(path: Path, spec: IndexSpec, *, threads: int = -1) -> VectorStore:
    """Opens the store saved at `path`, of any backend; of `spec` only `ef` is used, the rest is fixed when it is built.

    `StoreError` when the store is missing, damaged or of a backend that this version does not have.
    """
    backend = read_manifest(path).backend
    if backend not in BACKENDS:
        raise StoreError(f"{path}: the index is of backend {backend!r}; there is: {', '.join(BACKENDS)}.")
    return BACKENDS[backend].load(path, spec, threads=threads)


def open_index(
    generation: Path, info: GenerationInfo, name: IndexName = IndexName.FRAMES, *, threads: int = -1
) -> VectorStore:
    """Opens one index of the generation in a folder; raises as `open_store` does."""
    return open_store(index_path(generation, name), info.index, threads=threads)
