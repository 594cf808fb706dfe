"""Alignment of a season: which spans its episodes have in common, by sound, at another speed, or by pictures."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from core.themes.alignment import AlignmentTarget, Match, align
from core.themes.episode_sound import EpisodeSound, episode_sound, silent_sound, slowed
from core.themes.episode_track import EpisodeTrack
from core.themes.fingerprint import HOP_S, PAL_SPEED
from core.themes.frame_alignment import PictureComparison
from core.themes.picture_alignment import align_pictures

NOTHING_TO_COMPARE: Final = "nothing to compare with: it is the only episode"
NO_SOUND: Final = "it has no sound that can be decoded, and was compared by its pictures"
PLAYS_FASTER: Final = "it plays 4 % faster than the others, as broadcast at 25 frames a second"
MIN_SHARED_WORDS: Final = 430
"""Length of a match, 20 s, from which on an episode is said to share something."""
_ALL_PAIRS: Final = 26
"""Episodes up to which all pairs are compared."""
_NEIGHBOURS: Final = 13

PairMatch = tuple[int, int, Match]
"""Indices of two tracks, and a span that they have in common."""


class SeasonAlignment:
    """Matches of the tracks of a season, of which the first `episodes` are compared with each other and the rest, which
    are stored themes, with those.

    `sounds` are the fingerprints on one clock, by index; `notes` say what is special about an episode, by index.
    """

    def __init__(self, tracks: Sequence[EpisodeTrack], episodes: int, pictures: PictureComparison) -> None:
        self._tracks = tracks
        self._episodes = episodes
        self._pictures = pictures
        self.sounds: dict[int, EpisodeSound] = {
            index: episode_sound(track.sound) for index, track in enumerate(tracks) if track.sound is not None
        }
        self.notes: dict[int, str] = {}
        self.matches: list[PairMatch] = []
        self._align_sounds()
        for index in [index for index in self.sounds if index < episodes]:
            if len(self.sounds) > 1 and not self._shares(index):
                self._try_speeds(index)
        for index in range(episodes):
            if index not in self.sounds:
                self.notes[index] = NO_SOUND
                self._align_pictures(index)
        if len(tracks) == 1:
            self.notes[0] = NOTHING_TO_COMPARE

    def _align_sounds(self) -> None:
        for second in sorted(self.sounds):
            target = AlignmentTarget(self.sounds[second].words)
            for first in range(min(second + 1, self._episodes)):
                if first in self.sounds and self._is_compared(first, second):
                    matches = align(self.sounds[first].words, target, itself=first == second)
                    self.matches += [(first, second, match) for match in matches]

    def _is_compared(self, first: int, second: int) -> bool:
        """All pairs of a usual season; of a longer one neighbours, and every thirteenth episode with all."""
        if self._episodes <= _ALL_PAIRS or second >= self._episodes:
            return True
        return second - first < _NEIGHBOURS or first % _NEIGHBOURS == 0

    def _shares(self, index: int) -> bool:
        return any(
            first != second and index in {first, second} and match.end - match.start >= MIN_SHARED_WORDS
            for first, second, match in self.matches
        )

    def _try_speeds(self, index: int) -> None:
        """Compare an episode that shares nothing once more as if it played faster than the others."""
        fingerprint = self._tracks[index].sound
        if fingerprint is None:
            return
        best: tuple[float, EpisodeSound, list[PairMatch]] | None = None
        for pitch in (True, False):
            sound = slowed(fingerprint, PAL_SPEED, pitch=pitch)
            if sound is None:
                continue
            target = AlignmentTarget(sound.words)
            matches = [
                (number, index, match)
                for number, words in self.sounds.items()
                if number != index and self._is_compared(min(number, index), max(number, index))
                for match in align(words.words, target)
            ]
            weight = sum(match.weight for _, _, match in matches)
            shares = any(match.end - match.start >= MIN_SHARED_WORDS for _, _, match in matches)
            if shares and (best is None or weight > best[0]):
                best = (weight, sound, matches)
        if best:
            self.sounds[index] = best[1]
            self.matches = [item for item in self.matches if index not in item[:2]] + best[2]
            self.notes[index] = PLAYS_FASTER

    def _align_pictures(self, index: int) -> None:
        """Compare an episode without sound by pictures with those that have sound or came before it."""
        track = self._tracks[index]
        self.sounds[index] = silent_sound(track.duration_ms, HOP_S)
        for number in sorted(self.sounds):
            if number != index and self.sounds[number].speed == 1.0:
                matches = align_pictures(index, number, (track, self._tracks[number]), self._pictures)
                moved = -round(self.sounds[number].start_s / self.sounds[number].hop_s)
                self.matches += [(index, number, replace(match, shift=match.shift + moved)) for match in matches]
