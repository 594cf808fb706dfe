"""Resident memory while videos are added: `python -m benchmarks.ingest_memory DIR [--files 50]`.

Adds DIR's videos over and over into a fresh temporary library (links to the same files under other names count as
duplicates, so each round is read again with `--again`) and records the resident memory after each file.
"""

import argparse
import tempfile
from pathlib import Path

import numpy as np
import psutil
from typing_extensions import override

from benchmarks.report import write_report
from config.settings import load_settings
from ingest.library.add import add_videos
from ingest.planning.plan import PlanOptions
from ingest.reporting import SilentReporter

MIB = 1 << 20


class _MemoryReporter(SilentReporter):
    """Records the resident memory after each file."""

    def __init__(self, curve: list[float]) -> None:
        self._curve = curve
        self._process = psutil.Process()

    @override
    def file_ended(self, line: str) -> None:
        self._curve.append(self._process.memory_info().rss / MIB)


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--files", type=int, default=50)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    curve: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        settings = load_settings(data_dir=Path(folder))
        while len(curve) < options.files:
            add_videos(settings, [options.folder], PlanOptions(again=True), lambda *_: _MemoryReporter(curve))
    curve = curve[: options.files]
    settled = np.array(curve[len(curve) // 5 :])
    slope = float(np.polyfit(np.arange(len(settled)), settled, 1)[0])
    write_report(
        {
            "benchmark": "ingest_memory",
            "files": len(curve),
            "rss_mib": [round(value, 1) for value in curve],
            "rss_mib_max": round(max(curve), 1),
            "slope_mib_per_file_after_first_fifth": round(slope, 3),
        },
        options.out,
    )


if __name__ == "__main__":
    main()
