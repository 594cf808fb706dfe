"""Rows of a library without features, over videos of a second."""

from fractions import Fraction
from pathlib import Path

from config.settings import Settings
from core.catalogue.records import FileOutcome, FileRecord, FileStamp, FileState
from core.domain import EpisodeName, FileId
from core.timecode import Millis
from ingest.library.opening import Library
from tests.clips import ClipSpec, drawings, write_clip


def write_row_video(path: Path) -> Path:
    """A video of a second."""
    path.parent.mkdir(parents=True, exist_ok=True)
    return write_clip(path, drawings(6, 64, 64), ClipSpec(rate=Fraction(6)))


def add_rows(
    library: Library, settings: Settings, *, episodes: int, first: int = 1, season: int | None = 1
) -> list[Path]:
    """Add episodes to a season of the library; returns their videos."""
    folder = settings.data_dir.absolute().parent / "videos"
    paths = []
    for number in range(first, first + episodes):
        path = write_row_video(folder / f"Paper Boats/{season}/{number:02d}.mkv")
        stamp = FileStamp(str(path), str(path.relative_to(folder)), 1, 1, f"content {season} {number}")
        name = EpisodeName("Paper Boats", season, "Spring", first=number, last=number, name=f"夜の雨{number}")
        outcome = FileOutcome(FileState.READY, encoder="f00d", duration_ms=Millis(6000), frames=10)
        library.writer.put(library.writer.next_id(), stamp, name, outcome)
        paths.append(path)
    return paths


def record_of(library: Library, file_id: int) -> FileRecord:
    """The row of a file."""
    return library.reader.by_ids([FileId(file_id)])[FileId(file_id)]
