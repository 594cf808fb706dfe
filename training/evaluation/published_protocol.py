"""The field's first published protocol: distorted validation frames against all validation frames, no mirror view."""

from collections.abc import Iterator

import numpy as np

from core.errors import EncoderError
from core.pictures.jpeg import decode_jpeg
from core.pictures.pixels import Rgb
from training.dataset.distorted_validation import distorted_jpeg
from training.dataset.frame_dataset import Dataset, FrameRow
from training.dataset.spec import Split
from training.distortion.benchmark_distortion import DistortionSpec
from training.evaluation.embedders import Embedder
from training.evaluation.embedding import embed_pictures, partial_progress
from training.evaluation.metrics import Retrieval, retrieval
from training.evaluation.ranking import ranks_of
from training.progress import ProgressCallback, no_progress

_CHUNK = 256


def seed_protocol(
    embedder: Embedder, dataset: Dataset, *, seed: int = 0, step: ProgressCallback = no_progress
) -> Retrieval:
    """Search for each validation frame by its distorted copy: that of the data set or, without `train distort`,
    one made in memory in the same way by `seed`. Ties count against the query. `step` counts pictures.

    `EncoderError` when the data set has no validation frames, or one cannot be read.
    """
    rows = dataset.split(Split.VALIDATION)
    if not rows:
        raise EncoderError(f"{dataset.folder}: there are no validation frames in this data set.")

    def partial(before: int) -> ProgressCallback:
        return partial_progress(step, before=before, total=2 * len(rows))

    first, second = partial(0), partial(len(rows))
    frames = embed_pictures(embedder, (dataset.read(row) for row in rows), lambda done: first(done, 0))
    distorted = embed_pictures(embedder, _distorted_frames(dataset, rows, seed), lambda done: second(done, 0))
    ranks = [
        ranks_of(embedder.similarity(distorted[start : start + _CHUNK], frames), _is_own(start, len(rows)))
        for start in range(0, len(rows), _CHUNK)
    ]
    return retrieval(np.concatenate(ranks))


def _distorted_frames(dataset: Dataset, rows: tuple[FrameRow, ...], seed: int) -> Iterator[Rgb]:
    for row in rows:
        if dataset.distorted is not None:
            yield dataset.read_distorted(row)
            continue
        yield decode_jpeg(distorted_jpeg(dataset, row, seed, DistortionSpec()))


def _is_own(start: int, frames: int) -> np.ndarray[tuple[int, int], np.dtype[np.bool_]]:
    """(q, frames): whether a frame is that of a query, for the queries from `start` on."""
    return np.eye(min(_CHUNK, frames - start), frames, start, dtype=bool)
