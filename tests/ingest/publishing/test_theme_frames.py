"""Theme frames: once a theme in the index, of rebuilt and of patched ones, and back again."""

import shutil
from pathlib import Path

import pytest

from config.opening import encoder_of
from config.settings import Settings, load_settings
from core.catalogue.segments import Correction, SegmentKind
from core.domain import FileId
from core.stores.color_layout_index import open_layouts
from core.stores.generation import GenerationInfo, current_generation
from ingest.library.opening import Library, open_library, publisher
from ingest.publishing.library_check import check_library
from ingest.publishing.publisher import PublishResult
from tests.themed_library import CLEAREST, VARIANT, add_season, draw_season, store_themes


@pytest.fixture(scope="module")
def season(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data_dir = tmp_path_factory.mktemp("season") / "data"
    videos = draw_season(data_dir.parent / "videos")
    add_season(load_settings(data_dir=data_dir, runtime="onnx"), videos)
    return data_dir


@pytest.fixture
def themed(season: Path, tmp_path: Path) -> Settings:
    """A library whose themes are known since its index was made."""
    shutil.copytree(season, tmp_path / "data")
    settings = load_settings()
    with open_library(settings) as library:
        store_themes(library)
    return settings


def _publish(settings: Settings, *, anew: bool = False) -> PublishResult:
    with open_library(settings) as library:
        return publisher(settings, library, encoder_of(settings)).publish(anew=anew)


def _current(settings: Settings) -> GenerationInfo:
    return current_generation(settings.data_dir / "index")[1]


def _problems(settings: Settings) -> tuple[str, ...]:
    with open_library(settings) as library:
        report = check_library(library.layout, library.reader, themes_once=settings.index.themes_once)
    assert report.recall == 1
    return report.problems


def test_frames_of_a_theme_are_indexed_once_and_what_differs_stays(themed: Settings) -> None:
    before = _current(themed)
    assert any("openings, endings or their settings have changed" in problem for problem in _problems(themed))
    after = _publish(themed).info
    assert after
    assert after.frames + after.frames_left_out == before.frames
    left_out = {int(file_id): cut.left_out for file_id, cut in after.cuts.items()}
    assert CLEAREST not in left_out
    assert set(left_out) == {1, 3, VARIANT}
    assert left_out[1] >= 15  # of five seconds, sampled four times a second
    assert left_out[3] >= 15
    assert 5 <= left_out[VARIANT] <= 12  # its second shot is another one
    assert not _problems(themed)
    assert not _publish(themed).changed


def test_color_layouts_are_those_of_the_indexed_frames(themed: Settings) -> None:
    info = _publish(themed).info
    layouts = open_layouts(current_generation(themed.data_dir / "index")[0])
    assert info
    assert layouts
    assert layouts.files == info.files


def test_frames_come_back_when_a_segment_is_unset(themed: Settings) -> None:
    before = _current(themed)
    once = _publish(themed).info
    with open_library(themed) as library:
        record = library.reader.all()[0]
        library.writer.correct(Correction(record.stamp.content, SegmentKind.OPENING, ()))
    assert any(str(record.stamp.path) in problem for problem in _problems(themed))
    info = _publish(themed).info
    assert info
    assert once
    assert info.files[record.id] == before.files[record.id] > once.files[record.id]
    assert info.files[FileId(3)] == once.files[FileId(3)]
    assert not _problems(themed)


def test_the_setting_undoes_it(themed: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    before = _current(themed)
    _publish(themed)
    monkeypatch.setenv("WHENANIME_INDEX__THEMES_ONCE", "false")
    settings = load_settings()
    info = _publish(settings).info
    assert info
    assert info.files == before.files
    assert not info.cuts
    assert not _problems(settings)


def test_a_patched_index_has_the_frames_of_a_rebuilt_one(themed: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingest.publishing.publisher.STALE_MAX_SHARE", 2.0)
    patched, rebuilt = _publish(themed).info, _publish(themed, anew=True).info
    assert patched
    assert rebuilt
    assert (patched.files, patched.cuts) == (rebuilt.files, rebuilt.cuts)
    assert not _problems(themed)


def test_when_the_clearest_occurrence_leaves_the_library_another_one_stands_for_the_theme(themed: Settings) -> None:
    _publish(themed)
    with open_library(themed) as library:
        library.writer.remove([FileId(CLEAREST)])
    info = _publish(themed).info
    assert info
    assert CLEAREST not in info.files
    assert set(info.cuts) == {3, VARIANT}
    assert not _problems(themed)


def test_uncertain_segments_change_nothing(themed: Settings) -> None:
    with open_library(themed) as library:
        store_themes(library, confidence=0.3)
    assert not _publish(themed).changed


def test_where_the_frames_that_stand_for_a_theme_cannot_be_read_nothing_is_left_out(themed: Settings) -> None:
    before = _current(themed)
    with open_library(themed) as library:
        path = _features_path(library, themed, CLEAREST)
    path.write_bytes(path.read_bytes()[:-50])
    result = _publish(themed, anew=True)
    assert result.info
    assert len(result.left_out) == 1
    for file_id in (FileId(1), FileId(3)):
        assert result.info.files[file_id] == before.files[file_id]


def _features_path(library: Library, settings: Settings, episode: int) -> Path:
    return library.layout.features(encoder_of(settings).fingerprint, FileId(episode))
