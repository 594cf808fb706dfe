"""Alignment of pictures: whether two spans of episodes, or of one, show the same."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.themes.episode_track import FrameTrack

_TOLERANCE_MS: Final = 900
_CHANCE_QUANTILE: Final = 0.99
_MAX_SAMPLES: Final = 400
_MIN_FRAMES: Final = 4


def pictures_agree(
    track: FrameTrack, other: FrameTrack, start_ms: int, end_ms: int, shift_ms: int, *, speed: float = 1.0
) -> float | None:
    """The share of the frames between two times that another track has at the same moment, `shift_ms` later.

    A frame agrees when it is nearer to one at its moment, within .9 s, than 99 in 100 pairs of frames of the two
    tracks are. `speed`: how much faster the other one plays, from `start_ms` on. `None` with fewer than four frames.
    """
    first, last = np.searchsorted(track.times_ms, [start_ms, end_ms])
    if last - first < _MIN_FRAMES or len(other.times_ms) < _MIN_FRAMES:
        return None
    similar = nearest_similarity(track, other, int(first), int(last), start_ms, shift_ms, speed)
    compared = ~np.isnan(similar)
    if compared.sum() < _MIN_FRAMES:
        return None
    return float((similar[compared] > chance_similarity(track, other)).mean())


def nearest_similarity(
    track: FrameTrack, other: FrameTrack, first: int, last: int, start_ms: int, shift_ms: int, speed: float = 1.0
) -> NDArray[np.float32]:
    """The greatest cosine of each frame `first` to `last` with those at its moment in the other track; NaN without any.

    The frame before a moment counts too: frames like the one before them are not stored.
    """
    times = track.times_ms[first:last].astype(np.int64)
    moments = start_ms + shift_ms + (times - start_ms) / speed
    low = np.maximum(np.searchsorted(other.times_ms, moments - _TOLERANCE_MS) - 1, 0)
    high = np.searchsorted(other.times_ms, moments + _TOLERANCE_MS)
    similar = np.full(last - first, np.nan, np.float32)
    for number, (left, right) in enumerate(zip(low, high, strict=True)):
        if right > left:
            similar[number] = float((other.vectors[left:right] @ track.vectors[first + number]).max())
    return similar


def chance_similarity(track: FrameTrack, other: FrameTrack) -> float:
    """The cosine that one in a hundred pairs of frames of two tracks exceeds."""
    rows = track.vectors[:: max(1, len(track.vectors) // _MAX_SAMPLES)]
    columns = other.vectors[:: max(1, len(other.vectors) // _MAX_SAMPLES)]
    return float(np.quantile(rows @ columns.T, _CHANCE_QUANTILE))
