"""Initial training of the projection: in closed form, then by gradient, on pooled feature maps that are computed once.

The network is not changed meanwhile, so some thousand frames take minutes on two cores, and every frame can be a
negative of every view in every step.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from core.encoders.base import EncoderSpec, FrameBatch
from core.encoders.onnx import OnnxEncoder
from core.encoders.preprocess import prepare
from core.errors import InputError
from training.dataset.frame_candidates import evenly_spread
from training.dataset.frame_dataset import Dataset, FrameRow
from training.distortion.augmentation import AugmentSpec, augment
from training.distortion.benchmark_distortion import DistortionSpec, distort
from training.export.onnx_export import trace
from training.fitting.pairs import similar_pictures, thumbnail_of
from training.fitting.spec import FitSpec
from training.model.frame_encoder import FrameEncoder
from training.model.whitening import fit_whitening
from training.progress import ProgressCallback, no_progress

_BATCH = 8
_MAX_FRAMES = 8000
_VIEWS = 6
_PUBLISHED_EVERY = 3
"""Every third view is one of the published protocol, the others use the run's augmentations."""
_EPOCH = 0  # training's epochs begin with 1, so these views do not occur again
_WEIGHT_RMS = 0.3  # as in initialised layers, so that it is trained at the same relative rate
_QUERIES = 768
_WARMUP = 20


@dataclass(frozen=True, slots=True)
class EmbeddedPairs:
    """Pooled maps of n frames (n, c) and of views of each (n, v, c), both float16, and the thumbnails (n, p)."""

    frames: Tensor
    views: Tensor
    thumbnails: Tensor


def learn_projection(
    model: FrameEncoder, dataset: Dataset, spec: FitSpec, *, workers: int = 1, step: ProgressCallback = no_progress
) -> None:
    """Train the projection on training frames, some thousand at most, and views of each.

    `step` counts the frames embedded. `InputError` when there are fewer frames than the vector has numbers.
    """
    train_rows = dataset.split("train")
    rows = [train_rows[index] for index in evenly_spread(len(train_rows), _MAX_FRAMES)]
    if len(rows) < spec.dim:
        raise InputError(
            f"{dataset.folder} has {len(rows)} frames to train on; a projection to {spec.dim} numbers wants "
            f"{spec.dim} at least."
        )
    pairs = embed_pairs(model, dataset, rows, spec, workers=workers, step=step)
    views = pairs.views.permute(1, 0, 2).float().numpy()
    whitening = fit_whitening(pairs.frames.float().numpy(), views, spec.dim)
    scale = float(_WEIGHT_RMS / np.sqrt(np.mean(whitening.matrix**2)))  # vectors get length 1 anyway
    matrix, offset = (scale * torch.from_numpy(part) for part in (whitening.matrix, whitening.offset))
    matrix, offset = _trained(matrix, offset, pairs, spec)
    model.projection.load_state_dict({"weight": matrix, "bias": offset})


def embed_pairs(
    model: FrameEncoder,
    dataset: Dataset,
    rows: Sequence[FrameRow],
    spec: FitSpec,
    *,
    workers: int,
    step: ProgressCallback,
) -> EmbeddedPairs:
    """Pooled maps, before the projection, of frames and of six views of each."""
    recipe, published = AugmentSpec(spec.augmentations), DistortionSpec()

    def pictures(number: int) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
        picture = dataset.read(rows[number])
        rng = np.random.default_rng([spec.seed, _EPOCH, number])
        views = [
            distort(picture, published, rng) if view % _PUBLISHED_EVERY == 0 else augment(picture, recipe, rng)
            for view in range(_VIEWS)
        ]
        return np.stack([prepare(view, spec.preprocess) for view in (picture, *views)]), thumbnail_of(picture)

    embed = _pooled_embedder(model, spec)
    parts, thumbnails = [], []
    with ThreadPoolExecutor(workers, thread_name_prefix="views") as pool:
        for numbers in _batches(len(rows)):
            samples = list(pool.map(pictures, numbers))
            vectors = embed(np.concatenate([frames for frames, _ in samples]))
            parts.append(torch.from_numpy(vectors).half().view(len(samples), 1 + _VIEWS, -1))
            thumbnails += [small for _, small in samples]
            step(numbers[-1] + 1, len(rows))
    whole = torch.cat(parts).clone()  # (n, 1 + v, c)
    return EmbeddedPairs(whole[:, 0], whole[:, 1:], torch.from_numpy(np.stack(thumbnails)))


def _pooled_embedder(model: FrameEncoder, spec: FitSpec) -> Callable[[FrameBatch], NDArray[np.float32]]:
    """Pools maps of frames: by torch on a GPU, else by ONNX Runtime, which is faster. The model is left in `eval`."""
    model.eval()
    if not torch.cuda.is_available():
        graph = trace(_PooledMaps(model), spec.preprocess)
        whole = EncoderSpec("pooled maps", model.projection.in_features, spec.preprocess)
        return OnnxEncoder(graph.SerializeToString(), whole, "", source="The network to train").embed

    def by_torch(frames: FrameBatch) -> NDArray[np.float32]:
        with torch.inference_mode():
            return np.asarray(model.to("cuda").embed(torch.from_numpy(frames).to("cuda")).cpu().numpy(), np.float32)

    return by_torch


class _PooledMaps(nn.Module):
    """The network before the projection, as a module."""

    def __init__(self, model: FrameEncoder) -> None:
        super().__init__()
        self.model = model

    def forward(self, frames: Tensor) -> Tensor:
        """(n, h, w, 3) uint8 → (n, c)."""
        return self.model.embed(frames)


def _trained(matrix: Tensor, offset: Tensor, pairs: EmbeddedPairs, spec: FitSpec) -> tuple[Tensor, Tensor]:
    """Trained by the ranking loss, every view against all frames except those that show the same picture."""
    frames, rng = pairs.frames.float(), np.random.default_rng([spec.seed, _EPOCH])
    count, views = pairs.views.shape[:2]
    same = torch.cat(
        [similar_pictures(part, pairs.thumbnails) for part in torch.split(pairs.thumbnails, _QUERIES)]
    )  # (n, n)
    same.fill_diagonal_(fill_value=False)
    matrix, offset = matrix.requires_grad_(), offset.requires_grad_()
    sizes = [float(part.detach().square().mean().sqrt()) for part in (matrix, offset)]
    optimizer = torch.optim.Adam([{"params": [part]} for part in (matrix, offset)], lr=spec.projection_lr)
    for number in range(spec.projection_steps):
        chosen = torch.from_numpy(rng.choice(count, min(_QUERIES, count), replace=False))
        chosen_views = pairs.views[chosen, torch.from_numpy(rng.integers(0, views, len(chosen)))].float()
        vectors, queries = (functional.normalize(part @ matrix.T + offset) for part in (frames, chosen_views))
        logits = (spec.scale * queries @ vectors.T).masked_fill(same[chosen], -torch.inf)
        loss = functional.cross_entropy(logits, chosen)
        wave = (1 + np.cos(np.pi * number / spec.projection_steps)) / 2
        for group, size in zip(optimizer.param_groups, sizes, strict=True):
            group["lr"] = spec.projection_lr * size * min(1.0, (number + 1) / _WARMUP) * wave
        optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
        optimizer.step()
    return matrix.detach(), offset.detach()


def _batches(count: int) -> Iterator[range]:
    for start in range(0, count, _BATCH):
        yield range(start, min(start + _BATCH, count))
