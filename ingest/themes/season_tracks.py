"""Tracks of a season's episodes: what mining reads of them, made where it is missing."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np

from core.catalogue.records import FileRecord
from core.errors import MediaError, StorageError
from core.library.layout import DataLayout
from core.library.media import is_missing
from core.themes.episode_track import EpisodeTrack, FrameTrack
from ingest.indexing.features import load_features
from ingest.themes.episode_signals import (
    EpisodeSignals,
    Fingerprint,
    load_signals,
    read_signals,
    save_signals,
)

PlaceOf = Callable[[FileRecord], Path | str]
"""Where the video of a file is now."""
VIDEO_MISSING: Final = "its video is not where the library has it, so that its sound could not be read"


@dataclass(frozen=True, slots=True)
class Episode:
    """The track of one episode, and a note on what could not be read of it, or empty. `read`: whether it could be read
    at all; one that was not is tried again by the next pass.
    """

    record: FileRecord
    track: EpisodeTrack
    note: str = ""
    read: bool = True


@dataclass(frozen=True, slots=True)
class TrackReader:
    """Reads tracks. Fingerprints and chapters are read of the video once, and stored."""

    layout: DataLayout
    place_of: PlaceOf
    fingerprint: Fingerprint

    def has_signals(self, record: FileRecord) -> bool:
        """Whether the signals of a file are stored, or can be read now."""
        return self.layout.fingerprint(record.id).exists() or not is_missing(self.place_of(record))

    def episode(self, record: FileRecord, encoder: str) -> Episode:
        """The track of one episode, with its frames if they are of this encoder.

        `StorageError` when the disk refuses.
        """
        signals, note = self._signals(record)
        track = EpisodeTrack(
            record.id, record.outcome.duration_ms, None, self._frames(record, encoder), cuts_ms=record.outcome.cuts_ms
        )
        if signals is None:
            return Episode(record, track, note, read=False)
        if signals.chapters.linked:
            named = ", ".join(filter(None, signals.chapters.linked)) or "without a name"
            note = f"chapters of it are in another file, to which they lead ({named})"
        return Episode(record, replace(track, sound=signals.sound, chapters=signals.chapters.chapters), note)

    def _signals(self, record: FileRecord) -> tuple[EpisodeSignals | None, str]:
        """The signals of a file, or why there are none."""
        path = self.layout.fingerprint(record.id)
        if stored := load_signals(path):
            return stored, ""
        place = self.place_of(record)
        if is_missing(place):
            return None, VIDEO_MISSING
        try:
            signals = read_signals(place, self.fingerprint)
        except MediaError as exc:
            return None, f"its sound could not be read: {exc.reason}"
        save_signals(path, signals)
        return signals, ""

    def _frames(self, record: FileRecord, encoder: str) -> FrameTrack | None:
        if record.outcome.encoder != encoder:
            return None
        try:
            features = load_features(self.layout.features(encoder, record.id))
        except StorageError:  # `index check` names it; sound does without
            return None
        return FrameTrack(features.times_ms.astype(np.uint32), features.unit_vectors())


def common_encoder(records: Sequence[FileRecord]) -> str:
    """The encoder that most of these files were read with; of several the first."""
    return Counter(record.outcome.encoder for record in records).most_common(1)[0][0] if records else ""
