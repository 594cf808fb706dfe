"""Color layout index: exact neighbours, filters, files on disk."""

from collections.abc import Collection
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from core.domain import FileId, frame_label, split_label
from core.errors import StoreError
from core.pictures.color_layout import FIRST_COEFFICIENTS, LAYOUT_SIZE, ColorLayouts
from core.stores.base import IndexSpec
from core.stores.color_layout_index import ColorLayoutIndex
from core.stores.hnsw.store import HnswStore


def _labels(file_id: int, frames: int) -> NDArray[np.uint64]:
    return np.array([frame_label(FileId(file_id), 250 * number) for number in range(frames)], np.uint64)


def _layouts(frames: int, seed: int = 0, values: int = 32) -> ColorLayouts:
    return np.random.default_rng(seed).integers(0, values, (frames, LAYOUT_SIZE), np.uint8)


def _index(files: Collection[int] = (1, 2, 7), frames: int = 400, *, values: int = 32) -> ColorLayoutIndex:
    added = [(_labels(file_id, frames), _layouts(frames, file_id, values)) for file_id in files]
    return ColorLayoutIndex.joined(None, (), added)


def _by_hand(
    index: ColorLayoutIndex, query: NDArray[np.uint8], k: int, files: Collection[int], frames: int = 400
) -> list[tuple[int, int]]:
    """(distance, label), nearest first, by going through all frames."""
    every = [int(label) for file_id in files for label in _labels(file_id, frames)]
    return sorted((int(((_at(index, label) - query.astype(int)) ** 2).sum()), label) for label in every)[:k]


def _at(index: ColorLayoutIndex, label: int) -> NDArray[np.int64]:
    layout = index.layout(label)
    assert layout is not None
    return layout.astype(np.int64)


@pytest.mark.parametrize("values", [32, 2])
def test_neighbours_are_exact_and_ties_go_by_label(values: int) -> None:
    """Of two values there are ties everywhere."""
    index, queries = _index(values=values), _layouts(3, 99, values)
    for query, neighbours in zip(queries, index.search(queries, 50), strict=True):
        hits = list(zip(neighbours.distances.tolist(), neighbours.labels.tolist(), strict=True))
        assert hits == _by_hand(index, query, 50, (1, 2, 7))


def test_a_large_index_is_scanned_in_parts_without_losing_a_frame() -> None:
    frames = 90_001
    index = ColorLayoutIndex(_labels(3, frames), _layouts(frames))
    rows = [0, 32_767, 32_768, 65_536, frames - 1]
    queries = np.stack(
        [layout for row in rows if (layout := index.layout(frame_label(FileId(3), 250 * row))) is not None]
    )
    nearest = [
        (int(result.distances[0]), split_label(int(result.labels[0]))[1] // 250) for result in index.search(queries, 1)
    ]
    assert nearest == [(0, row) for row in rows]


def test_a_filter_leaves_the_frames_of_its_files_only() -> None:
    index, query = _index(), _layouts(1, 99)
    (neighbours,) = index.search(query, 30, file_ids={FileId(7), FileId(2), FileId(44), FileId(-3)})
    hits = list(zip(neighbours.distances.tolist(), neighbours.labels.tolist(), strict=True))
    assert hits == _by_hand(index, query[0], 30, (2, 7))
    assert [len(result.labels) for result in index.search(query, 30, file_ids={FileId(44)})] == [0]


def test_fewer_than_k_come_back_where_there_are_fewer() -> None:
    index = _index((4,), 12)
    assert [len(result.labels) for result in index.search(_layouts(2, 5), 100)] == [12, 12]
    empty = ColorLayoutIndex.joined(None, (), ())
    assert [len(result.labels) for result in empty.search(_layouts(2, 5), 100)] == [0, 0]
    assert index.search(np.empty((0, LAYOUT_SIZE), np.uint8), 5) == []


def test_the_farthest_two_layouts_are_told_apart_exactly() -> None:
    least, most = np.zeros((1, LAYOUT_SIZE), np.uint8), np.full((1, LAYOUT_SIZE), 31, np.uint8)
    most[0, list(FIRST_COEFFICIENTS)] = 63
    index = ColorLayoutIndex(_labels(1, 1), most)
    assert index.search(least, 1)[0].distances.tolist() == [30 * 31**2 + 3 * 63**2]


def test_files_come_and_go() -> None:
    before = _index((1, 2, 7))
    index = ColorLayoutIndex.joined(before, (FileId(2), FileId(7)), [(_labels(5, 3), _layouts(3, 55))])
    assert index.files == {2: 400, 5: 3, 7: 400}
    assert index.layout(frame_label(FileId(1), 0)) is None
    assert np.array_equal(_at(index, frame_label(FileId(5), 500)), _layouts(3, 55)[2])
    assert np.array_equal(_at(index, frame_label(FileId(7), 0)), _at(before, frame_label(FileId(7), 0)))


def test_it_is_the_same_after_saving(tmp_path: Path) -> None:
    index, queries = _index(), _layouts(2, 99)
    index.save(tmp_path / "color_layout")
    loaded = ColorLayoutIndex.load(tmp_path / "color_layout")
    assert (loaded.count, loaded.files, loaded.bytes_total) == (index.count, index.files, 43 * 1200)
    for result, loaded_result in zip(index.search(queries, 9), loaded.search(queries, 9), strict=True):
        assert np.array_equal(result.labels, loaded_result.labels)
        assert np.array_equal(result.distances, loaded_result.distances)


@pytest.mark.parametrize("name", ["labels.npy", "layouts.npy", "norms.npy"])
def test_a_damaged_file_is_named(tmp_path: Path, name: str) -> None:
    _index().save(tmp_path / "color_layout")
    file = tmp_path / "color_layout" / name
    data = bytearray(file.read_bytes())
    data[-1] ^= 1
    file.write_bytes(data)
    with pytest.raises(StoreError, match=rf"{name}: is damaged.*index rebuild"):
        ColorLayoutIndex.load(tmp_path / "color_layout")


def test_an_index_of_something_else_is_refused(tmp_path: Path) -> None:
    HnswStore(8, IndexSpec()).save(tmp_path / "store")
    with pytest.raises(StoreError, match="is not an index of color layouts"):
        ColorLayoutIndex.load(tmp_path / "store")
    with pytest.raises(StoreError, match="there is no index here"):
        ColorLayoutIndex.load(tmp_path / "nowhere")


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(StoreError, match="do not fit together"):
        ColorLayoutIndex(_labels(1, 3), _layouts(2))
    with pytest.raises(StoreError, match="do not fit together"):
        ColorLayoutIndex(_labels(1, 3)[::-1].copy(), _layouts(3))
    with pytest.raises(StoreError, match="uint8"):
        _index().search(np.zeros((1, 32), np.uint8), 3)
    with pytest.raises(ValueError, match="at least one"):
        _index().search(_layouts(1), 0)
