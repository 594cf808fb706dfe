"""Data set: a folder of frames to train on and to validate by.

    dataset.json                    how it was made, how many frames it has, and the colours' mean and deviation
    frames.csv                      one row a frame; UTF-8
    train/00012/0000123456.jpg      a frame of file 12 at 123.456 s
    validation/00013/0000000007.jpg likewise; of a folder of pictures, its seventh picture
    distorted/validation/…          distorted validation frames, with the same names
    parts/00012.json                the record of file 12; a continued run reads these

A file is a video or a folder of pictures. All frames of one file are in one split.
"""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Final, Self

import numpy as np

from core.errors import EncoderError, InputError, PictureError
from core.files import write_file
from core.pictures.decoding import PictureLimits, read_picture
from core.pictures.jpeg import decode_jpeg
from core.pictures.pixels import Rgb
from training.dataset.spec import DatasetSpec, Split

VERSION: Final = 1
INFO_NAME: Final = "dataset.json"
ROWS_NAME: Final = "frames.csv"
DISTORTED_NAME: Final = "distorted"
HEADER: Final = ("split", "file", "show", "episode", "shot", "time_ms", "path")
_REMAKE_HINT: Final = "Run `whenanime train dataset` on the folder again, or make another."
_UNLIMITED: Final = PictureLimits(min_side=1)

Triple = tuple[float, float, float]
"""Red, green and blue, from 0 to 1."""


@dataclass(frozen=True, slots=True)
class FrameRow:
    """One frame: the running number of its video, that of its shot within the video, and an absolute path."""

    split: Split
    file: int
    show: str
    episode: str
    shot: int
    time_ms: int
    path: Path


@dataclass(frozen=True, slots=True)
class DistortedSpec:
    """How the validation frames were distorted, and how many; see `training.distortion.benchmark_distortion`."""

    seed: int
    area: float
    flip: float
    colour: float
    frames: int


