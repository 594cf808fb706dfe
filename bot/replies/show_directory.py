"""Show directory: titles, adult flags and pages of shows, by the settings, else by what the catalogue knows."""

from collections.abc import Callable, Collection, Mapping
from typing import Final
from urllib.parse import quote

from core.catalogue.identities import ShowIdentity, shown_name
from core.domain import EpisodeName
from core.retrieval.filters import further_names, name_key

_URL_TITLE_LIMIT: Final = 100
"""Characters of a title in an address."""

Identities = Mapping[str, ShowIdentity]
"""Identities of shows, by the show's name in the library."""


_NONE: Final[Identities] = {}


def no_identities() -> Identities:
    """Nothing is known of any show."""
    return _NONE


class ShowDirectory:
    """Looks up shows by their names in the library, compared by `name_key`. For several threads.

    `titles`, by locale, and `adult_shows` are the operator's settings, and go before `identities`, which are asked for
    at every look: the engine replaces them. `show_url` is where a title leads to, with `{title}` in it, for shows
    without a page of their own; for all when it `replaces_pages`; empty: no title leads anywhere.
    """

    def __init__(
        self,
        titles: Mapping[str, Mapping[str, str]] | None = None,
        adult_shows: Collection[str] = (),
        show_url: str = "",
        identities: Callable[[], Identities] = no_identities,
        *,
        replaces_pages: bool = False,
    ) -> None:
        self._titles = {name_key(show): by_locale for show, by_locale in [*(titles or {}).items()][::-1]}
        self._adult_keys = frozenset(map(name_key, adult_shows))
        self._show_url = show_url
        self._identities = identities
        self._replaces_pages = replaces_pages
        self._by_alias: tuple[Identities, Identities] = (_NONE, _NONE)

    @property
    def identities(self) -> Identities:
        """What the catalogue knows now; another mapping when it has changed."""
        return self._identities()

    def title(self, show: str, locale: str) -> str:
        """The title in a language, that of a language without its script or region else, or the name in the library."""
        titles, identity = self._titles.get(name_key(show), {}), self._identity(show)
        own = titles.get(locale) or titles.get(locale.partition("-")[0])
        return own or (identity.title(locale) if identity else None) or shown_name(show, identity)

    def names(self, show: str) -> tuple[str, ...]:
        """Every name that people may know a show by: that in the library first, then titles and synonyms."""
        identity = self._identity(show)
        titles = identity.titles if identity else ()
        return tuple(dict.fromkeys((show, *filter(None, self._titles.get(name_key(show), {}).values()), *titles)))

    def is_adult(self, show: str) -> bool:
        """Whether a show is for adults only: by the catalogue, or by the settings under any of its names."""
        identity = self._identity(show)
        if identity is None:
            return name_key(show) in self._adult_keys
        names = (show, *further_names(identity))
        return bool(identity.adult) or not self._adult_keys.isdisjoint(map(name_key, names))

    def page(self, name: EpisodeName) -> str:
        """Address of a page about the show of an episode, or its season; empty for none."""
        identity = self._identity(name.show)
        page = identity.page(name.season) if identity and self._show_url and not self._replaces_pages else None
        title = shown_name(name.show, identity)
        printable = (" " if char.isspace() else char for char in title if char.isspace() or char.isprintable())
        title = " ".join("".join(printable).split())[:_URL_TITLE_LIMIT]
        return page or self._show_url.replace("{title}", quote(title, safe=""))

    def _identity(self, show: str) -> ShowIdentity | None:
        """What is known of a show, also of one that was called otherwise when its answer was stored."""
        identities = self._identities()
        return identities.get(show) or self._aliases(identities).get(name_key(show))

    def _aliases(self, identities: Identities) -> Identities:
        """Identities by the keys of all names, without those that several shows have."""
        made_of, by_alias = self._by_alias
        if made_of is identities:
            return by_alias
        found: dict[str, ShowIdentity | None] = {}
        for show, identity in identities.items():
            for key in set(map(name_key, (show, *further_names(identity)))):
                found[key] = None if key in found else identity
        by_alias = {key: identity for key, identity in found.items() if identity}
        self._by_alias = identities, by_alias
        return by_alias
