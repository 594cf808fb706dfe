import json
import os
import shutil
import subprocess
import sys
import threading
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import hnswlib
import numpy as np
import pytest

from core.errors import StoreError
from core.stores.base import IndexSpec, Neighbours, VectorStore
from core.stores.hnsw.read_write_lock import ReadWriteLock
from core.stores.hnsw.store import HnswStore
from core.stores.loading import new_store, open_store
from tests.core.stores.contract import (
    StoreContract,
    Vectors,
    assert_nearest,
    clustered,
    ids,
    labels_of,
    random_units,
    unit,
)

ROOT = Path(__file__).resolve().parents[4]
FILES = ["graph.hnsw", "labels.npy", "nodes.npy", "vectors.npy"]


class TestHnsw(StoreContract):
    def make(self, dim: int, spec: IndexSpec) -> VectorStore:
        return new_store("hnsw", dim, spec, threads=2)

    def reopen(self, path: Path, spec: IndexSpec) -> VectorStore:
        return open_store(path, spec, threads=2)


class TestHnswByGraph(StoreContract):
    """Never a scan while the graph can answer."""

    def make(self, dim: int, spec: IndexSpec) -> VectorStore:
        return HnswStore(dim, spec, threads=2, scan_factor=0)

    def reopen(self, path: Path, spec: IndexSpec) -> VectorStore:
        return HnswStore.load(path, spec, threads=2, scan_factor=0)


def _saved(path: Path, frames: int = 200) -> Path:
    store = HnswStore(16, IndexSpec())
    store.add(labels_of(1, frames), random_units(frames, 16))
    store.save(path)
    return path


class WatchedGraph:
    """hnswlib's graph, whose calls a test counts, holds up or lets fail."""

    def __init__(self, dim: int) -> None:
        self._graph = hnswlib.Index("ip", dim)
        self.requests: list[int] = []
        self.query_error: Exception | None = None
        self.add_error: Exception | None = None
        self.before_add: Callable[[], object] = lambda: None

    def knn_query(self, queries: Vectors, k: int, **options: Any) -> object:
        self.requests.append(k)
        if self.query_error:
            raise self.query_error
        return self._graph.knn_query(queries, k=k, **options)

    def add_items(self, *arguments: Any, **options: Any) -> None:
        self.before_add()
        if self.add_error:
            raise self.add_error
        self._graph.add_items(*arguments, **options)

    def __getattr__(self, name: str) -> object:
        return getattr(self._graph, name)


def _watched(dim: int, spec: IndexSpec, **options: Any) -> tuple[HnswStore, WatchedGraph]:
    graphs: list[WatchedGraph] = []

    def new_graph(dim: int) -> Any:
        graphs.append(WatchedGraph(dim))
        return graphs[-1]

    return HnswStore(dim, spec, new_graph=new_graph, **options), graphs[0]


def test_narrow_filters_are_scanned_and_wide_ones_ask_the_graph() -> None:
    vectors = clustered(100, 100, 16)
    store, graph = _watched(16, IndexSpec(ef=64))
    for file_id in range(1, 101):
        store.add(labels_of(file_id, 100), vectors[100 * file_id - 100 : 100 * file_id])
    store.search(vectors[:1], 10)
    assert graph.requests == [64]
    store.search(vectors[:1], 10, file_ids=ids(*range(1, 91)))
    assert graph.requests == [64, 64]
    store.search(vectors[:1], 10, file_ids=ids(*range(1, 9)))
    assert graph.requests == [64, 64], "800 frames are fewer than 25 times any answer"


def test_more_is_asked_for_while_the_filter_leaves_too_few() -> None:
    centre = random_units(1, 16)
    near, far = unit(centre + 0.01 * random_units(3000, 16, seed=1)), unit(random_units(6000, 16, seed=2) - 2 * centre)
    store, graph = _watched(16, IndexSpec(ef=16), scan_factor=1)
    store.add(labels_of(1, 3000), near)
    store.add(labels_of(2, 6000), far)
    results = store.search(np.concatenate([centre, -centre]), 10, file_ids=ids(2))
    assert graph.requests == [30, 120, 480, 1920][: len(graph.requests)]
    assert len(graph.requests) > 2
    for result, query in zip(results, (centre[0], -centre[0]), strict=True):
        assert_nearest(result, labels_of(2, 6000), far, query, 10)


