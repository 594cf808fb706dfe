"""Show suggestions while a name is typed."""

import pytest

from bot.dispatch.show_suggestions import ShowSuggestion, ShowSuggestions
from bot.language.translations import Translations
from bot.messages import Chat, ChatKind
from bot.replies.show_directory import ShowDirectory
from core.catalogue.identities import ShowIdentity
from tests.bot.fake_engine import FakeEngine

SHOWS = ("Bocchi the Rock!", "K-On!", "Secret Show", "Show by Rock!!", "Yuru-Yuri", "ゆるキャン△")
TITLES = {"ゆるキャン△": {"en": "Laid-Back Camp", "zh": "摇曳露营"}}
PRIVATE = Chat(ChatKind.PRIVATE, 1000)
GROUP = Chat(ChatKind.GROUP, 1000)
RESTRICTED = Chat(ChatKind.GROUP, 1000, age_restricted=True)


def suggested(text: str, chat: Chat = PRIVATE, locale: str = "en", limit: int = 25) -> list[tuple[str, str]]:
    suggestions = ShowSuggestions(FakeEngine(shows=SHOWS), ShowDirectory(TITLES, ("secret show",)))
    return [(show.name, show.title) for show in suggestions.suggest(text, chat, Translations().of(locale), limit)]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("boc", ["Bocchi the Rock!"]),
        ("rock", ["Bocchi the Rock!", "Show by Rock!!"]),
        ("show", ["Show by Rock!!", "Secret Show"]),
        ("yuru yu", ["Yuru-Yuri"]),
        ("ＹＵＲＵ", ["Yuru-Yuri"]),
        ("cchi", ["Bocchi the Rock!"]),
        ("laid", ["ゆるキャン△"]),
        ("露营", ["ゆるキャン△"]),
        ("bochi za rock", ["Bocchi the Rock!"]),
        ("zzzz", []),
    ],
)
def test_names_that_begin_so_come_first_then_words_then_parts_then_close_ones(text: str, names: list[str]) -> None:
    assert [name for name, _ in suggested(text)][: len(names)] == names
    assert bool(suggested(text)) == bool(names)


def test_all_shows_before_anything_is_typed_as_many_as_there_may_be() -> None:
    assert len(suggested("")) == len(SHOWS)
    assert len(suggested("", limit=2)) == 2


def test_the_title_is_that_of_the_users_language_and_the_name_that_of_the_library() -> None:
    assert suggested("laid", locale="zh-CN") == [("ゆるキャン△", "摇曳露营")]
    assert suggested("laid", locale="ja") == [("ゆるキャン△", "ゆるキャン△")]


@pytest.mark.parametrize(("chat", "shown"), [(PRIVATE, True), (RESTRICTED, True), (GROUP, False)])
def test_adult_shows_are_offered_only_where_they_may_be_named(chat: Chat, shown: bool) -> None:
    for text in ("", "secret", "secrt sho"):
        assert ("Secret Show" in [name for name, _ in suggested(text, chat)]) is shown


def test_titles_synonyms_and_adult_flags_of_the_catalogue_are_taken_up_when_they_change() -> None:
    engine = FakeEngine(shows=SHOWS)
    suggestions = ShowSuggestions(engine, ShowDirectory(identities=lambda: engine.identities))
    japanese = Translations().of("ja")
    assert suggestions.suggest("放課後", GROUP, japanese, 5) == ()
    engine.identities = {"K-On!": ShowIdentity(5680, native="けいおん！", synonyms=("放課後ティータイム",))}
    assert suggestions.suggest("放課後", GROUP, japanese, 5) == (ShowSuggestion("K-On!", "けいおん！"),)
    engine.identities = {"K-On!": ShowIdentity(native="けいおん！", synonyms=("放課後ティータイム",), adult=True)}
    assert suggestions.suggest("放課後", GROUP, japanese, 5) == ()
    assert suggestions.suggest("放課後", PRIVATE, japanese, 5) == (ShowSuggestion("K-On!", "けいおん！"),)
