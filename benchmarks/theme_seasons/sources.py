"""Sources of rendered seasons: files of footage, songs and speech, split by a hash of their names.

Development and evaluation share no file. Within a split, themes and bodies share none either.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

import av
import av.error

from core.errors import InputError

SONG_MIN_S: Final = 40.0
"""Sound from this length on is a song, shorter sound is speech."""
FOOTAGE_MIN_S: Final = 2.5
SPEECH_MIN_S: Final = 1.2
_FOOTAGE_SUFFIXES: Final = frozenset({".avi", ".m4v", ".mkv", ".mov", ".mp4", ".webm"})
_SOUND_SUFFIXES: Final = frozenset({".flac", ".m4a", ".mp3", ".ogg", ".opus", ".wav"})
_SALT: Final = b"seasons 96"  # of 300, the one that split our own corpus most evenly by length
_THEMES_OF: Final = 3
"""Of so many files of a split is for themes."""


class Split(StrEnum):
    """Which half of the sources a season is made from."""

    DEVELOPMENT = "development"
    EVALUATION = "evaluation"


@dataclass(frozen=True, slots=True)
class Source:
    """A file of footage or sound, and how long it is."""

    path: Path
    duration_s: float


@dataclass(frozen=True, slots=True)
class Sources:
    """Files of one split. `theme_*` are used for openings, endings and other repeated parts only."""

    theme_footage: Sequence[Source]
    body_footage: Sequence[Source]
    theme_songs: Sequence[Source]
    body_songs: Sequence[Source]
    speech: Sequence[Source]

    def paths(self) -> frozenset[Path]:
        """All files of the split."""
        groups = (self.theme_footage, self.body_footage, self.theme_songs, self.body_songs, self.speech)
        return frozenset(source.path for group in groups for source in group)


def read_sources(footage: Sequence[Path], sound: Sequence[Path], split: Split) -> Sources:
    """Files below the folders that belong to `split`; `InputError` where a season would lack a kind of them."""
    pictures = [source for source in _sources(footage, _FOOTAGE_SUFFIXES, split) if source.duration_s >= FOOTAGE_MIN_S]
    sounds = _sources(sound, _SOUND_SUFFIXES, split)
    songs = [source for source in sounds if source.duration_s >= SONG_MIN_S]
    sources = Sources(
        theme_footage=_of_themes(pictures),
        body_footage=_of_bodies(pictures),
        theme_songs=_of_themes(songs),
        body_songs=_of_bodies(songs),
        speech=[source for source in sounds if SPEECH_MIN_S <= source.duration_s < SONG_MIN_S],
    )
    for name in ("theme_footage", "body_footage", "theme_songs", "body_songs", "speech"):
        if not getattr(sources, name):
            folders = ", ".join(map(str, [*footage, *sound]))
            raise InputError(
                f"{folders}: too few files: none of them is {name.replace('_', ' ')} of the {split} split."
            )
    return sources


def split_of(path: Path) -> Split:
    """The split that a file belongs to, by its name and those of its two folders."""
    return Split.EVALUATION if _digest(path)[0] & 1 else Split.DEVELOPMENT


def _sources(folders: Sequence[Path], suffixes: frozenset[str], split: Split) -> list[Source]:
    paths = {path for folder in folders for path in _files(folder) if path.suffix.lower() in suffixes}
    sources = [Source(path, _duration_s(path)) for path in sorted(paths) if split_of(path) is split]
    return [source for source in sources if source.duration_s > 0]


def _files(folder: Path) -> Iterable[Path]:
    if not folder.is_dir():
        raise InputError(f"{folder}: no folder.")
    return (path for path in folder.rglob("*") if path.is_file())


def _duration_s(path: Path) -> float:
    """Length as the container has it, 0 of what cannot be opened."""
    try:
        with av.open(path) as container:
            return (container.duration or 0) / av.time_base
    except (av.error.FFmpegError, OSError):
        return 0.0


def _of_themes(sources: Sequence[Source]) -> list[Source]:
    return [source for source in sources if _is_of_themes(source.path)]


def _of_bodies(sources: Sequence[Source]) -> list[Source]:
    return [source for source in sources if not _is_of_themes(source.path)]


def _is_of_themes(path: Path) -> bool:
    return _digest(path)[1] % _THEMES_OF == 0


def _digest(path: Path) -> bytes:
    """Hash of the names of the file and its two folders, which tell `01-Clips.mp4` of two shows apart."""
    return hashlib.sha256(_SALT + "/".join(path.parts[-3:]).encode()).digest()
