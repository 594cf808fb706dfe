"""HNSW store: a vector store in one process, with a graph for wide searches and a scan for narrow ones."""

from collections.abc import Callable, Collection, Sequence
from pathlib import Path

import hnswlib
import numpy as np
from numpy.typing import NDArray

from core.domain import FileId
from core.errors import StoreError
from core.stores.base import IndexSpec, Neighbours
from core.stores.checksummed_folder import check_files, checksummed_folder, read_manifest
from core.stores.hnsw.frame_table import FrameTable, Labels
from core.stores.hnsw.quantized_vectors import Nodes, VectorTable, dequantize, row_bytes
from core.stores.hnsw.read_write_lock import ReadWriteLock

BACKEND = "hnsw"
SCAN_FACTOR = 25
"""Scanning this many frames takes as long as asking the graph for one more neighbour (measured, 200,000 × 256)."""

_GRAPH, _VECTORS, _LABELS, _NODES = "graph.hnsw", "vectors.npy", "labels.npy", "nodes.npy"
_BLOCK_FRAMES = 512
_FIRST_CAPACITY = 1024
_WIDENING_FACTOR = 4
_UNIT_TOLERANCE = 0.005


class HnswStore:
    """`VectorStore` over hnswlib (Malkov & Yashunin, "Efficient and robust approximate nearest neighbor search using
    Hierarchical Navigable Small World graphs", 2016), inner product, `spec.m` links, and a table of the vectors.

    One graph node per *distinct* vector: repeated openings and static shots are one node with many frames. As nodes of
    their own, a few hundred equal vectors link only to each other and cut others off (measured: 300 among 10,000 at
    M 16 lose 3 % of all queries). It also makes ties exact: frames that look the same come by label.

    A search asks the graph for `max(k, ef, 2 k / share)` neighbours, `share` being the part of all frames that the
    filter allows, and keeps the allowed ones; while too few are left it asks for four times as many. As soon as the
    allowed frames are fewer than `SCAN_FACTOR` times what would be asked for, they are scanned instead, which is exact:
    so are small stores, narrow filters, and filters that lead away from the picture. hnswlib's own filter is not used:
    it calls Python for each candidate and fails when fewer than `k` match. (Measured, 200,000 frames, k 50: any filter
    that allows the picture's own file, recall 1.0; one that forbids it and leaves half of the others, 0.91 to 0.94.)

    The frames of one `add` enter the graph in random order: in the order of the video, neighbours link to each other
    only (measured on 200 files × 1000 frames at M 16, ef_construction 200, ef 128: recall@50 0.93, shuffled 0.99).

    Vectors are kept twice: rounded to 8 bits a number in the table (`VectorTable`), and what that gives as float32 in
    the graph, so that both ways of searching give the same similarities. The rounding moves an inner product of unit
    vectors of 256 numbers by 0.0003 (standard deviation; 0.0017 at most among 4,000 random pairs, measured). Removed
    frames leave nodes in the graph that are skipped, not freed; build anew when many are gone.

    On disk a graph fits only the hnswlib that wrote it: chroma-hnswlib and hnswlib refuse each other's files.

    Searches run side by side; adding works in blocks of 512 and lets waiting searches in between (`ReadWriteLock`).
    """

    def __init__(
        self,
        dim: int,
        spec: IndexSpec,
        *,
        threads: int = -1,
        scan_factor: float = SCAN_FACTOR,
        new_graph: Callable[[int], hnswlib.Index] | None = None,
    ) -> None:
        if dim < 1:
            raise StoreError(f"An index needs vectors of at least one number, not {dim}.")
        self._dim = dim
        self._spec = spec
        self._threads = threads
        self._scan_factor = scan_factor
        self._gate = ReadWriteLock()
        self._vectors = VectorTable(dim)
        self._frames = FrameTable()
        self._deleted = np.zeros(_FIRST_CAPACITY, bool)
        self._closed = False
        self._graph = (new_graph or _inner_product_graph)(dim)
        try:
            self._graph.init_index(_FIRST_CAPACITY, M=spec.m, ef_construction=spec.ef_construction)
        except (RuntimeError, MemoryError) as exc:
            raise StoreError(f"An index with M {spec.m} cannot be made: {exc}") from exc
        self._graph.set_ef(spec.ef)

    @classmethod
    def load(cls, path: Path, spec: IndexSpec, *, threads: int = -1, scan_factor: float = SCAN_FACTOR) -> "HnswStore":
        """Loads the store that `save` wrote to `path`. Checksums are verified before hnswlib reads a byte.

        `StoreError` when it is missing, damaged or not such a store.
        """
        manifest = read_manifest(path)
        if manifest.backend != BACKEND or not {_GRAPH, _VECTORS, _LABELS, _NODES} <= manifest.files.keys():
            raise StoreError(f"{path}: is not an index of backend {BACKEND!r}; run `whenanime index rebuild`")
        check_files(path, manifest)
        store = cls(manifest.dim, spec, threads=threads, scan_factor=scan_factor)
        try:
            rows = np.load(path / _VECTORS, mmap_mode="r")
            labels, nodes = np.load(path / _LABELS), np.load(path / _NODES)
            graph = _inner_product_graph(manifest.dim)
            graph.load_index(str(path / _GRAPH), max_elements=max(len(rows), _FIRST_CAPACITY))
        except (RuntimeError, MemoryError, OSError, ValueError) as exc:
            raise StoreError(
                f"{path}: the index cannot be loaded ({exc}). One written under Python 3.12 or before does not open "
                "under 3.13 or later, nor the other way round; run `whenanime index rebuild`"
            ) from exc
        fits = rows.shape == (graph.get_current_count(), row_bytes(manifest.dim)) and rows.dtype == np.int8
        if not fits or labels.shape != nodes.shape or (nodes.size and nodes.max() >= len(rows)):
            raise StoreError(f"{path}: the index's files do not fit together; run `whenanime index rebuild`")
        graph.set_ef(spec.ef)
        store._graph = graph
        store._vectors = VectorTable(manifest.dim, rows)
        store._frames = FrameTable(labels, nodes)
        store._deleted = np.zeros(graph.get_max_elements(), bool)
        store._deleted[: len(rows)] = store._frames.uses(np.arange(len(rows), dtype=np.int32)) == 0
        return store

    @property
    def dim(self) -> int:
        """Length of a vector."""
        return self._dim

    @property
    def count(self) -> int:
        """Number of frames that can be found."""
        return self._frames.count

    @property
    def bytes_total(self) -> int:
        """Memory of graph, vectors and labels, without reserves for growth.

        A node of the graph: vector, 2 M links, label, on average M / (M - 1) lists of M links above, a lock, an entry
        in the label map.
        """
        m = max(2, self._graph.M)
        node = 4 * self._dim + 4 * (2 * m + 1) + 8 + 4 * (m + 1) / (m - 1) + 40 + 12 + 48
        return int(self._vectors.count * node) + self._vectors.bytes_total + self._frames.bytes_total

    @property
    def nodes(self) -> int:
        """How many distinct vectors there are: nodes of the graph."""
        return int(self._graph.get_current_count())

    @property
    def waiting(self) -> int:
        """How many searches and additions wait for others."""
        return self._gate.waiting

    def add(self, labels: NDArray[np.uint64], vectors: NDArray[np.float32]) -> None:
        """Adds (n,) labels with (n, dim) unit vectors; of equal labels the last is used.

        `StoreError` when shapes do not fit, a vector is not finite or not of length one, or memory runs out; blocks
        added before that stay.
        """
        rows = self._unit_rows(vectors, "vectors")
        if labels.shape != (len(rows),):
            raise StoreError(f"{len(rows)} vectors cannot be added under labels of shape {labels.shape}.")
        unique_labels, last = np.unique(labels.astype(np.uint64)[::-1], return_index=True)
        chosen = len(rows) - 1 - last
        order = np.random.default_rng(len(unique_labels)).permutation(len(unique_labels))
        for start in range(0, len(unique_labels), _BLOCK_FRAMES):
            block = order[start : start + _BLOCK_FRAMES]
            with self._gate.write():
                self._require_open()
                self._add_block(unique_labels[block], rows[chosen[block]])

    def remove_files(self, file_ids: Collection[FileId]) -> int:
        """Removes every frame of these files; returns their number. Unknown ids are no error."""
        with self._gate.write():
            self._require_open()
            removed, nodes = self._frames.drop_files(_sorted_ids(file_ids))
            self._mark_nodes(nodes)
        return removed

    def search(
        self, queries: NDArray[np.float32], k: int, *, file_ids: Collection[FileId] | None = None
    ) -> Sequence[Neighbours]:
        """Returns the `k` nearest frames of each row of (n, dim) `queries`, only those of `file_ids` when given.

        `StoreError` when the queries do not fit or are no unit vectors, `ValueError` when `k` is less than one.
        """
        if k < 1:
            raise ValueError(f"k is {k}; it must be at least one")
        rows = self._unit_rows(queries, "queries")
        sorted_ids = None if file_ids is None else _sorted_ids(file_ids)
        with self._gate.read():
            self._require_open()
            allowed = self._frames.count_in(sorted_ids)
            if not allowed or not len(rows):
                return [Neighbours(np.empty(0, np.uint64), np.empty(0, np.float32)) for _ in rows]
            return self._search(rows, min(k, allowed), allowed, sorted_ids)

    def save(self, path: Path) -> None:
        """Writes a new folder at `path`, synced to disk. `StoreError` when it exists or cannot be written."""
        with self._gate.read(), checksummed_folder(path, backend=BACKEND, dim=self._dim) as folder:
            self._require_open()
            self._vectors.save(folder / _VECTORS)
            self._frames.save(folder / _LABELS, folder / _NODES)
            graph = folder / _GRAPH
            try:
                self._graph.save_index(str(graph))
            except RuntimeError as exc:
                raise StoreError(f"{path}: the index cannot be written: {exc}") from exc
            # hnswlib does not check its writes. A node: vector, links and their number, label; level.
            least = self._vectors.count * (4 * self._dim + 4 * (2 * self._graph.M + 1) + 8 + 4)
            if graph.stat().st_size <= least:
                raise StoreError(f"{path}: the index cannot be written in full; is the disk full?")

    def close(self) -> None:
        """Releases memory; the store cannot be used afterwards."""
        with self._gate.write():
            self._closed = True
            self._graph = hnswlib.Index("ip", self._dim)
            self._vectors = VectorTable(self._dim)
            self._frames = FrameTable()

    def _add_block(self, labels: Labels, vectors: NDArray[np.float32]) -> None:
        placement = self._vectors.match(vectors)
        needed = self._vectors.count + len(placement.rows)
        try:
            if needed > self._graph.get_max_elements():
                self._graph.resize_index(needed * 3 // 2)
                self._deleted = np.concatenate([self._deleted, np.zeros(needed * 3 // 2 - len(self._deleted), bool)])
            if len(placement.rows):
                self._graph.add_items(
                    dequantize(placement.rows), np.arange(self._vectors.count, needed), num_threads=self._threads
                )
        except (RuntimeError, MemoryError) as exc:
            raise StoreError(f"{len(labels)} frames cannot be added to the index: {exc}") from exc
        self._vectors.append(placement)
        ascending = np.argsort(labels)
        self._mark_nodes(self._frames.put(labels[ascending], placement.nodes[ascending]))

    def _mark_nodes(self, nodes: Nodes) -> None:
        """Marks those of `nodes` as deleted that no frame shows, and unmarks the others."""
        unused = self._frames.uses(nodes) == 0
        for node in nodes[unused & ~self._deleted[nodes]]:
            self._graph.mark_deleted(int(node))
        for node in nodes[~unused & self._deleted[nodes]]:
            self._graph.unmark_deleted(int(node))
        self._deleted[nodes] = unused

    def _search(
        self, queries: NDArray[np.float32], k: int, allowed: int, sorted_ids: NDArray[np.uint64] | None
    ) -> list[Neighbours]:
        results: list[Neighbours | None] = [None] * len(queries)
        graph_k = max(k, self._spec.ef, 2 * k * self._frames.count // allowed)
        open_rows = list(range(len(queries)))
        while open_rows and graph_k * self._scan_factor < allowed:
            answer = self._query_graph(queries[open_rows], graph_k)
            if answer is None:
                break
            for row, (nodes, scores) in zip(open_rows, answer, strict=True):
                neighbours = self._best(nodes, scores, k, sorted_ids)
                if len(neighbours.labels) == k:
                    results[row] = neighbours
            open_rows = [row for row in open_rows if results[row] is None]
            graph_k *= _WIDENING_FACTOR
        if open_rows:
            nodes = self._frames.nodes_in(sorted_ids)
            for row, scores in zip(open_rows, self._vectors.scores(queries[open_rows], nodes), strict=True):
                least = np.partition(scores, -k)[-k] if len(scores) > k else -np.inf
                near = np.flatnonzero(scores >= least)
                results[row] = self._best(nodes[near], scores[near], k, sorted_ids)
        return [neighbours for neighbours in results if neighbours is not None]

    def _query_graph(
        self, queries: NDArray[np.float32], graph_k: int
    ) -> list[tuple[Nodes, NDArray[np.float32]]] | None:
        """The `graph_k` nearest nodes of each query; `None` when the graph cannot reach that many."""
        if graph_k >= self._graph.get_current_count():
            return None
        try:
            nodes, distances = self._graph.knn_query(queries, k=graph_k, num_threads=self._threads)
        except RuntimeError:
            return None
        return list(zip(nodes.astype(np.int32), 1 - distances, strict=True))

    def _best(
        self, nodes: Nodes, scores: NDArray[np.float32], k: int, sorted_ids: NDArray[np.uint64] | None
    ) -> Neighbours:
        labels, similarities = self._frames.frames_of(nodes, scores, sorted_ids)
        order = np.lexsort((labels, -similarities))[:k]
        return Neighbours(labels[order], similarities[order])

    def _unit_rows(self, vectors: NDArray[np.float32], name: str) -> NDArray[np.float32]:
        if vectors.ndim != 2 or vectors.shape[1] != self._dim:
            raise StoreError(f"The {name} have shape {vectors.shape}; the index takes (n, {self._dim}).")
        rows = np.ascontiguousarray(vectors, np.float32)
        lengths = np.sqrt(np.einsum("ij,ij->i", rows, rows))
        wrong = np.flatnonzero(~(np.abs(lengths - 1) < _UNIT_TOLERANCE))
        if len(wrong):
            raise StoreError(f"The {name} must be of length one; number {wrong[0]} has length {lengths[wrong[0]]:g}.")
        return rows

    def _require_open(self) -> None:
        if self._closed:
            raise StoreError("The index is closed.")


def _inner_product_graph(dim: int) -> hnswlib.Index:
    return hnswlib.Index("ip", dim)


def _sorted_ids(file_ids: Collection[FileId]) -> NDArray[np.uint64]:
    return np.array(sorted({file_id for file_id in file_ids if 0 <= file_id < 1 << 32}), np.uint64)
