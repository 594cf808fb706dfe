"""Feedback on answers: the pictures, the answer, and the correction. One folder for each entry.

<case>-<voice>/picture-0.bin …   as they were sent
<case>-<voice>/case.json         a `FeedbackEntry`; written last, so that a folder without it does not count
<case>-<voice>/looked-at         when the entry was given that an operator has looked at; older than another entry
"""

import logging
import re
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Final

from pydantic import TypeAdapter, ValidationError

from core.domain import Scene, SearchResult
from core.files import storage_errors, write_file
from core.timecode import format_millis

CASE_FILE: Final = "case.json"
_PICTURE_FILE: Final = "picture-{}.bin"
_LOOKED_AT_FILE: Final = "looked-at"
_WRITE_PROBLEM: Final = "feedback cannot be written"
_FOLDER_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
_ENTRY_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,64}-[A-Za-z0-9_-]{1,64}")
_log = logging.getLogger(__name__)


class CorrectionKind(StrEnum):
    """Kind of a correction: a scene of the answer, a text, or nothing."""

    SCENE = "scene"
    TEXT = "text"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class StatedMoment:
    """A moment as a program states it; the show, which need not be in the library, and as much more as is known.

    `episode` is a number or a text such as `OVA 2`; `at_ms` counts from the start of the file.
    """

    show: str
    season: int | None = None
    episode: float | str | None = None
    at_ms: int | None = None

    def __str__(self) -> str:
        """Returns it in words, as a person would write it."""
        episode = self.episode if isinstance(self.episode, str) or self.episode is None else f"{self.episode:g}"
        parts = [
            self.show,
            "" if self.season is None else f"season {self.season}",
            "" if episode is None else f"episode {episode}",
            "" if self.at_ms is None else format_millis(self.at_ms),
        ]
        return ", ".join(part for part in parts if part)


@dataclass(frozen=True, slots=True)
class Correction:
    """The correct answer: the scene of this number of the answer, a written text, or nothing: not an anime.

    `moment`: what the text says, where a program stated it.
    """

    kind: CorrectionKind
    scene: int | None = None
    text: str = ""
    moment: StatedMoment | None = None


@dataclass(frozen=True, slots=True)
class FeedbackEntry:
    """Feedback of one user on one answer. `when` is UTC in ISO 8601; `generation` is that of the index.

    `voice` only distinguishes users of the same case; it does not identify them.
    """

    case: str
    voice: str
    when: str
    generation: str
    result: SearchResult
    correction: Correction

    @property
    def id(self) -> str:
        """The name of its folder."""
        return f"{self.case}-{self.voice}"

    @property
    def right(self) -> Scene | None:
        """The correct scene, if it is one of the answer's."""
        index = self.correction.scene
        return None if index is None or not 0 <= index < len(self.result.scenes) else self.result.scenes[index]


class FeedbackStore:
    """Feedback entries in one folder, which is created with the first of them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def add(self, entry: FeedbackEntry, pictures: Sequence[bytes]) -> None:
        """Stores an entry and its pictures; an earlier entry of the same voice and case is replaced.

        `StorageError` when the disk refuses, `ValueError` for a case or a voice that is no name of a folder.
        """
        if not _FOLDER_NAME.fullmatch(entry.case) or not _FOLDER_NAME.fullmatch(entry.voice):
            raise ValueError(f"not names of a folder: {entry.case!r}, {entry.voice!r}")
        folder = self._folder / entry.id
        for number, picture in enumerate(pictures):
            write_file(folder / _PICTURE_FILE.format(number), picture, problem=_WRITE_PROBLEM)
        write_file(folder / CASE_FILE, _adapter().dump_json(entry, indent=1, by_alias=True), problem=_WRITE_PROBLEM)

    def entries(self) -> Iterator[FeedbackEntry]:
        """Yields all entries, the oldest first; a damaged one is left out and named in the log."""
        paths = sorted(self._folder.glob(f"*/{CASE_FILE}"))
        entries = [entry for path in paths if (entry := _read(path)) is not None]
        yield from sorted(entries, key=lambda entry: entry.when)

    def get(self, entry_id: str) -> FeedbackEntry | None:
        """Returns the entry of an id; `None` when there is none such, or it is damaged."""
        path = self._folder / entry_id / CASE_FILE
        if not _ENTRY_ID.fullmatch(entry_id) or not path.is_file():
            return None
        entry = _read(path)
        return entry if entry is not None and entry.id == entry_id else None

    def delete(self, entry: FeedbackEntry) -> None:
        """Deletes an entry and its pictures; one that is gone is no error. `StorageError` when the disk refuses."""
        folder = self._folder / entry.id
        with storage_errors(folder, "feedback cannot be deleted"):
            (folder / CASE_FILE).unlink(missing_ok=True)
            if folder.exists():
                shutil.rmtree(folder)

    def mark_looked_at(self, entry: FeedbackEntry) -> None:
        """Notes that an operator has looked at an entry. `StorageError` when the disk refuses."""
        if (self._folder / entry.id).is_dir():
            write_file(self._folder / entry.id / _LOOKED_AT_FILE, entry.when, problem=_WRITE_PROBLEM)

    def is_looked_at(self, entry: FeedbackEntry) -> bool:
        """Whether an operator has looked at an entry, and not at an earlier one of the same voice and case."""
        try:
            return (self._folder / entry.id / _LOOKED_AT_FILE).read_text("utf-8") == entry.when
        except (OSError, ValueError):
            return False

    def pictures(self, entry: FeedbackEntry) -> tuple[Path, ...]:
        """Returns the files of an entry's pictures, in the order in which they were sent."""
        folder = self._folder / entry.id
        paths: list[Path] = []
        while (path := folder / _PICTURE_FILE.format(len(paths))).is_file():
            paths.append(path)
        return tuple(paths)


def _read(path: Path) -> FeedbackEntry | None:
    """The entry in a file; a damaged one is named in the log."""
    try:
        return _adapter().validate_json(path.read_bytes())
    except (OSError, ValidationError) as exc:
        _log.warning("%s cannot be read and is left out (%s)", path, type(exc).__name__)
        return None


@cache
def _adapter() -> TypeAdapter[FeedbackEntry]:
    return TypeAdapter(FeedbackEntry)
