"""The distinct vectors of a store, in 8 bits a number: what is scanned when a filter leaves few frames."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Nodes = NDArray[np.int32]
"""Numbers of distinct vectors, (n,): 0 for the first that came."""

_PEAK = 127
_SCALE_BYTES = 4
_SCAN_ROWS = 1024
_HASH_ROWS = 8192


@dataclass(frozen=True, slots=True)
class VectorPlacement:
    """Where vectors belong: the node of each, and the rows of nodes that are new, in the order of their numbers."""

    nodes: Nodes
    rows: NDArray[np.int8]  # (new, dim + 4)
    hashes: NDArray[np.uint64]  # (new,)


class VectorTable:
    """Each distinct vector once, packed: `dim` bytes, the largest number of the vector at ±127, and the float32 that
    makes it a unit vector again.

    That is a quarter of float32. Vectors that are equal in this form are one node.
    """

    def __init__(self, dim: int, rows: NDArray[np.int8] | None = None) -> None:
        self._rows = np.empty((0, row_bytes(dim)), np.int8) if rows is None else rows
        self._count = len(self._rows)
        size = row_bytes(dim)
        self._multipliers = np.random.default_rng(0).integers(1, 1 << 63, size, dtype=np.uint64) | np.uint64(1)
        self._hashes: NDArray[np.uint64] | None = None
        self._hashed = np.empty(0, np.int32)

    @property
    def count(self) -> int:
        """How many distinct vectors there are."""
        return self._count

    @property
    def bytes_total(self) -> int:
        """Rows and hashes."""
        return self._rows.nbytes + (0 if self._hashes is None else self._hashes.nbytes + self._hashed.nbytes)

    def match(self, vectors: NDArray[np.float32]) -> VectorPlacement:
        """Find the nodes of (n, dim) vectors; nothing changes until `append`."""
        rows = quantize(vectors)
        hashes, stored_hashes = self._hash(rows), self._known_hashes()
        nodes = np.full(len(rows), -1, np.int32)
        at = np.searchsorted(stored_hashes, hashes)
        matching = (
            np.flatnonzero(stored_hashes[np.minimum(at, len(stored_hashes) - 1)] == hashes)
            if len(stored_hashes)
            else np.empty(0, np.intp)
        )
        candidates = self._hashed[at[matching]]
        same = (self._rows[candidates] == rows[matching]).all(axis=1)
        nodes[matching[same]] = candidates[same]

        fresh = np.flatnonzero(nodes < 0)
        _, first, inverse = np.unique(hashes[fresh], return_index=True, return_inverse=True)
        leader = first[inverse]
        equal = (rows[fresh[leader]] == rows[fresh]).all(axis=1)
        leader = np.where(equal, leader, np.arange(len(fresh)))
        chosen = np.unique(leader)
        nodes[fresh] = self._count + np.searchsorted(chosen, leader)
        return VectorPlacement(nodes, rows[fresh[chosen]], hashes[fresh[chosen]])

    def append(self, placement: VectorPlacement) -> None:
        """Keep the new rows of a placement, which must be of the table as it is."""
        new = len(placement.rows)
        if not new:
            return
        if self._count + new > len(self._rows):
            grown = np.empty((max(1024, (self._count + new) * 3 // 2), self._rows.shape[1]), np.int8)
            grown[: self._count] = self._rows[: self._count]
            self._rows = grown
        self._rows[self._count : self._count + new] = placement.rows
        stored_hashes, order = self._known_hashes(), np.argsort(placement.hashes, kind="stable")
        at = np.searchsorted(stored_hashes, placement.hashes[order])
        self._hashes = np.insert(stored_hashes, at, placement.hashes[order])
        self._hashed = np.insert(self._hashed, at, (self._count + order).astype(np.int32))
        self._count += new

    def scores(self, queries: NDArray[np.float32], nodes: Nodes) -> NDArray[np.float32]:
        """Inner products (queries, nodes) of (q, dim) queries with the vectors of `nodes`.

        One thread on purpose: BLAS threads wait for each other, which on a busy machine of two cores turned 0.1 ms
        into 20 (measured).
        """
        scores = np.empty((len(queries), len(nodes)), np.float32)
        for start in range(0, len(nodes), _SCAN_ROWS):
            rows = dequantize(self._rows[nodes[start : start + _SCAN_ROWS]])
            np.einsum("ij,kj->ki", rows, queries, out=scores[:, start : start + len(rows)])
        return scores

    def save(self, path: Path) -> None:
        """Write the rows as .npy; `OSError` when that fails."""
        with path.open("wb") as file:
            np.save(file, self._rows[: self._count])

    def _known_hashes(self) -> NDArray[np.uint64]:
        """Sorted; after loading they are not made before something is added."""
        if self._hashes is None:
            blocks = range(0, self._count, _HASH_ROWS)
            parts = [self._hash(self._rows[start : min(start + _HASH_ROWS, self._count)]) for start in blocks]
            hashes = np.concatenate([np.empty(0, np.uint64), *parts])
            self._hashed = np.argsort(hashes, kind="stable").astype(np.int32)
            self._hashes = hashes[self._hashed]
        return self._hashes

    def _hash(self, rows: NDArray[np.int8]) -> NDArray[np.uint64]:
        """Multilinear, 64 bits; equal hashes are compared in full, so a chance hit costs time only."""
        hashes: NDArray[np.uint64] = np.einsum("ij,j->i", rows.view(np.uint8).astype(np.uint64), self._multipliers)
        return hashes ^ (hashes >> np.uint64(32))


def row_bytes(dim: int) -> int:
    """Length of a row for vectors of `dim` numbers."""
    return dim + _SCALE_BYTES


def quantize(vectors: NDArray[np.float32]) -> NDArray[np.int8]:
    """(n, dim) unit vectors as rows of the table, (n, dim + 4)."""
    peaks = np.maximum(np.abs(vectors).max(axis=1, keepdims=True), np.float32(1e-12))
    numbers = np.rint(vectors * (_PEAK / peaks))
    scales = (1 / np.linalg.norm(numbers, axis=1)).astype(np.float32)
    return np.hstack([numbers.astype(np.int8), scales.view(np.int8).reshape(-1, _SCALE_BYTES)])


def dequantize(rows: NDArray[np.int8]) -> NDArray[np.float32]:
    """Rows of the table, (n, dim + 4), as unit vectors again, (n, dim)."""
    scales = np.ascontiguousarray(rows[:, -_SCALE_BYTES:]).view(np.float32)
    return rows[:, :-_SCALE_BYTES].astype(np.float32) * scales
