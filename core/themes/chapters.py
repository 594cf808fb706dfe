"""Chapters as segments: what each is by its name and by the chapters beside it."""

from collections.abc import Mapping, Sequence
from typing import Final

from core.catalogue.segments import Evidence, Segment, SegmentKind
from core.domain import FileId
from core.themes.chapter_names import ChapterRole, chapter_role
from core.timecode import Millis
from core.video.chapters import Chapter

_THEME_MS: Final = (60_000, 110_000)
"""Length of an opening where the name leaves it open whether it is one."""
_TYPICAL_MS: Final = (85_000, 95_000)
"""Length of most openings and endings on television: 90 s, of which some frames may be lost."""
_FEATURE_MS: Final = 45 * 60_000
_LENGTH_LIMITS_MS: Final = {
    SegmentKind.OPENING: (15_000, 180_000),
    SegmentKind.ENDING: (15_000, 240_000),
    SegmentKind.COLD_OPEN: (1_000, 900_000),
    SegmentKind.RECAP: (3_000, 300_000),
    SegmentKind.PREVIEW: (3_000, 120_000),
    SegmentKind.EYECATCH: (500, 40_000),
    SegmentKind.SPONSOR: (500, 40_000),
}
"""Shortest and longest chapter that is taken at its word: of a list that lacks chapters one runs into the story."""
_FEATURE_ENDING_MS: Final = 900_000
_EARLY, _LATE = 0.6, 0.4
"""Shares of the video before which a single opening begins, and after which a single ending does."""
_CONFIDENCE: Final = {"typical": 0.9, "named": 0.8, "by_context": 0.6}
"""Set by hand, not measured: in the order of trust, and below what sound and pictures of a season can show."""
_RECURRENCE_TOLERANCE_MS: Final = 1_000
KIND_BY_ROLE: Final = {
    ChapterRole.OPENING: SegmentKind.OPENING,
    ChapterRole.ENDING: SegmentKind.ENDING,
    ChapterRole.COLD_OPEN: SegmentKind.COLD_OPEN,
    ChapterRole.RECAP: SegmentKind.RECAP,
    ChapterRole.PREVIEW: SegmentKind.PREVIEW,
    ChapterRole.EYECATCH: SegmentKind.EYECATCH,
    ChapterRole.SPONSOR: SegmentKind.SPONSOR,
}


def chapter_kinds(chapters: Sequence[Chapter], duration_ms: int) -> list[SegmentKind | None]:
    """What each chapter is, by all their names and places; `None` for story and wherever that is not sure.

    Beside an opening `Intro` is story before it; alone it is an opening if it has the length of one. `Theme song` is an
    opening or an ending by its place, `Credits` an ending near the end. A single opening in the last part of the video,
    or a single ending in the first, is `None`: an opening's song under the credits of a last episode is named so.
    """
    roles = [chapter_role(chapter.title) for chapter in chapters]
    kinds = [_kind_of(role, chapter, roles, duration_ms) for role, chapter in zip(roles, chapters, strict=True)]
    for kind in (SegmentKind.OPENING, SegmentKind.ENDING):
        if kinds.count(kind) == 1:
            index = kinds.index(kind)
            share = chapters[index].start_ms / max(1, duration_ms)
            is_misplaced = share > _EARLY if kind is SegmentKind.OPENING else share < _LATE
            kinds[index] = None if is_misplaced else kind
    return kinds


def chapter_segments(chapters: Sequence[Chapter], duration_ms: Millis) -> tuple[Segment, ...]:
    """The segments that chapters name, by time; none for a chapter of an unlikely length for its kind.

    `chapters` are by time and do not overlap (`core.video.chapters`).
    """
    segments = []
    for kind, chapter in zip(chapter_kinds(chapters, duration_ms), chapters, strict=True):
        if kind is not None and _has_likely_length(kind, chapter, duration_ms):
            confidence = _confidence(kind, chapter)
            segments.append(Segment(kind, chapter.start_ms, chapter.end_ms, confidence, (Evidence.CHAPTER,)))
    return tuple(segments)


def unnamed_candidates(season: Mapping[FileId, Sequence[Chapter]]) -> Mapping[FileId, tuple[Chapter, ...]]:
    """Chapters without names that may be openings or endings: 85 to 95 s long, with another one of the same length
    within a second in another episode. What they are is for sound and pictures to say; files without any are left out.
    """
    by_file = {
        file_id: [
            chapter
            for chapter in chapters
            if chapter_role(chapter.title) is ChapterRole.UNNAMED and _is_within(chapter, _TYPICAL_MS)
        ]
        for file_id, chapters in season.items()
    }
    recurring = {
        file_id: tuple(
            chapter
            for chapter in chapters
            if any(
                abs(_length(chapter) - _length(other_chapter)) <= _RECURRENCE_TOLERANCE_MS
                for other_id, other_chapters in by_file.items()
                if other_id != file_id
                for other_chapter in other_chapters
            )
        )
        for file_id, chapters in by_file.items()
    }
    return {file_id: chapters for file_id, chapters in recurring.items() if chapters}


def _kind_of(
    role: ChapterRole | None, chapter: Chapter, roles: Sequence[ChapterRole | None], duration_ms: int
) -> SegmentKind | None:
    if role in KIND_BY_ROLE:
        return KIND_BY_ROLE[role]
    share = chapter.start_ms / max(1, duration_ms)
    is_theme = _is_within(chapter, _THEME_MS)
    may_open = share < _LATE and is_theme and ChapterRole.OPENING not in roles
    may_end = share >= _LATE and is_theme and ChapterRole.ENDING not in roles
    if role is ChapterRole.INTRO and share < _LATE:
        return SegmentKind.OPENING if may_open else SegmentKind.COLD_OPEN
    if role is ChapterRole.THEME_SONG and may_open:
        return SegmentKind.OPENING
    if role in {ChapterRole.THEME_SONG, ChapterRole.OUTRO} and may_end:
        return SegmentKind.ENDING
    is_end = role is ChapterRole.CREDITS and share > _EARLY and ChapterRole.ENDING not in roles
    return SegmentKind.ENDING if is_end else None


def _has_likely_length(kind: SegmentKind, chapter: Chapter, duration_ms: int) -> bool:
    shortest, longest = _LENGTH_LIMITS_MS[kind]
    if kind is SegmentKind.ENDING and duration_ms >= _FEATURE_MS:
        longest = _FEATURE_ENDING_MS
    return _is_within(chapter, (shortest, longest))


def _confidence(kind: SegmentKind, chapter: Chapter) -> float:
    if kind in {SegmentKind.OPENING, SegmentKind.ENDING}:
        if _is_within(chapter, _TYPICAL_MS):
            return _CONFIDENCE["typical"]
        if not _is_within(chapter, _THEME_MS):
            return _CONFIDENCE["by_context"]
    is_named = chapter_role(chapter.title) in KIND_BY_ROLE
    return _CONFIDENCE["named" if is_named else "by_context"]


def _length(chapter: Chapter) -> int:
    return chapter.end_ms - chapter.start_ms


def _is_within(chapter: Chapter, limits_ms: tuple[int, int]) -> bool:
    return limits_ms[0] <= _length(chapter) <= limits_ms[1]
