"""Data sets of drawn videos, and a reporter of their extraction."""

from pathlib import Path

from training.dataset.extraction import ExtractionSummary, extract
from training.dataset.frame_dataset import Dataset
from training.dataset.sources import sources_below
from training.dataset.spec import DatasetSpec

SPEC = DatasetSpec(validation=0.34, head=0, tail=0, gap_s=0.5, width=160)


class Reporter:
    """Records the progress, and interrupts the run when the source numbered `stop_at` begins."""

    def __init__(self, stop_at: int | None = None) -> None:
        self.lines: list[str] = []
        self.started_names: list[str] = []
        self._stop_at = stop_at

    def source_skipped(self, size_bytes: int) -> None:
        assert size_bytes > 0

    def source_started(self, name: str, size_bytes: int) -> None:
        assert size_bytes > 0
        self.started_names.append(name)

    def source_progress(self, share: float) -> None:
        assert 0 <= share <= 1
        if len(self.started_names) == self._stop_at:
            raise KeyboardInterrupt

    def source_ended(self, line: str) -> None:
        self.lines.append(line)


def extracted(places: list[Path], out: Path, spec: DatasetSpec = SPEC) -> tuple[Dataset, ExtractionSummary]:
    return extract(sources_below(places, leave_out=out), spec, out, Reporter(), threads=1)
