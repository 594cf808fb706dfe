"""Quantized vectors: the distinct vectors of a store, 8 bits a number, which are scanned when a filter leaves few
frames.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Nodes = NDArray[np.int32]
"""Numbers of distinct vectors, (n,), from 0 in the order in which they were added."""

_PEAK = 127
_SCALE_BYTES = 4
_SCAN_ROWS = 1024
_HASH_ROWS = 8192


@dataclass(frozen=True, slots=True)
class VectorPlacement:
    """Nodes of vectors: the node of each, and the rows of new nodes in the order of their numbers."""

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
        """Number of distinct vectors."""
        return self._count

    @property
    def bytes_total(self) -> int:
        """Memory of rows and hashes."""
        return self._rows.nbytes + (0 if self._hashes is None else self._hashes.nbytes + self._hashed.nbytes)

    def match(self, vectors: NDArray[np.float32]) -> VectorPlacement:
        """Finds the nodes of (n, dim) vectors; the table changes with `append` only."""
        rows = quantize(vectors)
        hashes, stored_hashes = self._hash(rows), self._table_hashes()
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
        """Adds the new rows of a placement, which must be of the unchanged table."""
        new = len(placement.rows)
        if not new:
            return
        if self._count + new > len(self._rows):
            grown = np.empty((max(1024, (self._count + new) * 3 // 2), self._rows.shape[1]), np.int8)
            grown[: self._count] = self._rows[: self._count]
            self._rows = grown
        self._rows[self._count : self._count + new] = placement.rows
        stored_hashes, order = self._table_hashes(), np.argsort(placement.hashes, kind="stable")
        at = np.searchsorted(stored_hashes, placement.hashes[order])
        self._hashes = np.insert(stored_hashes, at, placement.hashes[order])
        self._hashed = np.insert(self._hashed, at, (self._count + order).astype(np.int32))
        self._count += new

    def scores(self, queries: NDArray[np.float32], nodes: Nodes) -> NDArray[np.float32]:
        """Returns inner products (queries, nodes) of (q, dim) queries with the vectors of `nodes`.

        One thread: BLAS threads wait for each other, which takes 20 ms instead of 0.1 on a busy machine of two cores
        (measured).
        """
        scores = np.empty((len(queries), len(nodes)), np.float32)
        for start in range(0, len(nodes), _SCAN_ROWS):
            rows = dequantize(self._rows[nodes[start : start + _SCAN_ROWS]])
            np.einsum("ij,kj->ki", rows, queries, out=scores[:, start : start + len(rows)])
        return scores

    def save(self, path: Path) -> None:
        """Writes the rows as .npy; `OSError` when that fails."""
        with path.open("wb") as file:
            np.save(file, self._rows[: self._count])

    def _table_hashes(self) -> NDArray[np.uint64]:
        """Sorted hashes of the table; after loading they are computed with the first addition."""
        if self._hashes is None:
            blocks = range(0, self._count, _HASH_ROWS)
            parts = [self._hash(self._rows[start : min(start + _HASH_ROWS, self._count)]) for start in blocks]
            hashes = np.concatenate([np.empty(0, np.uint64), *parts])
            self._hashed = np.argsort(hashes, kind="stable").astype(np.int32)
            self._hashes = hashes[self._hashed]
        return self._hashes

    def _hash(self, rows: NDArray[np.int8]) -> NDArray[np.uint64]:
        """Multilinear hashes of 64 bits; rows of equal hashes are compared in full: a collision costs only time."""
        hashes: NDArray[np.uint64] = np.einsum("ij,j->i", rows.view(np.uint8).astype(np.uint64), self._multipliers)
        return hashes ^ (hashes >> np.uint64(32))


def row_bytes(dim: int) -> int:
    """Returns the length of a row for vectors of `dim` numbers."""
    return dim + _SCALE_BYTES


def quantize(vectors: NDArray[np.float32]) -> NDArray[np.int8]:
    """Converts (n, dim) unit vectors to rows of the table, (n, dim + 4)."""
    peaks = np.maximum(np.abs(vectors).max(axis=1, keepdims=True), np.float32(1e-12))
    numbers = np.rint(vectors * (_PEAK / peaks))
    scales = (1 / np.linalg.norm(numbers, axis=1)).astype(np.float32)
    return np.hstack([numbers.astype(np.int8), scales.view(np.int8).reshape(-1, _SCALE_BYTES)])


def dequantize(rows: NDArray[np.int8]) -> NDArray[np.float32]:
    """Converts rows of the table, (n, dim + 4), to unit vectors, (n, dim)."""
    scales = np.ascontiguousarray(rows[:, -_SCALE_BYTES:]).view(np.float32)
    return rows[:, :-_SCALE_BYTES].astype(np.float32) * scales
