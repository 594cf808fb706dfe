"""Contract suite of vector stores. The test class of a backend inherits `StoreContract`."""

import threading
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from core.domain import FileId, frame_label, split_label
from core.errors import StoreError
from core.stores.base import IndexSpec, Neighbours, VectorStore

Vectors = NDArray[np.float32]
TOLERANCE = 5e-3
"""By how much a similarity may be off; backends may keep vectors in fewer bits."""


def unit(vectors: NDArray[np.floating]) -> Vectors:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)


def random_units(count: int, dim: int, seed: int = 0) -> Vectors:
    return unit(np.random.default_rng(seed).normal(size=(count, dim)))


def clustered(files: int, frames: int, dim: int, seed: int = 0) -> Vectors:
    """(files * frames, dim): files differ in style, their shots of 20 frames in place, frames a little."""
    rng = np.random.default_rng(seed)
    style = np.repeat(rng.normal(size=(files, dim)), frames, axis=0)
    shot = np.repeat(rng.normal(size=(files * frames // 20, dim)), 20, axis=0)
    return unit(style + shot + 0.35 * rng.normal(size=(files * frames, dim)))


def labels_of(file_id: int, count: int, start: int = 0) -> NDArray[np.uint64]:
    return np.array([frame_label(FileId(file_id), 500 * (start + at)) for at in range(count)], np.uint64)


def ids(*file_ids: int) -> list[FileId]:
    return [FileId(file_id) for file_id in file_ids]


def file_of(label: np.uint64) -> int:
    return split_label(int(label))[0]


def exact(labels: NDArray[np.uint64], vectors: Vectors, query: Vectors, k: int) -> tuple[list[int], Vectors]:
    """Brute force: best first, ties by label."""
    similarities = (vectors.astype(np.float64) @ query.astype(np.float64)).round(6)
    order = np.lexsort((labels, -similarities))[:k]
    return [int(label) for label in labels[order]], similarities[order].astype(np.float32)


def recall(results: Neighbours, labels: NDArray[np.uint64], vectors: Vectors, query: Vectors, k: int) -> float:
    """Share of the found that are as near as the k-th nearest there is."""
    least = exact(labels, vectors, query, k)[1][-1]
    return float((results.similarities >= least - TOLERANCE).sum()) / k


def assert_nearest(results: Neighbours, labels: NDArray[np.uint64], vectors: Vectors, query: Vectors, k: int) -> None:
    """Exact up to the tolerance: frames nearly as near may change places."""
    at = np.searchsorted(labels, results.labels)
    assert labels[at].tolist() == results.labels.tolist()
    assert np.allclose(results.similarities, vectors[at] @ query, atol=TOLERANCE)
    assert np.allclose(results.similarities, exact(labels, vectors, query, k)[1], atol=TOLERANCE)


_POOL = random_units(10, 6, seed=4)
_VECTOR = st.integers(0, len(_POOL) - 1)
_FILES = st.lists(st.integers(1, 5), max_size=4)


@dataclass(frozen=True)
class Add:
    frames: list[tuple[int, int, int]]  # file, milliseconds, number in the pool


@dataclass(frozen=True)
class Remove:
    files: list[int]


@dataclass(frozen=True)
class Search:
    vector: int
    k: int
    files: list[int] | None


@dataclass(frozen=True)
class Reopen:
    pass


_STEP: st.SearchStrategy[Add | Remove | Search | Reopen] = st.one_of(
    st.builds(Add, st.lists(st.tuples(st.integers(1, 4), st.integers(0, 4), _VECTOR), min_size=1, max_size=12)),
    st.builds(Remove, _FILES),
    st.builds(Search, _VECTOR, st.integers(1, 9), st.none() | _FILES),
    st.builds(Reopen),
)


class StoreContract:
    """Give `make` and `reopen`; every promise of `VectorStore` is then tested."""

    def make(self, dim: int, spec: IndexSpec) -> VectorStore:
        raise NotImplementedError

    def reopen(self, path: Path, spec: IndexSpec) -> VectorStore:
        raise NotImplementedError

    def filled(self, vectors: Vectors, files: int = 1, spec: IndexSpec | None = None) -> VectorStore:
        """A store with the vectors in equal parts under files 1, 2, …"""
        store = self.make(vectors.shape[1], spec or IndexSpec())
        for number, part in enumerate(np.split(vectors, files), 1):
            store.add(labels_of(number, len(part)), part)
        return store

    def test_an_empty_store_returns_nothing(self) -> None:
        store = self.make(4, IndexSpec())
        assert store.dim == 4
        assert store.count == 0
        for results in store.search(random_units(3, 4), 5):
            assert results.labels.shape == results.similarities.shape == (0,)
        assert [len(result.labels) for result in store.search(random_units(1, 4), 5, file_ids=ids(1))] == [0]

    def test_no_queries_no_answers(self) -> None:
        assert len(self.filled(random_units(5, 4)).search(np.empty((0, 4), np.float32), 3)) == 0

    def test_best_first_with_true_similarities(self) -> None:
        vectors, queries = random_units(300, 16), random_units(7, 16, seed=1)
        store = self.filled(vectors)
        assert store.count == 300
        results = store.search(queries, 12)
        assert len(results) == 7
        for query, result in zip(queries, results, strict=True):
            assert_nearest(result, labels_of(1, 300), vectors, query, 12)
            assert result.labels.dtype == np.uint64
            assert result.similarities.dtype == np.float32
            assert (np.diff(result.similarities) <= 0).all()

    def test_ties_come_by_label_whatever_the_order_of_adding(self) -> None:
        same = np.repeat(random_units(1, 8), 60, axis=0)
        labels = np.concatenate([labels_of(file_id, 20) for file_id in (3, 1, 2)])
        order = np.random.default_rng(0).permutation(60)
        store = self.make(8, IndexSpec())
        store.add(labels_of(9, 200), random_units(200, 8, seed=5))
        store.add(labels[order], same)
        results = store.search(same[:1], 25)[0]
        assert results.labels.tolist() == sorted(labels.tolist())[:25]
        assert len(set(results.similarities.tolist())) == 1

    def test_an_empty_filter_and_one_of_unknown_files_find_nothing(self) -> None:
        store = self.filled(random_units(40, 8), files=2)
        empty: tuple[Collection[FileId], ...] = ([], ids(77), set(ids(-3, 1 << 40)))
        for file_ids in empty:
            assert [len(result.labels) for result in store.search(random_units(2, 8), 5, file_ids=file_ids)] == [0, 0]

    def test_fewer_than_k_only_when_fewer_match(self) -> None:
        store = self.filled(random_units(60, 8), files=3)
        assert len(store.search(random_units(1, 8), 1000)[0].labels) == 60
        results = store.search(random_units(1, 8), 1000, file_ids=ids(2, 99))[0]
        assert sorted(results.labels.tolist()) == labels_of(2, 20).tolist()
        assert len(store.search(random_units(1, 8), 20, file_ids=ids(2, 3))[0].labels) == 20

    def test_a_filter_works_far_from_the_nearest_frames(self) -> None:
        centre = random_units(1, 16)
        near = unit(centre + 0.01 * random_units(1500, 16, seed=1))
        far = unit(0.3 * random_units(300, 16, seed=2) - centre)
        store = self.make(16, IndexSpec(ef=16))
        store.add(labels_of(1, 1500), near)
        store.add(labels_of(2, 300), far)
        results = store.search(centre, 10, file_ids=ids(2))[0]
        assert_nearest(results, labels_of(2, 300), far, centre[0], 10)

    def test_filters_narrow_and_wide_find_what_is_there(self) -> None:
        vectors = clustered(40, 60, 32)
        labels = np.concatenate([labels_of(file_id, 60) for file_id in range(1, 41)])
        store = self.filled(vectors, files=40, spec=IndexSpec(ef=32))
        queries = unit(vectors[::97] + 0.3 * random_units(len(vectors[::97]), 32, seed=3))
        for count in (1, 4, 20, 39, 40):
            allowed = ids(*np.random.default_rng(count).permutation(40)[:count] + 1)
            inside = np.isin(labels >> np.uint64(32), allowed)
            results = store.search(queries, 10, file_ids=allowed)
            assert all(file_of(label) in allowed for result in results for label in result.labels)
            assert all(len(result.labels) == 10 for result in results)
            recalls = [
                recall(result, labels[inside], vectors[inside], query, 10)
                for result, query in zip(results, queries, strict=True)
            ]
            assert np.mean(recalls) > 0.97

    def test_a_label_added_again_has_the_new_vector_only(self) -> None:
        vectors = random_units(50, 8)
        store = self.filled(vectors)
        store.add(labels_of(1, 1), vectors[20:21])
        assert store.count == 50
        results = store.search(vectors[20:21], 2)[0]
        assert results.labels.tolist() == labels_of(1, 21)[[0, 20]].tolist()
        assert labels_of(1, 1)[0] not in store.search(vectors[:1], 3)[0].labels[:1]

    def test_of_equal_labels_in_one_call_the_last_counts(self) -> None:
        vectors = random_units(3, 8)
        store = self.make(8, IndexSpec())
        store.add(np.repeat(labels_of(1, 1), 3), vectors)
        assert store.count == 1
        assert store.search(vectors[2:], 1)[0].similarities[0] == pytest.approx(1, abs=TOLERANCE)

    def test_labels_may_be_as_large_as_a_frame_s(self) -> None:
        labels = np.array([frame_label(FileId((1 << 31) - 1), (1 << 32) - 1), frame_label(FileId(1), 0)], np.uint64)
        vectors = random_units(2, 8)
        store = self.make(8, IndexSpec())
        store.add(labels, vectors)
        assert store.search(vectors, 1, file_ids=ids((1 << 31) - 1))[1].labels.tolist() == labels[:1].tolist()
        assert store.search(vectors, 1)[1].labels.tolist() == labels[1:].tolist()

    def test_removed_files_are_gone_and_may_come_back(self) -> None:
        vectors = random_units(90, 8)
        store = self.filled(vectors, files=3)
        assert store.remove_files(ids(2, 2, 55)) == 30
        assert store.remove_files(ids(2)) == 0
        assert store.remove_files([]) == 0
        assert store.count == 60
        assert 2 not in {file_of(label) for label in store.search(vectors[30:31], 60)[0].labels}
        assert len(store.search(vectors[30:31], 5, file_ids=ids(2))[0].labels) == 0
        store.add(labels_of(2, 30), vectors[30:60])
        assert store.count == 90
        assert store.search(vectors[30:31], 1)[0].labels[0] == labels_of(2, 1)[0]

    def test_all_but_a_few_may_be_removed(self) -> None:
        vectors = clustered(20, 100, 16)
        store = self.filled(vectors, files=20, spec=IndexSpec(ef=16))
        store.remove_files(ids(*range(2, 21)))
        for results, query in zip(store.search(vectors[500:520], 100), vectors[500:520], strict=True):
            assert_nearest(results, labels_of(1, 100), vectors[:100], query, 100)

    @pytest.mark.parametrize("first", [True, False])
    def test_hundreds_of_equal_vectors_hide_nothing(self, first: bool) -> None:
        same, distinct = np.repeat(random_units(1, 64, seed=9), 300, axis=0), clustered(30, 100, 64)
        store = self.make(64, IndexSpec())
        parts = [(labels_of(1, 300), same), (labels_of(2, 3000), distinct)]
        for labels, vectors in parts if first else reversed(parts):
            store.add(labels, vectors)
        results = store.search(distinct[::10], 1)
        assert np.mean([result.similarities[0] > 1 - TOLERANCE for result in results]) > 0.995
        assert store.search(same[:1], 300)[0].labels.tolist() == labels_of(1, 300).tolist()

    def test_most_of_the_nearest_are_found(self) -> None:
        vectors = clustered(80, 100, 32)
        labels = np.concatenate([labels_of(file_id, 100) for file_id in range(1, 81)])
        store = self.filled(vectors, files=80)
        queries = unit(vectors[::61] + 0.2 * random_units(len(vectors[::61]), 32, seed=3))
        results = store.search(queries, 20)
        recalls = [recall(result, labels, vectors, query, 20) for result, query in zip(results, queries, strict=True)]
        assert np.mean(recalls) > 0.98

    def test_searching_while_another_thread_adds(self) -> None:
        vectors = random_units(3000, 16)
        labels = labels_of(1, 3000)
        store = self.make(16, IndexSpec())
        store.add(labels[:500], vectors[:500])
        failures: list[BaseException] = []

        def fill() -> None:
            try:
                for start in range(500, 3000, 100):
                    store.add(labels[start : start + 100], vectors[start : start + 100])
                    if start == 1500:
                        store.add(labels_of(2, 10), vectors[:10])
                        store.remove_files(ids(2))
            except BaseException as exc:  # noqa: BLE001 - told by the test's own thread
                failures.append(exc)

        adder = threading.Thread(target=fill)
        adder.start()
        searches = 0
        while adder.is_alive() or not searches:
            at = searches % 500
            results = store.search(vectors[at : at + 1], 5)[0]
            assert labels[at] in results.labels
            for label, similarity in zip(results.labels, results.similarities, strict=True):
                frame = split_label(int(label))[1] // 500
                assert similarity == pytest.approx(vectors[frame] @ vectors[at], abs=TOLERANCE)
            searches += 1
        adder.join()
        assert failures == []
        assert store.count == 3000

    def test_saved_and_opened_it_gives_the_same_answers(self, tmp_path: Path) -> None:
        vectors = np.concatenate([random_units(1500, 16), np.repeat(random_units(1, 16, seed=7), 300, axis=0)])
        store = self.filled(vectors, files=3)
        store.remove_files(ids(2))
        store.add(labels_of(1, 1), vectors[700:701])
        queries = random_units(20, 16, seed=1)
        store.save(tmp_path / "store")
        again = self.reopen(tmp_path / "store", IndexSpec())
        assert (again.count, again.dim) == (store.count, 16) == (1200, 16)
        for file_ids in (None, ids(1), ids(2), ids(1, 3)):
            before, after = (result.search(queries, 30, file_ids=file_ids) for result in (store, again))
            for left, right in zip(before, after, strict=True):
                assert left.labels.tolist() == right.labels.tolist()
                assert np.array_equal(left.similarities, right.similarities)
        again.add(labels_of(2, 600), vectors[600:1200])
        again.remove_files(ids(3))
        assert again.count == 1200
        assert again.search(vectors[650:651], 1)[0].labels.tolist() == labels_of(2, 51)[50:].tolist()
        assert store.count == 1200, "the one that was saved stays as it is"
        again.close()

    def test_an_empty_store_can_be_saved_and_filled_later(self, tmp_path: Path) -> None:
        self.make(8, IndexSpec()).save(tmp_path / "store")
        store = self.reopen(tmp_path / "store", IndexSpec())
        assert store.count == 0
        assert len(store.search(random_units(1, 8), 3)[0].labels) == 0
        store.add(labels_of(1, 30), random_units(30, 8))
        assert store.search(random_units(30, 8)[4:5], 1)[0].labels.tolist() == labels_of(1, 5)[4:].tolist()

    def test_saving_overwrites_nothing_and_leaves_no_rest(self, tmp_path: Path) -> None:
        store = self.filled(random_units(10, 8))
        store.save(tmp_path / "store")
        with pytest.raises(StoreError, match="there is something here already"):
            store.save(tmp_path / "store")
        (tmp_path / "file").write_text("mine")
        with pytest.raises(StoreError):
            store.save(tmp_path / "file" / "store")
        assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "store"]
        assert (tmp_path / "file").read_text() == "mine"

    @pytest.mark.parametrize(
        "vectors",
        [
            np.ones((2, 8), np.float32),
            np.zeros((2, 8), np.float32),
            np.full((2, 8), np.nan, np.float32),
            np.array([[1, 0, 0, 0, 0, 0, 0, 0], [np.inf, 0, 0, 0, 0, 0, 0, 0]], np.float32),
            np.eye(2, 7, dtype=np.float32),
            np.eye(2, 8, dtype=np.float32)[0],
            np.eye(2, 8, dtype=np.float32)[None],
        ],
        ids=["long", "zero", "nan", "infinite", "narrow", "one vector", "deep"],
    )
    def test_vectors_that_do_not_fit_are_refused_and_nothing_is_added(self, vectors: Vectors) -> None:
        store = self.filled(random_units(5, 8))
        with pytest.raises(StoreError):
            store.add(labels_of(2, 2), vectors)
        with pytest.raises(StoreError):
            store.search(vectors, 1)
        assert store.count == 5

    def test_labels_that_do_not_fit_are_refused(self) -> None:
        store = self.make(8, IndexSpec())
        with pytest.raises(StoreError):
            store.add(labels_of(1, 3), random_units(2, 8))
        assert store.count == 0

    def test_a_closed_store_says_so(self) -> None:
        store = self.filled(random_units(5, 8))
        store.close()
        store.close()
        with pytest.raises(StoreError, match="closed"):
            store.search(random_units(1, 8), 1)
        with pytest.raises(StoreError, match="closed"):
            store.add(labels_of(1, 1), random_units(1, 8))

    def test_what_it_takes_in_memory_grows_with_it(self) -> None:
        small, large = self.filled(random_units(100, 32)), self.filled(random_units(2000, 32))
        assert small.bytes_total > 100 * 32 * 2
        assert large.bytes_total > 5 * small.bytes_total

    def test_any_sequence_of_calls_agrees_with_a_plain_list(self, tmp_path_factory: pytest.TempPathFactory) -> None:
        folder = tmp_path_factory.mktemp("stores")
        saved = 0

        @settings(max_examples=60, deadline=None)
        @given(st.lists(_STEP, min_size=3, max_size=14))
        def check(steps: list[Add | Remove | Search | Reopen]) -> None:
            nonlocal saved
            spec = IndexSpec(m=4, ef_construction=20, ef=3)
            store = self.make(_POOL.shape[1], spec)
            model: dict[int, int] = {}
            for step in steps:
                match step:
                    case Add(frames):
                        labels = [int(frame_label(FileId(file_id), at)) for file_id, at, _ in frames]
                        vectors = [vector for _, _, vector in frames]
                        store.add(np.array(labels, np.uint64), _POOL[vectors])
                        model |= dict(zip(labels, vectors, strict=True))
                    case Remove(files):
                        gone = [label for label in model if label >> 32 in files]
                        assert store.remove_files(ids(*files)) == len(gone)
                        model = {label: vector for label, vector in model.items() if label not in gone}
                    case Reopen():
                        saved += 1
                        store.save(folder / str(saved))
                        store.close()
                        store = self.reopen(folder / str(saved), spec)
                    case Search(vector, k, wanted):
                        allowed = None if wanted is None else ids(*wanted)
                        results = store.search(_POOL[[vector]], k, file_ids=allowed)[0]
                        inside = [label for label in model if wanted is None or label >> 32 in wanted]
                        pool = _POOL[[model[label] for label in inside]]
                        assert results.labels.tolist() == exact(np.array(inside, np.uint64), pool, _POOL[vector], k)[0]
                assert store.count == len(model)

        check()
