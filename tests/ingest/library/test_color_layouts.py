"""Color layouts of indexed frames: made while videos are read, and for older libraries of their stored pictures."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from config.opening import encoder_of
from config.settings import Settings, load_settings
from core.domain import FileId
from core.library.layout import DataLayout
from core.library.stills import StillsReader
from core.pictures.color_layout import LAYOUT_SIZE, color_layout
from core.stores.color_layout_index import ColorLayoutIndex, open_layouts
from core.stores.generation import IndexName, current_generation, index_path
from ingest.commands.index_cli import app
from ingest.indexing.features import load_features, save_features
from ingest.library.add import AddResult, add_videos
from ingest.library.opening import open_library, publisher
from ingest.planning.plan import Action, PlanOptions
from ingest.publishing.library_check import check_library
from ingest.reporting import SilentReporter
from tests.episodes import draw_episode, scene_frame


def _add(settings: Settings, *places: Path) -> AddResult:
    return add_videos(settings, list(places), PlanOptions(), lambda *_: SilentReporter())


def _features(settings: Settings) -> dict[FileId, Path]:
    with open_library(settings) as library:
        return {
            record.id: library.layout.features(record.outcome.encoder, record.id) for record in library.reader.all()
        }


def _index(settings: Settings) -> ColorLayoutIndex | None:
    return open_layouts(current_generation(DataLayout(settings.data_dir).generations)[0])


def _files(settings: Settings) -> dict[FileId, int]:
    index = _index(settings)
    return dict(index.files) if index else {}


def _all_files(settings: Settings) -> dict[FileId, int]:
    return dict(current_generation(DataLayout(settings.data_dir).generations)[1].files)


def _without(settings: Settings, *, color_layout: bool = False) -> Settings:
    return settings.model_copy(update={"index": settings.index.model_copy(update={"color_layout": color_layout})})


def _make_old(settings: Settings) -> None:
    """The library as it was before there were color layouts."""
    for path in _features(settings).values():
        save_features(path, replace(load_features(path), layouts=None))
    with open_library(settings) as library:
        publisher(_without(settings), library, encoder_of(settings)).publish(anew=True)
    assert not _files(settings)


def test_every_indexed_frame_has_the_layout_of_its_picture(library_settings: Settings) -> None:
    layout = DataLayout(library_settings.data_dir)
    for file_id, path in _features(library_settings).items():
        features = load_features(path)
        assert features.layouts is not None
        assert features.layouts.shape == (len(features.times_ms), LAYOUT_SIZE)
        for time_ms, frame_layout in zip(features.times_ms.tolist(), features.layouts, strict=True):
            with StillsReader(layout.stills(file_id)) as stills:
                of_still = color_layout(stills.rgb(time_ms))
            assert np.abs(frame_layout.astype(int) - of_still).max() <= 1  # JPEG moves means a little
    assert _files(library_settings) == _all_files(library_settings)


def test_the_layout_is_that_of_the_drawn_frame(library_settings: Settings) -> None:
    features = load_features(_features(library_settings)[FileId(1)])
    assert features.layouts is not None
    assert features.times_ms[0] == 0
    assert np.abs(features.layouts[0].astype(int) - color_layout(scene_frame(0, 0))).max() <= 2


@pytest.mark.parametrize("way", ["library add", "index rebuild"])
def test_an_older_library_gets_them_of_its_stored_pictures_at_the_next(
    library_settings: Settings, drawn_videos: Path, way: str
) -> None:
    original = {path: load_features(path) for path in _features(library_settings).values()}
    _make_old(library_settings)
    if way == "library add":
        assert _add(library_settings, drawn_videos).summary.actions == {Action.UNCHANGED: 3}
    else:
        assert CliRunner().invoke(app, ["rebuild"]).exit_code == 0
    assert _files(library_settings) == _all_files(library_settings)
    for path, before in original.items():
        after = load_features(path)
        assert after.layouts is not None
        assert before.layouts is not None
        assert np.abs(after.layouts.astype(int) - before.layouts.astype(int)).max() <= 1
        assert np.array_equal(after.vectors, before.vectors)
        assert (after.times_ms.tolist(), after.origin) == (before.times_ms.tolist(), before.origin)


def test_a_rebuild_reads_no_video(settings: Settings, videos: Path) -> None:
    _add(settings, videos)
    _make_old(settings)
    shutil.rmtree(videos)
    assert CliRunner().invoke(app, ["rebuild"]).exit_code == 0
    assert _files(settings) == _all_files(settings)


def test_where_there_are_no_stored_pictures_the_library_stays_as_it_is(
    library_settings: Settings, drawn_videos: Path
) -> None:
    _make_old(library_settings)
    layout = DataLayout(library_settings.data_dir)
    layout.stills(FileId(1)).unlink()
    layout.stills(FileId(2)).write_bytes(b"damaged")
    before = current_generation(layout.generations)[0]
    assert not _add(library_settings, drawn_videos).summary.problems
    assert list(_files(library_settings)) == [3]
    after = current_generation(layout.generations)[0]
    assert after != before
    _add(library_settings, drawn_videos)
    assert current_generation(layout.generations)[0] == after


def test_new_and_removed_videos_come_and_go_in_the_index(settings: Settings, videos: Path) -> None:
    _add(settings, videos)
    draw_episode(videos / "Paper Boats/2-Autumn/02-New.mp4", 30)
    _add(settings, videos)
    assert _files(settings) == _all_files(settings)
    assert len(_files(settings)) == 4
    with open_library(settings) as library:
        library.writer.remove([FileId(1)])
        publisher(settings, library, encoder_of(settings)).publish()
    assert sorted(_files(settings)) == [2, 3, 4]


def test_switched_off_none_are_made_and_those_there_leave_the_index(settings: Settings, videos: Path) -> None:
    off = _without(settings)
    _add(off, videos)
    assert all(load_features(path).layouts is None for path in _features(off).values())
    assert not _files(off)
    _add(settings, videos)
    assert _files(settings) == _all_files(settings)
    _add(off, videos)
    assert not index_path(current_generation(DataLayout(off.data_dir).generations)[0], IndexName.COLOR_LAYOUT).exists()
    _add(settings, videos)
    assert _files(settings) == _all_files(settings)


def test_the_setting_is_a_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load_settings().index.color_layout
    monkeypatch.setenv("WHENANIME_INDEX__COLOR_LAYOUT", "false")
    assert not load_settings().index.color_layout


def test_a_damaged_index_of_layouts_is_a_problem_and_is_mended_by_the_next_run(
    library_settings: Settings, drawn_videos: Path
) -> None:
    folder = current_generation(DataLayout(library_settings.data_dir).generations)[0]
    file = index_path(folder, IndexName.COLOR_LAYOUT) / "layouts.npy"
    file.write_bytes(file.read_bytes()[:-40])
    with open_library(library_settings) as library:
        problems = check_library(library.layout, library.reader).problems
    assert len(problems) == 1
    assert "layouts.npy" in problems[0]
    _add(library_settings, drawn_videos)
    assert _files(library_settings) == _all_files(library_settings)
    with open_library(library_settings) as library:
        assert not check_library(library.layout, library.reader).problems


def test_index_info_says_how_many_files_have_them(library_settings: Settings) -> None:
    result = CliRunner().invoke(app, ["info", "--json"])
    frames = sum(_all_files(library_settings).values())
    assert '"files_with_color_layouts": 3' in result.output
    assert f'"color_layout_bytes": {43 * frames}' in result.output
    _make_old(library_settings)
    assert '"files_with_color_layouts": 0' in CliRunner().invoke(app, ["info", "--json"]).output
