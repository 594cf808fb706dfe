"""Segments and themes: which part of an episode is its opening, and what the openings of a season have in common."""

from dataclasses import dataclass
from enum import StrEnum
from typing import NewType

from core.domain import FileId
from core.timecode import Millis

ThemeId = NewType("ThemeId", int)


class SegmentKind(StrEnum):
    """The role of a segment in its episode. `COLD_OPEN`: story before the opening, told by chapters only; `SPONSOR`: a
    card that names sponsors; `EYECATCH`: a short picture around the break.
    """

    OPENING = "opening"
    ENDING = "ending"
    COLD_OPEN = "cold_open"
    RECAP = "recap"
    PREVIEW = "preview"
    EYECATCH = "eyecatch"
    SPONSOR = "sponsor"


class Evidence(StrEnum):
    """Where a segment is known from."""

    CORRECTION = "correction"
    CHAPTER = "chapter"
    SOUND = "sound"
    PICTURES = "pictures"


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of one episode, `start_ms` to `end_ms` from the start of its file. `confidence`: the probability that both
    edges are within a second, 0 to 1; 1 of a correction. `theme`: what it is an occurrence of, `None` where nothing is
    shared, as of a chapter in a single film.
    """

    kind: SegmentKind
    start_ms: Millis
    end_ms: Millis
    confidence: float
    evidence: tuple[Evidence, ...]
    theme: ThemeId | None = None


@dataclass(frozen=True, slots=True)
class Theme:
    """A part that several episodes share. `number`: 1 of the season's first opening; `variant_of`: the theme with the
    same sound or pictures that this one differs from in the rest. `file_id`, `start_ms` and `end_ms` are its clearest
    occurrence, from which it is matched; times within a theme are counted from `start_ms`.
    """

    id: ThemeId
    kind: SegmentKind
    number: int
    file_id: FileId
    start_ms: Millis
    end_ms: Millis
    variant_of: ThemeId | None = None

    @property
    def length_ms(self) -> Millis:
        """Length of its clearest occurrence."""
        return Millis(self.end_ms - self.start_ms)
