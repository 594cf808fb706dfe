"""Which shows may be named in a chat, and which of a result's scenes can therefore be shown there."""

from collections.abc import Mapping, Sequence
from functools import partial

from bot.language.translations import Translator
from bot.messages import Chat
from bot.replies.scene_text import SceneText
from core.domain import EpisodeName, SearchResult
from core.retrieval.filters import name_key
from core.search.calibration import possible_scenes


class SceneNaming:
    """Names scenes in a chat. `titles`: of a show, by its name in the library, by locale.

    `adult_shows` are named in private and age-restricted chats only; compared by `name_key`.
    """

    def __init__(self, titles: Mapping[str, Mapping[str, str]], adult_shows: Sequence[str]) -> None:
        self._titles = titles
        self.adult_keys = frozenset(map(name_key, adult_shows))

    def is_allowed(self, name: EpisodeName, chat: Chat | None) -> bool:
        """Whether a show may be named; without a `chat`, only one that may be named everywhere."""
        return (chat is not None and chat.adult_allowed) or name_key(name.show) not in self.adult_keys

    def candidates(self, result: SearchResult, chat: Chat | None) -> list[int]:
        """Indices of the scenes that can be chosen from, best first."""
        return [index for index in possible_scenes(result) if self.is_allowed(result.scenes[index].name, chat)]

    def scene_text(self, translator: Translator, chat: Chat | None) -> SceneText:
        """The wording of scenes in a language and a chat."""
        return SceneText(translator, self._titles, partial(self.is_allowed, chat=chat))
