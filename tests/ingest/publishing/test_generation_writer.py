from pathlib import Path
from unittest.mock import patch

import numpy as np
import pytest

from core.domain import FileId
from core.errors import LibraryEmptyError, StorageError, StoreError
from core.stores.base import IndexSpec, VectorStore
from core.stores.generation import INFO, POINTER, GenerationInfo, IndexName, current_generation
from core.stores.loading import new_store, open_index
from ingest.publishing.generation_writer import GENERATIONS_LIMIT, GenerationWriter


def _store(frames: int = 8) -> VectorStore:
    store = new_store("hnsw", 8, IndexSpec())
    store.add(np.arange(frames, dtype=np.uint64) + np.uint64(1 << 32), np.eye(8, dtype=np.float32)[:frames])
    return store


def _publish(folder: Path) -> GenerationInfo:
    store = _store()
    try:
        return GenerationWriter(folder).publish(
            {IndexName.FRAMES: store}, backend="hnsw", encoder="f00d", index=IndexSpec(), files={FileId(1): store.count}
        )
    finally:
        store.close()


def test_a_published_generation_is_the_current_one(tmp_path: Path) -> None:
    with pytest.raises(LibraryEmptyError):
        current_generation(tmp_path)
    info = _publish(tmp_path)
    folder, current = current_generation(tmp_path)
    assert current == info
    assert current.frames == 8
    store = open_index(folder, current)
    assert store.count == 8
    store.close()


def test_the_last_two_are_kept(tmp_path: Path) -> None:
    names = [_publish(tmp_path).name for _ in range(4)]
    assert sorted(path.name for path in tmp_path.glob("generation-*")) == names[-GENERATIONS_LIMIT:]
    assert current_generation(tmp_path)[1].name == names[-1]


def test_half_built_ones_are_cleaned(tmp_path: Path) -> None:
    info = _publish(tmp_path)
    (tmp_path / "generation-000099.part").mkdir()
    (tmp_path / "generation-000099.part" / "vectors").write_bytes(b"half")
    assert GenerationWriter(tmp_path).clean() == ["generation-000099.part"]
    assert [path.name for path in tmp_path.glob("generation-*")] == [info.name]


@pytest.mark.parametrize("broken_step", ["mkdir", "replace"])
def test_a_full_disk_leaves_the_old_one_current_and_no_rest(tmp_path: Path, broken_step: str) -> None:
    old = _publish(tmp_path)
    full = OSError(28, "No space left on device")
    with (
        patch.object(Path, broken_step, side_effect=full),
        pytest.raises(StorageError, match="No space left on device"),
    ):
        _publish(tmp_path)
    assert current_generation(tmp_path)[1] == old
    GenerationWriter(tmp_path).clean()
    assert not list(tmp_path.glob("*.part/*"))
    assert _publish(tmp_path).name != old.name


def test_a_broken_description_is_named(tmp_path: Path) -> None:
    info = _publish(tmp_path)
    (tmp_path / info.name / INFO).write_text("{}", "utf-8")
    with pytest.raises(StoreError, match=r"generation\.json: is damaged; run `whenanime index rebuild`"):
        current_generation(tmp_path)
    (tmp_path / POINTER).write_text("generation-999999\n", "utf-8")
    with pytest.raises(StoreError, match="cannot be read"):
        current_generation(tmp_path)


def test_the_index_of_frames_lies_where_older_versions_look_for_it(tmp_path: Path) -> None:
    info = _publish(tmp_path)
    assert sorted(path.name for path in (tmp_path / info.name).iterdir()) == [INFO, "store"]
