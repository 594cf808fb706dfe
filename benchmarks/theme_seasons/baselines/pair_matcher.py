"""Pairwise matching of points as Jellyfin's Intro Skipper did it at the end of 2024, with its default settings.

Written from its description: an inverted index of words to their last position; shifts at which words are equal, give
or take 2 in value; at each shift, points that differ in at most 6 of 32 bits; the longest run of them with gaps of at
most 3.5 s, at least 15 s long; the longest such run of all shifts is the segment of both episodes; a start within 5 s
of the file's is moved to it; the first partner with a match decides. Endings are looked for the same way in reversed
points. Openings are at most 120 s long, in the first 25 % and at most 10 min; endings in the last 450 s. Not ported,
as it does nothing there: snapping to silence and chapters. Not ported, as it is another detector: black frames.

Our episodes may be much shorter than 24 min; the window of openings is never less than the 6 min of such an episode,
but ends at 60 % of the file, and endings are looked for in the second half of it.
"""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.theme_seasons.baselines.chromaprint_points import (
    POINT_S,
    Points,
    chromaprint_points,
    has_chromaprint,
    points_of,
)
from benchmarks.theme_seasons.episode_scores import Span
from benchmarks.theme_seasons.systems import Episode
from core.catalogue.segments import SegmentKind

_MAX_BITS: Final = 6
_MAX_GAP_S: Final = 3.5
_VALUE_SHIFT: Final = 2
_MIN_S: Final = 15.0
_MAX_OPENING_S: Final = 120.0
_WINDOW: Final = (0.25, 360.0, 600.0, 0.6)
"""Of openings: share of the file, least and most seconds, and the largest share."""
_ENDING_WINDOW_S: Final = 450.0
_NEAR_START_S: Final = 5.0


class PairMatcher:
    """The matcher on Chromaprint's points where FFmpeg makes them, else on our own bits at the same rate."""

    def __init__(self) -> None:
        self.name = "pairs, Chromaprint" if has_chromaprint() else "pairs, Haitsma-Kalker bits"

    def find(self, episodes: Sequence[Episode]) -> list[list[Span]]:
        """Match every episode with the others in order."""
        points = [_points(episode) for episode in episodes]
        lengths = [episode.truth.length_s for episode in episodes]
        heads = [part[: round(_opening_window_s(s) / POINT_S)] for part, s in zip(points, lengths, strict=True)]
        tails = [part[-round(_ending_window_s(s) / POINT_S) :][::-1] for part, s in zip(points, lengths, strict=True)]
        openings, endings = _matches(heads, _MAX_OPENING_S), _matches(tails, float("inf"))
        found = []
        for opening, ending, length in zip(openings, endings, lengths, strict=True):
            spans = []
            if opening:
                start = 0.0 if opening[0] <= _NEAR_START_S else opening[0]
                spans.append(Span(SegmentKind.OPENING, start, opening[1]))
            if ending:
                end = 0.0 if ending[0] <= _NEAR_START_S else ending[0]
                spans.append(Span(SegmentKind.ENDING, length - ending[1], length - end))
            found.append(spans)
        return found


def _points(episode: Episode) -> Points:
    if has_chromaprint():
        return chromaprint_points(episode.truth.path)
    return points_of(episode.track.sound) if episode.track.sound else np.zeros(0, np.uint32)


def _opening_window_s(length_s: float) -> float:
    share, least, most, largest = _WINDOW
    return min(max(length_s * share, least), most, length_s * largest)


def _ending_window_s(length_s: float) -> float:
    return min(_ENDING_WINDOW_S, length_s / 2)


def _matches(parts: Sequence[Points], most_s: float) -> list[tuple[float, float] | None]:
    """The range of each episode; an episode that got one as a partner keeps it."""
    ranges: list[tuple[float, float] | None] = [None] * len(parts)
    for first in range(len(parts)):
        if ranges[first]:
            continue
        for second in range(first + 1, len(parts)):
            pair = match_pair(parts[first], parts[second], most_s)
            if pair:
                ranges[first], ranges[second] = pair
                break
    return ranges


def match_pair(
    first: Points, second: Points, most_s: float = float("inf")
) -> tuple[tuple[float, float], tuple[float, float]] | None:
    """The longest range that two lists of points share, in seconds of each; `None` where there is none of 15 s."""
    best: tuple[float, tuple[float, float], tuple[float, float]] | None = None
    for shift in _shifts(first, second):
        count = min(len(first), len(second)) - abs(shift)
        left, right = max(0, -shift), max(0, shift)
        if count <= 0:
            continue
        differing = np.bitwise_count(first[left : left + count] ^ second[right : right + count])
        run = _longest_run(np.flatnonzero(differing <= _MAX_BITS).astype(np.float64) * POINT_S)
        length = run[1] - run[0]
        if _MIN_S <= length <= most_s and (best is None or length > best[0]):
            best = (
                length,
                (run[0] + left * POINT_S, run[1] + left * POINT_S),
                (run[0] + right * POINT_S, run[1] + right * POINT_S),
            )
    return best[1:] if best else None


def _shifts(first: Points, second: Points) -> set[int]:
    """Differences of the last positions of words whose values are equal within 2."""
    positions = {int(word): place for place, word in enumerate(second)}
    last = {int(word): place for place, word in enumerate(first)}
    return {
        positions[word + change] - place
        for word, place in last.items()
        for change in range(-_VALUE_SHIFT, _VALUE_SHIFT + 1)
        if word + change in positions
    }


def _longest_run(times: NDArray[np.floating[Any]]) -> tuple[float, float]:
    """First and last of the longest run of times without a gap of more than 3.5 s."""
    if not len(times):
        return 0.0, 0.0
    breaks = np.flatnonzero(np.diff(times) > _MAX_GAP_S)
    firsts, lasts = np.append(0, breaks + 1), np.append(breaks, len(times) - 1)
    longest = int(np.argmax(times[lasts] - times[firsts]))
    return float(times[firsts[longest]]), float(times[lasts[longest]])
