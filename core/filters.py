"""Filters that people type: which shows, which seasons."""

import difflib
import re
from collections.abc import Iterable

from core.catalogue.records import FileRecord
from core.domain import FileId, SearchFilter
from core.errors import FilterError

_SEASON_LIMIT = 10_000
_RANGE = re.compile(r"(\d{1,5})(?:-(\d{1,5}))?")


def parse_show(text: str) -> str:
    """The name of a show without space around it. `FilterError` when there is nothing in it."""
    name = text.strip()
    if not name:
        raise FilterError("Show: the name is empty; say one, or leave it out.")
    return name


def parse_seasons(text: str) -> frozenset[int]:
    """`19,20,22-24` → {19, 20, 22, 23, 24}. `FilterError` names the part that is wrong."""
    seasons: set[int] = set()
    joined = re.sub(r"\s*[-–~]\s*", "-", text)
    for part in re.split(r"[,;，、\s]+", joined):
        if not part:
            continue
        match = _RANGE.fullmatch(part)
        if match is None:
            raise FilterError(f"Seasons: {part!r} is neither a number nor a range; write them like 1,3-5.")
        first, last = int(match[1]), int(match[2] or match[1])
        if last < first or last > _SEASON_LIMIT:
            raise FilterError(f"Seasons: {part!r} is not a range of seasons; write them like 1,3-5.")
        seasons.update(range(first, last + 1))
    if not seasons:
        raise FilterError("Seasons: there is no number in it; write them like 1,3-5.")
    return frozenset(seasons)


def matching_files(where: SearchFilter, records: Iterable[FileRecord]) -> frozenset[FileId]:
    """Ids of the files that the filter admits. A show matches by its whole name, whatever its case.

    `FilterError` when it names a show or a season that the library does not have.
    """
    records = list(records)
    shows = {record.name.show.casefold(): record.name.show for record in records}
    for show in map(parse_show, where.shows):
        if show.casefold() not in shows:
            near = difflib.get_close_matches(show.casefold(), shows, n=3, cutoff=0.5)
            known = ", ".join(shows[name] for name in near or sorted(shows)[:5])
            hint = f"Did you mean: {known}?" if near else f"Some that are: {known}."
            raise FilterError(f"Show: there is no {show!r} in the library. {hint}")
    wanted = {parse_show(show).casefold() for show in where.shows}
    of_shows = [record for record in records if not wanted or record.name.show.casefold() in wanted]
    if not where.seasons:
        return frozenset(record.id for record in of_shows)
    found = frozenset(record.id for record in of_shows if record.name.season in where.seasons)
    if not found:
        seasons = sorted({record.name.season for record in of_shows if record.name.season is not None})
        raise FilterError(
            f"Seasons: none of those is in the library; its seasons: {', '.join(map(str, seasons)) or 'none'}."
        )
    return found
