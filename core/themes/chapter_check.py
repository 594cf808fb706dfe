"""Check of chapters against what is heard and seen: some files have the chapters of another release, seconds off."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from core.catalogue.segments import Evidence, Segment, SegmentKind

_AGREES_MS: Final = 1_500
_CUT_MS: Final = 500
_CONFIRMED: Final = 0.98
_CONFIDENCE: Final = 0.8
_THEMES: Final = frozenset({SegmentKind.OPENING, SegmentKind.ENDING})


def with_chapters(
    mined: Sequence[Segment], chapters: Sequence[Segment], cuts_ms: Sequence[int], duration_ms: int
) -> list[Segment]:
    """Segments of one episode by time: those mined, confirmed by chapters that agree, and those that chapters alone
    tell, where none of the episode's chapters is contradicted and both of their edges are cuts.
    """
    return sorted(_checked(mined, chapters, cuts_ms, duration_ms), key=_by_time)


def _checked(
    mined: Sequence[Segment], chapters: Sequence[Segment], cuts_ms: Sequence[int], duration_ms: int
) -> list[Segment]:
    segments = [_confirmed(segment, chapters) for segment in mined]
    if any(_contradicts(segment, chapters) for segment in mined):
        return segments
    edges = [0, *cuts_ms, duration_ms]
    for chapter in chapters:
        rivals = [
            segment
            for segment in segments
            if (segment.kind is chapter.kind and chapter.kind in _THEMES)
            or min(segment.end_ms, chapter.end_ms) > max(segment.start_ms, chapter.start_ms) + _AGREES_MS
        ]
        if not rivals and all(
            min(abs(edge - time_ms) for edge in edges) <= _CUT_MS for time_ms in (chapter.start_ms, chapter.end_ms)
        ):
            segments.append(replace(chapter, confidence=min(chapter.confidence, _CONFIDENCE)))
    return segments


def _by_time(segment: Segment) -> tuple[int, int]:
    return segment.start_ms, segment.end_ms


def _confirmed(segment: Segment, chapters: Sequence[Segment]) -> Segment:
    if any(_agree(segment, chapter) for chapter in chapters):
        evidence = (Evidence.CHAPTER, *segment.evidence)
        return replace(segment, evidence=evidence, confidence=max(segment.confidence, _CONFIRMED))
    return segment


def _agree(segment: Segment, chapter: Segment) -> bool:
    return (
        segment.kind is chapter.kind
        and abs(segment.start_ms - chapter.start_ms) <= _AGREES_MS
        and abs(segment.end_ms - chapter.end_ms) <= _AGREES_MS
    )


def _contradicts(segment: Segment, chapters: Sequence[Segment]) -> bool:
    """Whether chapters have an opening or ending that was mined, and at another place."""
    same = [chapter for chapter in chapters if chapter.kind is segment.kind]
    return segment.kind in _THEMES and bool(same) and not any(_agree(segment, chapter) for chapter in same)
