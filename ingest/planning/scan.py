"""Finding videos in folders, and the stamp by which a file is recognised later."""

import hashlib
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from core.catalogue.records import FileStamp
from core.pictures.file_types import INDEXED_SUFFIXES
from ingest.planning.exclusions import file_exclusion_reason, folder_exclusion_reason

_CHUNK_BYTES = 1 << 20
_NOT_A_FILE = "is not a file but a pipe, a socket or a device"
"""Opening one may block for ever."""


@dataclass(frozen=True, slots=True)
class VideoFile:
    """A video on disk. `root` is the folder that the operator named, or that of a file named by itself (`by_name`)."""

    path: Path
    root: Path
    by_name: bool = False

    @property
    def relative(self) -> str:
        """The path below the root, with `/`."""
        return self.path.relative_to(self.root).as_posix()

    @property
    def place(self) -> Path:
        """The file or folder that the operator named."""
        return self.path if self.by_name else self.root


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A file or folder that cannot be read, with the reason."""

    path: Path
    reason: str


@dataclass(frozen=True, slots=True)
class PassedOver:
    """A video that is not added because of its folder or its name, with the reason."""

    path: Path
    reason: str


ScanItem = VideoFile | Unreadable | PassedOver


def scan(places: list[Path]) -> Iterator[ScanItem]:
    """Videos in folders (by suffix, in natural order) and files named by themselves (with any suffix).

    Each folder is walked once, even if links lead back to it; hidden files and folders are left out. Items that are
    missing, cannot be read or are no files (such as pipes) come as `Unreadable`; videos in recycle bins, folders of
    samples and the like below a named folder come as `PassedOver`.
    """
    visited_folders: set[tuple[int, int]] = set()
    visited_files: set[Path] = set()
    for place in places:
        try:
            place = place.resolve(strict=True)  # noqa: PLW2901  # the same place, as an absolute path
        except FileNotFoundError:
            yield Unreadable(place, "there is no such file or folder")
            continue
        except (OSError, RuntimeError) as exc:
            yield Unreadable(place, getattr(exc, "strerror", None) or "the links lead in a circle")
            continue
        if place.is_dir():
            items: Iterator[ScanItem] = _walk(place, place, visited_folders)
        elif place.is_file():
            items = iter([VideoFile(place, place.parent, by_name=True)])
        else:
            items = iter([Unreadable(place, _NOT_A_FILE)])
        for item in items:
            if item.path not in visited_files:
                visited_files.add(item.path)
                yield item


def _walk(folder: Path, root: Path, visited: set[tuple[int, int]]) -> Iterator[ScanItem]:
    try:
        status = folder.stat()
        if (status.st_dev, status.st_ino) in visited:
            return
        visited.add((status.st_dev, status.st_ino))
        entries = sorted(os.scandir(folder), key=lambda entry: _natural_key(entry.name))
    except OSError as exc:
        yield Unreadable(folder, exc.strerror or "cannot be read")
        return
    for entry in entries:
        path = folder / entry.name
        if reason := folder_exclusion_reason(entry.name):
            yield from (PassedOver(video, reason) for video in _videos_below(path))
            continue
        if entry.name.startswith("."):
            continue
        try:
            is_folder, is_file = entry.is_dir(), entry.is_file()
        except OSError as exc:
            yield Unreadable(path, exc.strerror or "cannot be read")
            continue
        if is_folder:
            yield from _walk(path, root, visited)
        elif path.suffix.lower() in INDEXED_SUFFIXES:
            yield _video(path, root, is_file=is_file)


def _video(path: Path, root: Path, *, is_file: bool) -> ScanItem:
    if reason := "" if is_file and _is_text(path.name) else _unreadable_reason(path):
        return Unreadable(path, reason)
    if reason := file_exclusion_reason(path.stem):
        return PassedOver(path, reason)
    return VideoFile(path, root)


def _videos_below(folder: Path) -> Iterator[Path]:
    """Videos by suffix, for counting; links are not followed, and folders that cannot be read are left out."""
    for parent, folders, names in os.walk(folder):
        folders.sort(key=_natural_key)
        for name in sorted(names, key=_natural_key):
            if not name.startswith(".") and Path(name).suffix.lower() in INDEXED_SUFFIXES and _is_text(name):
                yield Path(parent, name)


def _unreadable_reason(path: Path) -> str:
    """Why an item with a video's suffix cannot be read."""
    if not _is_text(path.name):
        return "its name is not valid text; rename it"
    return _NOT_A_FILE if path.exists() else "a link that leads nowhere"


def stamp(file: VideoFile, *, content: str | None = None) -> FileStamp:
    """The size, time and content hash of a file. `OSError` when it cannot be read.

    The content hash covers the size and three pieces of one MiB (head, middle, tail): enough to recognise a moved file
    without reading all of it. `content` is the hash if the caller knows that the file is unchanged.
    """
    status = file.path.stat()
    return FileStamp(
        path=str(file.path),
        relative=file.relative,
        size_bytes=status.st_size,
        modified_ns=status.st_mtime_ns,
        content=content if content is not None else _content(file.path, status.st_size),
    )


def _content(path: Path, size: int) -> str:
    digest = hashlib.blake2b(str(size).encode(), digest_size=16)
    with path.open("rb") as file:
        for start in sorted({0, max(0, size // 2 - _CHUNK_BYTES // 2), max(0, size - _CHUNK_BYTES)}):
            file.seek(start)
            digest.update(file.read(_CHUNK_BYTES))
    return digest.hexdigest()


def _natural_key(name: str) -> tuple[object, ...]:
    """Sort key with `2` before `10`."""
    parts = re.split(r"(\d+)", name)
    return tuple(int(part) if index % 2 else part.casefold() for index, part in enumerate(parts))


def _is_text(name: str) -> bool:
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
