"""Themes of one season, as mined from its episodes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.catalogue.segments import Segment, Theme
from core.domain import FileId


@dataclass(frozen=True, slots=True)
class SeasonThemes:
    """The themes of one season, the segments of each of its episodes by time, and per episode a sentence where
    something hindered the search, as a file without sound.
    """

    themes: Sequence[Theme]
    segments: Mapping[FileId, Sequence[Segment]]
    notes: Mapping[FileId, str]
