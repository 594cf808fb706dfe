"""How good an encoder is on validation frames while it is trained: each distorted frame against all frames."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from core.encoders.preprocess import prepare
from training.augment import AugmentSpec, augment
from training.dataset import Dataset
from training.evaluation.matching import ranks_of
from training.fit_spec import FitSpec
from training.metrics import Retrieval, retrieval

_BATCH = 32
_SEED = 0


@dataclass(frozen=True, slots=True)
class Validation:
    """By the published protocol (crop, mirror, colour), and with views such as are posted."""

    published: Retrieval
    posted: Retrieval


def validate(model: nn.Module, dataset: Dataset, spec: FitSpec) -> Validation:
    """Always the same views of the same frames; the data set must have its twins. The model is left in `eval`."""
    rows = dataset.split("validation")
    chosen = AugmentSpec()

    def vectors(pictures: Iterable[NDArray[np.uint8]]) -> NDArray[np.float32]:
        return embedded(model, (prepare(picture, spec.preprocess) for picture in pictures))

    frames = vectors(dataset.read(row) for row in rows)
    published = vectors(dataset.read_twin(row) for row in rows)
    posted = vectors(
        augment(dataset.read(row), chosen, np.random.default_rng([_SEED, number])) for number, row in enumerate(rows)
    )
    own = np.eye(len(rows), dtype=bool)
    found = (retrieval(ranks_of(views @ frames.T, own)) for views in (published, posted))
    return Validation(*found)


def embedded(model: nn.Module, pictures: Iterable[NDArray[np.uint8]]) -> NDArray[np.float32]:
    """Vectors (n, dim) of prepared pictures, each (height, width, 3). The model is left in `eval`."""
    model.eval()
    device = next(model.parameters()).device
    with torch.inference_mode():
        parts = [model(torch.from_numpy(batch).to(device)).float().cpu().numpy() for batch in _batches(pictures)]
    return np.concatenate(parts) if parts else np.empty((0, 0), np.float32)


def _batches(pictures: Iterable[NDArray[np.uint8]]) -> Iterator[NDArray[np.uint8]]:
    source = iter(pictures)
    while batch := list(islice(source, _BATCH)):
        yield np.stack(batch)