def test_a_graph_that_cannot_reach_enough_is_helped_by_a_scan() -> None:
    vectors = random_units(2000, 16)
    store, graph = _watched(16, IndexSpec(ef=8), scan_factor=0)
    store.add(labels_of(1, 2000), vectors)
    graph.query_error = RuntimeError(
        "Cannot return the results in a contigious 2D array. Probably ef or M is too small"
    )
    assert_nearest(store.search(vectors[7:8], 5)[0], labels_of(1, 2000), vectors, vectors[7], 5)


def test_equal_vectors_are_one_node() -> None:
    store = HnswStore(16, IndexSpec())
    same = np.repeat(random_units(1, 16), 700, axis=0)
    store.add(labels_of(1, 700), same)
    store.add(labels_of(2, 700), same)
    store.add(labels_of(3, 3), random_units(3, 16))
    assert store.count == 1403
    assert store.nodes == 3


def test_settings_hnswlib_does_not_take_are_refused() -> None:
    with pytest.raises(StoreError, match="at least one number"):
        HnswStore(0, IndexSpec())
    with pytest.raises(ValueError, match="at least one"):
        HnswStore(4, IndexSpec()).search(random_units(1, 4), 0)


def test_unknown_backends_are_named(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"no index backend called 'lucene'; there is: hnsw"):
        new_store("lucene", 8, IndexSpec())
    path = _saved(tmp_path / "store")
    _change_manifest(path, backend="lucene")
    with pytest.raises(StoreError, match="is of backend 'lucene'"):
        open_store(path, IndexSpec())
    with pytest.raises(StoreError, match="is not an index of backend 'hnsw'"):
        HnswStore.load(path, IndexSpec())


def _change_manifest(path: Path, **values: object) -> None:
    manifest = path / "store.json"
    manifest.write_text(json.dumps(json.loads(manifest.read_text("utf-8")) | values), "utf-8")


def _cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-7])


def _flip(file: Path) -> None:
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 0x10
    file.write_bytes(data)


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (_cut, r"has \d+ bytes, \d+ were written"),
        (_flip, "is damaged"),
        (Path.unlink, "cannot be read: No such file"),
        (lambda file: file.write_bytes(b""), r"has 0 bytes"),
    ],
    ids=["cut", "flipped bit", "gone", "empty"],
)
def test_a_damaged_file_is_named(tmp_path: Path, name: str, damage: Callable[[Path], object], reason: str) -> None:
    path = _saved(tmp_path / "store")
    damage(path / name)
    with pytest.raises(StoreError, match=rf"{name}: {reason}.*run `whenanime index rebuild`"):
        open_store(path, IndexSpec())


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", "null", "{", '{"layout": 1, "backend": "hnsw", "dim": 16, "files": {"a": 1}}', "\x00"]
)
def test_a_broken_manifest_is_named(tmp_path: Path, text: str) -> None:
    path = _saved(tmp_path / "store")
    (path / "store.json").write_text(text, "utf-8")
    with pytest.raises(StoreError, match=r"store\.json: is damaged"):
        open_store(path, IndexSpec())


def test_what_is_no_store_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x" * 1000)
    (tmp_path / "folder").mkdir()
    for path in (tmp_path / "none", tmp_path / "file", tmp_path / "folder"):
        with pytest.raises(StoreError, match="there is no index here"):
            open_store(path, IndexSpec())
    path = _saved(tmp_path / "store")
    _change_manifest(path, layout=99)
    with pytest.raises(StoreError, match="written by another version"):
        open_store(path, IndexSpec())


def test_files_that_do_not_fit_together_are_refused(tmp_path: Path) -> None:
    path, second_path = _saved(tmp_path / "store"), _saved(tmp_path / "other", frames=90)
    for name in ("vectors.npy", "labels.npy"):
        mixed = tmp_path / f"mixed {name}"
        shutil.copytree(path, mixed)
        (mixed / name).write_bytes((second_path / name).read_bytes())
        manifests = [json.loads((result / "store.json").read_text("utf-8"))["files"] for result in (path, second_path)]
        _change_manifest(mixed, files=manifests[0] | {name: manifests[1][name]})
        with pytest.raises(StoreError, match="do not fit together"):
            open_store(mixed, IndexSpec())


