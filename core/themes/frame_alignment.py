"""Alignment of pictures: whether spans of episodes show the same, and where an episode shows what a theme does."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from core.themes.episode_track import EpisodeTrack, FrameTrack

_TOLERANCE_MS: Final = 900
_CHANCE_QUANTILE: Final = 0.99
_MAX_SAMPLES: Final = 300
_MIN_FRAMES: Final = 4
_BIN_MS: Final = 500
_MIN_SIMILARITY: Final = 0.6


class PictureComparison:
    """Compares frames of the episodes of one season, named by their indices.

    A frame agrees with another episode at a moment when it is nearer to a frame there, within .9 s, than 99 in 100
    pairs of frames of the two episodes are.
    """

    def __init__(self, tracks: Sequence[EpisodeTrack]) -> None:
        self._frames = [track.frames for track in tracks]
        self._chance: dict[tuple[int, int], float] = {}

    def share(
        self, first: int, second: int, start_ms: int, end_ms: int, shift_ms: int, *, speed: float = 1.0
    ) -> float | None:
        """The share of frames of one episode that agree with another, `shift_ms` later. `speed`: how much faster the
        other one plays, from `start_ms` on. `None` with fewer than four frames to compare.
        """
        _, agree = self.frames_that_agree(first, second, start_ms, end_ms, shift_ms, speed=speed)
        return float(agree.mean()) if len(agree) >= _MIN_FRAMES else None

    def frames_that_agree(
        self, first: int, second: int, start_ms: int, end_ms: int, shift_ms: int, *, speed: float = 1.0
    ) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """Times (n,) of the frames between two times that can be compared, and whether they agree (n,)."""
        track, other = self._frames[first], self._frames[second]
        if track is None or other is None or min(len(track.times_ms), len(other.times_ms)) < _MIN_FRAMES:
            return np.zeros(0, np.int64), np.zeros(0, np.bool_)
        begin, end = (int(index) for index in np.searchsorted(track.times_ms, [max(0, start_ms), max(0, end_ms)]))
        times = track.times_ms[begin:end].astype(np.int64)
        similar = _nearest_similarity(track.vectors[begin:end], other, start_ms + shift_ms + (times - start_ms) / speed)
        compared = ~np.isnan(similar)
        return times[compared], similar[compared] > self._chance_similarity(first, second, track, other)

    def find(self, theme: int, start_ms: int, end_ms: int, episode: int) -> tuple[int, float] | None:
        """How much later than in one episode another shows most of a span, in milliseconds, and which share of it."""
        track, other = self._frames[theme], self._frames[episode]
        if track is None or other is None:
            return None
        begin, end = (int(index) for index in np.searchsorted(track.times_ms, [start_ms, end_ms]))
        if end - begin < _MIN_FRAMES or not len(other.times_ms):
            return None
        least = self._chance_similarity(theme, episode, track, other)
        rows, columns = np.nonzero(track.vectors[begin:end] @ other.vectors.T > least)
        shifts = other.times_ms[columns].astype(np.int64) - track.times_ms[begin:end][rows].astype(np.int64)
        if not len(shifts):
            return None
        bins = np.unique(np.stack([rows, shifts // _BIN_MS]), axis=1)[1]
        values, counts = np.unique(bins, return_counts=True)
        best = None
        for value in values[np.argsort(-counts, kind="stable")[:5]]:
            near = shifts[np.abs(shifts - (value + 0.5) * _BIN_MS) <= _BIN_MS]
            shift = round(float(np.median(near)))
            share = self.share(theme, episode, start_ms, end_ms, shift) or 0.0
            if best is None or share > best[1]:
                best = (shift, share)
        return best

    def common_shifts(self, first: int, second: int, bin_ms: int, least: int) -> list[int]:
        """Shifts in milliseconds at which `least` frames or more of one episode agree with another, most first."""
        track, other = self._frames[first], self._frames[second]
        if track is None or other is None or min(len(track.times_ms), len(other.times_ms)) < _MIN_FRAMES:
            return []
        limit = self._chance_similarity(first, second, track, other)
        rows, columns = np.nonzero(track.vectors @ other.vectors.T > max(limit, _MIN_SIMILARITY))
        bins = (other.times_ms[columns].astype(np.int64) - track.times_ms[rows].astype(np.int64)) // bin_ms
        values, counts = np.unique(np.unique(np.stack([rows, bins]), axis=1)[1], return_counts=True)
        order = np.argsort(-counts, kind="stable")
        return [int((values[number] + 0.5) * bin_ms) for number in order if counts[number] >= least]

    def _chance_similarity(self, first: int, second: int, track: FrameTrack, other: FrameTrack) -> float:
        """The cosine that one in a hundred pairs of frames of two episodes exceeds."""
        key = (min(first, second), max(first, second))
        if key not in self._chance:
            rows = track.vectors[:: max(1, len(track.vectors) // _MAX_SAMPLES)]
            columns = other.vectors[:: max(1, len(other.vectors) // _MAX_SAMPLES)]
            self._chance[key] = float(np.quantile(rows @ columns.T, _CHANCE_QUANTILE))
        return self._chance[key]


def strongest_stretch(scores: NDArray[np.floating[Any]]) -> tuple[int, int]:
    """First and last + 1 of the stretch of scores (n,) with the greatest sum (Kadane); empty where none is positive."""
    sums = np.concatenate([[0.0], np.cumsum(scores)])
    end = int((sums - np.minimum.accumulate(sums)).argmax())
    return int(sums[: end + 1].argmin()), end


def _nearest_similarity(
    vectors: NDArray[np.float32], other: FrameTrack, moments: NDArray[np.float64]
) -> NDArray[np.float32]:
    """The greatest cosine (n,) of each vector (n, dim) with those at its moment in another track; NaN without any.

    The frame before a moment counts too: frames like the one before them are not stored.
    """
    low = np.maximum(np.searchsorted(other.times_ms, np.maximum(moments - _TOLERANCE_MS, 0)) - 1, 0)
    high = np.searchsorted(other.times_ms, np.maximum(moments + _TOLERANCE_MS, 0))
    similar = np.full(len(vectors), np.nan, np.float32)
    for number, (left, right) in enumerate(zip(low, high, strict=True)):
        if right > left and moments[number] >= 0:
            similar[number] = float((other.vectors[left:right] @ vectors[number]).max())
    return similar
