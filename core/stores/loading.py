"""Which backend a store is of: the one place that names them all."""

from pathlib import Path

from core.errors import StoreError
from core.stores.base import IndexSpec, VectorStore
from core.stores.checksummed_folder import read_manifest
from core.stores.hnsw.store import BACKEND as HNSW
from core.stores.hnsw.store import HnswStore

BACKENDS = (HNSW,)


def new_store(backend: str, dim: int, spec: IndexSpec, *, threads: int = -1) -> VectorStore:
    """An empty store for vectors of `dim` numbers, built by `threads` threads (-1: one a core).

    `StoreError` when there is no such backend or `dim` is not positive.
    """
    if backend == HNSW:
        return HnswStore(dim, spec, threads=threads)
    raise StoreError(f"There is no index backend called {backend!r}; there is: {', '.join(BACKENDS)}.")


def open_store(path: Path, spec: IndexSpec, *, threads: int = -1) -> VectorStore:
    """The store saved at `path`, of whatever backend. `spec.ef` counts; the other settings are those it was built with.

    `StoreError` when nothing is there, or it is damaged or of a backend that this version does not know.
    """
    facts = read_manifest(path)
    if facts.backend == HNSW:
        return HnswStore.load(path, spec, threads=threads)
    raise StoreError(f"{path}: the index is of backend {facts.backend!r}; there is: {', '.join(BACKENDS)}.")