def test_a_graph_of_another_hnswlib_is_refused_with_the_way_out(tmp_path: Path) -> None:
    path = _saved(tmp_path / "store")
    graph = path / "graph.hnsw"
    graph.write_bytes(graph.read_bytes()[:-4])
    files = json.loads((path / "store.json").read_text("utf-8"))["files"]
    files["graph.hnsw"] = [graph.stat().st_size, zlib.crc32(graph.read_bytes())]
    _change_manifest(path, files=files)
    with pytest.raises(StoreError, match=r"cannot be loaded.*Python 3\.12.*run `whenanime index rebuild`"):
        open_store(path, IndexSpec())


def test_a_disk_that_fills_up_while_the_graph_is_written_is_noticed(tmp_path: Path) -> None:
    code = (
        "import resource, signal, sys\n"
        "from pathlib import Path\n"
        "from core.errors import StoreError\n"
        "from core.stores.base import IndexSpec\n"
        "from core.stores.hnsw.store import HnswStore\n"
        "from tests.core.stores.contract import labels_of, random_units\n"
        "store = HnswStore(16, IndexSpec())\n"
        "store.add(labels_of(1, 2000), random_units(2000, 16))\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, resource.RLIM_INFINITY))\n"
        "try:\n"
        "    store.save(Path(sys.argv[1]))\n"
        "except StoreError as exc:\n"
        "    print(exc)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "store")],
        capture_output=True,
        check=True,
        text=True,
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    assert "cannot be written in full; is the disk full?" in done.stdout
    assert list(tmp_path.iterdir()) == []


def test_a_rename_that_fails_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(StoreError, match="cannot be written: No space left on device"):
        _saved(tmp_path / "store")
    assert list(tmp_path.iterdir()) == []


def test_the_rest_of_a_crashed_save_is_no_hindrance(tmp_path: Path) -> None:
    (tmp_path / "store.part").mkdir()
    (tmp_path / "store.part" / "graph.hnsw").write_bytes(b"half")
    assert open_store(_saved(tmp_path / "store"), IndexSpec()).count == 200


def test_memory_that_runs_out_is_told_and_the_store_stays_sound() -> None:
    vectors = random_units(3000, 16)
    store, graph = _watched(16, IndexSpec())
    store.add(labels_of(1, 600), vectors[:600])
    graph.add_error = RuntimeError("Not enough memory: resizeIndex failed to allocate base layer")
    with pytest.raises(StoreError, match="Not enough memory"):
        store.add(labels_of(2, 100), vectors[600:700])
    graph.add_error = None
    assert store.count == 600
    store.add(labels_of(2, 100), vectors[600:700])
    assert store.search(vectors[650:651], 1)[0].labels.tolist() == labels_of(2, 51)[50:].tolist()


def test_a_waiting_search_goes_before_the_next_block() -> None:
    gate, order = ReadWriteLock(), []
    writing, started = threading.Event(), threading.Event()

    def write_twice() -> None:
        with gate.write():
            writing.set()
            started.wait(10)
            while not gate.waiting:
                pass
            order.append("block")
        with gate.write():
            order.append("block")

    def read() -> None:
        writing.wait(10)
        started.set()
        with gate.read():
            order.append("search")

    threads = [threading.Thread(target=write_twice), threading.Thread(target=read)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert order == ["block", "search", "block"]


def test_a_search_waits_until_a_block_is_whole() -> None:
    vectors = random_units(100, 16)
    store, graph = _watched(16, IndexSpec())
    store.add(labels_of(1, 50), vectors[:50])
    adding, go_on = threading.Event(), threading.Event()
    results: list[Neighbours] = []

    def hold() -> None:
        adding.set()
        assert go_on.wait(10)

    graph.before_add = hold
    adder = threading.Thread(target=store.add, args=(labels_of(2, 50), vectors[50:]))
    adder.start()
    assert adding.wait(10)
    searcher = threading.Thread(target=lambda: results.extend(store.search(vectors[60:61], 1)))
    searcher.start()
    while searcher.is_alive() and not store.waiting:
        pass
    assert results == []
    go_on.set()
    for thread in (adder, searcher):
        thread.join(10)
    assert results[0].labels.tolist() == labels_of(2, 11)[10:].tolist()


def test_searches_run_side_by_side() -> None:
    gate, both = ReadWriteLock(), threading.Barrier(2)

    def read() -> None:
        with gate.read():
            both.wait(10)

    threads = [threading.Thread(target=read) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert not both.broken
