"""Validation during training: each distorted validation frame is searched for among all validation frames."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from torch import nn

from core.pictures.pixels import Rgb
from training.dataset.frame_dataset import Dataset
from training.distortion.augmentation import AugmentSpec, augment
from training.evaluation.embedding import Vectors, embed_pictures
from training.evaluation.metrics import Retrieval, retrieval
from training.evaluation.ranking import ranks_of
from training.evaluation.torch_embedder import TorchEmbedder
from training.fitting.spec import FitSpec

_SEED = 0


@dataclass(frozen=True, slots=True)
class Validation:
    """Metrics by the published protocol (crop, mirror, colour), and with views as pictures are posted."""

    published: Retrieval
    posted: Retrieval


def validate(model: nn.Module, dataset: Dataset, spec: FitSpec) -> Validation:
    """Metrics on fixed views; the data set must have its distorted frames. The model is left in `eval`."""
    rows = dataset.split("validation")
    chosen = AugmentSpec()
    embedder = TorchEmbedder(model, spec.preprocess)

    def vectors(pictures: Iterable[Rgb]) -> Vectors:
        return embed_pictures(embedder, pictures, lambda _done: None)

    frames = vectors(dataset.read(row) for row in rows)
    published = vectors(dataset.read_distorted(row) for row in rows)
    posted = vectors(
        augment(dataset.read(row), chosen, np.random.default_rng([_SEED, number])) for number, row in enumerate(rows)
    )
    own = np.eye(len(rows), dtype=bool)
    results = (retrieval(ranks_of(embedder.similarity(views, frames), own)) for views in (published, posted))
    return Validation(*results)
