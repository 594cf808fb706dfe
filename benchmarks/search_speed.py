"""Latency of one search: `python -m benchmarks.search_speed [--frames 200000]`.

Builds a library of that many frames in a temporary folder through the real publisher, with stored pictures for each
file. The first file has drawings, with vectors by the encoder. Vectors of the others are clustered unit vectors, as
those of frames of shots, and their packs are links to the first. There are no videos, so no exact frame is searched
for. Then JPEG files of 1080p are searched through the warm engine, one at a time: pictures in the library, pictures in
the library that are small on another picture, and pictures that are not in the library.

After every search, its minimum is timed: embedding two views and searching the index for them. Ratios to that are
comparable between runs on a busy machine.
"""

import argparse
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.report import write_report
from config.opening import encoder_of, engine_spec
from config.settings import Settings, load_settings
from core.catalogue.records import FileOutcome, FileStamp, FileState
from core.domain import EpisodeName, FileId, SearchFilter, SearchResult, Verdict
from core.encoders.base import Encoder
from core.encoders.preprocess import prepare
from core.engine import Engine
from core.files import library_lock
from core.library.stills import StillsWriter
from core.pictures.pixels import Rgb, area_resized
from core.stores.generation import current_generation
from core.stores.loading import open_index
from core.timecode import Millis
from ingest.indexing.features import Features, save_features
from ingest.library.opening import Library, open_library, publisher, stills_spec

FRAMES_A_SHOT: Final = 8
STEP_MS: Final = 250
SHOT_MS: Final = 4000  # the frames fill only a part, so that scenes of similar drawings are not merged
SHOWS: Final = 20
WARM_UP: Final = 5
PICTURES: Final = 20  # of each kind
PERCENTS: Final = (50, 90, 99)
TARGETS_MS: Final = {
    "found at the first look": {"p50": 40},
    "checked": {"p50": 150, "p99": 400},
}


