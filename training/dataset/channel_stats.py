"""Mean and standard deviation of the colours of the training frames."""

import math
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import cv2

from core.errors import EncoderError
from core.pictures.pixels import Rgb
from training.dataset.frame_candidates import evenly_spread
from training.dataset.frame_dataset import Dataset, FrameRow, Triple
from training.dataset.spec import Split


@dataclass(frozen=True, slots=True)
class ChannelStats:
    """Per channel (red, green, blue), from 0 to 1: mean and standard deviation over all pixels of `frames` frames."""

    mean: Triple
    std: Triple
    frames: int
    pixels: int


def measure_channel_stats(
    dataset: Dataset, *, batch: int = 64, limit: int | None = None, threads: int = 1, step: Callable[[int], None]
) -> ChannelStats:
    """Read the training frames, `batch` at a time by `threads` threads; or `limit` of them, evenly spread.

    Sums and sums of squares are whole numbers, so the result is exact and does not depend on order, batch or threads.
    Every pixel has the same weight, whatever the size of its frame. `step` is called with the number of frames read.
    `EncoderError` when there are no training frames or one cannot be read.
    """
    rows: Sequence[FrameRow] = dataset.split(Split.TRAIN)
    if limit is not None:
        rows = [rows[index] for index in evenly_spread(len(rows), limit)]
    if not rows:
        raise EncoderError(f"{dataset.folder}: there are no training frames in this data set.")
    pixels, sums, squares = 0, [0, 0, 0], [0, 0, 0]
    with ThreadPoolExecutor(threads) as pool:
        for start in range(0, len(rows), batch):
            for size, total, square in pool.map(lambda row: _sums(dataset.read(row)), rows[start : start + batch]):
                pixels += size
                sums = [channel_sum + addend for channel_sum, addend in zip(sums, total, strict=True)]
                squares = [channel_sum + addend for channel_sum, addend in zip(squares, square, strict=True)]
            step(min(start + batch, len(rows)))
    mean = [total / pixels / 255 for total in sums]
    std = [_deviation(pixels, *both) / 255 for both in zip(sums, squares, strict=True)]
    return ChannelStats((mean[0], mean[1], mean[2]), (std[0], std[1], std[2]), len(rows), pixels)


def record_channel_stats(dataset: Dataset, channel_stats: ChannelStats) -> Dataset:
    """Write them into `dataset.json`. `StorageError` when it cannot be written."""
    recorded = replace(dataset, mean=channel_stats.mean, std=channel_stats.std)
    recorded.write_info()
    return recorded


def _sums(rgb: Rgb) -> tuple[int, list[int], list[int]]:
    """Pixels, and of each channel the sum of its values and of their squares."""
    squares = cv2.multiply(rgb, rgb, dtype=cv2.CV_16U)
    return rgb.shape[0] * rgb.shape[1], _whole(cv2.sumElems(rgb)), _whole(cv2.sumElems(squares))


def _whole(sums: Sequence[float]) -> list[int]:
    """OpenCV sums in double precision, which is exact for whole numbers up to 2⁵³."""
    return [int(value) for value in sums[:3]]


def _deviation(pixels: int, total: int, squares: int) -> float:
    return math.sqrt(pixels * squares - total * total) / pixels
