"""Segments and themes: which part of an episode is its opening, and what the openings of a season have in common."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NewType

from core.domain import FileId, SegmentKind
from core.timecode import Millis

__all__ = [
    "Correction",
    "Evidence",
    "MinedSeason",
    "Season",
    "Segment",
    "SegmentKind",
    "Theme",
    "ThemeId",
    "corrected_segments",
]

ThemeId = NewType("ThemeId", int)


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


@dataclass(frozen=True, slots=True)
class Season:
    """A season of a show; `number` is `None` where names have none."""

    show: str
    number: int | None = None


@dataclass(frozen=True, slots=True)
class Correction:
    """The operator's word on the segments of one kind in one video, which stands in place of what is mined. `content`
    is that of the video's `FileStamp`, so that it holds wherever the file is. `spans` are start and end times; without
    any there is no such segment in it.
    """

    content: str
    kind: SegmentKind
    spans: tuple[tuple[Millis, Millis], ...]


@dataclass(frozen=True, slots=True)
class MinedSeason:
    """The themes of one season, and what they were mined from: `config` is a hash of the method and its settings,
    `files` are the files that were compared.
    """

    season: Season
    config: str
    files: frozenset[FileId]
    themes: tuple[Theme, ...]


def corrected_segments(
    mined: Sequence[Segment], corrections: Sequence[Correction], duration_ms: Millis
) -> tuple[Segment, ...]:
    """The segments of one video by time: of kinds that were corrected the operator's, of all others those `mined`.

    A corrected segment is an occurrence of the theme of the mined one of its kind that it overlaps most. `duration_ms`
    limits what was said of a longer file of the same content; 0 is not known.
    """
    kinds = {correction.kind for correction in corrections}
    segments = [segment for segment in mined if segment.kind not in kinds]
    for correction in corrections:
        for start_ms, said_end_ms in correction.spans:
            end_ms = min(said_end_ms, duration_ms) if duration_ms else said_end_ms
            if start_ms < end_ms:
                theme = _overlapping_theme(mined, correction.kind, start_ms, end_ms)
                segments.append(Segment(correction.kind, start_ms, end_ms, 1.0, (Evidence.CORRECTION,), theme))
    return tuple(sorted(segments, key=lambda segment: (segment.start_ms, segment.end_ms)))


def _overlapping_theme(mined: Sequence[Segment], kind: SegmentKind, start_ms: int, end_ms: int) -> ThemeId | None:
    overlaps = [
        (min(end_ms, segment.end_ms) - max(start_ms, segment.start_ms), segment.theme)
        for segment in mined
        if segment.kind is kind and segment.theme is not None
    ]
    overlap_ms, theme = max(overlaps, default=(0, None), key=lambda pair: pair[0])
    return theme if overlap_ms > 0 else None
