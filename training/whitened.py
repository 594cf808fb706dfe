"""The encoder that needs no training loop: ImageNet's eyes and a projection learned in closed form."""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from core.encoders.base import EncoderSpec, Fit, PreprocessSpec
from core.encoders.preprocess import prepare
from training.distortions import DistortionSpec, distort
from training.frames import frames_below
from training.model import FrameEncoder, Lite0Trunk, imagenet_weights
from training.whitening import fit_whitening

SPEC = EncoderSpec(
    name="lite0-imagenet-whitened",
    dim=256,
    preprocess=PreprocessSpec(width=288, height=160, fit=Fit.PAD, mean=(0.5, 0.5, 0.5), std=(0.5, 0.5, 0.5)),
)
_VIEWS = (DistortionSpec(stretch_back=True), DistortionSpec(stretch_back=False))
"""A crop scaled back to the frame's shape, as in published protocols, and one that keeps its own, as people cut."""
_BATCH = 16


def make_whitened_encoder(
    folder: Path, *, seed: int = 0, step: Callable[[int], None] = lambda _frames: None
) -> FrameEncoder:
    """Learn the projection from the videos and pictures below `folder`; `step` is told how many frames were read.

    `EncoderError` when there are fewer frames than the vector has numbers.
    """
    model = FrameEncoder(Lite0Trunk(imagenet_weights()), SPEC.preprocess, SPEC.dim).eval()
    described = describe(model, _with_views(frames_below(folder), seed, step))  # (n, 1 + views, c)
    whitening = fit_whitening(described[:, 0], described[:, 1:].swapaxes(0, 1), SPEC.dim)
    model.projection.load_state_dict(
        {"weight": torch.from_numpy(whitening.matrix), "bias": torch.from_numpy(whitening.offset)}
    )
    return model


def describe(model: FrameEncoder, groups: Iterable[NDArray[np.uint8]]) -> NDArray[np.float32]:
    """Descriptions before projection, (n, g, c), of groups of g prepared frames, each (g, height, width, 3)."""
    parts = []
    source = iter(groups)
    with torch.inference_mode():
        while batch := list(islice(source, _BATCH)):
            frames = np.stack(batch)  # (b, g, h, w, 3)
            found = model.describe(torch.from_numpy(frames.reshape(-1, *frames.shape[2:])))
            parts.append(found.numpy().reshape(*frames.shape[:2], -1))
    channels = model.projection.in_features
    return np.concatenate(parts) if parts else np.empty((0, 1 + len(_VIEWS), channels), np.float32)


def _with_views(
    frames: Iterable[NDArray[np.uint8]], seed: int, step: Callable[[int], None]
) -> Iterator[NDArray[np.uint8]]:
    """Each frame and its distorted views, prepared: (1 + views, height, width, 3)."""
    for number, frame in enumerate(frames):
        rng = np.random.default_rng([seed, number])
        seen = [frame, *(distort(frame, view, rng) for view in _VIEWS)]
        yield np.stack([prepare(picture, SPEC.preprocess) for picture in seen])
        step(number + 1)
