"""The library protocol: random distorted frames of videos against an index of frames of these videos and others."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.distortion.sweep import SWEEP, Distortion
from training.evaluation.collection import Collection, LabelledFrame
from training.evaluation.embedders import Embedder
from training.evaluation.embedding import Vectors, embed_index, embed_queries, partial_progress, similarities
from training.evaluation.ranking import ranks_of
from training.progress import ProgressCallback, no_progress

TIME_TOLERANCE_MS = 500
NEAREST_COUNT = 10


@dataclass(frozen=True, slots=True)
class RowResult:
    """Shares (0..1) of `queries` whose most similar frame is of the right file, of the right shot, and within half a
    second of the query (`within`); and for which one of the ten most similar is (`within_10`).
    """

    right_file: float
    right_shot: float
    within: float
    within_10: float
    queries: int


def sweep(
    embedder: Embedder,
    collection: Collection,
    rows: Mapping[str, Distortion] = SWEEP,
    *,
    seed: int,
    index: Vectors | None = None,
    step: ProgressCallback = no_progress,
) -> Mapping[str, RowResult]:
    """Search for every query under every distortion, with its mirror image; the better of the two counts.

    `index` is the result of `embed_index`, when it was computed before. Ties count against the query. `step` counts
    pictures.
    """
    index_pictures = 0 if index is not None else len(collection.frames)
    total = index_pictures + 2 * len(collection.queries) * len(rows)
    if index is None:
        index = embed_index(embedder, collection, partial_progress(step, before=0, total=total))
    queries = embed_queries(
        embedder, collection.queries, rows, seed=seed, step=partial_progress(step, before=index_pictures, total=total)
    )
    truth = _GroundTruth(collection)
    return {name: truth.score(embedder, vectors, index) for name, vectors in queries.items()}


class _GroundTruth:
    """File, shot and time of the frames and the queries of a collection."""

    def __init__(self, collection: Collection) -> None:
        self._frames = _columns(collection.frames)
        self._queries = _columns(collection.queries)

    def score(self, embedder: Embedder, queries: Vectors, index: Vectors) -> RowResult:
        ranks: dict[str, list[NDArray[np.int64]]] = {"file": [], "shot": [], "near": []}
        for part, similarity in similarities(embedder, queries, index):
            file, shot, time_ms = (column[part, None] for column in self._queries)
            files, shots, times_ms = self._frames
            same_file = files == file
            ranks["file"].append(ranks_of(similarity, same_file))
            ranks["shot"].append(ranks_of(similarity, same_file & (shots == shot)))
            ranks["near"].append(ranks_of(similarity, same_file & (np.abs(times_ms - time_ms) <= TIME_TOLERANCE_MS)))
        rank = {name: np.concatenate(parts) for name, parts in ranks.items()}
        return RowResult(
            right_file=float((rank["file"] == 1).mean()),
            right_shot=float((rank["shot"] == 1).mean()),
            within=float((rank["near"] == 1).mean()),
            within_10=float((rank["near"] <= NEAREST_COUNT).mean()),
            queries=len(queries),
        )


def _columns(moments: tuple[LabelledFrame, ...]) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """File, shot and milliseconds of each."""
    rows = [(moment.file, moment.shot, moment.time_ms) for moment in moments]
    file, shot, time_ms = np.array(rows, np.int64).reshape(-1, 3).T
    return file, shot, time_ms
