"""Embedding the frames of an index, and distorted queries."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from core.pictures.pixels import Rgb, mirror
from training.distortion.sweep import Distortion
from training.evaluation.collection import Collection, LabelledFrame
from training.evaluation.embedders import Embedder
from training.evaluation.ranking import Similarities
from training.progress import ProgressCallback, no_progress

_BATCH = 16
_CHUNK = 64

Vectors = NDArray[np.float32]


def embed_pictures(embedder: Embedder, pictures: Iterable[Rgb], progress: Callable[[int], None]) -> Vectors:
    """Vectors (n, d) of pictures, which are read in batches; `progress` is called with the number of pictures done."""
    source = iter(pictures)
    parts: list[Vectors] = []
    done = 0
    while batch := list(islice(source, _BATCH)):
        parts.append(embedder.embed(batch))
        done += len(batch)
        progress(done)
    return np.concatenate(parts) if parts else np.empty((0, 0), np.float32)


def embed_index(embedder: Embedder, collection: Collection, step: ProgressCallback = no_progress) -> Vectors:
    """Vectors (frames, d) of the index. `step` counts frames."""
    total = len(collection.frames)
    return embed_pictures(embedder, (frame.rgb() for frame in collection.frames), lambda done: step(done, total))


def embed_queries(
    embedder: Embedder,
    queries: Sequence[LabelledFrame],
    rows: Mapping[str, Distortion],
    *,
    seed: int,
    step: ProgressCallback = no_progress,
) -> Mapping[str, Vectors]:
    """For each row, (queries, 2, d): the distorted query and its mirror image. `step` counts pictures.

    The random numbers of a distortion depend only on the seed and the query's number, so that every row, and every
    embedder, gets the same positions in the same pictures.
    """
    total = 2 * len(queries) * len(rows)

    def views() -> Iterator[Rgb]:
        for number, query in enumerate(queries):
            picture = query.rgb()
            for change in rows.values():
                shown = change(picture, np.random.default_rng([seed, number]))
                yield from (shown, mirror(shown))

    vectors = embed_pictures(embedder, views(), lambda done: step(done, total))
    shaped = vectors.reshape(len(queries), len(rows), 2, -1)
    return {name: shaped[:, number] for number, name in enumerate(rows)}


def similarities(embedder: Embedder, queries: Vectors, index: Vectors) -> Iterator[tuple[slice, Similarities]]:
    """Similarity (q, n) of queries (q, views, d), some at a time, to all frames: the maximum over the views."""
    for start in range(0, len(queries), _CHUNK):
        part = queries[start : start + _CHUNK]
        views = [embedder.similarity(part[:, view], index) for view in range(part.shape[1])]
        yield slice(start, start + len(part)), np.maximum.reduce(views)


def partial_progress(whole: ProgressCallback, *, before: int, total: int) -> ProgressCallback:
    """Progress of a part of a run, of which `before` are done already, of `total` in all."""
    return lambda done, _total: whole(before + done, total)
