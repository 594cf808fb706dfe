"""Search filters: parses shows and seasons as users type them, and selects the files."""

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
_SEASON_RANGE: Final = re.compile(r"(\d{1,5})(?:-(\d{1,5}))?")
_NAME_CATEGORIES: Final = frozenset("LNM")
"""Unicode categories of the characters of a key: letters, numbers and combining marks."""
_LETTER_SUBSTITUTES: Final = str.maketrans({"×": "x"})
_CLOSE_NAMES_LIMIT: Final = 3
_CLOSE_MIN_RATIO: Final = 0.5
_CHOICES_LIMIT: Final = 5
_NO_IDENTITIES: Final[Mapping[str, ShowIdentity]] = {}


def name_key(name: str) -> str:
    """Returns the key by which names of shows are compared, without case, width, hyphens, punctuation and spaces.

    `Yuru-Yuri`, `yuru yuri` and `ＹＵＲＵＹＵＲＩ` have one key. A name of punctuation only keeps it.
    """
    folded = unicodedata.normalize(
        "NFKC", unicodedata.normalize("NFKC", name).translate(_LETTER_SUBSTITUTES).casefold()
    )
    key = "".join(character for character in folded if unicodedata.category(character)[0] in _NAME_CATEGORIES)
    return key or "".join(folded.split())


def parse_show(text: str) -> str:
    """Returns the name of a show without surrounding space. `FilterError` when it is empty."""
    name = text.strip()
    if not name:
        raise FilterError("Show: the name is empty; say one, or leave it out.", FilterProblem.NO_SHOW_NAME)
    return name


def parse_seasons(text: str) -> frozenset[int]:
    """Parses seasons: `19,20,22-24` → {19, 20, 22, 23, 24}. `FilterError` names the part that is wrong."""
    seasons: set[int] = set()
    joined = re.sub(r"\s*[-–~]\s*", "-", text)
    for part in re.split(r"[,;，、\s]+", joined):
        if not part:
            continue
        match = _SEASON_RANGE.fullmatch(part)
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
    where: SearchFilter, records: Iterable[FileRecord], identities: Mapping[str, ShowIdentity] = _NO_IDENTITIES
) -> SearchFilter:
    """Returns the filter with the library's names of its shows: by the name without case, else by `name_key`, which
    several may share, else by a title, a synonym or an AniList number.

    `FilterError` when there is no such show.
    """
    shows = sorted({record.name.show for record in records})
    named = [name for show in where.shows for name in shows_named(show, shows, identities)]
    return replace(where, shows=tuple(dict.fromkeys(named)))


def matching_files(
    where: SearchFilter, records: Iterable[FileRecord], identities: Mapping[str, ShowIdentity] = _NO_IDENTITIES
) -> frozenset[FileId]:
    """Returns the ids of the files that match the filter; names of shows as for `library_names`.

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
    """Returns the further names of a show: titles, synonyms, AniList numbers."""
    return (*identity.titles, *map(str, identity.anilist_numbers))


def close_keys(key: str, keys: Iterable[str], limit: int = _CLOSE_NAMES_LIMIT) -> list[str]:
    """Returns the keys, as `name_key` makes them, that are similar to `key`, the most similar first."""
    return difflib.get_close_matches(key, list(keys), n=limit, cutoff=_CLOSE_MIN_RATIO)


def shows_named(name: str, shows: Sequence[str], identities: Mapping[str, ShowIdentity] = _NO_IDENTITIES) -> list[str]:
    """Returns those of the `shows` that a name means, as for `library_names`.

    `FilterError` when there is none; it has shows with similar names or titles, else some shows of the library.
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
    choices = close or shows[:_CHOICES_LIMIT]
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
