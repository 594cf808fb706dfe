"""Corrections, albums, languages and help."""

import re

import pytest

from bot.intake.typed_options import parse_options
from bot.language.translations import Translator
from bot.messages import Options, Tone
from bot.replies.album_replies import album_reply
from bot.replies.button_actions import Action, Verb, parse_action
from bot.replies.canned_replies import help_reply, language_chosen, language_question, start_reply
from bot.replies.correction_replies import correction_prompt, correction_question, correction_thanks
from core.domain import (
    SearchFilter,
    SearchResult,
    Verdict,
)
from core.errors import (
    PictureError,
    PictureProblem,
)
from tests.bot.replies.samples import (
    ANSWER_ID,
    EN,
    GROUP,
    JA,
    PLAIN,
    PRIVATE,
    STRICT,
    ZH,
    actions_of,
    make_result,
    make_scene,
    other_scene,
    text_of,
)


def test_the_right_one_is_asked_for() -> None:
    result = make_result(make_scene(), *(other_scene(number) for number in range(1, 8)), other_scene(9, 0.001))
    reply = correction_question(EN, PLAIN.naming, result, ANSWER_ID, GROUP)
    assert reply.private
    assert reply.lines[0] == "1. Tales of Rain · Season 2, episode 5 — The Long Way · 00:12:34"
    assert len(reply.lines) == 5
    assert actions_of(reply) == [
        *(Action(Verb.RIGHT, ANSWER_ID, index) for index in range(5)),
        Action(Verb.OTHER, ANSWER_ID),
        Action(Verb.NONE, ANSWER_ID),
    ]
    assert [button.label for button in reply.rows[0]] == ["1", "2", "3", "4", "5"]
    assert all(len(row) <= 5 for row in reply.rows)
    empty = correction_question(EN, PLAIN.naming, SearchResult(Verdict.NOT_IN_LIBRARY, ()), ANSWER_ID, GROUP)
    assert (empty.title, len(empty.rows)) == ("What is it?", 1)


def test_adult_shows_are_no_choice_where_they_may_not_be_named() -> None:
    result = make_result(other_scene(1, 0.9), make_scene(probability=0.05), other_scene(2))
    for chat in (GROUP, None):
        reply = correction_question(EN, STRICT.naming, result, ANSWER_ID, chat)
        assert "Rain" not in repr(reply)
        assert actions_of(reply)[:2] == [Action(Verb.RIGHT, ANSWER_ID, 0), Action(Verb.RIGHT, ANSWER_ID, 2)]
    assert "Rain" in repr(correction_question(EN, STRICT.naming, result, ANSWER_ID, PRIVATE))


def test_a_text_is_asked_for_and_thanked_for() -> None:
    question = correction_prompt(EN, ANSWER_ID)
    assert question.text_prompt is not None
    assert parse_action(question.text_prompt.action) == Action(Verb.OTHER, ANSWER_ID)
    assert question.text_prompt.text == question.title
    assert correction_thanks(JA).title == "ありがとうございます！"


def test_several_pictures_have_a_line_each() -> None:
    unsure = make_result(verdict=Verdict.UNSURE)
    results: list[SearchResult | Exception] = [
        make_result(),
        unsure,
        PictureError("a.png: is empty", PictureProblem.EMPTY),
    ]
    reply = album_reply(PLAIN, EN, results, GROUP)
    assert reply.title == "3 pictures"
    assert reply.lines == (
        "1. Tales of Rain · Season 2, episode 5 — The Long Way · 00:12:34 · 97%",
        "2. I am not sure about this one.",
        "3. This file is empty.",
    )
    assert album_reply(PLAIN, EN, [make_result(), make_result()], GROUP).tone is Tone.FOUND
    assert "Rain" not in repr(album_reply(STRICT, EN, results, GROUP))
    assert "97%" in text_of(album_reply(PLAIN, EN, [make_result(make_scene(), sequence=True)], GROUP))


@pytest.mark.parametrize("translator", [EN, ZH, JA])
def test_an_answer_says_that_its_video_is_not_where_it_was(translator: Translator) -> None:
    there, missing = (
        PLAIN.answer(translator, make_result(make_scene(video_missing=gone)), GROUP, ANSWER_ID).lines
        for gone in (False, True)
    )
    assert len(missing) == len(there) + 1


def test_languages_are_offered_and_chosen() -> None:
    reply = language_question(EN)
    assert [(button.label, button.action) for button in reply.rows[0]] == [
        ("English", "l:en"),
        ("简体中文", "l:zh"),
        ("繁體中文", "l:zh-Hant"),
        ("日本語", "l:ja"),
    ]
    assert language_chosen(ZH).title == "以后我会用中文回答你。"
    assert language_chosen(JA).rows == ()


@pytest.mark.parametrize("translator", [EN, ZH, JA])
def test_help_and_greeting_are_short_and_name_the_commands(translator: Translator) -> None:
    help_text = text_of(help_reply(translator))
    assert {"/whenanime", "/lang", "together", "mute"} <= set(re.findall(r"[/\w:,-]+", help_text, re.ASCII))
    assert len(help_text) < 700
    assert "/help" in text_of(start_reply(translator))


@pytest.mark.parametrize(("translator", "show"), [(EN, "Name"), (ZH, "名称"), (JA, "名前")])
def test_help_names_options_as_they_are_understood(translator: Translator, show: str) -> None:
    (line,) = [line for line in help_reply(translator).lines if "1,3-5" in line]
    options = parse_options(line.replace("：", " "))
    assert options == Options(SearchFilter((show,), frozenset({1, 3, 4, 5}), themes=False), together=True, muted=True)
