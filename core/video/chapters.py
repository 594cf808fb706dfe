"""Chapters of a video, as its container has them, made usable where they are damaged."""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Final

from core.timecode import Millis, to_millis
from core.video.errors import media_errors
from core.video.matroska_chapters import linked_chapters
from core.video.opening import declared_end, declared_origin, open_video

_CHAPTER_LIMIT: Final = 1000
"""More are no chapters of a video."""


@dataclass(frozen=True, slots=True)
class Chapter:
    """A chapter of a container, with its title as written there."""

    title: str
    start_ms: Millis
    end_ms: Millis


@dataclass(frozen=True, slots=True)
class ChapterList:
    """Chapters by time, which do not overlap. `linked` are titles of chapters whose pictures and sound are in another
    file, to which Matroska's ordered chapters lead; players that follow them show those too, others do not.
    """

    chapters: tuple[Chapter, ...] = ()
    linked: tuple[str, ...] = ()


def read_chapters(source: Path | str) -> ChapterList:
    """The chapters of a file or URL, times counted as `VideoReader` does. `MediaError` when it cannot be opened."""
    container, stream = open_video(source)
    with container, media_errors(source):
        origin = declared_origin(container)
        end = declared_end(container, stream)
        written = [
            Chapter(
                chapter["metadata"].get("title", "").strip(),
                _millis(chapter["start"] * base - origin),
                _millis(chapter["end"] * base - origin),
            )
            for chapter in container.chapters()
            if (base := chapter["time_base"])
        ]
        is_matroska = "matroska" in container.format.name
    linked = linked_chapters(source) if is_matroska and isinstance(source, Path) else ()
    elsewhere = {(chapter.title, chapter.start_ms) for chapter in linked}
    own = [chapter for chapter in written if (chapter.title, chapter.start_ms) not in elsewhere]
    duration_ms = _millis(end[0] - origin) if end else None
    return ChapterList(repair_chapters(own, duration_ms), tuple(chapter.title for chapter in linked))


def repair_chapters(written: Iterable[Chapter], duration_ms: int | None) -> tuple[Chapter, ...]:
    """Chapters by time that lie within the video and do not overlap.

    A chapter ends where the next one begins if it has no end after its start, or one after that; the last one with the
    video. Those that begin after the end of the video are left out, and of several that begin at the same time all but
    the first. `duration_ms`: `None` when it is not known.
    """
    by_start: dict[int, Chapter] = {}
    for chapter in written:
        if duration_ms is None or chapter.start_ms < duration_ms:
            by_start.setdefault(chapter.start_ms, chapter)
    starts = sorted(by_start)
    if len(starts) > _CHAPTER_LIMIT:
        return ()
    chapters = [by_start[start] for start in starts]
    limits = [*starts[1:], duration_ms]
    repaired = [_ended(chapter, limit) for chapter, limit in zip(chapters, limits, strict=False)]
    return tuple(chapter for chapter in repaired if chapter.end_ms > chapter.start_ms)


def _ended(chapter: Chapter, limit: int | None) -> Chapter:
    has_end = chapter.end_ms > chapter.start_ms
    if limit is None:
        return chapter
    return Chapter(chapter.title, chapter.start_ms, Millis(min(chapter.end_ms, limit) if has_end else limit))


def _millis(time_s: Fraction) -> Millis:
    return Millis(max(0, to_millis(time_s)))
