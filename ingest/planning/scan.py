"""Which files of a folder are videos, and how a file is recognised again."""

import hashlib
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from core.catalogue.records import FileStamp
from core.pictures.file_types import INDEXED_SUFFIXES
from ingest.planning.passed_over import reason_to_pass_over_file, reason_to_pass_over_folder

_CHUNK_BYTES = 1 << 20
_NOT_A_FILE = "is not a file but a pipe, a socket or a device"
"""Reading one may wait for ever."""


@dataclass(frozen=True, slots=True)
class VideoFile:
    """A video on disk. `root` is the folder that was named to us (the file's own when the file was: `by_name`)."""

    path: Path
    root: Path
    by_name: bool = False

    @property
    def relative(self) -> str:
        """Below the root, with `/`."""
        return self.path.relative_to(self.root).as_posix()

    @property
    def place(self) -> Path:
        """What was named to us."""
        return self.path if self.by_name else self.root


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A file or folder that could not be looked at, with the reason."""

    path: Path
    reason: str


@dataclass(frozen=True, slots=True)
class PassedOver:
    """A video that is not added because of the folder it lies in or what it is called, with the reason."""

    path: Path
    reason: str


ScanItem = VideoFile | Unreadable | PassedOver


def scan(places: list[Path]) -> Iterator[ScanItem]:
    """Videos in folders (by suffix, in natural order) and files named one by one (whatever their suffix).

    Folders are walked once however often links lead back to them; hidden files and folders are left out. What is
    missing, cannot be read or is no file (a pipe, say) comes as `Unreadable`; what lies in recycle bins, samples and
    their like below a named folder comes as `PassedOver`.
    """
    visited_folders: set[tuple[int, int]] = set()
    visited_files: set[Path] = set()
    for place in places:
        try:
            place = place.resolve(strict=True)  # noqa: PLW2901  # the same place, spelled out
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
        if reason := reason_to_pass_over_folder(entry.name):
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
    if reason := reason_to_pass_over_file(path.stem):
        return PassedOver(path, reason)
    return VideoFile(path, root)


def _videos_below(folder: Path) -> Iterator[Path]:
    """Videos by suffix, for counting; no link is followed, and what cannot be read is left out."""
    for parent, folders, names in os.walk(folder):
        folders.sort(key=_natural_key)
        for name in sorted(names, key=_natural_key):
            if not name.startswith(".") and Path(name).suffix.lower() in INDEXED_SUFFIXES and _is_text(name):
                yield Path(parent, name)


def _unreadable_reason(path: Path) -> str:
    """Why what is called like a video is left out."""
    if not _is_text(path.name):
        return "its name is not valid text; rename it"
    return _NOT_A_FILE if path.exists() else "a link that leads nowhere"


def stamp(file: VideoFile, *, content: str | None = None) -> FileStamp:
    """Size, time and content of a file. `OSError` when it cannot be read.

    The content is a hash of the size and of three pieces of one MiB (head, middle, tail), enough to recognise a file
    that was moved without reading it whole; `content` is taken as given when the caller knows it to be unchanged.
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
    """`2` before `10`."""
    parts = re.split(r"(\d+)", name)
    return tuple(int(part) if index % 2 else part.casefold() for index, part in enumerate(parts))


def _is_text(name: str) -> bool:
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
