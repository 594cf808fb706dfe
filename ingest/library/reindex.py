"""Reindexing a library: reading every video again with another encoder while the old index is searched.

The order of writing makes a stop harmless at any time: the copy of the encoder, the features of one video after
another, the whole index, the pointer to it, the rows of the catalogue. Until the pointer is swapped the old encoder
answers, then the new one; `reconcile` updates the rows after the swap.
"""

from contextlib import suppress
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from config.settings import Settings
from core.catalogue.records import FileRecord
from core.encoders.loading import BUNDLED, open_encoder, read_fingerprint
from core.errors import EncoderError
from core.files import library_lock
from core.library.encoder_choice import keep_encoder
from core.library.layout import DataLayout
from core.stores.generation import GenerationInfo
from ingest.indexing.video_indexer import VideoIndexer
from ingest.indexing.video_read import VideoSource, read_video
from ingest.library.add import OpenReporter
from ingest.library.opening import complete_layouts, open_library, publisher, video_indexer
from ingest.library.reconcile import reconcile
from ingest.library.reindex_work import ReindexWork, find_work, require_complete
from ingest.library.run_recorder import RunRecorder
from ingest.publishing.publisher import PublishResult
from ingest.reporting import Reporter


class ReindexState(StrEnum):
    """`swapped`: the new index answers; `unchanged`: it did before; `stopped` by Ctrl-C: the old one answers."""

    SWAPPED = "swapped"
    UNCHANGED = "unchanged"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class ReindexResult:
    """The result of a run.

    `embedded` are the files that have features of the encoder now, `read_count` is how many of them this run read;
    `left_out` maps paths to reasons; `index` is the current generation if it is of this encoder.
    """

    state: ReindexState
    encoder_name: str
    fingerprint: str
    embedded: tuple[FileRecord, ...]
    read_count: int
    left_out: dict[str, str]
    index: GenerationInfo | None
    settings_differ: bool
    """Whether WHENANIME_ENCODER names another encoder, with which the new index would be refused."""


def reindex_library(
    settings: Settings, folder: Path | None, open_reporter: OpenReporter, *, leave_out_missing: bool = False
) -> ReindexResult:
    """Make features of every searchable file with the encoder in `folder`, and swap to an index of them.

    `None` stands for the encoder of the settings, else the bundled one. Files that have features of it are not read
    again. Unless `leave_out_missing`, `LibraryError` names the files whose video is missing or cannot be read, and the
    old index stays. `EncoderError` when the folder holds no encoder, `LibraryBusyError` while another run holds the
    library, `LibraryEmptyError` when nothing is searchable, `StorageError` when the disk refuses.
    """
    folder = folder or settings.encoder or BUNDLED
    with (
        open_library(settings) as library,
        library_lock(library.layout.lock),
        RunRecorder(library.layout.run_status, "library reindex") as recorder,
    ):
        reconcile(library)
        encoder = open_encoder(folder, threads=settings.threads, runtime=settings.runtime)
        work = find_work(library, encoder, settings.media_root)
        require_complete(work, leave_out_missing=leave_out_missing)
        if folder.resolve() != BUNDLED.resolve():
            keep_encoder(library.layout, folder, encoder.fingerprint)
        run = _ReindexRun(library.layout, video_indexer(settings, encoder), work, dict(work.absent))
        published: PublishResult | None = None
        sizes = [record.stamp.size_bytes for record, _path in work.to_read]
        reporting = recorder.recording(open_reporter(len(sizes), sum(sizes)), len(sizes), sum(sizes))
        with suppress(KeyboardInterrupt), reporting as reporter:
            run.read_all(reporter)
            if run.unreadable_count:
                require_complete(replace(work, to_read=[], absent=run.left_out), leave_out_missing=leave_out_missing)
            index = publisher(settings, library, encoder)
            complete_layouts(index, reporter, work.embedded)
            published = index.publish(
                records=work.embedded, step=lambda done, total: reporter.step("index", done, total)
            )
            reconcile(library)
    state = ReindexState.STOPPED
    if published:
        state = ReindexState.SWAPPED if published.changed else ReindexState.UNCHANGED
        run.left_out.update(published.left_out)
    return ReindexResult(
        state=state,
        encoder_name=encoder.spec.name,
        fingerprint=encoder.fingerprint,
        embedded=tuple(work.embedded),
        read_count=run.read_count,
        left_out=run.left_out,
        index=published.info if published else None,
        settings_differ=_settings_differ(settings, encoder.fingerprint),
    )


@dataclass(slots=True)
class _ReindexRun:
    """Reads the videos of the work; each is saved when it is complete."""

    layout: DataLayout
    indexer: VideoIndexer
    work: ReindexWork
    left_out: dict[str, str]
    read_count: int = 0
    unreadable_count: int = 0

    def read_all(self, reporter: Reporter) -> None:
        for record, path in self.work.to_read:
            source = VideoSource(path, record.id, record.name, record.stamp)
            video = read_video(source, self.indexer, self.layout, reporter)
            if video.failed:
                self.left_out[record.stamp.path] = video.outcome.problem
                self.unreadable_count += 1
                continue
            self.work.embedded.append(replace(record, outcome=video.outcome))
            self.read_count += 1
            if video.damaged:
                reporter.file_ended(f"damaged  {path}: {video.outcome.problem}; {video.frames_text()}")
            else:
                reporter.file_ended(f"read     {path}: {video.size_text()}")


def _settings_differ(settings: Settings, fingerprint: str) -> bool:
    if settings.encoder is None:
        return False
    try:
        return read_fingerprint(settings.encoder) != fingerprint
    except EncoderError:
        return True
