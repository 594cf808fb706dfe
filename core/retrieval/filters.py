"""Filters that people type: which shows, which seasons."""

import difflib
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from core.catalogue.identities import ShowIdentity
from core.catalogue.records import FileRecord
from core.domain import FileId, SearchFilter
from core.errors import FilterError, FilterProblem

_SEASON_LIMIT: Final = 10_000
_RANGE: Final = re.compile(r"(\d{1,5})(?:-(\d{1,5}))?")
_KEPT: Final = frozenset("LNM")
"""Unicode categories that tell names apart: letters, numbers, and marks on them."""
_AS_LETTERS: Final = str.maketrans({"×": "x"})
_CLOSE_NAMES: Final = 3
_CLOSE: Final = 0.5
_SOME_NAMES: Final = 5
_NONE: Final[Mapping[str, ShowIdentity]] = {}


def name_key(name: str) -> str:
    """Key by which names of shows are compared, whatever their case, width, hyphens, punctuation and spaces.

    `Yuru-Yuri`, `yuru yuri` and `ＹＵＲＵＹＵＲＩ` have one key. A name of nothing but punctuation keeps it.
    """
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).translate(_AS_LETTERS).casefold())
    key = "".join(character for character in folded if unicodedata.category(character)[0] in _KEPT)
    return key or "".join(folded.split())


def parse_show(text: str) -> str:
    """The name of a show without space around it. `FilterError` when there is nothing in it."""
    name = text.strip()
    if not name:
        raise FilterError("Show: the name is empty; say one, or leave it out.", FilterProblem.NO_SHOW_NAME)
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
            raise _bad_season(part, "is neither a number nor a range")
        first, last = int(match[1]), int(match[2] or match[1])
        if last < first or last > _SEASON_LIMIT:
            raise _bad_season(part, "is not a range of seasons")
        seasons.update(range(first, last + 1))
    if not seasons:
        raise FilterError(
            "Seasons: there is no number in it; write them like 1,3-5.", FilterProblem.NO_SEASON_NUMBER, value=text
        )
    return frozenset(seasons)


def library_names(
    where: SearchFilter, records: Iterable[FileRecord], identities: Mapping[str, ShowIdentity] = _NONE
) -> SearchFilter:
    """The filter with its shows as the library names them: by the same name whatever its case, else by `name_key`,
    which may be that of several, else by a title, a synonym or a number at AniList.

    `FilterError` when there is no such show.
    """
    shows = sorted({record.name.show for record in records})
    named = [name for show in where.shows for name in shows_named(show, shows, identities)]
    return replace(where, shows=tuple(dict.fromkeys(named)))


def matching_files(
    where: SearchFilter, records: Iterable[FileRecord], identities: Mapping[str, ShowIdentity] = _NONE
) -> frozenset[FileId]:
    """Ids of the files that the filter admits, by names of shows as `library_names` understands them.

    `FilterError` when it names a show or a season that the library does not have.
    """
    records = list(records)
    shows = library_names(where, records, identities).shows
    of_shows = [record for record in records if not shows or record.name.show in shows]
    if not where.seasons:
        return frozenset(record.id for record in of_shows)
    ids = frozenset(record.id for record in of_shows if record.name.season in where.seasons)
    if not ids:
        seasons = sorted({record.name.season for record in of_shows if record.name.season is not None})
        listed = [str(season) for season in seasons]
        raise FilterError(
            f"Seasons: none of those is in the library; its seasons: {', '.join(listed) or 'none'}.",
            FilterProblem.UNKNOWN_SEASON,
            choices=listed,
        )
    return ids


def further_names(identity: ShowIdentity) -> tuple[str, ...]:
    """What a show may be called beside its name in the library: titles, synonyms, numbers at AniList."""
    return (*identity.titles, *map(str, identity.anilist_numbers))


def close_keys(key: str, keys: Iterable[str], limit: int = _CLOSE_NAMES) -> list[str]:
    """Keys of names, as `name_key` gives them, that are close to another, the closest first."""
    return difflib.get_close_matches(key, list(keys), n=limit, cutoff=_CLOSE)


def shows_named(name: str, shows: Sequence[str], identities: Mapping[str, ShowIdentity] = _NONE) -> list[str]:
    """Those of the `shows` that somebody means by a name, as `library_names` understands it.

    `FilterError` with shows whose names or titles are close, else some that there are, when there is none.
    """
    name = parse_show(name)
    key, folded = name_key(name), name.casefold()
    named = [show for show in shows if show.casefold() == folded] or [show for show in shows if name_key(show) == key]
    further = {show: further_names(identities[show]) for show in shows if show in identities}
    named = named or [show for show, names in further.items() if key in map(name_key, names)]
    if named:
        return named
    by_key = {name_key(title): show for show, names in further.items() for title in names}
    by_key |= {name_key(show): show for show in shows}
    close = list(dict.fromkeys(by_key[close] for close in close_keys(key, by_key)))
    choices = close or shows[:_SOME_NAMES]
    listed = ", ".join(choices)
    raise FilterError(
        f"Show: there is no {name!r} in the library. "
        + (f"Did you mean: {listed}?" if close else f"Some that are: {listed}."),
        FilterProblem.MISSPELT_SHOW if close else FilterProblem.UNKNOWN_SHOW,
        value=name,
        choices=choices,
    )


def _bad_season(part: str, reason: str) -> FilterError:
    return FilterError(f"Seasons: {part!r} {reason}; write them like 1,3-5.", FilterProblem.BAD_SEASON, value=part)
