"""Arguments of `whenanime library themes`: kinds of segments, times, and episodes by path or by number."""

import re
from collections.abc import Collection, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Final

from core.catalogue.identities import ShowIdentity
from core.catalogue.records import FileRecord
from core.catalogue.segments import SegmentKind
from core.errors import FilterError, InputError
from core.retrieval.filters import shows_named
from core.themes.chapter_names import ChapterRole, chapter_role
from core.themes.chapters import KIND_BY_ROLE
from core.timecode import Millis
from ingest.themes.season_view import format_time
from ingest.wording import name_text

NONE: Final = "none"
_KINDS: Final = "op, ed, avant (or cold-open), recap, preview, eyecatch, sponsor"
_TIME: Final = re.compile(r"(?:(?:(\d{1,2}):)?(\d{1,3}):)?(\d{1,6})(?:[.,](\d{1,3})\d*)?", re.ASCII)
_NUMBERED: Final = (
    re.compile(r"(?P<show>.+?)[\s,]+s(?P<season>\d{1,4})\s*[\s.]?e(?:p)?(?P<episode>\d{1,4}(?:\.\d)?)", re.IGNORECASE),
    re.compile(r"(?P<show>.+?)[\s,]+(?P<season>\d{1,4})\s*[x×]\s*(?P<episode>\d{1,4}(?:\.\d)?)", re.IGNORECASE),
    re.compile(r"(?P<show>.+?)[\s,]+(?:ep?\.?\s*|#)?(?P<episode>\d{1,4}(?:\.\d)?)", re.IGNORECASE),
)
_END_TOLERANCE_MS: Final = 500
"""A time this much after the end of a video is meant as its end: players round."""


def parse_kind(text: str) -> SegmentKind:
    """A kind of segment: `op`, `OP1`, `片头`, `cold-open`. `InputError` names those that there are."""
    plain = text.strip().casefold().replace("-", "_").replace(" ", "_")
    if plain in set(SegmentKind):
        return SegmentKind(plain)
    kind = KIND_BY_ROLE.get(chapter_role(text) or ChapterRole.STORY)
    if kind is None:
        raise InputError(f"{text!r} is no kind of segment; write one of: {_KINDS}.")
    return kind


def parse_time(text: str) -> Millis:
    """A time in a video: `83.5`, `1:23.5`, `1:02:03`. `InputError` for anything else."""
    match = _TIME.fullmatch(text.strip())
    if match is None or (match[2] and int(match[3]) > 59) or (match[1] and int(match[2]) > 59):
        raise InputError(f"{text!r} is no time; write it like 1:23.5, 1:02:03 or 83.5 (seconds).")
    hours, minutes, seconds = (int(part or 0) for part in match.group(1, 2, 3))
    millis = int((match[4] or "").ljust(3, "0"))
    return Millis(((hours * 60 + minutes) * 60 + seconds) * 1000 + millis)


def parse_spans(texts: Sequence[str], duration_ms: Millis) -> tuple[tuple[Millis, Millis], ...]:
    """Spans of start and end times within a video, by time; `none` alone is none at all.

    `InputError` when a time is missing, an end does not follow its start or lies beyond the end, or spans overlap.
    """
    if [text.casefold() for text in texts] == [NONE]:
        return ()
    if not texts or len(texts) % 2:
        raise InputError(f"Say from when to when, such as 1:23.5 2:53.4, or {NONE!r} where there is no such part.")
    times = [parse_time(text) for text in texts]
    spans = []
    for start_ms, end_ms in zip(times[::2], times[1::2], strict=True):
        if end_ms <= start_ms:
            raise InputError(f"The end {format_time(end_ms)} is not after the start {format_time(start_ms)}.")
        if duration_ms and end_ms > duration_ms + _END_TOLERANCE_MS:
            raise InputError(f"The end {format_time(end_ms)} is beyond that of the video, {format_time(duration_ms)}.")
        spans.append((start_ms, Millis(min(end_ms, duration_ms)) if duration_ms else end_ms))
    spans.sort()
    for (_, end_ms), (start_ms, _) in pairwise(spans):
        if start_ms < end_ms:
            raise InputError(f"Two spans overlap: one ends at {format_time(end_ms)}, the next begins before that.")
    return tuple(spans)


def find_episode(text: str, records: Collection[FileRecord], identities: Mapping[str, ShowIdentity]) -> FileRecord:
    """The file that is meant by a path, or by `Show 1x05`, `Show S01E05`, or `Show 5` where one season has it.

    `InputError` when there is no such file, or when there are several.
    """
    if by_path := _by_path(text, records):
        return by_path
    names = sorted({record.name.show for record in records})
    problem: FilterError | None = None
    for match in filter(None, (pattern.fullmatch(text.strip()) for pattern in _NUMBERED)):
        groups = match.groupdict()
        try:
            shows = shows_named(groups["show"], names, identities)
        except FilterError as exc:
            problem = problem or exc
            continue
        season = None if groups.get("season") is None else int(groups["season"])
        return _only(text, _numbered(records, shows, season, float(groups["episode"])))
    if problem:
        raise problem
    raise InputError(
        f"{text!r} is no video of the library. Write its path, or the show with season and episode, such as "
        "'Show 1x05' or 'Show S01E05'; see `whenanime library list`."
    )


def _by_path(text: str, records: Collection[FileRecord]) -> FileRecord | None:
    path = Path(text)
    spellings = {str(path.absolute()), text}
    if path.exists():
        spellings.add(str(path.resolve()))
    return next((record for record in records if record.stamp.path in spellings), None)


def _numbered(
    records: Collection[FileRecord], shows: Collection[str], season: int | None, episode: float
) -> list[FileRecord]:
    """Files of an episode; of several kinds, as an episode and a special of one number, the episodes alone."""
    files = [
        record
        for record in records
        if record.name.show in shows
        and record.name.first is not None
        and record.name.first <= episode <= (record.name.last or record.name.first)
        and (season is None or record.name.season == season or (record.name.season is None and season == 1))
    ]
    episodes = [record for record in files if record.name.kind == "episode"]
    return episodes or files


def _only(text: str, files: Sequence[FileRecord]) -> FileRecord:
    if not files:
        raise InputError(f"There is no {text!r} in the library; see `whenanime library list`.")
    if len(files) > 1:
        listed = "\n".join(f"  {name_text(record.name)}: {record.stamp.path}" for record in files)
        raise InputError(f"{text!r} may be several videos; write the path of one of them:\n{listed}")
    return files[0]
