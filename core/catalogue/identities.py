"""What a show is called and where else it is known: its number at AniList, titles by language, adult flag, link."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from enum import StrEnum
from pathlib import PurePath
from typing import Final

ANILIST_PAGE: Final = "https://anilist.co/anime/{number}"
TITLE_FORMS: Final = ("native", "romaji", "english", "chinese")
"""Names of the four titles: fields of `ShowIdentity`."""


@dataclass(frozen=True, slots=True)
class ShowIdentity:
    """Identity of a show. `None`, or nothing in it: not known.

    `anilist` is its number at AniList; `season_anilist` those of seasons that have a number of their own there.
    `native` is the title in the language of its country, `romaji` that in Latin letters; `synonyms` are further names.
    `adult`: whether it is for adults only. `link` is an http(s) address of a page about it.
    """

    anilist: int | None = None
    native: str | None = None
    romaji: str | None = None
    english: str | None = None
    chinese: str | None = None
    synonyms: tuple[str, ...] = ()
    adult: bool | None = None
    link: str | None = None
    season_anilist: Mapping[int, int] = field(default_factory=dict)

    def __bool__(self) -> bool:
        """Whether anything is known."""
        return self != NO_IDENTITY

    def anilist_of(self, season: int | None) -> int | None:
        """The number at AniList of a season, else that of the show."""
        return self.anilist if season is None else self.season_anilist.get(season, self.anilist)

    @property
    def anilist_numbers(self) -> tuple[int, ...]:
        """Every number at AniList, that of the show first."""
        numbers = (self.anilist, *(number for _season, number in sorted(self.season_anilist.items())))
        return tuple(dict.fromkeys(number for number in numbers if number is not None))

    @property
    def titles(self) -> tuple[str, ...]:
        """All titles and synonyms, each once."""
        titles = (self.romaji, self.english, self.native, self.chinese, *self.synonyms)
        return tuple(dict.fromkeys(title for title in titles if title))

    def title(self, locale: str) -> str | None:
        """The title for a user's language, a BCP 47 tag: Chinese, Japanese (`native`), else English or `romaji`."""
        match locale.partition("-")[0]:
            case "zh":
                return self.chinese
            case "ja":
                return self.native
            case _:
                return self.english or self.romaji

    def page(self, season: int | None = None) -> str | None:
        """Address of a page about the show: its link, else AniList's page of the season."""
        number = self.anilist_of(season)
        return self.link or (None if number is None else ANILIST_PAGE.format(number=number))


NO_IDENTITY: Final = ShowIdentity()
"""Nothing is known."""
FIELDS: Final = tuple(field.name for field in fields(ShowIdentity))
"""Names of all fields of an identity."""


def shown_name(show: str, identity: ShowIdentity | None) -> str:
    """The name of a show in the library, as people read it.

    A show that is called by nothing but its number at AniList is called by a title of it, else `AniList 21827`.
    """
    if identity is None or not show.isdecimal() or int(show) not in identity.anilist_numbers:
        return show
    return next(iter(identity.titles), f"AniList {show}")


class IdentitySource(StrEnum):
    """Who says something of a show: the operator, a file `show.toml`, a folder's name. The first that says it wins."""

    OPERATOR = "operator"
    FILE = "file"
    FOLDER = "folder"


@dataclass(frozen=True, slots=True)
class ShowStatement:
    """What one source says of a show, by the show's name in the library; `place` is the path of the file or folder, and
    empty for the operator. `identity.season_anilist` has every season of the show that the source speaks of.
    """

    show: str
    source: IdentitySource
    identity: ShowIdentity
    place: str = ""

    @property
    def key(self) -> tuple[str, IdentitySource, str]:
        """What a catalogue has only one statement of."""
        return self.show, self.source, self.place


def merge_statements(statements: Iterable[ShowStatement]) -> Mapping[str, ShowIdentity]:
    """Identities by the shows' names in the library: each field from the first source that says it, synonyms from all.

    Of several files, or several folders, the one that is nearest to the root speaks for the show, then that of its
    first season; titles of the others are synonyms, and their numbers at AniList those of their seasons.
    """
    by_show: dict[str, list[ShowStatement]] = {}
    for statement in sorted(statements, key=_rank):
        by_show.setdefault(statement.show, []).append(statement)
    return {show: _merge(group) for show, group in by_show.items()}


def field_sources(statements: Iterable[ShowStatement]) -> Mapping[str, ShowStatement]:
    """Fields of the identity of one show, each with the statement that it comes from; unknown ones are left out."""
    sources: dict[str, ShowStatement] = {}
    for statement in sorted(statements, key=_rank):
        for name in FIELDS:
            if _says(statement.identity, name):
                sources.setdefault(name, statement)
    return sources


def _merge(group: list[ShowStatement]) -> ShowIdentity:
    """One identity of the statements of one show, the one that wins first."""
    stated = {name: getattr(source.identity, name) for name, source in field_sources(group).items()}
    identity = ShowIdentity(**stated)
    titles = [title for statement in group for title in statement.identity.titles]
    own = {getattr(identity, form) for form in TITLE_FORMS}
    synonyms = tuple(dict.fromkeys(title for title in titles if title not in own))
    return replace(identity, synonyms=synonyms, season_anilist=_season_anilist(group, identity.anilist))


def _season_anilist(group: list[ShowStatement], anilist: int | None) -> Mapping[int, int]:
    """Numbers of seasons that are not that of the show. A season that its source gives the show's number follows what
    another source says of the show.
    """
    numbers: dict[int, int] = {}
    for statement in sorted(group, key=_season_rank):
        for season, number in statement.identity.season_anilist.items():
            numbers.setdefault(season, number)
    by_operator = [statement for statement in group if statement.source is IdentitySource.OPERATOR]
    by_others = [statement for statement in group if statement.source is not IdentitySource.OPERATOR]
    operator_seasons = {season for statement in by_operator for season in statement.identity.season_anilist}
    others_anilist = by_others[0].identity.anilist if by_others else None
    return {
        season: number
        for season, number in sorted(numbers.items())
        if number != anilist and (season in operator_seasons or number != others_anilist)
    }


def _season_rank(statement: ShowStatement) -> tuple[object, ...]:
    """Order of statements about seasons: those nearest to the videos win."""
    return _order(statement), -_depth(statement)


def _rank(statement: ShowStatement) -> tuple[object, ...]:
    """Order of statements, the one that wins first."""
    seasons = [season or 1 << 16 for season in statement.identity.season_anilist]  # specials come last
    return _order(statement), _depth(statement), min(seasons, default=1 << 17), statement.place


def _order(statement: ShowStatement) -> int:
    return list(IdentitySource).index(statement.source)


def _depth(statement: ShowStatement) -> int:
    return len(PurePath(statement.place).parts)


def _says(identity: ShowIdentity, name: str) -> bool:
    value = getattr(identity, name)
    return value is not None and value not in ((), {})