@dataclass(frozen=True, slots=True)
class TimedSearch:
    """One search: its answer, its milliseconds, and those of embedding two views and searching for them alone."""

    result: SearchResult
    total_ms: float
    least_ms: float

    @property
    def looked_again(self) -> bool:
        """Whether there was a second lookup."""
        return "second lookup" in self.result.timing_ms


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, default=200_000)
    parser.add_argument("--frames-a-file", type=int, default=2000)
    parser.add_argument("--searches", type=int, default=300, help="of each kind")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        settings = load_settings(data_dir=Path(folder) / "data")
        encoder = encoder_of(settings)
        files, shots = max(1, options.frames // options.frames_a_file), max(1, options.frames_a_file // FRAMES_A_SHOT)
        started = time.perf_counter()
        with open_library(settings, missing="create") as library, library_lock(library.layout.lock):
            _fill(library, settings, encoder, files, shots)
            publisher(settings, library, encoder).publish()
            frames = files * shots * FRAMES_A_SHOT
            about = {
                "frames": frames,
                "build_s": round(time.perf_counter() - started, 1),
                "index_bytes_per_frame": round(_size(library.layout.generations) / frames, 1),
                "stills_bytes_per_frame": round(
                    library.layout.stills(FileId(1)).stat().st_size / (shots * FRAMES_A_SHOT), 1
                ),
            }
        queries = _queries(Path(folder), shots, min(PICTURES, options.searches))
        with _baseline_search(library, settings, encoder) as least, Engine(engine_spec(settings), encoder) as engine:
            timed_by_kind = {
                kind: _timed_searches(engine, paths, least, options.searches, SearchFilter())
                for kind, paths in queries.items()
            }
            fewer = max(1, options.searches // 5)
            for kind, where in (
                ("whole, in one show", SearchFilter(("Show 1",))),
                ("whole, in three seasons", SearchFilter((), frozenset({1, 2, 3}))),
            ):
                timed_by_kind[kind] = _timed_searches(engine, queries["whole"], least, fewer, where)
    write_report(
        {"benchmark": "search_speed", **about, **_figures(timed_by_kind), "target_ms": TARGETS_MS}, options.out
    )


def _fill(library: Library, settings: Settings, encoder: Encoder, files: int, shots: int) -> None:
    """The catalogue, features and stored pictures of so many files of so many shots."""
    times_ms = _times_ms(shots)
    rng = np.random.default_rng(1)
    drawn_vectors = np.concatenate(
        [encoder.embed(prepare(_drawing(number), encoder.spec.preprocess)[None]) for number in range(shots)]
    )
    _store_pictures(library.layout.stills(FileId(1)), settings, shots)
    for number in range(1, files + 1):
        middles = drawn_vectors if number == 1 else _unit(rng.normal(size=drawn_vectors.shape))
        vectors = np.repeat(middles, FRAMES_A_SHOT, axis=0)
        deviation = (0.02 if number == 1 else 0.3) / drawn_vectors.shape[1] ** 0.5
        vectors = _unit(vectors + deviation * rng.normal(size=vectors.shape))
        features = Features(times_ms, vectors.astype(np.float16))
        save_features(library.layout.features(encoder.fingerprint, FileId(number)), features)
        if number > 1:
            library.layout.stills(FileId(number)).hardlink_to(library.layout.stills(FileId(1)))
        outcome = FileOutcome(
            FileState.READY,
            encoder=encoder.fingerprint,
            duration_ms=Millis(shots * SHOT_MS),
            frames=len(times_ms),
            cuts_ms=tuple(times_ms[FRAMES_A_SHOT::FRAMES_A_SHOT].tolist()),
        )
        stamp = FileStamp(f"/videos/{number}.mkv", f"{number}.mkv", 1, 1, str(number))
        name = EpisodeName(f"Show {number % SHOWS}", 1 + number % 4, first=number, last=number)
        library.writer.put(FileId(number), stamp, name, outcome)


def _unit(vectors: NDArray[np.float64] | NDArray[np.float32]) -> NDArray[np.float64]:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float64)


def _store_pictures(path: Path, settings: Settings, shots: int) -> None:
    spec = stills_spec(settings)
    with StillsWriter(path, quality=spec.quality) as writer:
        for shot in range(shots):
            picture = _drawing(shot)
            size = spec.size_of(picture.shape[1], picture.shape[0])
            if size is None:
                return
            small = area_resized(picture, *size)
            for time_ms in _times_ms(shots)[shot * FRAMES_A_SHOT :][:FRAMES_A_SHOT].tolist():
                writer.add(Millis(time_ms), small)
        writer.commit()


def _times_ms(shots: int) -> NDArray[np.uint32]:
    """The times (frames,) of a file of so many shots."""
    starts, steps = np.arange(shots) * SHOT_MS, np.arange(FRAMES_A_SHOT) * STEP_MS
    return (starts[:, None] + steps).ravel().astype(np.uint32)


def _drawing(number: int) -> Rgb:
    """Outlined shapes in flat colours on a gradient, (540, 960, 3)."""
    rng = np.random.default_rng(number)
    darkest, lightest = sorted(rng.choice(256, 2, replace=False).tolist())
    ground = rng.integers(darkest, lightest + 1, (3, 4, 3), np.uint8)
    picture = np.asarray(cv2.resize(ground, (960, 540), interpolation=cv2.INTER_CUBIC), np.uint8)
    for _ in range(int(rng.integers(8, 40))):
        middle, reach = rng.uniform((0, 0), (960, 540)), rng.uniform(20, rng.uniform(60, 300))
        corners = (middle + rng.normal(size=(int(rng.integers(3, 8)), 2)) * reach).astype(np.int32)
        cv2.fillPoly(picture, [corners], rng.integers(0, 256, 3).tolist(), cv2.LINE_AA)
        cv2.polylines(picture, [corners], isClosed=True, color=(20, 16, 24), thickness=3, lineType=cv2.LINE_AA)
    return picture


def _queries(folder: Path, shots: int, pictures: int) -> Mapping[str, Sequence[Path]]:
    """JPEG files (1080p) of each kind; pictures that are not in the library are drawn by numbers without a shot."""

    def laid(number: int) -> Rgb:
        page = _drawing(shots + PICTURES + number)
        page[60:330, 420:900] = cv2.resize(_drawing(number % shots), (480, 270), interpolation=cv2.INTER_AREA)
        return page

    kinds: Mapping[str, Callable[[int], Rgb]] = {
        "whole": lambda number: _drawing(number % shots),
        "laid on another": laid,
        "not there": lambda number: _drawing(shots + number),
    }
    queries: dict[str, list[Path]] = {}
    for kind, draw in kinds.items():
        for number in range(pictures):
            large = cv2.resize(draw(number), (1920, 1080), interpolation=cv2.INTER_CUBIC)
            path = folder / f"{kind}-{number}.jpg"
            cv2.imwrite(str(path), cv2.cvtColor(large, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, 85])
            queries.setdefault(kind, []).append(path)
    return queries


def _timed_searches(
    engine: Engine, pictures: Sequence[Path], least: Callable[[], None], number: int, where: SearchFilter
) -> list[TimedSearch]:
    """Searches, one at a time, after a few for warming up."""
    timed = []
    for index in range(-min(WARM_UP, number), number):
        started = time.perf_counter()
        result = engine.search(pictures[index % len(pictures)], where=where)
        between = time.perf_counter()
        least()
        ended = time.perf_counter()
        if index >= 0:
            timed.append(TimedSearch(result, (between - started) * 1000, (ended - between) * 1000))
    return timed


@contextmanager
def _baseline_search(library: Library, settings: Settings, encoder: Encoder) -> Iterator[Callable[[], None]]:
    """Embeds two views and searches the index for them, the minimum of every search."""
    folder, info = current_generation(library.layout.generations)
    preprocess = encoder.spec.preprocess
    views = np.random.default_rng(3).integers(0, 256, (2, preprocess.height, preprocess.width, 3), np.uint8)
    store = open_index(folder, info)
    try:

        def run() -> None:
            store.search(encoder.embed(views), settings.search.candidates)

        yield run
    finally:
        store.close()


def _figures(timed_by_kind: Mapping[str, Sequence[TimedSearch]]) -> Mapping[str, object]:
    """Figures by the kind of picture, and by the stages of the search."""
    every = [search for kind, timed in timed_by_kind.items() if "in " not in kind for search in timed]
    ways = {
        "found at the first look": [
            search for search in every if search.result.verdict is Verdict.FOUND and not search.looked_again
        ],
        "not sure at the first look": [search for search in every if search.looked_again],
        "checked": [search for search in every if any(scene.inliers is not None for scene in search.result.scenes)],
    }
    return {
        "by_picture": {kind: _summary(timed) for kind, timed in timed_by_kind.items()},
        "by_way": {way: _summary(timed) for way, timed in ways.items() if timed},
    }


def _summary(timed: Sequence[TimedSearch]) -> Mapping[str, object]:
    """Percentiles in milliseconds of whole searches and stages (0 where there was none), verdicts, and the ratio."""
    stages = sorted({name for search in timed for name in search.result.timing_ms} - {"total"})
    least = float(np.median([search.least_ms for search in timed]))
    total = _percentiles([search.total_ms for search in timed])
    return {
        "searches": len(timed),
        "verdicts": Counter(search.result.verdict for search in timed),
        "looked_again": sum(search.looked_again for search in timed),
        "ms": total,
        "stages_ms": {
            name: _percentiles([search.result.timing_ms.get(name, 0.0) for search in timed]) for name in stages
        },
        "two_views_and_index_ms_p50": round(least, 2),
        "times_that_p50": round(total["p50"] / least, 2),
    }


def _percentiles(values: Sequence[float]) -> Mapping[str, float]:
    return {f"p{percent}": round(float(np.percentile(values, percent)), 2) for percent in PERCENTS}


def _size(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


if __name__ == "__main__":
    main()
