"""Records of the sources of a data set, by which a stopped run is continued."""

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
    """A frame on disk; `number` names its file: the milliseconds in a video, or the running number of a picture."""

    shot: int
    time_ms: int
    number: int


@dataclass(frozen=True, slots=True)
class SourceRecord:
    """A source that was read to its end: its number of `shots`, and a `note` on its damage, if any."""

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
        """The number of shots with a frame."""
        return len({frame.shot for frame in self.frames})

    def frames_folder(self, folder: Path) -> Path:
        """The folder of its frames in the data set in `folder`."""
        return folder / self.split / f"{self.file:05d}"

    def rows(self, folder: Path) -> Iterator[FrameRow]:
        """Its rows in the data set in `folder`."""
        place = self.frames_folder(folder)
        for frame in self.frames:
            path = place / frame_name(frame.number)
            yield FrameRow(self.split, self.file, self.show, self.episode, frame.shot, frame.time_ms, path)

    def write(self, folder: Path) -> None:
        """Write the record. `StorageError` when it cannot be written."""
        values = asdict(self) | {"frames": [[frame.shot, frame.time_ms, frame.number] for frame in self.frames]}
        write_file(record_path(folder, self.file), json.dumps(values, ensure_ascii=False).encode())


def frame_name(number: int) -> str:
    """A file name with ten digits, so that names sort by time."""
    return f"{number:010d}.jpg"


def record_path(folder: Path, file: int) -> Path:
    """The path of the record of a file."""
    return folder / _FOLDER / f"{file:05d}.json"


def recorded_splits(folder: Path) -> dict[str, Split]:
    """The split of each source of the data set in `folder`, by its key. `EncoderError` as `read_records`."""
    return {record.key: record.split for record in read_records(folder)}


def read_records(folder: Path) -> list[SourceRecord]:
    """All records of the data set in `folder`, by file number. `EncoderError` names one that is damaged."""
    records = []
    for path in sorted((folder / _FOLDER).glob("*.json")):
        try:
            values = json.loads(path.read_text("utf-8"))
            frames = tuple(WrittenFrame(*map(int, frame)) for frame in values.pop("frames"))
            records.append(SourceRecord(**values | {"split": Split(values["split"]), "frames": frames}))
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as exc:
            raise EncoderError(f"{path}: is damaged. Delete it, and that file's frames are extracted again.") from exc
    return sorted(records, key=lambda record: record.file)
