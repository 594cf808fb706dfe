"""How good an encoder is on validation frames while it is trained: each distorted frame against all frames."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from torch import nn

from training.augment import AugmentSpec, augment
from training.dataset import Dataset
from training.evaluation.asking import Vectors, described
from training.evaluation.matching import ranks_of
from training.evaluation.torch_describer import TorchDescriber
from training.fit_spec import FitSpec
from training.metrics import Retrieval, retrieval
from training.views.geometry import RGB

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
    describer = TorchDescriber(model, spec.preprocess)

    def vectors(pictures: Iterable[RGB]) -> Vectors:
        return described(describer, pictures, lambda _done: None)

    frames = vectors(dataset.read(row) for row in rows)
    published = vectors(dataset.read_twin(row) for row in rows)
    posted = vectors(
        augment(dataset.read(row), chosen, np.random.default_rng([_SEED, number])) for number, row in enumerate(rows)
    )
    own = np.eye(len(rows), dtype=bool)
    found = (retrieval(ranks_of(describer.likeness(views, frames), own)) for views in (published, posted))
    return Validation(*found)
