"""Files that `whenanime library themes export` writes."""

from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from core.catalogue.records import FileRecord
from core.catalogue.segments import Segment
from core.errors import MediaError
from core.files import write_file
from core.library.media import video_place
from core.video.remuxing import remuxed_suffix, write_with_chapters
from ingest.themes.exported_chapters import WRITERS, whole_chapters


def write_export(record: FileRecord, segments: Sequence[Segment], form: str, folder: Path) -> Path:
    """Write the segments of a video in a format; returns the file. `StorageError` when the disk refuses."""
    suffix, write = WRITERS[form]
    path = _target(record, suffix, folder)
    write_file(path, write(segments, record.outcome.duration_ms), sync=False)
    return path


def copy_with_chapters(record: FileRecord, segments: Sequence[Segment], folder: Path, media_root: str | None) -> Path:
    """Copy a video with its segments as chapters; returns the copy.

    `MediaError` when it is not a local file, cannot be copied, or when the copy is there; `StorageError` when the disk
    refuses.
    """
    place = video_place(record.stamp, media_root)
    if not isinstance(place, Path):
        raise MediaError(place, "it is on a server; copies are made of local files")
    path = _target(record, remuxed_suffix(place), folder)
    write_with_chapters(place, path, whole_chapters(segments, record.outcome.duration_ms))
    return path


def _target(record: FileRecord, suffix: str, folder: Path) -> Path:
    """The file below `folder` at the video's place below the folder that was added."""
    relative = PurePosixPath(record.stamp.relative)
    return folder / relative.parent / f"{relative.stem}{suffix}"
