"""A projection before any training: learned in closed form from frames and views of them."""

from collections.abc import Callable, Sequence
from itertools import islice

import numpy as np
import torch
from numpy.typing import NDArray

from core.encoders.preprocess import prepare
from core.errors import InputError
from training.augment import AugmentSpec, augment
from training.dataset import Dataset, FrameRow
from training.fit_spec import FitSpec
from training.model import FrameEncoder
from training.whitening import fit_whitening

_BATCH = 16
_MOST_FRAMES = 4000
_SIZE = 0.3  # of the projection's weights, as large as layers are drawn: training moves it no faster than them
_EPOCH = 0  # training's epochs begin with 1, so that these views are not seen again


def whiten(
    model: FrameEncoder,
    dataset: Dataset,
    spec: FitSpec,
    *,
    step: Callable[[int, int], None] = lambda _done, _of: None,
) -> None:
    """Set the projection from training frames, some thousand at most, and one view of each as it is posted.

    `step` is told how many frames are described, of how many. `InputError` when there are fewer frames than the vector
    has numbers.
    """
    rows = _spread(dataset.split("train"), _MOST_FRAMES)
    if len(rows) < spec.dim:
        raise InputError(
            f"{dataset.folder} has {len(rows)} frames to train on; a projection to {spec.dim} numbers wants "
            f"{spec.dim} at least."
        )
    chosen = AugmentSpec(spec.augmentations)
    parts = []
    source = iter(enumerate(rows))
    model.eval()
    device = next(model.parameters()).device
    while some := list(islice(source, _BATCH)):
        pictures = [dataset.read(row) for _, row in some]
        views = [
            augment(picture, chosen, np.random.default_rng([spec.seed, _EPOCH, number]))
            for (number, _), picture in zip(some, pictures, strict=True)
        ]
        frames = np.stack([prepare(picture, spec.preprocess) for picture in [*pictures, *views]])
        with torch.inference_mode():
            found = model.describe(torch.from_numpy(frames).to(device)).cpu().numpy()
        parts.append(found.reshape(2, len(some), -1))
        step(some[-1][0] + 1, len(rows))
    described: NDArray[np.float32] = np.concatenate(parts, axis=1)  # (2, n, c)
    whitening = fit_whitening(described[0], described[1:], spec.dim)
    scale = _SIZE / np.sqrt(np.mean(whitening.matrix**2))  # vectors are scaled to length 1, so that it changes none
    model.projection.load_state_dict(
        {"weight": torch.from_numpy(scale * whitening.matrix), "bias": torch.from_numpy(scale * whitening.offset)}
    )


def _spread(rows: Sequence[FrameRow], most: int) -> Sequence[FrameRow]:
    """At most so many, evenly over all."""
    if len(rows) <= most:
        return rows
    return [rows[index] for index in np.linspace(0, len(rows) - 1, most).round().astype(int)]
