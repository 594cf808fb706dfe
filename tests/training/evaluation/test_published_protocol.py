"""The seed protocol: distorted validation frames against all of them."""

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
    """Knows which twin belongs to which frame by the order in which it is shown them; keeps what it saw."""

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
def made(drawn_videos: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("made") / "dataset"
    spec = DatasetSpec(validation=0.5, head=0, tail=0, gap_s=0.3, width=160)
    extract(sources_below([drawn_videos], leave_out=out), spec, out, _Silent(), threads=1)
    return out


@pytest.fixture
def dataset(made: Path, tmp_path: Path) -> Dataset:
    return Dataset.open(Path(shutil.copytree(made, tmp_path / "dataset")))


def test_who_knows_finds_all_and_who_says_the_same_of_everything_none(dataset: Dataset) -> None:
    count = len(dataset.split("validation"))
    assert count > 20
    told: list[tuple[int, int]] = []
    found = seed_protocol(_FrameNumberEmbedder(count), dataset, step=lambda done, total: told.append((done, total)))
    assert (found.top[1], found.mrr, found.queries) == (1, 1, count)
    assert told[-1] == (2 * count, 2 * count)
    assert told == sorted(told)
    nothing = seed_protocol(ConstantEmbedder(), dataset)
    assert nothing.top[20] == 0
    assert nothing.mrr == pytest.approx(1 / count)
    assert seed_protocol(_FrameNumberEmbedder(count, shift=1), dataset).top[1] == 0


def test_without_twins_on_disk_the_same_ones_are_made(dataset: Dataset) -> None:
    count = len(dataset.split("validation"))
    made_now, stored, other = _FrameNumberEmbedder(count), _FrameNumberEmbedder(count), _FrameNumberEmbedder(count)
    seed_protocol(made_now, dataset, seed=3)
    seed_protocol(other, dataset, seed=4)
    with_twins = distort_validation(dataset, seed=3, step=lambda _count: None)
    seed_protocol(stored, with_twins, seed=99)
    for one, two in zip(made_now.pictures, stored.pictures, strict=True):
        assert np.array_equal(one, two)
    assert not all(
        one.shape == two.shape and np.array_equal(one, two)
        for one, two in zip(made_now.pictures, other.pictures, strict=True)
    )


def test_a_describer_that_looks_at_pictures_is_between(dataset: Dataset) -> None:
    found = seed_protocol(ThumbnailEmbedder(), dataset)
    assert 0.1 < found.top[1] < 1
    assert list(found.top.values()) == sorted(found.top.values())
    assert seed_protocol(ThumbnailEmbedder(), dataset) == found


def test_without_validation_frames_it_is_said(dataset: Dataset) -> None:
    with pytest.raises(EncoderError, match="no validation frames"):
        seed_protocol(ConstantEmbedder(), replace(dataset, rows=dataset.split("train")))
