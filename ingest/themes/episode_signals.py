"""Signals of one video that mining needs and indexing does not store: its sound's fingerprint and its chapters, kept
for ever (a NumPy `.npz`), so that a season can be mined again without its videos.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from core.files import write_file
from core.themes.episode_track import SoundFingerprint
from core.timecode import Millis
from core.video.chapters import Chapter, ChapterList, read_chapters
from ingest.themes.sound_arrays import DAMAGED, facts_of, sound_arrays, sound_of

_VERSION: Final = 1
"""Version of what is written here; another one is made anew."""

Fingerprint = Callable[[Path | str], SoundFingerprint | None]
"""Fingerprints the sound of a video; `None` without any."""


@dataclass(frozen=True, slots=True)
class EpisodeSignals:
    """The fingerprint of a video's sound, `None` without sound that can be decoded, and its chapters."""

    sound: SoundFingerprint | None
    chapters: ChapterList


def read_signals(source: Path | str, fingerprint: Fingerprint) -> EpisodeSignals:
    """Read the signals of a video. `MediaError` when it cannot be opened."""
    return EpisodeSignals(fingerprint(source), read_chapters(source))


def save_signals(path: Path, signals: EpisodeSignals) -> None:
    """Write signals atomically, synced to disk. `StorageError` when the disk refuses."""
    arrays = sound_arrays(signals.sound, {"version": _VERSION, "chapters": asdict(signals.chapters)})
    write_file(path, lambda file: np.savez_compressed(file, **arrays))  # type: ignore[arg-type]  # its one named option is none of these


def load_signals(path: Path) -> EpisodeSignals | None:
    """Read signals; `None` when there are none, or they are damaged or of another version, and must be made anew."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            facts = facts_of(arrays)
            if facts["version"] != _VERSION:
                return None
            return EpisodeSignals(sound_of(arrays, facts), _chapters(facts["chapters"]))
    except DAMAGED:
        return None


def _chapters(facts: dict[str, Any]) -> ChapterList:
    chapters = tuple(
        Chapter(str(chapter["title"]), Millis(int(chapter["start_ms"])), Millis(int(chapter["end_ms"])))
        for chapter in facts["chapters"]
    )
    return ChapterList(chapters, tuple(map(str, facts["linked"])))
