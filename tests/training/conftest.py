"""Small data sets of the drawn videos, made once a session."""

import shutil
from pathlib import Path

import pytest

from tests.training.drawn_dataset import extracted
from training.dataset.channel_stats import measure_channel_stats, record_channel_stats
from training.dataset.distorted_validation import distort_validation
from training.dataset.extraction import extract
from training.dataset.frame_dataset import Dataset
from training.dataset.sources import sources_below
from training.dataset.spec import DatasetSpec


class _Silence:
    def source_skipped(self, size_bytes: int) -> None:
        """Not reported."""

    def source_started(self, name: str, size_bytes: int) -> None:
        """Not reported."""

    def source_progress(self, share: float) -> None:
        """Not reported."""

    def source_ended(self, line: str) -> None:
        """Not reported."""


@pytest.fixture(scope="session")
def drawn_frames(drawn_videos: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a read-only data set with mean, deviation and distorted frames: two training videos, one other."""
    folder = tmp_path_factory.mktemp("frames") / "dataset"
    spec = DatasetSpec(validation=0.34, head=0, tail=0, gap_s=0.2, repeat=0.5, width=160)
    dataset, _ = extract(sources_below([drawn_videos], leave_out=folder), spec, folder, _Silence(), threads=1)
    dataset = record_channel_stats(dataset, measure_channel_stats(dataset, step=lambda _done: None))
    distort_validation(dataset, step=lambda _done: None)
    return folder


@pytest.fixture
def frames(drawn_frames: Path, tmp_path: Path) -> Dataset:
    """A copy that a test may change."""
    return Dataset.open(Path(shutil.copytree(drawn_frames, tmp_path / "frames")))


@pytest.fixture(scope="session")
def dataset_folder(drawn_videos: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a read-only data set of the drawn videos without mean and distorted frames."""
    out = tmp_path_factory.mktemp("made") / "dataset"
    extracted([drawn_videos], out)
    return out


@pytest.fixture
def dataset(dataset_folder: Path, tmp_path: Path) -> Dataset:
    """One that a test may change."""
    return Dataset.open(Path(shutil.copytree(dataset_folder, tmp_path / "dataset")))
