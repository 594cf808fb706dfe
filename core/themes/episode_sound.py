"""Sound of an episode on one clock with that of its season: words of a fingerprint, and which time each stands for."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.themes.alignment import stretched
from core.themes.episode_track import SoundFingerprint
from core.themes.sound_words import Words
from core.timecode import Millis


@dataclass(frozen=True, slots=True)
class EpisodeSound:
    """Words (n,) of an episode that plays `speed` times as fast as the others of its season."""

    words: Words
    hop_s: float
    start_s: float
    speed: float = 1.0

    def millis(self, word: float) -> Millis:
        """The time that a word stands for, not before the file starts."""
        return Millis(max(0, round(1000 * (self.start_s + word * self.hop_s / self.speed))))

    def word(self, time_ms: int) -> int:
        """The word at a time."""
        return round((time_ms / 1000 - self.start_s) * self.speed / self.hop_s)

    def positions(self, times_ms: NDArray[np.generic]) -> NDArray[np.float64]:
        """Times (n,) in words (n,), not rounded."""
        return (times_ms.astype(np.float64) / 1000 - self.start_s) * self.speed / self.hop_s


def episode_sound(fingerprint: SoundFingerprint) -> EpisodeSound:
    """The sound of an episode as it is."""
    return EpisodeSound(fingerprint.bits, fingerprint.hop_s, fingerprint.start_s)


def silent_sound(duration_ms: int, hop_s: float) -> EpisodeSound:
    """Silence as long as an episode, so that times of one without sound can be told in words too."""
    return EpisodeSound(np.zeros(round(duration_ms / 1000 / hop_s), np.uint32), hop_s, 0.0)


def slowed(fingerprint: SoundFingerprint, speed: float, *, pitch: bool) -> EpisodeSound | None:
    """The sound of an episode that plays `speed` times as fast, as it would be without that; `pitch`: it is higher too.

    `None` where the fingerprint has no bits of higher bands.
    """
    words = fingerprint.shifted_bits if pitch else fingerprint.bits
    if words is None:
        return None
    return EpisodeSound(stretched(words, speed), fingerprint.hop_s, fingerprint.start_s, speed)
