"""Open-set evaluation: whether similarity separates pictures that are in the library from pictures that are not.

The queries of a collection are searched twice: in the whole index, and without the files of their own show, as pictures
that are not in the library are. Pictures from other folders are added.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.errors import InputError
from training.distortion.sweep import SWEEP, Distortion
from training.evaluation.collection import Collection, LabelledFrame
from training.evaluation.embedders import Embedder
from training.evaluation.embedding import Vectors, embed_index, embed_queries, partial_progress, similarities
from training.evaluation.ranking import ranks_of
from training.progress import ProgressCallback, no_progress

ScoreVector = NDArray[np.float64]
"""(n,)."""

MAX_FALSE_ALARMS = 0.01
"""False alarms, as a share of the pictures that are not in the library."""


@dataclass(frozen=True, slots=True)
class Separation:
    """How well one score separates. `auc`: how probably a picture in the library has a larger score than another.

    At most 1 % of the pictures that are not in the library have a score above `threshold`; `recall` is the share of the
    pictures in the library that do and whose best frame is of the right shot. `curve` is the ROC: shares above each
    threshold of those not in the library and those in it, ascending from (0, 0) to (1, 1).
    """

    auc: float
    threshold: float
    recall: float
    curve: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class OpenSet:
    """Separation by the best similarity, and by its margin over the best of another file. `inside` pictures are in the
    library; `own_show_out` of them were also searched without their show; `outside` pictures are from other folders.
    """

    similarity: Separation
    margin: Separation
    inside: int
    own_show_out: int
    outside: int


def open_set(
    embedder: Embedder,
    collection: Collection,
    *,
    seed: int = 0,
    change: Distortion = SWEEP["clean"],
    outside: Sequence[LabelledFrame] = (),
    index: Vectors | None = None,
    step: ProgressCallback = no_progress,
) -> OpenSet:
    """Search as described above, with every picture distorted by `change`. `step` counts pictures.

    `InputError` when no picture is outside the library: there is only one show, and `outside` is empty.
    """
    queries = [*collection.queries, *outside]
    index_pictures = 0 if index is not None else len(collection.frames)
    total = index_pictures + 2 * len(queries)
    if index is None:
        index = embed_index(embedder, collection, partial_progress(step, before=0, total=total))
    vectors = embed_queries(
        embedder, queries, {"": change}, seed=seed, step=partial_progress(step, before=index_pictures, total=total)
    )[""]
    labels = _IndexLabels(collection)
    by_file, right = labels.best_by_file(embedder, vectors, index)
    inside = len(collection.queries)
    alone = labels.without_own_show(by_file[:inside])
    answered = alone[np.isfinite(alone).any(axis=1)]
    not_in_library = np.concatenate([answered, by_file[inside:]])
    if not len(not_in_library):
        raise InputError("all videos are of one show, so no picture is outside the library; give some by --outside.")
    return OpenSet(
        similarity=separation(_best(by_file[:inside]), right[:inside], _best(not_in_library)),
        margin=separation(_margin(by_file[:inside]), right[:inside], _margin(not_in_library)),
        inside=inside,
        own_show_out=len(answered),
        outside=len(outside),
    )


def separation(library: ScoreVector, right: NDArray[np.bool_], outside: ScoreVector) -> Separation:
    """Separation of `library` scores, of which `right` had the right shot, from `outside` scores."""
    order = np.sort(outside)
    below = np.searchsorted(order, library, "left")
    level = np.searchsorted(order, library, "right") - below
    threshold = float(order[-1 - int(MAX_FALSE_ALARMS * len(order))])
    steps = np.unique(np.concatenate([library, outside]))[::-1, None]
    alarms, recalls = ((scores >= steps).mean(axis=1).tolist() for scores in (outside, library))
    curve = [(0.0, 0.0), *zip(alarms, recalls, strict=True)]
    return Separation(
        auc=float((below + level / 2).mean() / len(order)),
        threshold=threshold,
        recall=float((right & (library > threshold)).mean()),
        curve=tuple(curve),
    )


class _IndexLabels:
    """Files, shows and shots of the frames of an index."""

    def __init__(self, collection: Collection) -> None:
        self._queries = collection.queries
        self._files = np.array([moment.file for moment in collection.frames])
        self._shots = np.array([moment.shot for moment in collection.frames])
        _, self._starts = np.unique(self._files, return_index=True)
        self._shows = np.array([collection.frames[start].show for start in self._starts])

    def best_by_file(
        self, embedder: Embedder, queries: Vectors, index: Vectors
    ) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """Best similarity in each file (q, files), and whether the best frame of all is of the right shot (q,)."""
        file = np.full((len(queries), 1), -1)
        shot = np.zeros_like(file)
        file[: len(self._queries), 0] = [query.file for query in self._queries]
        shot[: len(self._queries), 0] = [query.shot for query in self._queries]
        best, right = [], []
        for part, similarity in similarities(embedder, queries, index):
            scores = np.where(np.isnan(similarity), -np.inf, similarity).astype(np.float64)
            best.append(np.maximum.reduceat(scores, self._starts, axis=1))
            right.append(ranks_of(similarity, (self._files == file[part]) & (self._shots == shot[part])) == 1)
        return np.concatenate(best), np.concatenate(right)

    def without_own_show(self, by_file: NDArray[np.float64]) -> NDArray[np.float64]:
        """`by_file` with minus infinity for the files of each query's show."""
        shows = np.array([query.show for query in self._queries])
        return np.where(self._shows == shows[:, None], -np.inf, by_file)


def _best(by_file: NDArray[np.float64]) -> ScoreVector:
    return np.asarray(by_file.max(axis=1), np.float64)


def _margin(by_file: NDArray[np.float64]) -> ScoreVector:
    """The best file's lead over the second; for one file its score, as in `core.search.calibration`."""
    padded = np.concatenate([by_file, np.full((len(by_file), 1), -np.inf)], axis=1)
    second, first = np.sort(padded, axis=1)[:, -2:].T
    return np.asarray(np.where(np.isfinite(second), first - second, first), np.float64)
