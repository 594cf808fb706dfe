"""`library reindex` without its command line: every video anew with one encoder, beside what is searched meanwhile.

The order of things on disk is what makes a stop harmless at any time: the encoder's copy, features of one video after
another, the whole index, the pointer to it, the rows of the catalogue. Up to the pointer the old encoder answers; from
it on the new one, and `settle` brings the rows after it.
"""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path

from config.settings import Settings
from core.catalogue.records import FileOutcome, FileRecord
from core.encoders.base import Encoder
from core.encoders.loading import BUNDLED, open_encoder, read_fingerprint
from core.errors import EncoderError, LibraryEmptyError, LibraryError, StorageError
from core.files import library_lock
from core.library.encoder_choice import keep_encoder
from core.library.layout import DataLayout
from core.library.media import video_place
from core.stores.generation import GenerationInfo
from ingest.indexing.features import load_features
from ingest.indexing.video_indexer import VideoIndexer
from ingest.indexing.video_read import VideoSource, read_video
from ingest.library.add import OpenReporter
from ingest.library.opening import Library, open_library, publisher, video_indexer
from ingest.library.reconcile import outcome_of, settle
from ingest.planning.scan import VideoFile, stamp
from ingest.publishing.publisher import PublishResult
from ingest.reporting import Reporter


class ReindexState(StrEnum):
    """`swapped`: the new index answers; `unchanged`: it did before; `stopped`: by Ctrl-C, the old one answers."""

    SWAPPED = "swapped"
    UNCHANGED = "unchanged"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class ReindexResult:
    """What a run did. `made` are the files made with the encoder by now, `read` how many of them this run read;
    `left_out` maps paths to reasons; `index` is the generation that is current with this encoder, if one is.
    """

    state: ReindexState
    encoder_name: str
    fingerprint: str
    made: tuple[FileRecord, ...]
    read: int
    left_out: dict[str, str]
    index: GenerationInfo | None
    set_aside: bool
    """Whether WHENANIME_ENCODER names another encoder, which the new index will be refused with."""


@dataclass(slots=True)
class _Work:
    """What there is to do: files made already, files to read with where they are, and files that cannot be."""

    made: list[FileRecord] = field(default_factory=list)
    to_read: list[tuple[FileRecord, Path]] = field(default_factory=list)
    absent: dict[str, str] = field(default_factory=dict)


def reindex_library(
    settings: Settings, folder: Path | None, open_reporter: OpenReporter, *, leave_out_missing: bool = False
) -> ReindexResult:
    """Make features of every searchable file with the encoder in `folder` and swap to an index of them.

    For `None` the encoder of the settings, else the bundled one. What is made already is not read again. Files whose
    video is not there or cannot be read any more: `LibraryError` names them and the old index stays, unless
    `leave_out_missing`. `EncoderError` when the folder holds none, `LibraryBusyError` when another run is at it,
    `LibraryEmptyError` when there is nothing searchable, `StorageError` when the disk refuses.
    """
    folder = folder or settings.encoder or BUNDLED
    with open_library(settings) as library, library_lock(library.layout.lock):
        settle(library)
        encoder = open_encoder(folder, threads=settings.threads, runtime=settings.runtime)
        work = _look_through(library, encoder, settings.media_root)
        _require_all(work, leave_out_missing=leave_out_missing)
        if folder.resolve() != BUNDLED.resolve():
            keep_encoder(library.layout, folder, encoder.fingerprint)
        run = _Run(library.layout, video_indexer(settings, encoder), work, dict(work.absent))
        published: PublishResult | None = None
        sizes = [record.stamp.size_bytes for record, _source in work.to_read]
        with suppress(KeyboardInterrupt), open_reporter(len(sizes), sum(sizes)) as reporter:
            run.read_all(reporter)
            if run.unreadable:
                _require_all(replace(work, to_read=[], absent=run.left_out), leave_out_missing=leave_out_missing)
            published = publisher(settings, library, encoder).publish(
                records=work.made, step=lambda done, total: reporter.step("index", done, total)
            )
            settle(library)
    state = ReindexState.STOPPED
    if published:
        state = ReindexState.SWAPPED if published.changed else ReindexState.UNCHANGED
        run.left_out.update(published.left_out)
    return ReindexResult(
        state=state,
        encoder_name=encoder.spec.name,
        fingerprint=encoder.fingerprint,
        made=tuple(work.made),
        read=run.read,
        left_out=run.left_out,
        index=published.info if published else None,
        set_aside=_is_set_aside(settings, encoder.fingerprint),
    )


