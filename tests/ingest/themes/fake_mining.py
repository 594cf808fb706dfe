"""A miner and fingerprints for tests: the opening of a season is where its episodes' fingerprints say so."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from core.catalogue.segments import Evidence, Segment, SegmentKind, Theme, ThemeId
from core.domain import FileId
from core.themes.episode_track import EpisodeTrack, SoundFingerprint
from core.themes.season_themes import SeasonThemes
from core.themes.stored_theme import StoredTheme
from core.timecode import Millis

ALONE = "nothing to compare with"


def fake_fingerprint(source: Path | str) -> SoundFingerprint | None:
    """A fingerprint of a hundred words, the same for every video."""
    del source
    return SoundFingerprint(np.arange(1, 101, dtype=np.uint32), 0.046, 0.1, np.arange(101, 201, dtype=np.uint32))


@dataclass
class FakeMiner:
    """Gives every episode with sound an opening from 1 s to 3 s, once there are two or a theme is stored; the calls are
    kept. Raises `error`, if there is one, and Ctrl-C once it was called `stop_after` times.
    """

    calls: list[tuple[list[FileId], dict[FileId, list[Segment]], list[StoredTheme]]] = field(default_factory=list)
    error: BaseException | None = None
    stop_after: int | None = None
    tracks: list[EpisodeTrack] = field(default_factory=list)

    def __call__(
        self,
        episodes: Sequence[EpisodeTrack],
        chapters: Mapping[FileId, Sequence[Segment]],
        stored: Sequence[StoredTheme],
    ) -> SeasonThemes:
        self.tracks = list(episodes)
        labels = {file_id: list(segments) for file_id, segments in chapters.items()}
        self.calls.append(([track.file_id for track in episodes], labels, list(stored)))
        if self.stop_after is not None and len(self.calls) > self.stop_after:
            raise KeyboardInterrupt
        if self.error:
            raise self.error
        heard = [track for track in episodes if track.sound is not None]
        if len(heard) + len(stored) < 2:
            return SeasonThemes([], {}, {track.file_id: ALONE for track in heard})
        theme = (
            stored[0].theme
            if stored
            else Theme(ThemeId(-1), SegmentKind.OPENING, 1, heard[0].file_id, Millis(1000), Millis(3000))
        )
        segment = Segment(SegmentKind.OPENING, Millis(1000), Millis(3000), 0.9, (Evidence.SOUND,), theme.id)
        return SeasonThemes([theme], {track.file_id: [segment] for track in heard}, {})
