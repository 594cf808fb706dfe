"""Calibration: curves from right and wrong answers, written into the encoder's spec without changing its vectors."""

import errno
import os
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from config.opening import encoder_of
from config.settings import load_settings
from core.catalogue.reader import CatalogueReader
from core.catalogue.records import FileRecord
from core.catalogue.schema import open_database
from core.encoders.base import VerifiedCurveSpec
from core.encoders.loading import BUNDLED, open_encoder, read_fingerprint
from core.encoders.spec import read_spec
from core.engine import Engine, EngineSpec
from core.errors import InputError, LibraryError, StorageError
from core.library.encoder_choice import encoder_folder
from core.library.layout import DataLayout
from core.search.calibration import Evidence, probabilities
from core.search.picture_search import SearchSpec
from ingest.library.add import add_videos
from ingest.planning.plan import PlanOptions
from ingest.reporting import SilentReporter
from tests.episodes import draw_episode
from training.calibration.curves import CalibrationData, LabelledFeatures, calibrate_encoder, collect, fit_curves
from training.commands.cli import app

EVERY_CHECK = SearchSpec(sure_at=2, exact=False)


@pytest.fixture(scope="module")
def two_shows(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data directory of a library of two drawn shows."""
    folder = tmp_path_factory.mktemp("shows")
    for shot, name in enumerate(("Night Ferry/1-Spring/01-One.mp4", "Tin Moon/1-Spring/01-One.mp4")):
        draw_episode(folder / "videos" / name, 40 + 4 * shot)
    settings = load_settings(data_dir=folder / "data", runtime="onnx")
    assert not add_videos(settings, [folder / "videos"], PlanOptions(), lambda *_: SilentReporter()).summary.problems
    return folder / "data"


def _records(data_dir: Path) -> list[FileRecord]:
    database = open_database(DataLayout(data_dir).database_url, create=False)
    try:
        return [record for record in CatalogueReader(database).all() if record.searchable]
    finally:
        database.dispose()


def _drawn(number: int) -> CalibrationData:
    """Answers of which the right ones are more similar and verified; the two kinds overlap."""
    rng = np.random.default_rng(3)
    data = CalibrationData()
    for index in range(number):
        right = bool(index % 2)
        similarity = float(rng.normal(0.9 if right else 0.7, 0.08))
        margin = float(rng.normal(0.15 if right else 0.02, 0.05))
        score, lead = (float(rng.normal(0.7, 0.2)), float(rng.normal(0.6, 0.2))) if right else (0.05, 0.0)
        data.plain.add((similarity, margin), right=right)
        data.checked.add((similarity, margin, score, lead), right=right)
    return data


def test_the_curves_tell_right_from_wrong_and_checked_ones_better() -> None:
    drawn = _drawn(400)
    spec = fit_curves(drawn)
    assert spec.similarity > 0
    assert spec.margin > 0
    assert spec.checked is not None
    assert spec.checked.score > 0
    right = probabilities([Evidence(0.9, 0.7), Evidence(0.75, 0.1)], spec)[0]
    wrong = probabilities([Evidence(0.72, 0.05), Evidence(0.7, 0.0)], spec)[0]
    assert right > 0.95
    assert wrong < 0.05


def test_what_is_said_is_as_often_right_as_it_says() -> None:
    drawn = _drawn(4000)
    spec = fit_curves(drawn)
    logits = spec.bias + np.array(drawn.plain.features) @ np.array([spec.similarity, spec.margin])
    probability, right = 1 / (1 + np.exp(-logits)), np.array(drawn.plain.right)
    for low in (0.0, 0.25, 0.5, 0.75):
        some = (probability >= low) & (probability < low + 0.25)
        assert abs(probability[some].mean() - right[some].mean()) < 0.06


def test_without_stored_pictures_there_is_one_curve() -> None:
    drawn = _drawn(100)
    drawn.checked = LabelledFeatures()
    assert fit_curves(drawn).checked is None


def test_no_weight_is_negative_when_two_features_tell_the_same() -> None:
    rng = np.random.default_rng(4)
    data = CalibrationData()
    for index in range(300):
        right = bool(index % 2)
        score = float(rng.normal(0.7 if right else 0.2, 0.15))
        lead = score + float(rng.normal(-0.1 if right else 0.1, 0.05))  # tells the same, worse
        data.plain.add((score, score), right=right)
        data.checked.add((score, 0.1, score, lead), right=right)
    spec = fit_curves(data)
    assert spec.checked is not None
    assert min(spec.checked.similarity, spec.checked.score) >= 0
    assert spec.checked.lead == 0
    assert spec.checked.similarity + spec.checked.score > 1


@pytest.mark.parametrize("right", [True, False])
def test_one_kind_of_answer_gives_no_curve(right: bool) -> None:
    data = CalibrationData()
    for _ in range(5):
        data.plain.add((0.9, 0.1), right=right)
    with pytest.raises(LibraryError, match="only one kind"):
        fit_curves(data)


def test_the_library_is_asked_with_and_without_each_show(two_shows: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(BUNDLED, tmp_path / "encoder"))
    encoder = open_encoder(folder, runtime="onnx", threads=1)
    steps: list[int] = []
    with Engine(EngineSpec(two_shows, search=EVERY_CHECK, threads=1), encoder) as engine:
        confidence = calibrate_encoder(folder, engine, _records(two_shows), screenshots=24, seed=1, step=steps.append)
    assert steps == list(range(24))
    assert isinstance(confidence.checked, VerifiedCurveSpec)
    assert read_spec(folder).confidence == confidence
    assert open_encoder(folder, runtime="onnx", threads=1).fingerprint == encoder.fingerprint


@pytest.fixture
def own_library(two_shows: Path, tmp_path: Path) -> Path:
    """A copy of the library of two shows that a test may change, where the settings look for it."""
    return Path(shutil.copytree(two_shows, tmp_path / "data"))


def _calibrate(*arguments: str | Path) -> Result:
    command = ["calibrate", "--screenshots", "20", *map(str, arguments)]
    return CliRunner().invoke(app, command, catch_exceptions=False)


def test_without_a_folder_the_librarys_own_copy_is_calibrated_and_the_program_stays_as_it_is(own_library: Path) -> None:
    before = {path.name: path.read_bytes() for path in BUNDLED.iterdir()}
    ended = _calibrate()
    assert ended.exit_code == 0, ended.output
    copy = encoder_folder(own_library, None)
    assert copy.parent == own_library / "encoders"
    assert str(copy / "spec.json") in ended.output
    assert read_fingerprint(copy) == read_fingerprint(BUNDLED)
    calibrated = read_spec(copy).confidence
    assert calibrated not in {None, read_spec(BUNDLED).confidence}
    assert encoder_of(load_settings()).spec.confidence == calibrated
    assert {path.name: path.read_bytes() for path in BUNDLED.iterdir()} == before


def test_a_calibration_that_the_disk_refuses_leaves_the_earlier_one_whole(
    own_library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("training.calibration.curves.collect", lambda *_arguments, **_named: _drawn(100))
    assert _calibrate().exit_code == 0
    copy = encoder_folder(own_library, None)
    before = (copy / "spec.json").read_bytes()
    monkeypatch.setattr("core.files.os.fsync", _refuse)
    with pytest.raises(StorageError, match=r"spec\.json"):
        _calibrate()
    assert (copy / "spec.json").read_bytes() == before
    assert {path.name for path in copy.iterdir()} == {"model.onnx", "spec.json"}


def _refuse(_handle: int) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_folder_that_is_named_is_calibrated_and_what_searches_use_is_said(
    own_library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("training.calibration.curves.collect", lambda *_arguments, **_named: _drawn(100))
    folder = Path(shutil.copytree(BUNDLED, tmp_path / "encoder"))
    before = read_spec(folder).confidence
    ended = _calibrate("--encoder", folder)
    assert ended.exit_code == 0, ended.output
    assert read_spec(folder).confidence not in {None, before}
    assert f"Searches use {BUNDLED}, which was not changed" in ended.output
    assert not (own_library / "encoders").exists()


@pytest.mark.usefixtures("own_library")
def test_the_programs_own_encoder_is_never_written() -> None:
    before = (BUNDLED / "spec.json").read_bytes()
    with pytest.raises(InputError, match="a part of the program, which is not changed"):
        _calibrate("--encoder", BUNDLED)
    assert (BUNDLED / "spec.json").read_bytes() == before


def test_half_of_the_answers_are_of_shows_that_are_not_there(two_shows: Path) -> None:
    encoder = open_encoder(BUNDLED, runtime="onnx", threads=1)
    with Engine(EngineSpec(two_shows, search=EVERY_CHECK, threads=1), encoder) as engine:
        data = collect(engine, _records(two_shows), screenshots=8, seed=2, step=lambda _number: None)
    assert len(data.plain.right) == len(data.checked.right) == 16
    assert not any(data.checked.right[1::2])
    assert sum(data.checked.right[::2]) >= 6


def test_screenshots_are_of_the_videos_below_the_media_root(two_shows: Path, tmp_path: Path) -> None:
    data_dir = Path(shutil.copytree(two_shows, tmp_path / "data"))
    moved = shutil.copytree(two_shows.parent / "videos", tmp_path / "moved")
    records = [
        replace(record, stamp=replace(record.stamp, path=f"/gone/{record.id}.mp4")) for record in _records(data_dir)
    ]
    encoder = open_encoder(BUNDLED, runtime="onnx", threads=1)
    with Engine(EngineSpec(data_dir, str(moved), threads=1, search=EVERY_CHECK), encoder) as engine:
        data = collect(engine, records, screenshots=4, seed=2, step=lambda _number: None)
    assert any(data.plain.right)


def test_one_show_alone_cannot_be_left_out(made_library: Path) -> None:
    records = _records(made_library)
    encoder = open_encoder(BUNDLED, runtime="onnx", threads=1)
    with (
        Engine(EngineSpec(made_library, threads=1), encoder) as engine,
        pytest.raises(LibraryError, match="two shows at least"),
    ):
        collect(
            engine,
            [record for record in records if record.name.show == records[0].name.show],
            screenshots=4,
            seed=1,
            step=print,
        )
