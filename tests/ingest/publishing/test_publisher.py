"""Rebuilding, patching and checking the index, from stored features alone."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from config.opening import encoder_of, open_engine
from config.settings import Settings
from core.catalogue.identities import IdentitySource, ShowIdentity, ShowStatement
from core.errors import LibraryError, StoreError
from core.stores.base import IndexSpec
from core.stores.generation import POINTER, current_generation, index_path
from core.stores.loading import new_store
from ingest.indexing.features import Features
from ingest.library.opening import Library, open_library
from ingest.publishing.library_check import check_library
from ingest.publishing.publisher import Publisher, PublishResult, check_store
from tests.episodes import scene_frame


def _publisher(library: Library, settings: Settings, index: IndexSpec | None = None) -> Publisher:
    encoder = encoder_of(settings)
    return Publisher(library.layout, library.reader, index or IndexSpec(), encoder.fingerprint, encoder.spec.dim)


def _publish(settings: Settings, *, anew: bool = False, index: IndexSpec | None = None) -> PublishResult:
    with open_library(settings) as library:
        return _publisher(library, settings, index).publish(anew=anew)


def _problems(settings: Settings) -> tuple[str, ...]:
    with open_library(settings) as library:
        return check_library(library.layout, library.reader).problems


def test_a_rebuilt_index_has_the_same_frames_and_its_new_settings(library_settings: Settings) -> None:
    before = current_generation(library_settings.data_dir / "index")[1]
    result = _publish(library_settings, anew=True, index=IndexSpec(m=8, ef_construction=50, ef=40))
    assert result.info is not None
    assert result.info.files == before.files
    assert result.info.name > before.name
    with open_engine(library_settings) as engine:
        assert engine.generation.index == IndexSpec(m=8, ef_construction=50, ef=40)
        assert engine.search(scene_frame(20, 10)).scenes[0].name.name == "夜の雨"


def test_an_emptied_catalogue_is_not_an_honest_not_found(library_settings: Settings) -> None:
    (library_settings.data_dir / "catalogue.sqlite").unlink()
    with open_library(library_settings, missing="create"), pytest.raises(LibraryError, match="knows none of the files"):
        open_engine(library_settings)


def test_a_pointer_that_leads_elsewhere_is_refused(library_settings: Settings) -> None:
    (library_settings.data_dir / "index" / POINTER).write_text("../..\n", "utf-8")
    with pytest.raises(StoreError, match="is not a generation's name"):
        open_engine(library_settings)


def test_nothing_changed_makes_no_generation(library_settings: Settings) -> None:
    assert not _publish(library_settings).changed


def test_a_lost_pointer_is_mended_by_a_rebuild(library_settings: Settings) -> None:
    (library_settings.data_dir / "index" / POINTER).unlink()
    assert "index rebuild" in _problems(library_settings)[0]
    assert _publish(library_settings, anew=True).changed
    assert not _problems(library_settings)


def test_a_damaged_index_is_refused_and_mended_by_a_rebuild(library_settings: Settings) -> None:
    folder, _info = current_generation(library_settings.data_dir / "index")
    for file in index_path(folder).rglob("*"):
        if file.is_file() and file.stat().st_size > 1000:
            file.write_bytes(file.read_bytes()[:-100])
    with pytest.raises(StoreError):
        open_engine(library_settings)
    assert _problems(library_settings)
    assert _publish(library_settings, anew=True).changed
    assert not _problems(library_settings)


def test_damaged_features_leave_one_file_out_and_are_named(library_settings: Settings) -> None:
    features = sorted(library_settings.data_dir.rglob("*.npz"))
    features[0].write_bytes(features[0].read_bytes()[:-50])
    features[1].unlink()
    problems = _problems(library_settings)
    assert sum("features are damaged" in problem for problem in problems) == 1
    assert sum("features are missing" in problem for problem in problems) == 1
    result = _publish(library_settings, anew=True)
    assert len(result.left_out) == 2
    assert result.info is not None
    assert len(result.info.files) == 1


def test_a_video_that_is_gone_is_named(library_settings: Settings, drawn_videos: Path, tmp_path: Path) -> None:
    assert not _problems(library_settings)
    with open_library(library_settings) as library:
        record = library.reader.all()[0]
        moved = shutil.copy(record.stamp.path, tmp_path / "moved.mp4")
        library.writer.move(record.id, replace(record.stamp, path=str(moved)), record.name)
    Path(moved).unlink()
    (problem,) = _problems(library_settings)
    assert problem.startswith(f"{moved}: the video is gone")
    assert drawn_videos.exists()


def test_removing_much_builds_anew_removing_little_patches(library_settings: Settings) -> None:
    with open_library(library_settings) as library:
        library.writer.remove([library.reader.all()[0].id])
        result = _publisher(library, library_settings).publish()
        assert result.info is not None
        assert sorted(result.info.files) == [2, 3]
        assert check_library(library.layout, library.reader).problems == ()


def test_an_index_that_does_not_find_its_own_frames_is_not_put_to_use() -> None:
    store = new_store("hnsw", 8, IndexSpec())
    store.add(np.arange(4, dtype=np.uint64), np.eye(8, dtype=np.float32)[:4])
    indexed = Features(np.arange(4, dtype=np.uint32), np.eye(8, dtype=np.float16)[:4])
    strange = Features(np.arange(4, dtype=np.uint32), np.eye(8, dtype=np.float16)[4:])
    assert check_store(store, indexed) == 1
    with pytest.raises(StoreError, match=r"finds only 0\.0%"):
        check_store(store, strange)
    store.close()


def test_a_running_engine_takes_up_a_new_generation(library_settings: Settings) -> None:
    with open_engine(library_settings) as engine:
        assert not engine.reload()
        with open_library(library_settings) as library:
            library.writer.remove([record.id for record in library.reader.all() if record.name.season == 1])
            assert {scene.name.season for scene in engine.search(scene_frame(12, 0)).scenes} == {1, 2}
            _publisher(library, library_settings).publish()
        assert engine.reload()
        assert {scene.name.season for scene in engine.search(scene_frame(12, 0)).scenes} == {2}


def test_a_running_engine_takes_up_what_is_said_of_shows_without_a_new_index(library_settings: Settings) -> None:
    with open_engine(library_settings) as engine:
        assert engine.identities == {}
        (show, *_rest) = engine.shows
        identity = ShowIdentity(21827, chinese="纸船")
        with open_library(library_settings) as library:
            library.writer.state_shows(
                [ShowStatement(name, IdentitySource.OPERATOR, identity) for name in (show, "Not there")]
            )
        generation = engine.generation
        assert not engine.reload()
        assert engine.identities == {show: identity}
        assert engine.generation is generation
        read = engine.identities
        assert not engine.reload()
        assert engine.identities is read


def test_a_running_engine_takes_up_new_names_without_a_new_index(library_settings: Settings) -> None:
    with open_engine(library_settings) as engine:
        with open_library(library_settings) as library:
            for record in library.reader.all():
                library.writer.move(record.id, record.stamp, replace(record.name, show="Paper Boats"))
        assert not engine.reload()
        assert engine.shows == ("Paper Boats",)
        assert engine.search(scene_frame(12, 0)).scenes[0].name.show == "Paper Boats"
