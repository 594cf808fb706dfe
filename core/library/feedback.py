"""Feedback on answers: the pictures, the answer, and what is right instead. A folder for each.

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

CASE_FILE: Final = "case.json"
_PICTURE: Final = "picture-{}.bin"
_REFUSED: Final = "feedback cannot be written"
_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
_log = logging.getLogger(__name__)


class CorrectionKind(StrEnum):
    """In which way a user said what is right."""

    SCENE = "scene"
    TEXT = "text"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Correction:
    """What is right: the scene of this number of the answer, something that was written, or nothing: not an anime."""

    kind: CorrectionKind
    scene: int | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class FeedbackEntry:
    """One user's word on one answer. `when` is UTC as ISO 8601 writes it; `generation` is that of the index.

    `voice` tells users who spoke about the same case apart, and no more: it does not say who they are.
    """

    case: str
    voice: str
    when: str
    generation: str
    result: SearchResult
    correction: Correction

    @property
    def right(self) -> Scene | None:
        """The scene that is right by the correction, when it is one of the answer's."""
        index = self.correction.scene
        return None if index is None or not 0 <= index < len(self.result.scenes) else self.result.scenes[index]


class FeedbackStore:
    """Entries under one folder, which is made when the first is added."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def add(self, entry: FeedbackEntry, pictures: Sequence[bytes]) -> None:
        """Keep an entry and its pictures; what the same voice said of the same case before is replaced.

        `StorageError` when the disk refuses, `ValueError` for a case or a voice that is no name of a folder.
        """
        if not _NAME.fullmatch(entry.case) or not _NAME.fullmatch(entry.voice):
            raise ValueError(f"not names of a folder: {entry.case!r}, {entry.voice!r}")
        folder = self._place(entry)
        for number, picture in enumerate(pictures):
            write_file(folder / _PICTURE.format(number), picture, problem=_REFUSED)
        write_file(folder / CASE_FILE, _adapter().dump_json(entry, indent=1, by_alias=True), problem=_REFUSED)

    def entries(self) -> Iterator[FeedbackEntry]:
        """All of them, the oldest first; one that is damaged is left out and named in the log."""
        entries = []
        for path in sorted(self._folder.glob(f"*/{CASE_FILE}")):
            try:
                entries.append(_adapter().validate_json(path.read_bytes()))
            except (OSError, ValidationError) as exc:
                _log.warning("%s cannot be read and is left out (%s)", path, type(exc).__name__)
        yield from sorted(entries, key=lambda entry: entry.when)

    def pictures(self, entry: FeedbackEntry) -> tuple[Path, ...]:
        """The files of its pictures, in the order in which they were sent."""
        folder = self._place(entry)
        paths: list[Path] = []
        while (path := folder / _PICTURE.format(len(paths))).is_file():
            paths.append(path)
        return tuple(paths)

    def _place(self, entry: FeedbackEntry) -> Path:
        return self._folder / f"{entry.case}-{entry.voice}"


@cache
def _adapter() -> TypeAdapter[FeedbackEntry]:
    return TypeAdapter(FeedbackEntry)
