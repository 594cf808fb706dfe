"""Fixed times: an opening in the first 90 s and an ending in the last 90 s of every episode."""

from collections.abc import Sequence
from typing import Final

from benchmarks.theme_seasons.episode_scores import Span
from benchmarks.theme_seasons.systems import Episode
from core.catalogue.segments import SegmentKind

LENGTH_S: Final = 90.0


class FixedTimes:
    """0 to 90 s is the opening, the last 90 s are the ending."""

    name: Final = "fixed 90 s"

    def find(self, episodes: Sequence[Episode]) -> list[list[Span]]:
        """The same in every episode."""
        return [
            [
                Span(SegmentKind.OPENING, 0.0, LENGTH_S),
                Span(SegmentKind.ENDING, max(0.0, episode.truth.length_s - LENGTH_S), episode.truth.length_s),
            ]
            for episode in episodes
        ]