@dataclass(slots=True)
class _Run:
    """Reads what is to be read; each file is kept as soon as it is whole."""

    layout: DataLayout
    indexer: VideoIndexer
    work: _Work
    left_out: dict[str, str]
    read: int = 0
    unreadable: int = 0

    def read_all(self, reporter: Reporter) -> None:
        for record, path in self.work.to_read:
            source = VideoSource(path, record.id, record.name, record.stamp)
            video = read_video(source, self.indexer, self.layout, reporter)
            if video.failed:
                self.left_out[record.stamp.path] = video.outcome.problem
                self.unreadable += 1
                continue
            self.work.made.append(replace(record, outcome=video.outcome))
            self.read += 1
            if video.damaged:
                reporter.file_ended(f"damaged  {path}: {video.outcome.problem}; {video.frames_text()}")
            else:
                reporter.file_ended(f"read     {path}: {video.size_text()}")


def _look_through(library: Library, encoder: Encoder, media_root: str | None) -> _Work:
    """Every searchable file: is it made already, and if not, is its video there?"""
    work = _Work()
    for record in library.reader.all():
        if not record.searchable:
            continue
        outcome = _made(library.layout, record, encoder)
        if outcome:
            work.made.append(replace(record, outcome=outcome))
            continue
        source, reason = _find(record, media_root)
        if source:
            work.to_read.append((record, source))
        else:
            work.absent[record.stamp.path] = reason
    return work


def _made(layout: DataLayout, record: FileRecord, encoder: Encoder) -> FileOutcome | None:
    """What came of a file with this encoder; `None` when its features are not there, not whole or not surely its own.

    A crash may leave features under an id that another video got later. They are vouched for by the row that names
    their encoder, or by the content written into them.
    """
    try:
        features = load_features(layout.features(encoder.fingerprint, record.id))
    except StorageError:
        return None
    if features.vectors.shape[1] != encoder.spec.dim:
        return None
    same_video = features.origin is not None and features.origin.content == record.stamp.content
    if record.outcome.encoder == encoder.fingerprint or same_video:
        return outcome_of(record, features, encoder.fingerprint)
    return None


def _find(record: FileRecord, media_root: str | None) -> tuple[Path | None, str]:
    """Where a file's video is: where it was added, else below a media root that is a folder; or why it is not there."""
    places = [Path(record.stamp.path)]
    below = video_place(record.stamp, media_root)
    if isinstance(below, Path) and below not in places:
        places.append(below)
    reasons = [_why_not(record, place) for place in places]
    for place, reason in zip(places, reasons, strict=True):
        if not reason:
            return place, ""
    return None, reasons[0]


def _why_not(record: FileRecord, place: Path) -> str:
    try:
        status = place.stat()
        if (status.st_size, status.st_mtime_ns) == (record.stamp.size_bytes, record.stamp.modified_ns):
            return ""
        same = stamp(VideoFile(place, place.parent)).content == record.stamp.content
    except FileNotFoundError:
        return "there is no such file"
    except OSError as exc:
        return exc.strerror or "cannot be read"
    return "" if same else "it was changed since it was added; `whenanime library add` takes it up"


def _require_all(work: _Work, *, leave_out_missing: bool) -> None:
    """`LibraryError` when files would be lost that nobody said may be, or all of them."""
    if not (work.made or work.to_read or work.absent):
        raise LibraryEmptyError(
            "There is no searchable video in the library. Add some with `whenanime library add DIR`."
        )
    if work.absent and not (leave_out_missing and (work.made or work.to_read)):
        raise LibraryError("\n".join([*_lines(work.absent.items()), _advice(leave_out_missing=leave_out_missing)]))


def _lines(absent: Iterable[tuple[str, str]]) -> list[str]:
    return [f"{path}: {reason}" for path, reason in absent]


def _advice(*, leave_out_missing: bool) -> str:
    if leave_out_missing:
        return "No video of the library could be read. The index stays as it is."
    return (
        "These videos cannot be read anew, so the index stays as it is and answers as before. Bring them back; or "
        "forget those that are gone with `whenanime library remove --missing`; or leave them out of the new index "
        "with --leave-out-missing. What was read so far is kept."
    )


def _is_set_aside(settings: Settings, fingerprint: str) -> bool:
    if settings.encoder is None:
        return False
    try:
        return read_fingerprint(settings.encoder) != fingerprint
    except EncoderError:
        return True
