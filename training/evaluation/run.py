"""One run of `train evaluate`: every protocol that there is data for, for every embedder."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from training.dataset.frame_dataset import Dataset
from training.distortion.sweep import SWEEP
from training.evaluation.collection import Collection, LabelledFrame
from training.evaluation.embedders import Embedder
from training.evaluation.embedding import embed_index
from training.evaluation.library import sweep
from training.evaluation.open_set import open_set
from training.evaluation.published_protocol import seed_protocol
from training.evaluation.results import EncoderResult
from training.progress import ProgressCallback

OPEN_SET_ROWS = ("clean", "seed")
"""The distortions of the open-set evaluation."""

Task = Callable[[str], ProgressCallback]
"""Begins a part of the run, by its name."""


@dataclass(frozen=True, slots=True)
class EvaluationData:
    """The data of an evaluation; `None` or empty for what was not given."""

    dataset: Dataset | None
    collection: Collection | None
    outside: tuple[LabelledFrame, ...]
    seed: int

    @property
    def has_out_of_library(self) -> bool:
        """Whether there are pictures outside the library, also when their own show is removed from it."""
        shows = {frame.show for frame in self.collection.frames} if self.collection else set()
        return bool(self.outside) or len(shows) > 1


def evaluate_embedder(embedder: Embedder, data: EvaluationData, task: Task) -> EncoderResult:
    """Results of one embedder; its vectors are in memory meanwhile."""
    seed, name = data.seed, embedder.name
    retrieval = None
    if data.dataset is not None:
        retrieval = seed_protocol(embedder, data.dataset, seed=seed, step=task(f"{name}: seed protocol"))
    if data.collection is None:
        return EncoderResult(name, retrieval)
    index = embed_index(embedder, data.collection, task(f"{name}: index"))
    rows = sweep(embedder, data.collection, SWEEP, seed=seed, index=index, step=task(f"{name}: distortions"))
    open_sets = {
        row: open_set(
            embedder,
            data.collection,
            seed=seed,
            change=SWEEP[row],
            outside=data.outside,
            index=index,
            step=task(f"{name}: not in the library, {row}"),
        )
        for row in OPEN_SET_ROWS
        if data.has_out_of_library
    }
    return EncoderResult(name, retrieval, rows, open_sets)


def evaluate_all(embedders: Sequence[Embedder], data: EvaluationData, task: Task) -> tuple[EncoderResult, ...]:
    """Results in the order of the embedders."""
    return tuple(evaluate_embedder(embedder, data, task) for embedder in embedders)
