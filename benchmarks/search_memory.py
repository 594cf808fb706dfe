"""Memory of a searching service: `python -m benchmarks.search_memory [--pictures 300]`.

Opens the library of the settings and searches that many different pictures, two at a time as the bot does, each with a
preview, GIF and MP4 in turn. The pictures are cropped frames of all of the library's videos, the first of each before
the second ones, written as JPEG by another process, so that only searching is measured. The heap is trimmed as in the
bot. Memory is recorded every so many pictures, and after a last trim of the heap, which separates memory in use from
memory that was not returned.
"""

import argparse
import ctypes
import os
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from fractions import Fraction
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import cv2
import numpy as np
import psutil

import bot.wiring  # for the memory of the chat libraries
from benchmarks.report import write_report
from config.heap import HeapTrimmer, limit_arenas
from config.opening import open_engine
from config.settings import load_settings
from core.catalogue.reader import CatalogueReader
from core.catalogue.schema import open_database
from core.engine import Engine
from core.errors import MediaError
from core.library.layout import DataLayout
from core.pictures.pixels import is_plain
from core.previews.spec import PreviewFormat
from core.video.reading import VideoReader

MIB = 1 << 20
_WORKERS = 2  # as the bot has


def draw_pictures(folder: Path, count: int) -> list[Path]:
    """JPEGs of evenly spaced frames, the same number of each video."""
    layout = DataLayout(load_settings().data_dir)
    database = open_database(layout.database_url, create=False)
    records = [record for record in CatalogueReader(database).all() if record.outcome.frames]
    database.dispose()
    shares = Counter(records[number % len(records)].id for number in range(count))
    rng = np.random.default_rng(0)
    pictures: list[tuple[int, int, Path]] = []
    for place, record in enumerate(records):
        with VideoReader(record.stamp.path) as video:
            for turn in range(shares[record.id]):
                time_s = Fraction(record.outcome.duration_ms * (2 * turn + 1), 2000 * shares[record.id])
                frame = next((frame for frame in video.frames(time_s)), None)
                if frame is None:
                    continue
                rgb = frame.rgb(video.info.width, video.info.height)
                height, width = rgb.shape[:2]
                top, left = int(rng.integers(0, height // 10 + 1)), int(rng.integers(0, width // 10 + 1))
                part = rgb[top : top + height * 9 // 10, left : left + width * 9 // 10]
                if is_plain(part):
                    continue
                path = folder / f"{turn:03d}-{place:03d}.jpg"
                cv2.imwrite(str(path), cv2.cvtColor(part, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, 60])
                pictures.append((turn, place, path))
    return [path for _, _, path in sorted(pictures)]


class _Memory:
    """Memory of this process: current, and its peak."""

    def __init__(self) -> None:
        self._process = psutil.Process()
        self.peak = 0
        threading.Thread(target=self._watch, daemon=True).start()

    def _watch(self) -> None:
        while True:
            self.peak = max(self.peak, self._process.memory_info().rss)
            time.sleep(0.05)

    def now(self, pictures: int) -> Mapping[str, float]:
        """In MiB; `anonymous` is memory that is not mapped from files."""
        full = self._process.memory_full_info()
        self.peak = max(self.peak, full.rss)
        return {
            "pictures": pictures,
            "rss_mib": round(full.rss / MIB, 1),
            "pss_mib": round(full.pss / MIB, 1),
            "anonymous_mib": round((full.rss - full.shared) / MIB, 1),
            "peak_rss_mib": round(self.peak / MIB, 1),
            "threads": self._process.num_threads(),
        }


def _search(engine: Engine, tidy: HeapTrimmer, number: int, picture: Path) -> bool:
    """Search one picture; whether a preview could be made."""
    result = engine.search(picture)
    if not result.scenes:
        return False
    try:
        engine.preview(result.scenes[0], (PreviewFormat.GIF, PreviewFormat.MP4)[number % 2], limit_bytes=8 * MIB)
    except MediaError:
        return False
    finally:
        tidy()
    return True


def measure(pictures: Sequence[Path], every: int) -> Mapping[str, object]:
    """Search all pictures and record the memory."""
    memory = _Memory()
    curve = []
    limit_arenas()
    tidy = HeapTrimmer()
    begun = time.monotonic()
    with open_engine(load_settings()) as engine, ThreadPoolExecutor(_WORKERS) as pool:
        curve.append(memory.now(0))
        shown = 0
        for start in range(0, len(pictures), every):
            part = pictures[start : start + every]
            shown += sum(pool.map(partial(_search, engine, tidy), range(start, start + len(part)), part))
            curve.append(memory.now(start + len(part)))
        spent_s = time.monotonic() - begun
        trimmed = None
        if hasattr(libc := ctypes.CDLL(None), "malloc_trim"):
            libc.malloc_trim(0)
            trimmed = memory.now(len(pictures))
    return {
        "benchmark": "search_memory",
        "pictures": len(pictures),
        "previews": shown,
        "pictures_per_s": round(len(pictures) / spent_s, 3),
        "cpu_s": round(sum(psutil.Process().cpu_times()[:2]), 1),
        "cores": os.cpu_count(),
        "curve": curve,
        "after_trim": trimmed,
        "rss_mib": curve[-1]["rss_mib"],
        "rss_mib_peak": curve[-1]["peak_rss_mib"],
        "chats": bot.wiring.__name__,
    }


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pictures", type=int, default=300)
    parser.add_argument("--every", type=int, default=25)
    parser.add_argument("--queries", type=Path, help="a folder of JPEGs in place of drawn ones")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if options.queries:
            pictures = sorted(options.queries.glob("*.jpg"))[: options.pictures]
        else:
            with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
                pictures = pool.submit(draw_pictures, Path(folder), options.pictures).result()
        write_report(measure(pictures, options.every), options.out)


if __name__ == "__main__":
    main()
