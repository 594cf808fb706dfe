"""Rows of the catalogue's tables of themes, and their values."""

from collections.abc import Iterator, Mapping, Sequence

import sqlalchemy as sa

from core.catalogue.schema import mined_seasons
from core.catalogue.segments import Correction, Evidence, MinedSeason, Season, Segment, SegmentKind, Theme, ThemeId
from core.domain import FileId
from core.timecode import Millis

_SEPARATOR = ","


def season_key(season: Season) -> Iterator[sa.ColumnElement[bool]]:
    """The conditions for the row of a season; a season without a number is one of its own."""
    yield mined_seasons.c.show == season.show
    number = mined_seasons.c.season
    yield number.is_(None) if season.number is None else number == season.number


def theme_values(theme: Theme, mined_season: int) -> Mapping[str, object]:
    """The row of a theme of a mined season."""
    return {
        "id": theme.id,
        "mined_season": mined_season,
        "kind": theme.kind,
        "number": theme.number,
        "file": theme.file_id,
        "start_ms": theme.start_ms,
        "end_ms": theme.end_ms,
        "variant_of": theme.variant_of,
    }


def segment_values(segment: Segment, file_id: FileId, number: int) -> Mapping[str, object]:
    """The row of the segment of that number of a file."""
    return {
        "file": file_id,
        "number": number,
        "kind": segment.kind,
        "start_ms": segment.start_ms,
        "end_ms": segment.end_ms,
        "confidence": segment.confidence,
        "evidence": _SEPARATOR.join(segment.evidence),
        "theme": segment.theme,
    }


def theme_of(row: sa.Row[tuple[object, ...]]) -> Theme:
    """A theme of its row."""
    return Theme(
        id=ThemeId(row.id),
        kind=SegmentKind(row.kind),
        number=row.number,
        file_id=FileId(row.file),
        start_ms=Millis(row.start_ms),
        end_ms=Millis(row.end_ms),
        variant_of=None if row.variant_of is None else ThemeId(row.variant_of),
    )


def segment_of(row: sa.Row[tuple[object, ...]]) -> Segment:
    """A segment of its row."""
    return Segment(
        kind=SegmentKind(row.kind),
        start_ms=Millis(row.start_ms),
        end_ms=Millis(row.end_ms),
        confidence=row.confidence,
        evidence=tuple(Evidence(part) for part in row.evidence.split(_SEPARATOR) if part),
        theme=None if row.theme is None else ThemeId(row.theme),
    )


def correction_of(row: sa.Row[tuple[object, ...]]) -> Correction:
    """A correction of its row."""
    spans = tuple((Millis(start), Millis(end)) for start, end in row.spans)
    return Correction(row.content, SegmentKind(row.kind), spans)


def mined_season_of(row: sa.Row[tuple[object, ...]], themes: Sequence[Theme]) -> MinedSeason:
    """A season of its row and its themes."""
    return MinedSeason(Season(row.show, row.season), row.config, frozenset(map(FileId, row.files)), tuple(themes))
