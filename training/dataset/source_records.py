"""What became of one source of frames, kept beside a data set so that a run can go on where one was stopped."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from core.errors import EncoderError
from core.files import write_file
from training.dataset.frame_dataset import FrameRow
from training.dataset.spec import Split

_FOLDER = "parts"


@dataclass(frozen=True, slots=True)
class WrittenFrame:
    """A frame on disk, by the number that names its file: milliseconds of a video, running number of a picture."""

    shot: int
    time_ms: int
    number: int


@dataclass(frozen=True, slots=True)
class SourceRecord:
    """A source that was read whole. `shots` were seen in it; `note` is what was wrong with it, if anything."""

    file: int
    key: str
    stamp: str
    split: Split
    show: str
    episode: str
    shots: int
    note: str
    frames: tuple[WrittenFrame, ...]

    @property
    def shots_with_frames(self) -> int:
        """Shots with a frame."""
        return len({frame.shot for frame in self.frames})

    def frames_folder(self, folder: Path) -> Path:
        """Where its frames lie in the data set in `folder`."""
        return folder / self.split / f"{self.file:05d}"

    def rows(self, folder: Path) -> Iterator[FrameRow]:
        """Its rows in the data set in `folder`."""
        place = self.frames_folder(folder)
        for frame in self.frames:
            path = place / frame_name(frame.number)
            yield FrameRow(self.split, self.file, self.show, self.episode, frame.shot, frame.time_ms, path)

    def write(self, folder: Path) -> None:
        """Keep it. `StorageError` when it cannot be written."""
        values = asdict(self) | {"frames": [[frame.shot, frame.time_ms, frame.number] for frame in self.frames]}
        write_file(record_path(folder, self.file), json.dumps(values, ensure_ascii=False).encode())


def frame_name(number: int) -> str:
    """Ten digits, so that names sort like times."""
    return f"{number:010d}.jpg"


def record_path(folder: Path, file: int) -> Path:
    """Where the part of a file lies."""
    return folder / _FOLDER / f"{file:05d}.json"


def recorded_splits(folder: Path) -> dict[str, Split]:
    """The side of each source that is in the data set in `folder`, by its key; raises as `read_parts` does."""
    return {record.key: record.split for record in read_records(folder)}


def read_records(folder: Path) -> list[SourceRecord]:
    """All parts of the data set in `folder`, by file number; `EncoderError` names one that is damaged."""
    records = []
    for path in sorted((folder / _FOLDER).glob("*.json")):
        try:
            values = json.loads(path.read_text("utf-8"))
            frames = tuple(WrittenFrame(*map(int, frame)) for frame in values.pop("frames"))
            records.append(SourceRecord(**values | {"split": Split(values["split"]), "frames": frames}))
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as exc:
            raise EncoderError(f"{path}: is damaged. Delete it, and that file's frames are taken anew.") from exc
    return sorted(records, key=lambda record: record.file)
