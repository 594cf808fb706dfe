"""Which frame shows which vector: labels in order, so that the frames of one file lie side by side."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.stores.hnsw.quantized_vectors import Nodes

Labels = NDArray[np.uint64]
_FILE_SHIFT = np.uint64(32)


class FrameTable:
    """Labels, ascending, and the node (distinct vector) of each. Many frames may share a node."""

    def __init__(self, labels: Labels | None = None, nodes: Nodes | None = None) -> None:
        self._labels = np.empty(0, np.uint64) if labels is None else labels
        self._nodes = np.empty(0, np.int32) if nodes is None else nodes
        self._uses = np.bincount(self._nodes).astype(np.int32)
        self._by_node: tuple[NDArray[np.intp], NDArray[np.intp]] | None = None

    @property
    def count(self) -> int:
        """How many frames there are."""
        return len(self._labels)

    @property
    def bytes_total(self) -> int:
        """Labels, nodes and the way back from nodes to frames."""
        back = 16 * len(self._labels) if self._by_node else 0
        return self._labels.nbytes + self._nodes.nbytes + self._uses.nbytes + back

    def put(self, labels: Labels, nodes: Nodes) -> Nodes:
        """Add frames, labels ascending and each once; the nodes whose number of frames changed."""
        at = np.searchsorted(self._labels, labels)
        there = np.zeros(len(labels), bool)
        inside = at < len(self._labels)
        there[inside] = self._labels[at[inside]] == labels[inside]
        before = self._nodes[at[there]]
        changed = self._nodes.copy()
        changed[at[there]] = nodes[there]
        self._labels = np.insert(self._labels, at[~there], labels[~there])
        self._set_nodes(np.insert(changed, at[~there], nodes[~there]))
        return np.unique(np.concatenate([before, nodes]))

    def drop_files(self, file_ids: NDArray[np.uint64]) -> tuple[int, Nodes]:
        """Forget the frames of these files: how many went, and the nodes whose number of frames changed."""
        gone = np.zeros(len(self._labels), bool)
        for start, end in zip(*self._bounds(file_ids), strict=True):
            gone[start:end] = True
        nodes = np.unique(self._nodes[gone])
        self._labels = self._labels[~gone]
        self._set_nodes(self._nodes[~gone])
        return int(gone.sum()), nodes

    def uses(self, nodes: Nodes) -> NDArray[np.int32]:
        """How many frames show each of these nodes."""
        inside = nodes < len(self._uses)
        uses = np.zeros(len(nodes), np.int32)
        uses[inside] = self._uses[nodes[inside]]
        return uses

    def count_in(self, file_ids: NDArray[np.uint64] | None) -> int:
        """How many frames these files have, all when `None`."""
        if file_ids is None:
            return self.count
        starts, ends = self._bounds(file_ids)
        return int((ends - starts).sum())

    def nodes_in(self, file_ids: NDArray[np.uint64] | None) -> Nodes:
        """The nodes that frames of these files show, of all when `None`; ascending, each once."""
        if file_ids is None:
            return np.flatnonzero(self._uses).astype(np.int32)
        shown = np.zeros(len(self._uses), bool)
        for start, end in zip(*self._bounds(file_ids), strict=True):
            shown[self._nodes[start:end]] = True
        return np.flatnonzero(shown).astype(np.int32)

    def frames_of(
        self, nodes: Nodes, scores: NDArray[np.float32], file_ids: NDArray[np.uint64] | None
    ) -> tuple[Labels, NDArray[np.float32]]:
        """Every frame that shows one of these nodes, with the node's score; only those of `file_ids` (ascending)."""
        order, starts = self._way_back()
        inside = nodes < len(self._uses)
        nodes, scores = nodes[inside], scores[inside]
        counts = self._uses[nodes]
        total = int(counts.sum())
        offsets = np.arange(total) - np.repeat(np.cumsum(counts) - counts, counts)
        labels = self._labels[order[np.repeat(starts[nodes], counts) + offsets]]
        scores = np.repeat(scores, counts)
        if file_ids is None:
            return labels, scores
        allowed = np.isin(labels >> _FILE_SHIFT, file_ids)
        return labels[allowed], scores[allowed]

    def save(self, labels_path: Path, nodes_path: Path) -> None:
        """Write two .npy files; `OSError` when that fails."""
        for path, array in ((labels_path, self._labels), (nodes_path, self._nodes)):
            with path.open("wb") as file:
                np.save(file, array)

    def _bounds(self, file_ids: NDArray[np.uint64]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Where each file's frames start and end among the labels."""
        first = file_ids << _FILE_SHIFT
        last = first | np.uint64((1 << 32) - 1)
        return np.searchsorted(self._labels, first, "left"), np.searchsorted(self._labels, last, "right")

    def _set_nodes(self, nodes: Nodes) -> None:
        self._nodes = nodes
        self._uses = np.bincount(nodes).astype(np.int32)
        self._by_node = None

    def _way_back(self) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Frames sorted by node and where each node's start; made by the first search after a change."""
        if self._by_node is None:
            order = np.argsort(self._nodes, kind="stable")
            self._by_node = order, np.concatenate([[0], np.cumsum(self._uses)[:-1]]).astype(np.intp)
        return self._by_node
