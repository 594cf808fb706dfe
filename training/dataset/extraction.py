"""Extraction of frames: one run of `train dataset` over all sources, each recorded as soon as it is complete."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

from core.errors import EncoderError, InputError, MediaError
from core.files import exclusive_lock
from training.dataset.frame_dataset import DISTORTED_NAME, Dataset, read_spec, sorted_rows
from training.dataset.frame_writing import clear, write_frames
from training.dataset.source_records import SourceRecord, read_records, record_path, recorded_splits
from training.dataset.sources import FrameSource, assign_splits
from training.dataset.spec import DatasetSpec

_LOCK = ".lock"


class ExtractionReporter(Protocol):
    """Receives the progress of a run."""

    def source_skipped(self, size_bytes: int) -> None:
        """A source is in the data set already."""

    def source_started(self, name: str, size_bytes: int) -> None:
        """A source is about to be read."""

    def source_progress(self, share: float) -> None:
        """The current source is read to `share` (0..1)."""

    def source_ended(self, line: str) -> None:
        """The current source is done; `line` is its result in words."""


@dataclass(slots=True)
class ExtractionSummary:
    """The result of a run. Problems and notes are (source, reason); a source with a note gave frames nevertheless."""

    sources_read: int = 0
    sources_unchanged: int = 0
    shots: int = 0
    shots_with_frames: int = 0
    problems: list[tuple[str, str]] = field(default_factory=list)
    notes: list[tuple[str, str]] = field(default_factory=list)
    interrupted: bool = False

    def add(self, record: SourceRecord) -> None:
        """Count a source of the data set."""
        self.shots += record.shots
        self.shots_with_frames += record.shots_with_frames
        if record.note:
            self.notes.append((record.key, record.note))


def extract(
    sources: Sequence[FrameSource], spec: DatasetSpec, folder: Path, reporter: ExtractionReporter, *, threads: int = 0
) -> tuple[Dataset, ExtractionSummary]:
    """Write frames of all sources into the data set in `folder`, which is created or continued.

    Unchanged sources that are in it already are skipped; sources that cannot be read are left out and named in the
    summary. Complete sources are kept whatever happens later; Ctrl-C ends the run, and the summary says so.

    `InputError` when the folder holds something else, or a data set made with other settings; `LibraryBusyError` when
    another run writes there; `StorageError` when it cannot be written.
    """
    folder = folder.absolute()
    _check_folder(folder, spec)
    with exclusive_lock(folder / _LOCK, f"{folder}: another whenanime run is writing this data set."):
        run = _ExtractionRun(folder, spec, reporter, threads)
        summary = ExtractionSummary()
        try:
            run.extract_all(sources, summary)
        except KeyboardInterrupt:
            summary.interrupted = True
        finally:
            run.write()
        for record in run.records.values():
            summary.add(record)
        return run.dataset(), summary


class _ExtractionRun:
    def __init__(self, folder: Path, spec: DatasetSpec, reporter: ExtractionReporter, threads: int) -> None:
        self._folder = folder
        self._spec = spec
        self._reporter = reporter
        self._threads = threads
        self.records = {record.key: record for record in read_records(folder)}
        self._base = Dataset(folder, spec, ())
        try:
            self._base = Dataset.open(folder)
        except EncoderError:  # new, or the last run was killed: the records hold all but the channel statistics, which
            self._base.write()  # `train stats` computes again

    def extract_all(self, sources: Sequence[FrameSource], summary: ExtractionSummary) -> None:
        sides = assign_splits(sources, self._spec, recorded_splits(self._folder))
        for source in sources:
            earlier = self.records.get(source.key)
            if earlier and earlier.stamp == source.stamp and earlier.frames_folder(self._folder).is_dir():
                summary.sources_unchanged += 1
                self._reporter.source_skipped(source.size_bytes)
                continue
            number = earlier.file if earlier else max((record.file for record in self.records.values()), default=0) + 1
            record = SourceRecord(
                number, source.key, source.stamp, sides[source.key], source.show, source.episode, 0, "", ()
            )
            try:
                self._extract_source(source, record)
                summary.sources_read += 1
            except MediaError as exc:
                summary.problems.append((source.key, exc.reason))
                self._reporter.source_ended(f"left out {source.key}: {exc.reason}")

    def _extract_source(self, source: FrameSource, record: SourceRecord) -> None:
        """Extract one source. Its record is written last: frames without a record are extracted again."""
        place = record.frames_folder(self._folder)
        self._base = replace(self._base, mean=None, std=None, distorted=None)
        self.records.pop(source.key, None)
        record_path(self._folder, record.file).unlink(missing_ok=True)
        clear(self._folder / DISTORTED_NAME / place.relative_to(self._folder))
        self._reporter.source_started(f"{source.show} {source.episode}".strip(), source.size_bytes)
        try:
            written = write_frames(
                source, self._spec, place, threads=self._threads, progress=self._reporter.source_progress
            )
            place.mkdir(parents=True, exist_ok=True)
            complete = replace(record, shots=written.shots, note=written.note, frames=written.frames)
            complete.write(self._folder)
        except BaseException:
            clear(place)
            raise
        self.records[source.key] = complete
        note = f" ({written.note})" if written.note else ""
        self._reporter.source_ended(f"{record.split:<10} {source.key}: {len(written.frames)} frames{note}")

    def dataset(self) -> Dataset:
        rows = sorted_rows(row for record in self.records.values() for row in record.rows(self._folder))
        return replace(self._base, rows=rows)

    def write(self) -> None:
        self.dataset().write()


def _check_folder(folder: Path, spec: DatasetSpec) -> None:
    """`InputError` unless a data set of this spec may be written there."""
    before = read_spec(folder)
    if before is None:
        if folder.exists() and (not folder.is_dir() or any(path.name != _LOCK for path in folder.iterdir())):
            raise InputError(f"{folder}: it holds something else than a data set; name another folder by --out.")
        return
    old: Mapping[str, object] = before.to_json()
    changes = [
        f"--{name.removesuffix('_s').replace('_', '-')} {old[name]}, not {value}"
        for name, value in spec.to_json().items()
        if old[name] != value
    ]
    if changes:
        raise InputError(
            f"{folder}: this data set was made with {'; '.join(changes)}. Give the same, or another folder by --out."
        )
