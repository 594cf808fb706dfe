"""Systems that are measured: from the tracks of a season to the segments of each episode."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from benchmarks.theme_seasons.episode_scores import KINDS, Span
from benchmarks.theme_seasons.truth import TrueEpisode
from core.catalogue.segments import Segment
from core.themes.chapters import chapter_segments
from core.themes.episode_track import EpisodeTrack
from core.themes.mining import mine_season


@dataclass(frozen=True, slots=True)
class Episode:
    """An episode as systems get it: its track, and the truth for its path and length alone."""

    truth: TrueEpisode
    track: EpisodeTrack


class System(Protocol):
    """A way to find openings and endings."""

    @property
    def name(self) -> str:
        """Its name in tables."""

    def find(self, episodes: Sequence[Episode]) -> list[list[Span]]:
        """The segments of each episode of a season, in the same order."""


class Mined:
    """Ours: chapters, sound and pictures of the season together; `chapters` false leaves the chapters out."""

    def __init__(self, *, chapters: bool = True, pictures: bool = True) -> None:
        self._chapters = chapters
        self._pictures = pictures
        self.name = "mined" + ("" if chapters else ", no chapters") + ("" if pictures else ", no pictures")

    def find(self, episodes: Sequence[Episode]) -> list[list[Span]]:
        """Mine the season."""
        tracks = [episode.track if self._pictures else _blind(episode.track) for episode in episodes]
        chapters = {track.file_id: chapter_segments(track.chapters, track.duration_ms) for track in tracks}
        themes = mine_season(tracks, chapters if self._chapters else None)
        return [spans(themes.segments.get(track.file_id, ())) for track in tracks]


class ChaptersOnly:
    """What the chapters of each file say by name."""

    name: Final = "chapters only"

    def find(self, episodes: Sequence[Episode]) -> list[list[Span]]:
        """Read the names."""
        return [spans(chapter_segments(e.track.chapters, e.track.duration_ms)) for e in episodes]


def spans(segments: Sequence[Segment]) -> list[Span]:
    """Openings and endings of mined segments."""
    return [Span(s.kind, s.start_ms / 1000, s.end_ms / 1000) for s in segments if s.kind in KINDS]


def _blind(track: EpisodeTrack) -> EpisodeTrack:
    return EpisodeTrack(track.file_id, track.duration_ms, track.sound, None, track.chapters, ())
