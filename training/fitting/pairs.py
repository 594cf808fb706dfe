"""Batches of training pairs: a frame and a distorted view of it, with several frames of a shot in a batch."""

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from core.encoders.preprocess import prepare
from core.pictures.pixels import Rgb, gray_thumbnail
from training.dataset.frame_dataset import Dataset, FrameRow
from training.distortion.augmentation import AugmentSpec, augment
from training.fitting.spec import FitSpec

_THUMBNAIL_SIZE = (32, 18)  # width, height
_SAME_MEAN_LEVELS = 2.0
_SAME_MAX_LEVELS = 20.0
_BATCHES_AHEAD = 3


@dataclass(frozen=True, slots=True)
class Pair:
    """A frame and a view of it, both (height, width, 3) uint8, and the frame's brightness thumbnail."""

    frame: Rgb
    view: Rgb
    thumbnail: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class PairBatch:
    """`frames` and `views`: (n, height, width, 3) uint8; `thumbnails`: (n, p) float32, of the frames."""

    frames: Tensor
    views: Tensor
    thumbnails: Tensor


class PairBatches:
    """The batches of one epoch; order and views depend on seed and epoch, not on the number of threads."""

    def __init__(self, dataset: Dataset, rows: Sequence[FrameRow], spec: FitSpec, epoch: int, *, workers: int) -> None:
        self._dataset = dataset
        self._rows = rows
        self._preprocess = spec.preprocess
        self._augment = AugmentSpec(spec.augmentations)
        self._seed = (spec.seed, epoch)
        self._workers = workers
        self._batches = grouped_batches(rows, spec.batch, spec.group, self._seed)

    def __len__(self) -> int:
        return len(self._batches)

    def __iter__(self) -> Iterator[PairBatch]:
        with ThreadPoolExecutor(self._workers, thread_name_prefix="pairs") as pool:
            waiting: deque[list[Future[Pair]]] = deque()
            try:
                for batch in self._batches:
                    waiting.append([pool.submit(self.pair, index) for index in batch])
                    if len(waiting) > _BATCHES_AHEAD:
                        yield _collated([pair.result() for pair in waiting.popleft()])
                while waiting:
                    yield _collated([pair.result() for pair in waiting.popleft()])
            finally:
                pool.shutdown(wait=True, cancel_futures=True)

    def pair(self, index: int) -> Pair:
        """One pair. Thread-safe. `EncoderError` when the frame cannot be read."""
        picture = self._dataset.read(self._rows[index])
        view = augment(picture, self._augment, np.random.default_rng([*self._seed, index]))
        return Pair(prepare(picture, self._preprocess), prepare(view, self._preprocess), thumbnail_of(picture))


def grouped_batches(rows: Sequence[FrameRow], batch: int, group: int, seed: tuple[int, int]) -> list[list[int]]:
    """Every frame once; up to `group` frames of one shot stay together, in batches of `batch` frames.

    A last batch of less than half the size is left out, because it has few negatives.
    """
    rng = np.random.default_rng(seed)
    shots: dict[tuple[int, int], list[int]] = {}
    for index, row in enumerate(rows):
        shots.setdefault((row.file, row.shot), []).append(index)
    groups = []
    for frames in shots.values():
        mixed = rng.permutation(frames).tolist()
        groups += [mixed[start : start + group] for start in range(0, len(mixed), group)]
    order = [index for number in rng.permutation(len(groups)) for index in groups[number]]
    batches = [order[start : start + batch] for start in range(0, len(order), batch)]
    return batches[:-1] if len(batches) > 1 and len(batches[-1]) < batch // 2 else batches


def thumbnail_of(picture: Rgb) -> NDArray[np.float32]:
    """A brightness thumbnail, (h * w,), to recognise frames of the same drawing."""
    return gray_thumbnail(picture, *_THUMBNAIL_SIZE).astype(np.float32).ravel()


def same_pictures(thumbnails: Tensor) -> Tensor:
    """(n, n) bool: which thumbnails (n, p) show the same picture: similar on average, and nowhere different."""
    apart = (thumbnails[:, None] - thumbnails[None]).abs()  # (n, n, d)
    return (apart.mean(dim=2) < _SAME_MEAN_LEVELS) & (apart.amax(dim=2) < _SAME_MAX_LEVELS)


def similar_pictures(thumbnails: Tensor, candidates: Tensor) -> Tensor:
    """(n, m) bool: which thumbnails (n, p) and (m, p) are similar on average; cheaper than `same_pictures`."""
    return torch.cdist(thumbnails, candidates, p=1) < _SAME_MEAN_LEVELS * thumbnails.shape[1]


def _collated(pairs: Sequence[Pair]) -> PairBatch:
    return PairBatch(
        torch.from_numpy(np.stack([pair.frame for pair in pairs])),
        torch.from_numpy(np.stack([pair.view for pair in pairs])),
        torch.from_numpy(np.stack([pair.thumbnail for pair in pairs])),
    )
