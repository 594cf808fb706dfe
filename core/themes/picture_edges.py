"""Edges of a group by pictures: what has the same sound but shows something else each time is not part of it."""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.themes.consensus import Group
from core.themes.episode_sound import EpisodeSound
from core.themes.episode_track import EpisodeTrack
from core.themes.frame_alignment import PictureComparison, strongest_stretch

_BIN: Final = 22
"""Words, about a second."""
_MIN_SHARE: Final = 0.35
_CLEAR_SHARE: Final = 0.6
_MIN_TRIMMED: Final = 5
"""Bins that must be without agreement before anything is cut off."""
_MAX_PARTNERS: Final = 4
_CUT_REACH: Final = 11
"""Words, half a second, that an edge is moved at most to where most episodes have a cut."""
_TRIM_REACH: Final = 34
_SAME_CUT: Final = 4


class PictureEdges:
    """Corrects the edges of groups by frames and cuts."""

    def __init__(
        self, sounds: Mapping[int, EpisodeSound], tracks: Sequence[EpisodeTrack], pictures: PictureComparison
    ) -> None:
        self._sounds = sounds
        self._tracks = tracks
        self._pictures = pictures

    def correct(self, group: Group) -> None:
        """Cut off the head or tail of a group in which no pictures agree, where those between do; move its edges to
        cuts that its episodes have in common.
        """
        shares = self._shares(group)
        start, end = self._shown(shares)
        if start >= _MIN_TRIMMED:
            group.start = self._common_cut(group, group.start + start * _BIN, _TRIM_REACH)
        else:
            group.start = self._common_cut(group, group.start, _CUT_REACH)
        if len(shares) - end >= _MIN_TRIMMED:
            group.end = self._common_cut(group, group.end - (len(shares) - end) * _BIN, _TRIM_REACH)
        else:
            group.end = self._common_cut(group, group.end, _CUT_REACH)

    def _shares(self, group: Group) -> NDArray[np.float64]:
        """The share of frames that agree in each second of the time line; NaN where there are none."""
        count = max(1, (group.end - group.start) // _BIN)
        total, agreeing = np.zeros(count), np.zeros(count)
        edges = sorted(group.edges, key=lambda edge: -edge.agreement * (edge.end - edge.start))
        for edge in edges[: _MAX_PARTNERS * len(group.occurrences)]:
            first, second = edge.first, edge.second
            sound, other = self._sounds[first.episode], self._sounds[second.episode]
            start_ms = sound.millis(max(edge.start, group.start) + first.offset)
            shift = other.millis(max(edge.start, group.start) + second.offset) - start_ms
            times, agree = self._pictures.frames_that_agree(
                first.episode,
                second.episode,
                start_ms,
                sound.millis(min(edge.end, group.end) + first.offset),
                shift,
                speed=other.speed / sound.speed,
            )
            words = sound.positions(times) - first.offset - group.start
            bins = np.clip(words // _BIN, 0, count - 1).astype(np.int64)
            np.add.at(total, bins, 1)
            np.add.at(agreeing, bins, agree)
        with np.errstate(invalid="ignore"):
            return np.where(total > 0, agreeing / np.maximum(total, 1), np.nan)

    @staticmethod
    def _shown(shares: NDArray[np.float64]) -> tuple[int, int]:
        """The bins in which pictures agree, first and last + 1; all where that is not clear."""
        start, end = strongest_stretch(np.where(np.isnan(shares), 0.0, shares - _MIN_SHARE))
        if end - start < len(shares) / 2 or np.nanmean(shares[start:end]) < _CLEAR_SHARE:
            return 0, len(shares)
        return start, end

    def _common_cut(self, group: Group, word: int, reach: int) -> int:
        """The word near one at which most occurrences have a cut, half of them at least, or the word itself."""
        cuts: list[tuple[int, int]] = []
        for number, occurrence in enumerate(group.occurrences):
            sound, track = self._sounds[occurrence.episode], self._tracks[occurrence.episode]
            words = sound.positions(np.array([0, *track.cuts_ms, track.duration_ms])) - occurrence.offset
            cuts += [(round(float(at)), number) for at in words[np.abs(words - word) <= reach]]
        best, votes = word, 0.5 * len(group.occurrences)
        for at, _ in sorted(cuts, key=lambda cut: abs(cut[0] - word)):
            near = {number for other, number in cuts if abs(other - at) <= _SAME_CUT}
            if len(near) > votes:
                best, votes = at, len(near)
        return best
