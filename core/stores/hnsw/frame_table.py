"""Frame table: labels of frames, ascending, so that those of one file are adjacent, and the vector of each."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.stores.hnsw.quantized_vectors import Nodes

Labels = NDArray[np.uint64]
_FILE_SHIFT = np.uint64(32)


class FrameTable:
    """Labels of frames, ascending, and the node (distinct vector) of each. Many frames may share a node."""

    def __init__(self, labels: Labels | None = None, nodes: Nodes | None = None) -> None:
        self._labels = np.empty(0, np.uint64) if labels is None else labels
        self._nodes = np.empty(0, np.int32) if nodes is None else nodes
        self._uses = np.bincount(self._nodes).astype(np.int32)
        self._by_node: tuple[NDArray[np.intp], NDArray[np.intp]] | None = None

    @property
    def count(self) -> int:
        """Number of frames."""
        return len(self._labels)

    @property
    def bytes_total(self) -> int:
        """Memory of labels, nodes and the order of frames by node."""
        by_node_bytes = 16 * len(self._labels) if self._by_node else 0
        return self._labels.nbytes + self._nodes.nbytes + self._uses.nbytes + by_node_bytes

    def put(self, labels: Labels, nodes: Nodes) -> Nodes:
        """Adds frames, labels ascending and each once; returns the nodes whose number of frames changed."""
        at = np.searchsorted(self._labels, labels)
        present = np.zeros(len(labels), bool)
        inside = at < len(self._labels)
        present[inside] = self._labels[at[inside]] == labels[inside]
        before = self._nodes[at[present]]
        changed = self._nodes.copy()
        changed[at[present]] = nodes[present]
        self._labels = np.insert(self._labels, at[~present], labels[~present])
        self._set_nodes(np.insert(changed, at[~present], nodes[~present]))
        return np.unique(np.concatenate([before, nodes]))

    def drop_files(self, file_ids: NDArray[np.uint64]) -> tuple[int, Nodes]:
        """Removes the frames of these files; returns their number and the nodes whose number of frames changed."""
        dropped = np.zeros(len(self._labels), bool)
        for start, end in zip(*self._bounds(file_ids), strict=True):
            dropped[start:end] = True
        nodes = np.unique(self._nodes[dropped])
        self._labels = self._labels[~dropped]
        self._set_nodes(self._nodes[~dropped])
        return int(dropped.sum()), nodes

    def uses(self, nodes: Nodes) -> NDArray[np.int32]:
        """Returns the number of frames that show each of these nodes."""
        inside = nodes < len(self._uses)
        uses = np.zeros(len(nodes), np.int32)
        uses[inside] = self._uses[nodes[inside]]
        return uses

    def count_in(self, file_ids: NDArray[np.uint64] | None) -> int:
        """Returns the number of frames of these files, of all when `None`."""
        if file_ids is None:
            return self.count
        starts, ends = self._bounds(file_ids)
        return int((ends - starts).sum())

    def nodes_in(self, file_ids: NDArray[np.uint64] | None) -> Nodes:
        """Returns the nodes that frames of these files show, of all files when `None`; ascending, each once."""
        if file_ids is None:
            return np.flatnonzero(self._uses).astype(np.int32)
        shown = np.zeros(len(self._uses), bool)
        for start, end in zip(*self._bounds(file_ids), strict=True):
            shown[self._nodes[start:end]] = True
        return np.flatnonzero(shown).astype(np.int32)

    def frames_of(
        self, nodes: Nodes, scores: NDArray[np.float32], file_ids: NDArray[np.uint64] | None
    ) -> tuple[Labels, NDArray[np.float32]]:
        """Returns every frame that shows one of these nodes, with the node's score; of `file_ids` (ascending) only."""
        order, starts = self._frames_by_node()
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
        """Writes two .npy files; `OSError` when that fails."""
        for path, array in ((labels_path, self._labels), (nodes_path, self._nodes)):
            with path.open("wb") as file:
                np.save(file, array)

    def _bounds(self, file_ids: NDArray[np.uint64]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Start and end of each file's frames among the labels."""
        first = file_ids << _FILE_SHIFT
        last = first | np.uint64((1 << 32) - 1)
        return np.searchsorted(self._labels, first, "left"), np.searchsorted(self._labels, last, "right")

    def _set_nodes(self, nodes: Nodes) -> None:
        self._nodes = nodes
        self._uses = np.bincount(nodes).astype(np.int32)
        self._by_node = None

    def _frames_by_node(self) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Frames sorted by node, and the start of each node's; built by the first search after a change."""
        if self._by_node is None:
            order = np.argsort(self._nodes, kind="stable")
            self._by_node = order, np.concatenate([[0], np.cumsum(self._uses)[:-1]]).astype(np.intp)
        return self._by_node
