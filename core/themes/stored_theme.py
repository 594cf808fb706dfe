"""Stored themes: what is needed of a theme to find it in a new episode, without the episodes that it is known from."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from core.catalogue.segments import Theme
from core.themes.episode_track import EpisodeTrack, FrameTrack, SoundFingerprint
from core.timecode import Millis

_MARGIN_MS: Final = 1000


@dataclass(frozen=True, slots=True)
class StoredTheme:
    """A theme, and the sound and frames of its clearest occurrence, on the clock of that episode."""

    theme: Theme
    sound: SoundFingerprint | None
    frames: FrameTrack | None

    @property
    def track(self) -> EpisodeTrack:
        """The theme as an episode that has nothing else."""
        duration = Millis(self.theme.end_ms + _MARGIN_MS)
        return EpisodeTrack(self.theme.file_id, duration, self.sound, self.frames)


def stored_theme(theme: Theme, track: EpisodeTrack) -> StoredTheme:
    """What to store of a theme, from the track of the episode that `theme.file_id` names."""
    sound, frames = track.sound, track.frames
    if sound is not None:
        first, last = (
            int(np.clip(round((time_ms / 1000 - sound.start_s) / sound.hop_s), 0, len(sound.bits)))
            for time_ms in (theme.start_ms, theme.end_ms)
        )
        higher = None if sound.shifted_bits is None else sound.shifted_bits[first:last]
        start_s = sound.start_s + first * sound.hop_s
        sound = SoundFingerprint(sound.bits[first:last], sound.hop_s, start_s, higher) if last > first else None
    if frames is not None:
        inside = slice(*np.searchsorted(frames.times_ms, [theme.start_ms, theme.end_ms]))
        frames = FrameTrack(frames.times_ms[inside], frames.vectors[inside])
    return StoredTheme(theme, sound, frames)
