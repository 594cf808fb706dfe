"""The work of a reindex: which files the encoder has embedded, which to read, and which videos are absent."""

from dataclasses import dataclass, field, replace
from pathlib import Path

from core.catalogue.records import FileOutcome, FileRecord
from core.encoders.base import Encoder
from core.errors import LibraryEmptyError, LibraryError, StorageError
from core.library.layout import DataLayout
from core.library.media import local_paths
from ingest.indexing.features import load_features
from ingest.library.opening import Library
from ingest.library.reconcile import outcome_of
from ingest.planning.scan import VideoFile, stamp


@dataclass(slots=True)
class ReindexWork:
    """Files that are embedded already, files to read with the paths of their videos, and absent files with reasons."""

    embedded: list[FileRecord] = field(default_factory=list)
    to_read: list[tuple[FileRecord, Path]] = field(default_factory=list)
    absent: dict[str, str] = field(default_factory=dict)


def find_work(library: Library, encoder: Encoder, media_root: str | None) -> ReindexWork:
    """Sort all searchable files of the library by what this encoder needs of them."""
    work = ReindexWork()
    for record in library.reader.all():
        if not record.searchable:
            continue
        outcome = _outcome_of_intact_features(library.layout, record, encoder)
        if outcome:
            work.embedded.append(replace(record, outcome=outcome))
            continue
        source, reason = _locate_video(record, media_root)
        if source:
            work.to_read.append((record, source))
        else:
            work.absent[record.stamp.path] = reason
    return work


def _outcome_of_intact_features(layout: DataLayout, record: FileRecord, encoder: Encoder) -> FileOutcome | None:
    """The outcome of a file with this encoder; `None` when its features are missing, damaged or maybe another video's.

    A crash may leave features under an id that another video gets later. They are the file's own when its row names
    their encoder, or when the content hash in them is the file's.
    """
    try:
        features = load_features(layout.features(encoder.fingerprint, record.id))
    except StorageError:
        return None
    if features.vectors.shape[1] != encoder.spec.dim:
        return None
    is_same_video = features.origin is not None and features.origin.content == record.stamp.content
    if record.outcome.encoder == encoder.fingerprint or is_same_video:
        return outcome_of(record, features, encoder.fingerprint)
    return None


def _locate_video(record: FileRecord, media_root: str | None) -> tuple[Path | None, str]:
    """The path of a file's video: where it was added, else below a media root that is a folder; `None` and the reason
    when it is at neither.
    """
    paths = local_paths(record.stamp, media_root)
    reasons = [_unusable_reason(record, path) for path in paths]
    for path, reason in zip(paths, reasons, strict=True):
        if not reason:
            return path, ""
    return None, reasons[0]


def _unusable_reason(record: FileRecord, path: Path) -> str:
    """Why the file at a path is not the video of the record; empty when it is."""
    try:
        status = path.stat()
        if (status.st_size, status.st_mtime_ns) == (record.stamp.size_bytes, record.stamp.modified_ns):
            return ""
        is_same = stamp(VideoFile(path, path.parent)).content == record.stamp.content
    except FileNotFoundError:
        return "there is no such file"
    except OSError as exc:
        return exc.strerror or "cannot be read"
    return "" if is_same else "it was changed since it was added; `whenanime library add` takes it up"


def require_complete(work: ReindexWork, *, leave_out_missing: bool) -> None:
    """`LibraryError` when absent files would leave the index without permission, or all files would."""
    if not (work.embedded or work.to_read or work.absent):
        raise LibraryEmptyError(
            "There is no searchable video in the library. Add some with `whenanime library add DIR`."
        )
    if work.absent and not (leave_out_missing and (work.embedded or work.to_read)):
        lines = [f"{path}: {reason}" for path, reason in work.absent.items()]
        raise LibraryError("\n".join([*lines, _absent_advice(leave_out_missing=leave_out_missing)]))


def _absent_advice(*, leave_out_missing: bool) -> str:
    if leave_out_missing:
        return "No video of the library could be read. The index stays as it is."
    return (
        "These videos cannot be read anew, so the index stays as it is and answers as before. Bring them back; or "
        "forget those that are gone with `whenanime library remove --missing`; or leave them out of the new index "
        "with --leave-out-missing. What was read so far is kept."
    )
