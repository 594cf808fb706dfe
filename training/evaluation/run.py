"""One run of `train evaluate`: every protocol that there is something to ask for, for every describer."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from training.dataset.frame_dataset import Dataset
from training.distortion.sweep import SWEEP
from training.evaluation.collection import Collection, Moment
from training.evaluation.embedders import Embedder
from training.evaluation.embedding import embed_index
from training.evaluation.library import sweep
from training.evaluation.open_set import open_set
from training.evaluation.published_protocol import seed_protocol
from training.evaluation.results import EncoderResult
from training.progress import Step

OPEN_SET_ROWS = ("clean", "seed")
"""The distortions with which pictures are asked for that are not in the library."""

Task = Callable[[str], Step]
"""Begins a part of the run that has this name."""


@dataclass(frozen=True, slots=True)
class Material:
    """What describers are asked by; `None` and empty: not given."""

    dataset: Dataset | None
    collection: Collection | None
    outside: tuple[Moment, ...]
    seed: int

    @property
    def has_strangers(self) -> bool:
        """Whether there are pictures that are not in the library, or will be when their show is taken out of it."""
        shows = {frame.show for frame in self.collection.frames} if self.collection else set()
        return bool(self.outside) or len(shows) > 1


def evaluate_one(describer: Embedder, material: Material, task: Task) -> EncoderResult:
    """Its vectors are in memory for as long as this takes."""
    seed, name = material.seed, describer.name
    retrieval = None
    if material.dataset is not None:
        retrieval = seed_protocol(describer, material.dataset, seed=seed, step=task(f"{name}: seed protocol"))
    if material.collection is None:
        return EncoderResult(name, retrieval)
    index = embed_index(describer, material.collection, task(f"{name}: index"))
    rows = sweep(describer, material.collection, SWEEP, seed=seed, index=index, step=task(f"{name}: distortions"))
    open_sets = {
        row: open_set(
            describer,
            material.collection,
            seed=seed,
            change=SWEEP[row],
            outside=material.outside,
            index=index,
            step=task(f"{name}: not in the library, {row}"),
        )
        for row in OPEN_SET_ROWS
        if material.has_strangers
    }
    return EncoderResult(name, retrieval, rows, open_sets)


def evaluate_all(describers: Sequence[Embedder], material: Material, task: Task) -> tuple[EncoderResult, ...]:
    """In the order of the describers."""
    return tuple(evaluate_one(describer, material, task) for describer in describers)
