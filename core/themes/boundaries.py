"""Boundaries: where a group's sound starts and ends in each episode, shortened, under speech, or longer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.themes.alignment import agreement, shifted
from core.themes.consensus import Edge, Group, Occurrence, near_median
from core.themes.episode_sound import EpisodeSound
from core.themes.episode_track import EpisodeTrack
from core.themes.frame_alignment import PictureComparison
from core.themes.sound_words import Words, packed_words, signs_of
from core.timecode import Millis

_NEAR: Final = 43
"""Words, 2 s."""
_PRESENT: Final = 0.08
"""Agreement of a missing part with the rest of its group from which on it is there under other sound."""
_GOES_ON: Final = 0.3
_PICTURES_PRESENT: Final = 0.4
_CUT_REACH_MS: Final = 300
_MAX_PARTNERS: Final = 6


@dataclass(frozen=True, slots=True)
class Span:
    """Where an occurrence starts and ends. `pictures`: the share of its frames that other occurrences show too, `None`
    where they cannot be compared; `sure`: both edges are heard, rather than inferred from other episodes.
    """

    occurrence: Occurrence
    start_ms: Millis
    end_ms: Millis
    pictures: float | None
    agreement: float
    sure: bool = True
    whole: bool = True


class GroupMeasure:
    """Measures the occurrences of one group."""

    def __init__(
        self,
        group: Group,
        sounds: Mapping[int, EpisodeSound],
        tracks: Sequence[EpisodeTrack],
        others: Sequence[Group],
        pictures: PictureComparison,
    ) -> None:
        self._group = group
        self._sounds = sounds
        self._tracks = tracks
        self._comparison = pictures
        self._others = [other for other in others if other is not group]

    def spans(self) -> list[Span]:
        """A span of each occurrence."""
        return [self._span(occurrence) for occurrence in self._group.occurrences]

    def _span(self, occurrence: Occurrence) -> Span:
        group = self._group
        edges = group.edges_of(occurrence)
        start, start_sure = self._edge(occurrence, edges, head=True)
        end, end_sure = self._edge(occurrence, edges, head=False)
        if end <= start:
            start, end, start_sure, end_sure = group.start, group.end, False, False
        sound, track = self._sounds[occurrence.episode], self._tracks[occurrence.episode]
        first, last = (sound.millis(word + occurrence.offset - 0.5) for word in (start, end))
        last = Millis(min(last, track.duration_ms))
        return Span(
            occurrence,
            snapped(first, track.cuts_ms),
            snapped(last, [*track.cuts_ms, track.duration_ms]),
            self._pictures(occurrence, start, end, edges),
            float(np.mean([edge.agreement for edge in edges])) if edges else 0.0,
            start_sure and end_sure,
            abs(start - group.start) <= _NEAR and abs(end - group.end) <= _NEAR,
        )

    def _edge(self, occurrence: Occurrence, edges: Sequence[Edge], *, head: bool) -> tuple[int, bool]:
        """The first or last word on the group's time line, and whether it is heard."""
        common = self._group.start if head else self._group.end
        sign = 1 if head else -1
        heard = [(edge.start if head else edge.end, edge) for edge in edges]
        if all((value - common) * sign > _NEAR for value, _ in heard):
            outermost = min((value for value, _ in heard), key=lambda value: value * sign, default=common)
            own = near_median([(value, edge.agreement) for value, edge in heard], outermost)
            missing = (common, own) if head else (own, common)
            return (common, False) if self._is_there(occurrence, *missing) else (own, True)
        beyond = [(value, edge) for value, edge in heard if (common - value) * sign > 2 * _NEAR]
        if beyond:
            own = sorted(value for value, _ in beyond)[len(beyond) // 2]
            span = (own, common) if head else (common, own)
            if self._is_free(occurrence, *span) and self._goes_on(occurrence, *span, [edge for _, edge in beyond]):
                return own, True
        return common, True

    def _goes_on(self, occurrence: Occurrence, start: int, end: int, edges: Sequence[Edge]) -> bool:
        """Whether a longer version goes on between two words: with the sound and the pictures of another occurrence."""
        shown = self._pictures(occurrence, start, end, edges)
        if shown is None or shown <= _PICTURES_PRESENT:
            return False
        mine = self._part(occurrence, start, end)
        others = [edge.partner(occurrence) for edge in edges]
        return max(float(agreement(mine, self._part(item, start, end)).mean()) for item in others) > _GOES_ON

    def _part(self, occurrence: Occurrence, start: int, end: int) -> Words:
        words = self._sounds[occurrence.episode].words
        return shifted(words, start + occurrence.offset, end + occurrence.offset)

    def _is_there(self, occurrence: Occurrence, start: int, end: int) -> bool:
        """Whether a part of the time line that no pair agreed on is in an episode all the same, under other sound."""
        middle = (start + end) // 2
        whole = {
            item for edge in self._group.edges if edge.start < middle < edge.end for item in (edge.first, edge.second)
        }
        partners = [edge for edge in self._group.edges_of(occurrence) if edge.first in whole or edge.second in whole]
        pictures = self._pictures(occurrence, start, end, partners)
        items = [occurrence, *(item for item in self._group.occurrences if item in whole and item is not occurrence)]
        heard = float(template_agreement([self._part(item, start, end) for item in items], 0).mean())
        if pictures is None:
            return heard > _PRESENT
        return heard > _PRESENT / 2 and pictures > _PICTURES_PRESENT

    def _is_free(self, occurrence: Occurrence, start: int, end: int) -> bool:
        """Whether no other group has a part of the time line in this episode."""
        low, high = start + occurrence.offset, end + occurrence.offset
        return not any(
            min(high, other.end + mine.offset) - max(low, other.start + mine.offset) > _NEAR
            for other in self._others
            for mine in other.occurrences
            if mine.episode == occurrence.episode
        )

    def _pictures(self, occurrence: Occurrence, start: int, end: int, edges: Sequence[Edge]) -> float | None:
        """The share of frames between two words that the occurrences at the other ends of edges show: that of the best
        few of them.
        """
        track, sound = self._tracks[occurrence.episode], self._sounds[occurrence.episode]
        if track.frames is None:
            return None
        shares = []
        partners = sorted(edges, key=lambda edge: -edge.agreement)[:_MAX_PARTNERS]
        for item in dict.fromkeys(edge.partner(occurrence) for edge in partners):
            other = self._sounds[item.episode]
            first = sound.millis(start + occurrence.offset)
            share = self._comparison.share(
                occurrence.episode,
                item.episode,
                first,
                sound.millis(end + occurrence.offset),
                other.millis(start + item.offset) - first,
                speed=other.speed / sound.speed,
            )
            if share is not None:
                shares.append(share)
        best = sorted(shares, reverse=True)[: max(1, min(3, len(shares) // 2))]
        return best[-1] if best else None


def template_agreement(words: Sequence[Words], number: int) -> NDArray[np.float32]:
    """Agreement (n,) of one of several aligned fingerprints with what most of the others say, bit by bit."""
    signs = np.zeros((len(words[0]), 32), np.float32)
    for index, other in enumerate(words):
        if index != number:
            signs += signs_of(other)
    return agreement(words[number], packed_words(signs > 0, (signs == 0).all(axis=1)))


def snapped(time_ms: Millis, cuts_ms: Sequence[int]) -> Millis:
    """The nearest cut within .3 s, or the time itself; the start of the file is a cut."""
    nearest = min([0, *cuts_ms], key=lambda cut: abs(cut - time_ms))
    return Millis(nearest) if abs(nearest - time_ms) <= _CUT_REACH_MS else time_ms
