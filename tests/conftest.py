"""A small library of drawn videos, made once a session, and its settings."""

import shutil
from pathlib import Path

import pytest

from config.settings import Settings, load_settings
from ingest.library.add import add_videos
from ingest.planning.plan import PlanOptions
from ingest.reporting import SilentReporter
from tests.episodes import EPISODES, draw_episode


@pytest.fixture(autouse=True)
def _own_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No test reads or writes the settings and the data of whoever runs it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WHENANIME_RUNTIME", "onnx")
    monkeypatch.setenv("WHENANIME_DATA_DIR", str(tmp_path / "data"))


@pytest.fixture(scope="session")
def drawn_videos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of videos that tests only read."""
    folder = tmp_path_factory.mktemp("videos")
    for name, shot in EPISODES.items():
        draw_episode(folder / name, shot)
    return folder


@pytest.fixture(scope="session")
def made_library(drawn_videos: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data directory of a library of `drawn_videos` that tests only read."""
    data_dir = tmp_path_factory.mktemp("library") / "data"
    settings = load_settings(data_dir=data_dir, runtime="onnx")
    added = add_videos(settings, [drawn_videos], PlanOptions(), lambda *_: SilentReporter())
    assert not added.summary.problems
    return data_dir


@pytest.fixture
def videos(drawn_videos: Path, tmp_path: Path) -> Path:
    """A copy of the folder of videos that a test may change."""
    return Path(shutil.copytree(drawn_videos, tmp_path / "videos"))


@pytest.fixture
def settings() -> Settings:
    """The settings of an empty library of the test's own."""
    return load_settings()


@pytest.fixture
def library_settings(made_library: Path, tmp_path: Path) -> Settings:
    """The settings of a copy of the library that a test may change; its videos are those of `drawn_videos`."""
    shutil.copytree(made_library, tmp_path / "data")
    return load_settings()
