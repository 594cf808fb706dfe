"""Latency of one search: `python -m benchmarks.search_speed [--frames 200000]`.

Builds a library of that many frames in a temporary folder through the real publisher (vectors: clustered unit vectors,
as frames of shots are), then searches drawn pictures through the engine, one at a time, engine warm.
"""

import argparse
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.report import write_report
from config.settings import load_settings
from core.catalogue.records import FileOutcome, FileStamp, FileState
from core.domain import EpisodeName, FileId, SearchFilter
from core.encoders.base import Encoder
from core.engine import Engine
from core.imaging import ImagingSpec, read_picture
from core.timecode import Millis
from ingest.features import Features, save_features
from ingest.lock import library_lock
from ingest.wiring import encoder_of, engine_spec, open_library, publisher

FRAMES_A_FILE = 2000
FRAMES_A_SHOT = 8
TARGET_P50_MS = 25
TARGET_P99_MS = 60


def main() -> None:
    """Build, search, report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, default=200_000)
    parser.add_argument("--searches", type=int, default=500)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        settings = load_settings(data_dir=Path(folder))
        encoder = encoder_of(settings)
        with open_library(settings, missing="create") as library, library_lock(library.layout):
            rng = np.random.default_rng(1)
            for number in range(1, options.frames // FRAMES_A_FILE + 1):
                features = _features(rng, encoder.spec.dim)
                save_features(library.layout.features(encoder.fingerprint, FileId(number)), features)
                outcome = FileOutcome(
                    FileState.READY,
                    encoder=encoder.fingerprint,
                    duration_ms=Millis(FRAMES_A_FILE * 250),
                    frames=FRAMES_A_FILE,
                    cuts_ms=tuple(range(FRAMES_A_SHOT * 250, FRAMES_A_FILE * 250, FRAMES_A_SHOT * 250)),
                )
                stamp = FileStamp(f"/videos/{number}.mkv", f"{number}.mkv", 1, 1, str(number))
                name = EpisodeName(f"Show {number % 20}", 1 + number % 4, first=number, last=number)
                library.writer.put(FileId(number), stamp, name, outcome)
            started = time.perf_counter()
            info = publisher(settings, library, encoder).publish().info
            build_s = time.perf_counter() - started
        store_bytes = sum(file.stat().st_size for file in (Path(folder) / "index").rglob("*") if file.is_file())
        with Engine(engine_spec(settings), encoder) as engine:
            pictures = _pictures(Path(folder), 20)
            figures = {
                "array": _measure(
                    engine,
                    [read_picture(path, name=path.name, spec=ImagingSpec(), want=None).rgb for path in pictures],
                    options.searches,
                ),
                "file_1080p_jpeg": _measure(engine, pictures, options.searches),
                "filtered_one_show": _measure(engine, pictures, options.searches // 5, SearchFilter(("Show 3",))),
                "filtered_three_seasons": _measure(
                    engine, pictures, options.searches // 5, SearchFilter((), frozenset({1, 2, 3}))
                ),
            }
    write_report(
        {
            "benchmark": "search_speed",
            "frames": info.frames if info else 0,
            "build_s": round(build_s, 1),
            "index_bytes_per_frame": round(store_bytes / max(1, info.frames if info else 0), 1),
            "ms": figures,
            "target_ms": {"p50": TARGET_P50_MS, "p99": TARGET_P99_MS},
            "of_which_encoder_ms": round(_encoder_ms(encoder), 2),
        },
        options.out,
    )


def _features(rng: np.random.Generator, dim: int) -> Features:
    """Shots of frames that lie close together."""
    shots = np.repeat(rng.normal(size=(FRAMES_A_FILE // FRAMES_A_SHOT, dim)), FRAMES_A_SHOT, axis=0)
    vectors = shots + 0.3 * rng.normal(size=shots.shape)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return Features(np.arange(FRAMES_A_FILE, dtype=np.uint32) * 250, vectors.astype(np.float16))


def _pictures(folder: Path, number: int) -> list[Path]:
    """Drawn 1080p screenshots as JPEG files."""
    rng = np.random.default_rng(2)
    paths = []
    for index in range(number):
        picture = cv2.resize(
            rng.integers(0, 256, (9, 16, 3), dtype=np.uint8), (1920, 1080), interpolation=cv2.INTER_CUBIC
        )
        paths.append(folder / f"{index}.jpg")
        cv2.imwrite(str(paths[-1]), picture)
    return paths


def _measure(
    engine: Engine, pictures: Sequence[Path | NDArray[np.uint8]], number: int, where: SearchFilter | None = None
) -> dict[str, object]:
    """Percentiles of whole searches, and the median of each stage, in milliseconds."""
    spent, stages = [], []
    for index in range(number + 5):
        started = time.perf_counter()
        result = engine.search(pictures[index % len(pictures)], where=where or SearchFilter())
        if index >= 5:
            spent.append((time.perf_counter() - started) * 1000)
            stages.append(result.timing_ms)
    percentiles = {f"p{percent}": round(float(np.percentile(spent, percent)), 2) for percent in (50, 95, 99)}
    medians = {name: round(float(np.median([one[name] for one in stages])), 2) for name in stages[0]}
    return {**percentiles, "stages_p50": medians}


def _encoder_ms(encoder: Encoder) -> float:
    """One batch of two views."""
    batch = np.zeros((2, encoder.spec.preprocess.height, encoder.spec.preprocess.width, 3), np.uint8)
    encoder.embed(batch)
    started = time.perf_counter()
    for _ in range(20):
        encoder.embed(batch)
    return (time.perf_counter() - started) / 20 * 1000


if __name__ == "__main__":
    main()
