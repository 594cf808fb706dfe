"""The field's first published protocol: distorted validation frames against all validation frames, no mirror view."""

from collections.abc import Iterator

import numpy as np

from core.errors import EncoderError
from core.pictures.jpeg import decode_jpeg
from core.pictures.pixels import Rgb
from training.dataset.distorted_validation import twin_jpeg
from training.dataset.frame_dataset import Dataset, FrameRow
from training.dataset.spec import Split
from training.distortion.published import DistortionSpec
from training.evaluation.embedders import Embedder
from training.evaluation.embedding import embed_pictures, part_of
from training.evaluation.metrics import Retrieval, retrieval
from training.evaluation.ranking import ranks_of
from training.progress import Step, silent

_CHUNK = 256


def seed_protocol(describer: Embedder, dataset: Dataset, *, seed: int = 0, step: Step = silent) -> Retrieval:
    """Ask for each validation frame by its distorted twin: that of the data set, or when `train distort` was not run,
    one made in memory in the same way by `seed`. Ties count against the query. `step` is told pictures.

    `EncoderError` when the data set has no validation frames, or one cannot be read.
    """
    rows = dataset.split(Split.VALIDATION)
    if not rows:
        raise EncoderError(f"{dataset.folder}: there are no validation frames in this data set.")

    def tell(before: int) -> Step:
        return part_of(step, before=before, total=2 * len(rows))

    first, second = tell(0), tell(len(rows))
    frames = embed_pictures(describer, (dataset.read(row) for row in rows), lambda done: first(done, 0))
    twins = embed_pictures(describer, _twins(dataset, rows, seed), lambda done: second(done, 0))
    found = [
        ranks_of(describer.similarity(twins[start : start + _CHUNK], frames), _own(start, len(rows)))
        for start in range(0, len(rows), _CHUNK)
    ]
    return retrieval(np.concatenate(found))


def _twins(dataset: Dataset, rows: tuple[FrameRow, ...], seed: int) -> Iterator[Rgb]:
    for row in rows:
        if dataset.twins is not None:
            yield dataset.read_twin(row)
            continue
        yield decode_jpeg(twin_jpeg(dataset, row, seed, DistortionSpec()))


def _own(start: int, frames: int) -> np.ndarray[tuple[int, int], np.dtype[np.bool_]]:
    """For the queries from `start` on, which frame is theirs: (q, frames)."""
    return np.eye(min(_CHUNK, frames - start), frames, start, dtype=bool)
