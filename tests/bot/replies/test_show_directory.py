"""Titles, adult flags and pages of shows in the chats: settings over the catalogue."""

from dataclasses import replace

import pytest

from bot.replies.answers import AnswerReplies, ReplySpec
from bot.replies.button_actions import AnswerId
from bot.replies.correction_replies import correction_question
from bot.replies.error_messages import problem_reply
from bot.replies.show_directory import Identities, ShowDirectory
from core.catalogue.identities import ShowIdentity
from core.domain import EpisodeName
from core.errors import FilterError, FilterProblem
from tests.bot.replies.samples import EN, GROUP, PRIVATE, TRANSLATIONS, make_scene
from tests.bot.results import result as make_result

BOATS = ShowIdentity(
    21827,
    native="紙の船",
    romaji="Kami no Fune",
    english="Paper Boats!",
    chinese="纸船",
    synonyms=("PB",),
    season_anilist={2: 99423},
)
SEARCH = "https://anilist.test/search?q={title}"


def directory(show: str = "Paper Boats", identity: ShowIdentity = BOATS, show_url: str = SEARCH) -> ShowDirectory:
    identities = {show: identity}
    return ShowDirectory(show_url=show_url, identities=lambda: identities)


@pytest.mark.parametrize(
    ("locale", "title"), [("zh", "纸船"), ("zh-Hant", "纸船"), ("ja", "紙の船"), ("en", "Paper Boats!")]
)
def test_an_answer_s_title_is_that_of_the_catalogue_in_the_user_s_language(locale: str, title: str) -> None:
    scene = make_scene(EpisodeName("Paper Boats", 1))
    replies = AnswerReplies(ReplySpec(), lambda: {"Paper Boats": BOATS})
    assert replies.answer(TRANSLATIONS.of(locale), make_result(scene), GROUP, AnswerId("")).title == title


def test_a_title_of_the_settings_goes_before_that_of_the_catalogue() -> None:
    shows = ShowDirectory({"paper boats": {"zh": "小纸船", "en": ""}}, identities=lambda: {"Paper Boats": BOATS})
    assert shows.title("Paper Boats", "zh-Hant") == "小纸船"
    assert shows.title("Paper Boats", "en") == "Paper Boats!"
    assert shows.names("Paper Boats") == ("Paper Boats", "小纸船", "Kami no Fune", *BOATS.titles[1:])


def test_a_show_without_a_title_in_a_language_keeps_its_name_in_the_library() -> None:
    assert directory(identity=ShowIdentity(7, native="紙の船")).title("Paper Boats", "zh") == "Paper Boats"
    assert directory("7", ShowIdentity(7)).title("7", "ja") == "AniList 7"
    assert directory("7", ShowIdentity(7, english="Boats")).title("7", "ja") == "Boats"


def test_a_title_leads_to_the_page_of_the_season_then_to_a_search() -> None:
    shows = directory()
    assert shows.page(EpisodeName("Paper Boats", 1)) == "https://anilist.co/anime/21827"
    assert shows.page(EpisodeName("Paper Boats", 2)) == "https://anilist.co/anime/99423"
    assert (
        directory(identity=ShowIdentity(7, link="https://b.test")).page(EpisodeName("Paper Boats")) == "https://b.test"
    )
    assert shows.page(EpisodeName("Glass\u200b Harbour")) == "https://anilist.test/search?q=Glass%20Harbour"
    assert directory(show_url="").page(EpisodeName("Paper Boats")) == ""


def test_an_address_of_the_operator_s_own_goes_before_pages_of_the_catalogue() -> None:
    spec = ReplySpec(show_url="https://wiki.test/{title}", replaces_pages=True)
    shows = AnswerReplies(spec, lambda: {"Paper Boats": BOATS}).naming.shows
    assert shows.page(EpisodeName("Paper Boats")) == "https://wiki.test/Paper%20Boats"


def test_a_show_that_the_catalogue_calls_adult_is_named_only_where_it_may_be() -> None:
    scene = make_scene(EpisodeName("Paper Boats", 1))
    replies = AnswerReplies(ReplySpec(), lambda: {"Paper Boats": replace(BOATS, adult=True)})
    result = make_result(scene)
    refused = replies.answer(EN, result, GROUP, AnswerId("a"))
    question = correction_question(EN, replies.naming, result, AnswerId("a"))
    assert "Boats" not in f"{refused.title} {refused.lines} {question.lines}"
    assert replies.answer(EN, result, PRIVATE, AnswerId("a")).title == "Paper Boats!"
    error = FilterError("x", FilterProblem.MISSPELT_SHOW, value="Papr Boats", choices=("Paper Boats",))
    assert "Paper Boats" not in str(problem_reply(EN, error, replies.naming.shows.is_adult).lines)
    assert "Paper Boats" in str(problem_reply(EN, error).lines)


@pytest.mark.parametrize("setting", ["paper boats", "纸船", "PB", "21827"])
def test_the_settings_mark_a_show_by_any_of_its_names(setting: str) -> None:
    assert ShowDirectory({}, (setting,), identities=lambda: {"Paper Boats": BOATS}).is_adult("Paper Boats")


def test_no_adult_in_the_catalogue_does_not_take_the_settings_back() -> None:
    shows = ShowDirectory({}, ("Paper Boats",), identities=lambda: {"Paper Boats": ShowIdentity(adult=False)})
    assert shows.is_adult("Paper Boats")


def test_a_stored_answer_with_a_former_name_is_of_the_show_that_has_it_as_a_title() -> None:
    identities: list[Identities] = [{"Paper Boats": replace(BOATS, adult=True)}]
    shows = ShowDirectory(identities=lambda: identities[-1])
    assert shows.is_adult("21827")
    assert shows.title("21827", "zh") == "纸船"
    identities.append({"Paper Boats": BOATS, "Other": ShowIdentity(21827)})
    assert not shows.is_adult("21827")
    assert shows.title("21827", "zh") == "21827"
