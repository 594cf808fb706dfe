"""Exports of one episode's segments: as chapters of the whole video, and as files that players read."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from string import ascii_uppercase
from typing import Final
from xml.etree import ElementTree as ET

from core.catalogue.segments import Segment, SegmentKind
from core.timecode import START_MS, Millis, format_millis, to_seconds
from core.video.chapters import Chapter

_TITLES: Final = {
    SegmentKind.OPENING: "Opening",
    SegmentKind.ENDING: "Ending",
    SegmentKind.COLD_OPEN: "Prologue",
    SegmentKind.RECAP: "Recap",
    SegmentKind.PREVIEW: "Preview",
    SegmentKind.EYECATCH: "Eyecatch",
    SegmentKind.SPONSOR: "Sponsor",
}
"""Names that scripts for skipping chapters look for."""
_SKIPPER_KEYS: Final = {
    SegmentKind.OPENING: "Introduction",
    SegmentKind.ENDING: "Credits",
    SegmentKind.RECAP: "Recap",
    SegmentKind.PREVIEW: "Preview",
}
"""Intro Skipper's names of kinds, in what its `/Episode/{id}/Timestamps` gives and takes."""
_SCRIPT_KEYS: Final = {SegmentKind.OPENING: "intro", SegmentKind.ENDING: "outro"}
_SKIPPED: Final = (SegmentKind.OPENING, SegmentKind.ENDING)
_EDL_COMMERCIAL: Final = 3
"""Kodi's action for what is skipped once, and can be gone back into."""
_SHORTEST_STORY_MS: Final = 50
"""A shorter gap between two segments is no chapter: it is within the error of their edges."""


def whole_chapters(segments: Sequence[Segment], duration_ms: Millis) -> tuple[Chapter, ...]:
    """Chapters from the start of a video to its end: its segments, and parts of story between them.

    Of segments that overlap the later one begins where the earlier one ends.
    """
    chapters: list[Chapter] = []
    letters = iter(ascii_uppercase)
    position = START_MS
    for segment in sorted(segments, key=lambda segment: (segment.start_ms, segment.end_ms)):
        start_ms, end_ms = max(segment.start_ms, position), segment.end_ms
        if end_ms <= start_ms:
            continue
        if start_ms - position >= _SHORTEST_STORY_MS:
            chapters.append(Chapter(_story_title(letters), position, start_ms))
        else:
            start_ms = position
        chapters.append(Chapter(_TITLES[segment.kind], start_ms, end_ms))
        position = end_ms
    if duration_ms - position >= _SHORTEST_STORY_MS:
        chapters.append(Chapter(_story_title(letters), position, duration_ms))
    return tuple(chapters)


def ogm_text(segments: Sequence[Segment], duration_ms: Millis) -> str:
    """Simple chapters as of OGM tools: `CHAPTER01=00:00:00.000` and `CHAPTER01NAME=Opening`."""
    lines = [
        line
        for number, chapter in enumerate(whole_chapters(segments, duration_ms), 1)
        for line in (
            f"CHAPTER{number:02d}={format_millis(chapter.start_ms, precise=True)}",
            f"CHAPTER{number:02d}NAME={chapter.title}",
        )
    ]
    return "".join(f"{line}\n" for line in lines)


def matroska_xml(segments: Sequence[Segment], duration_ms: Millis) -> str:
    """Chapters as the XML that MKVToolNix reads (RFC 9559 names the elements)."""
    root = ET.Element("Chapters")
    edition = ET.SubElement(root, "EditionEntry")
    for number, chapter in enumerate(whole_chapters(segments, duration_ms), 1):
        atom = ET.SubElement(edition, "ChapterAtom")
        ET.SubElement(atom, "ChapterUID").text = str(number)
        ET.SubElement(atom, "ChapterTimeStart").text = _nanoseconds(chapter.start_ms)
        ET.SubElement(atom, "ChapterTimeEnd").text = _nanoseconds(chapter.end_ms)
        display = ET.SubElement(atom, "ChapterDisplay")
        ET.SubElement(display, "ChapterString").text = chapter.title
        ET.SubElement(display, "ChapterLanguage").text = "eng"
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def edl_text(segments: Sequence[Segment], _duration_ms: Millis) -> str:
    """Kodi's edit decision list: opening and ending as breaks, `start end 3` in seconds."""
    skipped = [segment for segment in segments if segment.kind in _SKIPPED]
    return "".join(
        f"{to_seconds(segment.start_ms):.3f}\t{to_seconds(segment.end_ms):.3f}\t{_EDL_COMMERCIAL}\n"
        for segment in skipped
    )


def skip_json(segments: Sequence[Segment], duration_ms: Millis) -> str:
    """Times in seconds as Intro Skipper's `Timestamps` has them, as scripts of players read them (`intro`, `outro`),
    and all segments.
    """
    first: dict[SegmentKind, Segment] = {}
    for segment in segments:
        first.setdefault(segment.kind, segment)
    values: dict[str, object] = {
        key: {"Start": to_seconds(first[kind].start_ms), "End": to_seconds(first[kind].end_ms)}
        for kind, key in _SKIPPER_KEYS.items()
        if kind in first
    }
    values |= {key: _span(first[kind]) for kind, key in _SCRIPT_KEYS.items() if kind in first}
    values["duration"] = to_seconds(duration_ms)
    values["segments"] = [{"kind": segment.kind.value, **_span(segment)} for segment in segments]
    return json.dumps(values, ensure_ascii=False, indent=2) + "\n"


WRITERS: Final[Mapping[str, tuple[str, Callable[[Sequence[Segment], Millis], str]]]] = {
    "ogm": (".chapters.txt", ogm_text),
    "matroska": (".chapters.xml", matroska_xml),
    "json": (".json", skip_json),
    "edl": (".edl", edl_text),
}
"""Formats: the suffix of the files, and what writes them of segments and the length of the video."""


def _span(segment: Segment) -> Mapping[str, float]:
    return {"start": to_seconds(segment.start_ms), "end": to_seconds(segment.end_ms)}


def _story_title(letters: Iterator[str]) -> str:
    return f"Part {next(letters, '')}".strip()


def _nanoseconds(time_ms: int) -> str:
    return f"{format_millis(time_ms, precise=True)}000000"