@dataclass(frozen=True, slots=True)
class Dataset:
    """A data set on disk. `mean` and `std` are those of the training frames once `train stats` has run."""

    folder: Path
    spec: DatasetSpec
    rows: tuple[FrameRow, ...]
    mean: Triple | None = None
    std: Triple | None = None
    distorted: DistortedSpec | None = None

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Read `dataset.json` and `frames.csv`. `EncoderError` names the file, and the field or line, that is wrong."""
        folder = folder.absolute()
        values = _read_info(folder)
        path = folder / INFO_NAME
        rows = tuple(_read_rows(folder))
        counted = {str(side): sum(row.split is side for row in rows) for side in Split}
        if values.get("frames") != counted:
            raise EncoderError(f"{path}: `frames` is not what {ROWS_NAME} holds. {_REMAKE_HINT}")
        try:
            spec = DatasetSpec.from_json(_mapping(values, "made_from"))
        except (ValueError, InputError) as exc:
            raise EncoderError(f"{path}: `made_from` is damaged: {exc}. {_REMAKE_HINT}") from exc
        return cls(
            folder, spec, rows, _triple(path, values, "mean"), _triple(path, values, "std"), _distorted(path, values)
        )

    def split(self, side: Split | str) -> tuple[FrameRow, ...]:
        """The rows of one split, `"train"` or `"validation"`, in the order of the file."""
        return tuple(row for row in self.rows if row.split == side)

    def require_both_splits(self) -> None:
        """`InputError` unless there are at least two training frames and one validation frame."""
        counts = {side: len(self.split(side)) for side in Split}
        if counts[Split.TRAIN] < 2 or not counts[Split.VALIDATION]:
            raise InputError(
                f"{self.folder} has too few frames: {counts[Split.TRAIN]} to train on and {counts[Split.VALIDATION]} "
                "to validate by; at least two and one are needed."
            )

    def read(self, row: FrameRow) -> Rgb:
        """The frame, RGB (height, width, 3). `EncoderError` when its file is missing or damaged. Thread-safe."""
        return _read_frame(row.path)

    def distorted_path(self, row: FrameRow) -> Path:
        """The path of the distorted frame."""
        return self.folder / DISTORTED_NAME / row.path.relative_to(self.folder)

    def read_distorted(self, row: FrameRow) -> Rgb:
        """The distorted frame, RGB and of the frame's own size. `EncoderError` when it is missing or damaged."""
        return _read_frame(self.distorted_path(row))

    def write_info(self) -> None:
        """Write `dataset.json`, whole or not at all. `StorageError` when it cannot be written."""
        values = {
            "version": VERSION,
            "made_from": self.spec.to_json(),
            "frames": {str(side): len(self.split(side)) for side in Split},
            "mean": self.mean,
            "std": self.std,
            DISTORTED_NAME: None if self.distorted is None else asdict(self.distorted),
        }
        text = json.dumps(values, indent=1, ensure_ascii=False)
        write_file(self.folder / INFO_NAME, text.encode())

    def write(self) -> None:
        """Write `frames.csv` and `dataset.json`, each whole or not at all. `StorageError` when they cannot be."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(HEADER)
        for row in self.rows:
            path = row.path.relative_to(self.folder).as_posix()
            writer.writerow((row.split, row.file, row.show, row.episode, row.shot, row.time_ms, path))
        write_file(self.folder / ROWS_NAME, text.getvalue().encode())
        self.write_info()


def read_spec(folder: Path) -> DatasetSpec | None:
    """How the data set in `folder` was made, or `None` when there is none. `EncoderError` when it is damaged."""
    if not (folder / INFO_NAME).exists():
        return None
    try:
        return DatasetSpec.from_json(_mapping(_read_info(folder), "made_from"))
    except (ValueError, InputError) as exc:
        raise EncoderError(f"{folder / INFO_NAME}: `made_from` is damaged: {exc}.") from exc


def _read_frame(path: Path) -> Rgb:
    """By OpenCV, which is twice as fast as Pillow on these JPEGs; what it refuses is read again for the reason."""
    try:
        return decode_jpeg(path.read_bytes())
    except OSError as exc:
        raise EncoderError(f"{path}: cannot be read: {exc.strerror}. {_REMAKE_HINT}") from exc
    except PictureError:
        pass
    try:
        return read_picture(path, name=str(path), spec=_UNLIMITED).rgb
    except PictureError as exc:
        raise EncoderError(f"{exc}. {_REMAKE_HINT}") from exc


def _read_info(folder: Path) -> Mapping[str, Any]:
    path = folder / INFO_NAME
    try:
        values = json.loads(path.read_text("utf-8"))
    except FileNotFoundError as exc:
        raise EncoderError(f"{folder}: there is no data set here; `whenanime train dataset` makes one.") from exc
    except OSError as exc:
        raise EncoderError(f"{path}: cannot be read: {exc.strerror}.") from exc
    except ValueError as exc:
        raise EncoderError(f"{path}: is damaged: it is not JSON. {_REMAKE_HINT}") from exc
    if not isinstance(values, dict):
        raise EncoderError(f"{path}: is damaged: it is not an object. {_REMAKE_HINT}")
    if values.get("version") != VERSION:
        raise EncoderError(f"{path}: `version` must be {VERSION}, not {values.get('version')!r}.")
    return values


def _read_rows(folder: Path) -> Iterator[FrameRow]:
    path = folder / ROWS_NAME
    try:
        text = path.read_text("utf-8")
    except OSError as exc:
        raise EncoderError(f"{path}: cannot be read: {exc.strerror}. {_REMAKE_HINT}") from exc
    except UnicodeDecodeError as exc:
        raise EncoderError(f"{path}: is not text in UTF-8. {_REMAKE_HINT}") from exc
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        if tuple(next(reader, ())) != HEADER:
            raise EncoderError(f"{path}: line 1 must be {','.join(HEADER)}. {_REMAKE_HINT}")
        for values in reader:
            yield _row(folder, values)
    except (csv.Error, ValueError) as exc:
        raise EncoderError(f"{path}: line {reader.line_num} is damaged: {exc}. {_REMAKE_HINT}") from exc


def _row(folder: Path, values: list[str]) -> FrameRow:
    if len(values) != len(HEADER):
        raise ValueError(f"it has {len(values)} fields, not {len(HEADER)}")
    split, file, show, episode, shot, time_ms, path = values
    relative = PurePosixPath(path)
    if not path or relative.is_absolute() or ".." in relative.parts:
        raise ValueError(f"`path` is {path!r}, which is not below the folder")
    return FrameRow(Split(split), int(file), show, episode, int(shot), int(time_ms), folder / relative)


def _mapping(values: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    mapping = values.get(name)
    if not isinstance(mapping, dict):
        raise ValueError(name)
    return mapping


def _triple(path: Path, values: Mapping[str, Any], name: str) -> Triple | None:
    triple = values.get(name)
    if triple is None:
        return None
    if not isinstance(triple, list) or len(triple) != 3 or not all(_is_number(value) for value in triple):
        raise EncoderError(f"{path}: `{name}` must be three numbers or null, not {triple!r}.")
    return float(triple[0]), float(triple[1]), float(triple[2])


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and bool(np.isfinite(value))


def _distorted(path: Path, values: Mapping[str, Any]) -> DistortedSpec | None:
    distorted = values.get(DISTORTED_NAME)
    if distorted is None:
        return None
    try:
        return DistortedSpec(**distorted)
    except TypeError as exc:
        raise EncoderError(f"{path}: `{DISTORTED_NAME}` is damaged. `whenanime train distort` makes it again.") from exc


def sorted_rows(rows: Iterable[FrameRow]) -> tuple[FrameRow, ...]:
    """By file, then shot, then time."""
    return tuple(sorted(rows, key=lambda row: (row.file, row.shot, row.time_ms, row.path)))
