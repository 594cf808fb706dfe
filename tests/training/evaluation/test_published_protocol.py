"""The published (seed) protocol: distorted validation frames against all of them."""

import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from core.errors import EncoderError
from core.pictures.pixels import Rgb
from tests.training.evaluation.drawn import ConstantEmbedder, ThumbnailEmbedder
from training.dataset.distorted_validation import distort_validation
from training.dataset.extraction import extract
from training.dataset.frame_dataset import Dataset
from training.dataset.sources import sources_below
from training.dataset.spec import DatasetSpec
from training.evaluation.published_protocol import seed_protocol


class _Silent:
    def source_skipped(self, size_bytes: int) -> None: ...

    def source_started(self, name: str, size_bytes: int) -> None: ...

    def source_progress(self, share: float) -> None: ...

    def source_ended(self, line: str) -> None: ...


class _FrameNumberEmbedder(ThumbnailEmbedder):
    """Gives a frame and its distorted copy the same vector, by their order; records its pictures."""

    def __init__(self, frames: int, *, shift: int = 0) -> None:
        super().__init__()
        self._frames = frames
        self._shift = shift
        self.pictures: list[Rgb] = []

    def embed(self, pictures: Sequence[Rgb]) -> NDArray[np.float32]:
        first = len(self.pictures)
        self.pictures += pictures
        at = np.arange(first, len(self.pictures))
        at = np.where(at >= self._frames, at + self._shift, at) % self._frames
        return np.eye(self._frames, dtype=np.float32)[at]


@pytest.fixture(scope="module")
def dataset_folder(drawn_videos: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("made") / "dataset"
    spec = DatasetSpec(validation=0.5, head=0, tail=0, gap_s=0.3, width=160)
    extract(sources_below([drawn_videos], leave_out=out), spec, out, _Silent(), threads=1)
    return out


@pytest.fixture
def dataset(dataset_folder: Path, tmp_path: Path) -> Dataset:
    return Dataset.open(Path(shutil.copytree(dataset_folder, tmp_path / "dataset")))


def test_who_knows_finds_all_and_who_says_the_same_of_everything_none(dataset: Dataset) -> None:
    count = len(dataset.split("validation"))
    assert count > 20
    steps: list[tuple[int, int]] = []
    result = seed_protocol(_FrameNumberEmbedder(count), dataset, step=lambda done, total: steps.append((done, total)))
    assert (result.top[1], result.mrr, result.queries) == (1, 1, count)
    assert steps[-1] == (2 * count, 2 * count)
    assert steps == sorted(steps)
    nothing = seed_protocol(ConstantEmbedder(), dataset)
    assert nothing.top[20] == 0
    assert nothing.mrr == pytest.approx(1 / count)
    assert seed_protocol(_FrameNumberEmbedder(count, shift=1), dataset).top[1] == 0


def test_without_distorted_frames_on_disk_the_same_ones_are_made(dataset: Dataset) -> None:
    count = len(dataset.split("validation"))
    in_memory, stored, other_seed = (
        _FrameNumberEmbedder(count),
        _FrameNumberEmbedder(count),
        _FrameNumberEmbedder(count),
    )
    seed_protocol(in_memory, dataset, seed=3)
    seed_protocol(other_seed, dataset, seed=4)
    with_distorted = distort_validation(dataset, seed=3, step=lambda _count: None)
    seed_protocol(stored, with_distorted, seed=99)
    for first, second in zip(in_memory.pictures, stored.pictures, strict=True):
        assert np.array_equal(first, second)
    assert not all(
        first.shape == second.shape and np.array_equal(first, second)
        for first, second in zip(in_memory.pictures, other_seed.pictures, strict=True)
    )


def test_an_embedder_of_thumbnails_is_between(dataset: Dataset) -> None:
    result = seed_protocol(ThumbnailEmbedder(), dataset)
    assert 0.1 < result.top[1] < 1
    assert list(result.top.values()) == sorted(result.top.values())
    assert seed_protocol(ThumbnailEmbedder(), dataset) == result


def test_without_validation_frames_it_is_said(dataset: Dataset) -> None:
    with pytest.raises(EncoderError, match="no validation frames"):
        seed_protocol(ConstantEmbedder(), replace(dataset, rows=dataset.split("train")))
