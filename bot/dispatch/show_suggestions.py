"""Show suggestions: shows offered while a name is typed."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from bot.language.translations import Translator
from bot.messages import Chat
from bot.replies.show_directory import Identities, ShowDirectory
from bot.search_engine import SearchEngine
from core.retrieval.filters import close_keys, name_key

_CLOSE_NAMES_LIMIT: Final = 5
"""Close names that are offered when no name begins with or contains the typed text."""
_BEGINS, _WORD_BEGINS, _CONTAINS, _NO_MATCH = range(4)
"""How well a name fits the typed text, the best first."""


@dataclass(frozen=True, slots=True)
class ShowSuggestion:
    """A show: its `name` in the library, and the `title` that the user knows it by."""

    name: str
    title: str


@dataclass(frozen=True, slots=True)
class _Name:
    """One of a show's names as it is compared: its key, and the keys of the rest from each further word on. `adult`:
    the show is marked so.
    """

    show: str
    adult: bool
    key: str
    from_words: tuple[str, ...]

    def fit(self, typed: str) -> int:
        """How well it fits the key of the typed text."""
        if self.key.startswith(typed):
            return _BEGINS
        if any(key.startswith(typed) for key in self.from_words):
            return _WORD_BEGINS
        return _CONTAINS if typed in self.key else _NO_MATCH


class ShowSuggestions:
    """Suggests shows of the library by a directory of `shows`; adult ones only where they may be named. For several
    threads.
    """

    def __init__(self, engine: SearchEngine, shows: ShowDirectory) -> None:
        self._engine = engine
        self._shows = shows
        self._cached_names: tuple[Sequence[str], Identities, tuple[_Name, ...]] = ((), {}, ())

    def suggest(self, text: str, chat: Chat, translator: Translator, limit: int) -> tuple[ShowSuggestion, ...]:
        """At most `limit` shows for the text typed so far: those of which a name or title begins with it, then those
        with a word that does, then those that contain it, each in alphabetical order; without any, those with a close
        name. All shows for an empty text. Compared by `name_key`.
        """
        typed = name_key(text) if text.strip() else ""
        names = [name for name in self._names() if chat.adult_allowed or not name.adult]
        fits: dict[str, int] = {}
        for name in names:
            fits[name.show] = min(name.fit(typed), fits.get(name.show, _NO_MATCH))
        shows = sorted((show for show, fit in fits.items() if fit < _NO_MATCH), key=fits.__getitem__)
        if not shows:
            by_key = {name.key: name.show for name in names}
            shows = list(dict.fromkeys(by_key[key] for key in close_keys(typed, by_key, _CLOSE_NAMES_LIMIT)))
        return tuple(ShowSuggestion(show, self._shows.title(show, translator.locale)) for show in shows[:limit])

    def _names(self) -> tuple[_Name, ...]:
        """All names of all shows in alphabetical order; made anew when the library has other shows or titles."""
        shows, identities, names = self._cached_names
        if shows is not self._engine.shows or identities is not self._shows.identities:
            shows, identities = self._engine.shows, self._shows.identities
            names = tuple(
                _Name(show, adult, name_key(name), tuple(map(name_key, _from_words(name))))
                for show, adult in ((show, self._shows.is_adult(show)) for show in shows)
                for name in self._shows.names(show)
            )
            self._cached_names = shows, identities, names
        return names


def _from_words(name: str) -> list[str]:
    """A name from its second word on, from its third and so on."""
    words = name.split()
    return [" ".join(words[at:]) for at in range(1, len(words))]
