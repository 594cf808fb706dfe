"""Shows by number: AniList's, or one of our own for a show that has none there."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from zlib import crc32

from bot.http_adapter.services import LibraryEngine
from core.catalogue.identities import NO_IDENTITY, ShowIdentity, shown_name
from core.domain import FileId, SearchFilter

NOT_KNOWN: Final = 0
"""In place of a number that is not known, where a number has to be."""
_OWN_NUMBER_BITS: Final = 0x7FFFFFFF


@dataclass(frozen=True, slots=True)
class NumberedShow:
    """A show of the library under one of its numbers."""

    number: int
    name: str
    identity: ShowIdentity

    @property
    def shown_name(self) -> str:
        """Its name as people read it."""
        return shown_name(self.name, self.identity)

    @property
    def names(self) -> tuple[str, ...]:
        """Its name and all its titles."""
        return tuple(dict.fromkeys((*self.identity.titles, self.shown_name)))

    def anilist_json(self) -> Mapping[str, object]:
        """The object that trace.moe's clients know from AniList: `null` where something is not known.

        A show without any title has its name in the library as `romaji`, or `native` where that has no Latin letters,
        so that clients have something to show.
        """
        identity = self.identity
        titles: dict[str, str | None] = {
            "native": identity.native,
            "romaji": identity.romaji,
            "english": identity.english,
            "chinese": identity.chinese,
        }
        if not any(titles.values()):
            titles["romaji" if self.shown_name.isascii() else "native"] = self.shown_name
        return {
            "id": self.number,
            "idMal": None,
            "title": titles,
            "synonyms": list(identity.synonyms),
            "isAdult": bool(identity.adult),
            "siteUrl": identity.page(),
        }


def show_number(name: str, identity: ShowIdentity, season: int | None) -> int:
    """The number at AniList of a season of a show, else a negative one of our own, which its name decides."""
    number = identity.anilist_of(season)
    return own_number(name) if number is None else number


def own_number(name: str) -> int:
    """A negative number of a show that has none at AniList, from its name."""
    return -((crc32(name.encode(errors="surrogatepass")) & _OWN_NUMBER_BITS) or 1)


def show_of_season(engine: LibraryEngine, name: str, season: int | None) -> NumberedShow:
    """A show of the library under the number of one of its seasons."""
    identity = engine.identities.get(name, NO_IDENTITY)
    return NumberedShow(show_number(name, identity, season), name, identity)


def all_shows(engine: LibraryEngine) -> list[NumberedShow]:
    """Shows of the library, each under its own number."""
    return [show_of_season(engine, name, None) for name in engine.shows]


def show_of_number(engine: LibraryEngine, number: int) -> NumberedShow | None:
    """The show that a number, of AniList or of ours, is that of; `None` when there is none in the library."""
    for show in all_shows(engine):
        if number == show.number or number in show.identity.anilist_numbers:
            return NumberedShow(number, show.name, show.identity)
    return None


@dataclass(frozen=True, slots=True)
class NumberFilter:
    """What is searched when a client asks for one number: `where` for the engine, and the files that have it."""

    where: SearchFilter
    files: frozenset[FileId]


def number_filter(engine: LibraryEngine, number: int) -> NumberFilter:
    """The filter for a number: shows that have it, and of these only the seasons that do."""
    shows, seasons, files = set(), set(), set()
    partial = False
    for record in engine.records.values():
        name, season = record.name.show, record.name.season
        identity = engine.identities.get(name, NO_IDENTITY)
        if number != own_number(name) and number not in identity.anilist_numbers:
            continue
        if show_number(name, identity, season) == number and record.searchable:
            shows.add(name)
            seasons.add(season)
            files.add(record.id)
        else:
            partial = True
    numbered = frozenset(season for season in seasons if season is not None)
    where = SearchFilter(tuple(sorted(shows)), numbered if partial and None not in seasons else frozenset())
    return NumberFilter(where, frozenset(files))
