"""Feedback on answers: the pictures, the answer, and the correction. One folder for each entry.

<case>-<voice>/picture-0.bin …   as they were sent
<case>-<voice>/case.json         a `FeedbackEntry`; written last, so that a folder without it does not count
"""

import logging
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Final

from pydantic import TypeAdapter, ValidationError

from core.domain import Scene, SearchResult
from core.files import write_file
from core.timecode import format_millis

CASE_FILE: Final = "case.json"
_PICTURE_FILE: Final = "picture-{}.bin"
_WRITE_PROBLEM: Final = "feedback cannot be written"
_FOLDER_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
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
        folder = self._folder_of(entry)
        for number, picture in enumerate(pictures):
            write_file(folder / _PICTURE_FILE.format(number), picture, problem=_WRITE_PROBLEM)
        write_file(folder / CASE_FILE, _adapter().dump_json(entry, indent=1, by_alias=True), problem=_WRITE_PROBLEM)

    def entries(self) -> Iterator[FeedbackEntry]:
        """Yields all entries, the oldest first; a damaged one is left out and named in the log."""
        entries = []
        for path in sorted(self._folder.glob(f"*/{CASE_FILE}")):
            try:
                entries.append(_adapter().validate_json(path.read_bytes()))
            except (OSError, ValidationError) as exc:
                _log.warning("%s cannot be read and is left out (%s)", path, type(exc).__name__)
        yield from sorted(entries, key=lambda entry: entry.when)

    def pictures(self, entry: FeedbackEntry) -> tuple[Path, ...]:
        """Returns the files of an entry's pictures, in the order in which they were sent."""
        folder = self._folder_of(entry)
        paths: list[Path] = []
        while (path := folder / _PICTURE_FILE.format(len(paths))).is_file():
            paths.append(path)
        return tuple(paths)

    def _folder_of(self, entry: FeedbackEntry) -> Path:
        return self._folder / f"{entry.case}-{entry.voice}"


@cache
def _adapter() -> TypeAdapter[FeedbackEntry]:
    return TypeAdapter(FeedbackEntry)
