"""Which shows may be named in a chat, and which of a result's scenes can therefore be shown there."""

from functools import partial

from bot.language.translations import Translator
from bot.messages import Chat
from bot.replies.scene_text import SceneText
from bot.replies.show_directory import ShowDirectory
from core.domain import EpisodeName, SearchResult
from core.search.calibration import possible_scenes


class SceneNaming:
    """Names scenes in a chat by a directory of `shows`; adult ones in private and age-restricted chats only."""

    def __init__(self, shows: ShowDirectory) -> None:
        self.shows = shows

    def is_allowed(self, name: EpisodeName, chat: Chat | None) -> bool:
        """Whether a show may be named; without a `chat`, only one that may be named everywhere."""
        return (chat is not None and chat.adult_allowed) or not self.shows.is_adult(name.show)

    def candidates(self, result: SearchResult, chat: Chat | None) -> list[int]:
        """Indices of the scenes that can be chosen from, best first."""
        return [index for index in possible_scenes(result) if self.is_allowed(result.scenes[index].name, chat)]

    def scene_text(self, translator: Translator, chat: Chat | None) -> SceneText:
        """The wording of scenes in a language and a chat."""
        return SceneText(translator, self.shows, partial(self.is_allowed, chat=chat))
