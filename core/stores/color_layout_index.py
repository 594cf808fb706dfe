"""Color layout index: the color layouts of indexed frames, and an exact scan of them; the named index `color_layout`
of a generation.

    labels.npy      (n,) uint64, ascending
    layouts.npy     (n, 33) uint8
    norms.npy       (n,) uint16: the squared length of each

A checksummed folder, as of a vector store. The files are mapped into memory, so that an index that is not searched
takes none.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.domain import FileId, frame_label
from core.errors import StoreError
from core.pictures.color_layout import LAYOUT_SIZE, ColorLayouts
from core.stores.checksummed_folder import check_files, checksummed_folder, read_manifest
from core.stores.generation import IndexName, index_path

BACKEND: Final = "color_layout"
_LABELS, _LAYOUTS, _NORMS = "labels.npy", "layouts.npy", "norms.npy"
_BLOCK_ROWS: Final = 32_768
_PART_ROWS: Final = 1024
"""Rows that are multiplied at one time: as float32 they fit into the cache, and for ten queries they are too few for
BLAS to use several threads, which takes ten times as long on a busy machine.
"""


@dataclass(frozen=True, slots=True)
class LayoutNeighbours:
    """The nearest frames of one query, nearest first, ties by label: (k,) labels and squared Euclidean distances."""

    labels: NDArray[np.uint64]
    distances: NDArray[np.int64]


class ColorLayoutIndex:
    """Labelled color layouts; immutable, so that any number of threads may search it."""

    def __init__(self, labels: NDArray[np.uint64], layouts: ColorLayouts) -> None:
        """(n,) labels, strictly ascending, and their (n, 33) layouts. `StoreError` when they do not fit together."""
        _check(labels, layouts)
        self._labels, self._layouts = labels, layouts
        self._norms = _squared_lengths(layouts)

    @classmethod
    def load(cls, path: Path) -> "ColorLayoutIndex":
        """Loads the index that `save` wrote to `path`. `StoreError` when it is missing, damaged or another one."""
        manifest = read_manifest(path)
        if (
            manifest.backend != BACKEND
            or {_LABELS, _LAYOUTS, _NORMS} != manifest.files.keys()
            or manifest.dim != LAYOUT_SIZE
        ):
            raise StoreError(f"{path}: is not an index of color layouts; run `whenanime index rebuild`")
        check_files(path, manifest)
        index = cls.__new__(cls)
        try:
            index._labels, index._layouts, index._norms = (
                np.load(path / name, mmap_mode="r") for name in (_LABELS, _LAYOUTS, _NORMS)
            )
        except (OSError, ValueError) as exc:
            raise StoreError(
                f"{path}: the color layouts cannot be loaded ({exc}); run `whenanime index rebuild`"
            ) from exc
        _check(index._labels, index._layouts)
        return index

    @classmethod
    def joined(
        cls,
        before: "ColorLayoutIndex | None",
        kept_files: Collection[FileId],
        added: Iterable[tuple[NDArray[np.uint64], ColorLayouts]],
    ) -> "ColorLayoutIndex":
        """Joins the frames of `kept_files` in another index and `added` frames of other files, with their labels."""
        parts = [(np.empty(0, np.uint64), np.empty((0, LAYOUT_SIZE), np.uint8)), *added]
        if before:
            parts += [(before._labels[rows], before._layouts[rows]) for rows in before._ranges(kept_files)]
        labels, layouts = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
        order = np.argsort(labels, kind="stable")
        return cls(labels[order], layouts[order])

    @property
    def dim(self) -> int:
        """Length of a layout."""
        return LAYOUT_SIZE

    @property
    def count(self) -> int:
        """Number of frames."""
        return len(self._labels)

    @property
    def files(self) -> Mapping[FileId, int]:
        """Every file in the index and the number of its frames."""
        ids, counts = np.unique(self._labels >> np.uint64(32), return_counts=True)
        return {FileId(file_id): frames for file_id, frames in zip(ids.tolist(), counts.tolist(), strict=True)}

    @property
    def bytes_total(self) -> int:
        """Size of labels, layouts and their lengths; in memory only where a scan has read them."""
        return int(self._labels.nbytes + self._layouts.nbytes + self._norms.nbytes)

    def search(
        self, queries: ColorLayouts, k: int, *, file_ids: Collection[FileId] | None = None
    ) -> Sequence[LayoutNeighbours]:
        """Returns the `k` nearest frames of each row of (n, 33) `queries`, only those of `file_ids` when given; all
        of them when there are fewer. Exact.

        `StoreError` when the queries do not fit, `ValueError` when `k` is less than one.
        """
        if k < 1:
            raise ValueError(f"k is {k}; it must be at least one")
        if queries.ndim != 2 or queries.shape[1] != LAYOUT_SIZE or queries.dtype != np.uint8:
            raise StoreError(f"Color layouts are (n, {LAYOUT_SIZE}) of uint8, not {queries.shape} of {queries.dtype}.")
        nearest = [_Nearest(k) for _query in queries]
        for rows in self._blocks(file_ids):
            for query, distances in zip(nearest, self._distances(queries, rows), strict=True):
                query.offer(distances, rows.start)
        return [query.result(self._labels) for query in nearest]

    def layout(self, label: int) -> NDArray[np.uint8] | None:
        """Returns the layout, (33,), of a frame; `None` when it is not in the index."""
        row = int(np.searchsorted(self._labels, np.uint64(label)))
        there = row < self.count and int(self._labels[row]) == label
        return np.array(self._layouts[row]) if there else None

    def save(self, path: Path) -> None:
        """Writes a new folder at `path`, synced to disk. `StoreError` when it exists or cannot be written."""
        with checksummed_folder(path, backend=BACKEND, dim=LAYOUT_SIZE) as folder:
            np.save(folder / _LABELS, self._labels)
            np.save(folder / _LAYOUTS, self._layouts)
            np.save(folder / _NORMS, self._norms)

    def _blocks(self, file_ids: Collection[FileId] | None) -> Iterator[slice]:
        """Ranges of rows to scan, ascending, of at most `_BLOCK_ROWS` each."""
        for rows in [slice(0, self.count)] if file_ids is None else self._ranges(file_ids):
            for start in range(rows.start, rows.stop, _BLOCK_ROWS):
                yield slice(start, min(rows.stop, start + _BLOCK_ROWS))

    def _ranges(self, file_ids: Collection[FileId]) -> list[slice]:
        """Range of rows of each of these files that has any, ascending."""
        ids = sorted(file_id for file_id in file_ids if 0 < file_id < 1 << 31)
        starts = np.array([frame_label(file_id, 0) for file_id in ids], np.uint64)
        firsts = np.searchsorted(self._labels, starts).tolist()
        ends = np.searchsorted(self._labels, starts + np.uint64(1 << 32)).tolist()
        return [slice(first, end) for first, end in zip(firsts, ends, strict=True) if end > first]

    def _distances(self, queries: ColorLayouts, rows: slice) -> NDArray[np.float32]:
        """(q, rows) squared distances: integers, which float32 represents exactly."""
        rows_of_queries = queries.astype(np.float32)
        block, norms = self._layouts[rows], self._norms[rows]
        distances = np.empty((len(queries), len(block)), np.float32)
        for start in range(0, len(block), _PART_ROWS):
            part = slice(start, start + _PART_ROWS)
            distances[:, part] = rows_of_queries @ block[part].astype(np.float32).T
        distances *= -2
        distances += norms
        distances += (rows_of_queries**2).sum(axis=1)[:, None]
        return distances


class _Nearest:
    """The `k` nearest rows of one query so far; rows are offered in ascending order, so that ties go to the first."""

    def __init__(self, k: int) -> None:
        self._k = k
        self._rows = np.empty(0, np.int64)
        self._distances = np.empty(0, np.float32)

    def offer(self, distances: NDArray[np.float32], first_row: int) -> None:
        limit = self._distances[-1] if len(self._rows) == self._k else np.float32(np.inf)
        near = np.flatnonzero(distances < limit)
        if len(near) > self._k:
            near = near[distances[near] <= np.partition(distances[near], self._k - 1)[self._k - 1]]
        together = np.concatenate([self._distances, distances[near]])
        order = np.argsort(together, kind="stable")[: self._k]
        self._distances = together[order]
        self._rows = np.concatenate([self._rows, near + first_row])[order]

    def result(self, labels: NDArray[np.uint64]) -> LayoutNeighbours:
        return LayoutNeighbours(np.array(labels[self._rows]), self._distances.astype(np.int64))


def _squared_lengths(layouts: ColorLayouts) -> NDArray[np.uint16]:
    """(n,) squared lengths: at most 40,737 by the limits of the coefficients."""
    lengths = np.empty(len(layouts), np.uint16)
    for start in range(0, len(layouts), _BLOCK_ROWS):
        block = layouts[start : start + _BLOCK_ROWS].astype(np.int32)
        lengths[start : start + _BLOCK_ROWS] = np.einsum("ij,ij->i", block, block)
    return lengths


def _check(labels: NDArray[np.uint64], layouts: ColorLayouts) -> None:
    fits = labels.dtype == np.uint64 and layouts.dtype == np.uint8 and layouts.shape == (len(labels), LAYOUT_SIZE)
    if not fits or (len(labels) > 1 and not (labels[1:] > labels[:-1]).all()):
        raise StoreError("Labels and color layouts do not fit together.")


def open_layouts(generation: Path) -> ColorLayoutIndex | None:
    """Opens the color layouts of the generation in a folder; `None` when it has none. Raises as
    `ColorLayoutIndex.load`.
    """
    path = index_path(generation, IndexName.COLOR_LAYOUT)
    return ColorLayoutIndex.load(path) if path.exists() else None
