"""Shows offered while a name is typed."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

from bot.messages import Chat
from bot.search_engine import SearchEngine
from bot.texts import Words
from core.filters import close_names, name_key

_CLOSE: Final = 5
"""Names that are offered when nothing begins with or contains what was typed."""


@dataclass(frozen=True, slots=True)
class ShowSuggestion:
    """A show: its `name` in the library, and the `title` that the user knows it by."""

    name: str
    title: str


class ShowSuggestions:
    """Suggests shows of the library. `titles`: of a show, by its name in the library, by locale; `adult_shows` are
    suggested only where they may be named.
    """

    def __init__(
        self, engine: SearchEngine, titles: Mapping[str, Mapping[str, str]], adult_shows: Collection[str]
    ) -> None:
        self._engine = engine
        self._titles = titles
        self._adult = frozenset(map(name_key, adult_shows))

    def suggest(self, text: str, chat: Chat, words: Words, limit: int) -> tuple[ShowSuggestion, ...]:
        """At most `limit` shows for what was typed so far: those of which a name or title begins with it, then those
        with a word that does, those that contain it, each in the order of the alphabet; without any, those with a
        close name. All shows for an empty text. Compared by `name_key`.
        """
        shows = [show for show in self._engine.shows if chat.adult_allowed or name_key(show) not in self._adult]
        named = {show: [show, *self._titles.get(show, {}).values()] for show in shows}
        ranked = sorted(
            (rank, name_key(show), show)
            for show, names in named.items()
            if (rank := min(_rank(text, name) for name in names)) < _NO_MATCH
        )
        matching = [show for _, _, show in ranked]
        if not matching:
            shows_of = {name: show for show, names in named.items() for name in names}
            matching = list(dict.fromkeys(shows_of[name] for name in close_names(text, shows_of, _CLOSE)))
        return tuple(
            ShowSuggestion(show, self._titles.get(show, {}).get(words.locale) or show) for show in matching[:limit]
        )


_NO_MATCH: Final = 3


def _rank(text: str, name: str) -> int:
    """How well a name fits what was typed: 0 it begins with it, 1 one of its words does, 2 it contains it."""
    typed, key = name_key(text) if text.strip() else "", name_key(name)
    if key.startswith(typed):
        return 0
    if any(name_key(name[at:]).startswith(typed) for at in range(1, len(name)) if name[at - 1].isspace()):
        return 1
    return 2 if typed in key else _NO_MATCH
