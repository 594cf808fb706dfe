"""Cost of color layouts: `python -m benchmarks.color_layout_speed [VIDEO]`.

A scan of random layouts, one query and ten at a time, all files and half of them; a descriptor; and, of a video, the
time of ingest with them beside that without, rounds of both alternating. Milliseconds are the least of all rounds, as
other work on the machine only adds to them.
"""

import argparse
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Final

import numpy as np

from benchmarks.report import log_line, run_command, write_report
from core.domain import FileId
from core.encoders.loading import open_encoder
from core.pictures.color_layout import LAYOUT_SIZE, color_layout
from core.search.color_layout_search import MAX_LAYOUTS, NEIGHBOURS_LIMIT
from core.stores.color_layout_index import ColorLayoutIndex
from ingest.indexing.features import frame_labels
from ingest.indexing.frame_sampling import SamplingSpec
from ingest.indexing.video_indexer import VideoIndexer
from ingest.reporting import SilentReporter

_FRAMES_A_FILE: Final = 1000
_STEP_MS: Final = 400
_SHOWN: Final = (207, 368, 3)
"""A frame of 16:9 as the bundled encoder takes it."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("video", type=Path, nargs="?", help="for the time of ingest")
    parser.add_argument("--frames", type=int, nargs="+", default=[100_000, 1_000_000])
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--ingest-rounds", type=int, default=3)
    parser.add_argument("--out", type=Path)
    run_command(parser, _measure, arguments)


def _measure(options: argparse.Namespace) -> None:
    picture = np.random.default_rng(0).integers(0, 256, _SHOWN, np.uint8)
    report: dict[str, object] = {
        "benchmark": "color_layout_speed",
        "scan": [_scan(frames, options.rounds) for frames in options.frames],
        "descriptor_ms": round(_least_ms(lambda: color_layout(picture), 100), 3),
    }
    if options.video:
        report["ingest"] = _ingest(options.video, options.ingest_rounds)
    write_report(report, options.out)


def _scan(frames: int, rounds: int) -> Mapping[str, object]:
    log_line(f"scan of {frames} frames")
    rng = np.random.default_rng(0)
    files = max(1, frames // _FRAMES_A_FILE)
    times_ms = (np.arange(_FRAMES_A_FILE) * _STEP_MS).astype(np.uint32)
    added = [
        (frame_labels(FileId(number), times_ms), rng.integers(0, 32, (_FRAMES_A_FILE, LAYOUT_SIZE), np.uint8))
        for number in range(1, files + 1)
    ]
    queries = rng.integers(0, 32, (MAX_LAYOUTS, LAYOUT_SIZE), np.uint8)
    half = {FileId(number) for number in range(1, files + 1, 2)}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "color_layout"
        ColorLayoutIndex.joined(None, (), added).save(path)
        index = ColorLayoutIndex.load(path)
        return {
            "frames": index.count,
            "bytes_per_frame": round(index.bytes_total / index.count, 1),
            "load_ms": round(_least_ms(lambda: ColorLayoutIndex.load(path), rounds), 1),
            "one_query_ms": round(_least_ms(lambda: index.search(queries[:1], NEIGHBOURS_LIMIT), rounds), 1),
            "ten_queries_ms": round(_least_ms(lambda: index.search(queries, NEIGHBOURS_LIMIT), rounds), 1),
            "one_query_half_of_the_files_ms": round(
                _least_ms(lambda: index.search(queries[:1], NEIGHBOURS_LIMIT, file_ids=half), rounds), 1
            ),
        }


def _ingest(video: Path, rounds: int) -> Mapping[str, object]:
    encoder = open_encoder(None)
    seconds: dict[bool, list[float]] = {True: [], False: []}
    for number in range(rounds):
        log_line(f"ingest, round {number + 1} of {rounds}")
        for color_layout_made, measured in seconds.items():
            indexer = VideoIndexer(encoder, SamplingSpec(), color_layout=color_layout_made)
            started = time.process_time()
            with SilentReporter() as reporter:
                frames = indexer.index(video, first_episode=False, reporter=reporter).outcome.frames
            measured.append(time.process_time() - started)
    return {
        "frames": frames,
        "cpu_s_with": [round(value, 2) for value in seconds[True]],
        "cpu_s_without": [round(value, 2) for value in seconds[False]],
        "with_of_without": round(median(seconds[True]) / median(seconds[False]), 3),
    }


def _least_ms(run: Callable[[], object], rounds: int) -> float:
    run()
    measured = []
    for _ in range(rounds):
        started = time.perf_counter()
        run()
        measured.append((time.perf_counter() - started) * 1000)
    return min(measured)


if __name__ == "__main__":
    main()
