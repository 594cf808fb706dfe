"""Alignment of episodes by pictures alone, where one of them has no sound."""

from typing import Final

import numpy as np

from core.themes.alignment import Match
from core.themes.episode_track import EpisodeTrack
from core.themes.fingerprint import HOP_S
from core.themes.frame_alignment import PictureComparison

_BIN_MS: Final = 500
_MIN_FRAMES: Final = 12
"""Frames that must agree at one shift before it is looked at."""
_MAX_SHIFTS: Final = 12
_THRESHOLD: Final = 0.4
_MIN_MS: Final = 12_000
_GAP: Final = 8.0


def align_pictures(
    first: int, second: int, tracks: tuple[EpisodeTrack, EpisodeTrack], pictures: PictureComparison
) -> list[Match]:
    """Spans of one episode that another shows too, in words of `HOP_S` from the start of the file.

    Shifts are those of which most frames say that they are alike; a span grows while four in ten frames agree.
    """
    duration_ms = tracks[0].duration_ms
    matches: list[Match] = []
    for shift in pictures.common_shifts(first, second, _BIN_MS, _MIN_FRAMES)[:_MAX_SHIFTS]:
        times, agree = pictures.frames_that_agree(first, second, 0, duration_ms, shift)
        for begin, end in _runs(agree.astype(np.float64) - _THRESHOLD):
            start_ms, end_ms = int(times[begin]), int(times[end - 1])
            match = Match(
                round(start_ms / 1000 / HOP_S),
                round(end_ms / 1000 / HOP_S),
                round(shift / 1000 / HOP_S),
                float(agree[begin:end].mean()),
            )
            if end_ms - start_ms >= _MIN_MS and not any(_overlap(match, earlier) for earlier in matches):
                matches.append(match)
    return matches


def _runs(scores: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> list[tuple[int, int]]:
    """Stretches of a positive sum that does not fall by more than `_GAP` within them."""
    runs: list[tuple[int, int]] = []
    start, best, total, best_end = 0, 0.0, 0.0, 0
    for number, score in enumerate([*scores, -np.inf]):
        if total <= 0 and score > 0:
            start, best, total, best_end = number, 0.0, 0.0, number
        total += float(score)
        if total > best:
            best, best_end = total, number + 1
        if total < 0 or best - total > _GAP:
            if best > 0:
                runs.append((start, best_end))
            best, total = 0.0, 0.0
    return runs


def _overlap(match: Match, other: Match) -> bool:
    return min(match.end, other.end) - max(match.start, other.start) > (match.end - match.start) / 2
