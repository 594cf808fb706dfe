"""What people read: every verdict, three languages, adult shows, hostile names, buttons that fit."""

import inspect
import re
from dataclasses import replace
from typing import Any

import pytest

from bot.intake.typed_options import parse_options
from bot.language.translations import Texts, Words
from bot.messages import ACTION_LIMIT_BYTES, Button, Chat, ChatKind, Options, Reply, Tone
from bot.replies.answers import Replies, ReplySpec
from bot.replies.button_actions import Action, CaseId, Verb, parse_action
from bot.replies.scene_text import LINE_LIMIT, TITLE_LIMIT
from core import errors
from core.domain import (
    Area,
    EpisodeKind,
    EpisodeName,
    FileId,
    Reason,
    Scene,
    SearchFilter,
    SearchResult,
    Sighting,
    Verdict,
)
from core.errors import (
    FetchError,
    FetchProblem,
    FilterError,
    FilterProblem,
    PictureError,
    PictureProblem,
    WhenAnimeError,
)
from core.timecode import Millis

TEXTS = Texts()
EN, ZH, JA = (TEXTS.of(locale) for locale in ("en", "zh", "ja"))
CASE = CaseId("abcDEF0123")
PRIVATE = Chat(ChatKind.PRIVATE, 10 << 20)
GROUP = Chat(ChatKind.GROUP, 10 << 20)
NAME = EpisodeName("Tales of Rain", season=2, first=5.0, last=5.0, name="The Long Way")
PLAIN = Replies(ReplySpec())
STRICT = Replies(ReplySpec(adult_shows=("tales OF rain",)))


def _scene(name: EpisodeName = NAME, probability: float = 0.97, **changes: object) -> Scene:
    scene = Scene(
        FileId(1),
        "Rain/S02/[Group] 05.mkv",
        name,
        from_ms=Millis(751_000),
        at_ms=Millis(754_000),
        to_ms=Millis(758_000),
        similarity=0.9,
        probability=probability,
    )
    return replace(scene, **changes)  # type: ignore[arg-type]  # the test names its fields


def _result(*scenes: Scene, verdict: Verdict = Verdict.FOUND, **changes: bool) -> SearchResult:
    return SearchResult(
        verdict,
        tuple(replace(one, sequence=changes.get("sequence", one.sequence)) for one in scenes or (_scene(),)),
        reason=Reason.TOO_LITTLE if changes.get("too_little") else None,
    )


def _other(number: int, probability: float = 0.01, show: str = "Other") -> Scene:
    return _scene(EpisodeName(show, season=1, first=float(number), last=float(number)), probability)


def _said(reply: Reply) -> str:
    return "\n".join((reply.title, *reply.lines))


def _buttons(reply: Reply) -> list[Button]:
    return [button for row in reply.rows for button in row]


def _actions(reply: Reply) -> list[Action | None]:
    return [parse_action(button.action) for button in _buttons(reply)]


def test_a_find_is_told_in_full() -> None:
    reply = PLAIN.answer(EN, _result(), GROUP, CASE)
    assert reply.tone is Tone.FOUND
    assert reply.title == "Tales of Rain"
    assert reply.lines == (
        "Season 2, episode 5 — The Long Way",
        "At 00:12:34 (shot from 00:12:31 to 00:12:38)",
        "Very likely (97%)",
    )
    assert _actions(reply) == [Action(Verb.WRONG, CASE)]
    assert (reply.media, reply.url, reply.edits, reply.private) == (None, "", False, False)


def test_the_same_in_chinese_and_japanese() -> None:
    titles = {"TALES of rain": {"zh": "雨之物语", "ja": "雨の物語", "en": ""}}
    replies = Replies(ReplySpec(titles=titles))
    chinese = replies.answer(ZH, _result(), GROUP, CASE)
    assert chinese.title == "雨之物语"
    assert chinese.lines[0] == "第2季 第5集「The Long Way」"
    assert "00:12:34" in chinese.lines[1]
    assert chinese.lines[2] == "很有可能（97%）"
    japanese = replies.answer(JA, _result(), GROUP, CASE)
    assert (japanese.title, japanese.lines[0]) == ("雨の物語", "第2期 第5話「The Long Way」")
    assert replies.answer(EN, _result(), GROUP, CASE).title == "Tales of Rain"


@pytest.mark.parametrize(
    ("name", "english", "chinese", "japanese"),
    [
        (EpisodeName("A"), "", "", ""),
        (EpisodeName("A", first=3.0, last=3.0), "Episode 3", "第3集", "第3話"),
        (EpisodeName("A", season=1, first=1.0, last=2.0), "Season 1, episodes 1–2", "第1季 第1–2集", "第1期 第1–2話"),
        (EpisodeName("A", first=5.5, last=5.5), "Episode 5.5", "第5.5集", "第5.5話"),
        (EpisodeName("A", kind=EpisodeKind.MOVIE), "Movie", "剧场版", "劇場版"),
        (EpisodeName("A", kind=EpisodeKind.MOVIE, first=2.0), "Movie 2", "剧场版 2", "劇場版 2"),
        (
            EpisodeName("A", 2, kind=EpisodeKind.OPENING, first=1.0),
            "Season 2, opening 1",
            "第2季 片头曲 1",
            "第2期 オープニング 1",
        ),
        (EpisodeName("A", kind=EpisodeKind.ENDING), "Ending", "片尾曲", "エンディング"),
        (EpisodeName("A", kind=EpisodeKind.OVA, first=1.0), "OVA 1", "OVA 1", "OVA 1"),
        (EpisodeName("A", 0, kind=EpisodeKind.SPECIAL, first=4.0), "Special 4", "特别篇 4", "特別編 4"),
        (EpisodeName("A", 0, first=4.0), "Specials, episode 4", "特别篇 第4集", "スペシャル 第4話"),
        (EpisodeName("A", kind=EpisodeKind.TRAILER), "Trailer", "预告片", "予告編"),
        (EpisodeName("A", kind=EpisodeKind.OTHER), "Extra", "特典", "映像特典"),
        (
            EpisodeName("A", 3, "Snow", first=1.0),
            "Season 3: Snow, episode 1",
            "第3季「Snow」 第1集",
            "第3期「Snow」 第1話",
        ),
        (EpisodeName("A", None, "Snow", first=1.0), "Snow, episode 1", "Snow 第1集", "Snow 第1話"),
        (EpisodeName("A", 3, "3", first=1.0), "Season 3, episode 1", "第3季 第1集", "第3期 第1話"),
        (EpisodeName("A", name="End"), "End", "End", "End"),
    ],
)
def test_every_kind_of_episode_has_its_words(name: EpisodeName, english: str, chinese: str, japanese: str) -> None:
    for words, expected in ((EN, english), (ZH, chinese), (JA, japanese)):
        lines = PLAIN.answer(words, _result(_scene(name)), GROUP, CASE).lines
        assert (lines[0] if expected else "") == expected
        assert len(lines) == (3 if expected else 2)


def test_a_sequence_is_told_from_when_to_when() -> None:
    reply = PLAIN.answer(EN, _result(sequence=True), GROUP, CASE)
    assert "From 00:12:31 to 00:12:38" in reply.lines
    held = _scene(from_ms=Millis(754_000), to_ms=Millis(754_300))
    assert "At 00:12:34" in PLAIN.answer(EN, _result(held), GROUP, CASE).lines


@pytest.mark.parametrize(
    ("probability", "line"),
    [
        (1.0, "Almost certain (100%)"),
        (0.9994, "Almost certain (99%)"),
        (0.9, "Very likely (90%)"),
        (0.6, "Likely (60%)"),
        (0.3, "Perhaps (30%)"),
        (0.004, "Unlikely (< 1%)"),
    ],
)
def test_how_sure_it_is(probability: float, line: str) -> None:
    assert line in PLAIN.answer(EN, _result(_scene(probability=probability)), GROUP, CASE).lines


def test_an_encoder_that_was_never_calibrated_claims_nothing() -> None:
    scenes = _scene(probability=0.0), _other(1, 0.0)
    result = replace(_result(*scenes, verdict=Verdict.UNSURE), reason=Reason.UNCALIBRATED)
    reply = PLAIN.answer(EN, result, GROUP, CASE, show_guess=True)
    assert "%" not in _said(reply)
    assert Action(Verb.SHOW, CASE, 1) in _actions(reply)


def test_what_else_is_worth_saying() -> None:
    also = tuple(Sighting(FileId(2), "x", replace(NAME, first=n, last=n, name=""), Millis(70_000)) for n in (6.0, 7.0))
    elsewhere = Sighting(FileId(3), "y", EpisodeName("Best of Rain"), Millis(0))
    scene = _scene(mirrored=True, region=Area(0.2, 0, 1, 1), also=(*also, elsewhere, elsewhere, elsewhere))
    said = _said(PLAIN.answer(EN, _result(scene), GROUP, CASE))
    assert "mirrored" in said
    assert "a part of your picture" in said
    assert "Also at: Season 2, episode 6 · 00:01:10" in said
    assert "Also at: Best of Rain · 00:00:00" in said
    assert said.count("Also at") == 3
    assert "… and at 2 more places" in said
    assert "also" not in _said(PLAIN.answer(EN, _result(), GROUP, CASE)).lower()


@pytest.mark.parametrize("path", ["/srv/secret/Rain/05 [x].mkv", r"C:\secret\Rain\05 [x].mkv", "05 [x].mkv"])
def test_the_file_is_named_when_asked_for_and_never_its_folder(path: str) -> None:
    result = _result(_scene(path=path))
    assert "File: 05 [x].mkv" in Replies(ReplySpec(file_names=True)).answer(EN, result, GROUP, CASE).lines
    for replies in (PLAIN, Replies(ReplySpec(file_names=True))):
        assert "secret" not in repr(replies.answer(EN, result, GROUP, CASE))
    assert "mkv" not in repr(PLAIN.answer(EN, result, GROUP, CASE))


@pytest.mark.parametrize("verdict", Verdict)
def test_a_picture_that_was_searched_in_part_is_said_to_be(verdict: Verdict) -> None:
    whole = SearchResult(verdict, (_scene(),))
    part = replace(whole, cut_off=True)
    line = "The file breaks off: I searched by the part of the picture that is there."
    assert line not in PLAIN.answer(EN, whole, PRIVATE, CASE).lines
    assert line in PLAIN.answer(EN, part, PRIVATE, CASE).lines


def test_an_answer_from_memory_says_its_age() -> None:
    reply = PLAIN.answer(EN, _result(), GROUP, CASE, cached_age_s=299.5)
    assert reply.lines[-1] == "Answered from memory, 5 minutes old."
    assert reply.rows == PLAIN.answer(EN, _result(), GROUP, CASE).rows
    assert "5分钟" in PLAIN.answer(ZH, _result(), GROUP, CASE, cached_age_s=300).lines[-1]


def test_a_title_leads_to_its_page() -> None:
    replies = Replies(ReplySpec(show_url="https://x.test/find?q={title}"))
    name = replace(NAME, show="A & B/…?")
    assert (
        replies.answer(EN, _result(_scene(name)), GROUP, CASE).url == "https://x.test/find?q=A%20%26%20B%2F%E2%80%A6%3F"
    )
    assert replies.answer(EN, _result(_scene(name), verdict=Verdict.UNSURE), GROUP, CASE).url == ""


def test_candidates_are_paged_through() -> None:
    result = _result(_scene(), _other(1), _other(2), _other(3, 0.004))
    first, second, third = (PLAIN.answer(EN, result, GROUP, CASE, index=index) for index in range(3))
    assert [button.label for button in first.rows[0]] == ["Next (2/3, 1%) ▶"]
    assert [button.label for button in second.rows[0]] == ["◀ Previous (1/3)", "Next (3/3, 1%) ▶"]
    assert [button.label for button in third.rows[0]] == ["◀ Previous (2/3)"]
    assert _actions(second) == [Action(Verb.SHOW, CASE), Action(Verb.SHOW, CASE, 2), Action(Verb.WRONG, CASE)]
    assert (first.tone, second.tone) == (Tone.FOUND, Tone.UNSURE)
    assert second.title == "Another candidate: Other"
    assert PLAIN.answer(EN, result, GROUP, CASE, index=9).title == PLAIN.expired(EN).title


def test_without_a_stored_case_there_are_no_buttons() -> None:
    for verdict in Verdict:
        result = _result(_scene(), _other(1), verdict=verdict)
        assert PLAIN.answer(EN, result, GROUP, CaseId(""), show_guess=True).rows == ()
        assert PLAIN.answer(EN, result, GROUP, CaseId("")).rows == ()


@pytest.mark.parametrize("words", [EN, ZH, JA])
def test_what_is_not_sure_is_not_named_until_asked_for(words: Words) -> None:
    result = _result(_scene(probability=0.5), _other(1, 0.2), verdict=Verdict.UNSURE)
    reply = PLAIN.answer(words, result, GROUP, CASE)
    assert reply.tone is Tone.UNSURE
    assert "Rain" not in repr(reply)
    assert _actions(reply) == [Action(Verb.SHOW, CASE)]
    guess = PLAIN.answer(words, result, GROUP, CASE, show_guess=True)
    assert guess.tone is Tone.UNSURE
    assert "Rain" in guess.title
    assert guess.title != "Tales of Rain"
    assert words.gettext("Perhaps ({percent})", percent=words.percent(0.5)) in guess.lines


@pytest.mark.parametrize("words", [EN, ZH, JA])
@pytest.mark.parametrize("probability", [0.99, 0.9, 0.6, 0.4])
@pytest.mark.parametrize(
    ("verdict", "too_little"), [(Verdict.UNSURE, False), (Verdict.NOT_IN_LIBRARY, False), (Verdict.FOUND, True)]
)
def test_a_guess_is_never_called_more_than_possible(
    words: Words, probability: float, verdict: Verdict, *, too_little: bool
) -> None:
    result = _result(_scene(probability=probability), verdict=verdict, too_little=too_little)
    guess = PLAIN.answer(words, result, GROUP, CASE, show_guess=True)
    assert guess.lines[2] == words.gettext("Perhaps ({percent})", percent=words.percent(probability))
    unlikely = _result(_scene(probability=0.2), verdict=verdict, too_little=too_little)
    assert PLAIN.answer(EN, unlikely, GROUP, CASE, show_guess=True).lines[2] == "Unlikely (20%)"


def test_what_is_not_in_the_library_is_said_plainly() -> None:
    far = _result(_scene(probability=0.04), verdict=Verdict.NOT_IN_LIBRARY)
    reply = PLAIN.answer(EN, far, GROUP, CASE)
    assert reply.tone is Tone.NOT_FOUND
    assert reply.title == "I did not find this in my library."
    assert "whole frame" in reply.lines[0]
    assert _actions(reply) == [Action(Verb.WRONG, CASE)]
    assert PLAIN.answer(EN, SearchResult(Verdict.NOT_IN_LIBRARY, ()), GROUP, CASE).title == reply.title
    near = _result(_scene(probability=0.06), _other(1, 0.04), verdict=Verdict.NOT_IN_LIBRARY)
    asked = PLAIN.answer(EN, near, GROUP, CASE)
    assert asked.rows[0] == (Button("Show what came closest", f"s:{CASE}:0"),)
    assert "Rain" not in repr(asked)
    closest = PLAIN.answer(EN, near, GROUP, CASE, show_guess=True)
    assert closest.title == "Only a guess: Tales of Rain"
    assert _actions(closest) == [Action(Verb.WRONG, CASE)], "the other one is not worth paging to"
    assert PLAIN.answer(EN, far, GROUP, CASE, show_guess=True).title == reply.title


@pytest.mark.parametrize("verdict", list(Verdict))
def test_a_picture_with_too_little_on_it_is_told_so(verdict: Verdict) -> None:
    reply = PLAIN.answer(EN, _result(_scene(probability=0.95), verdict=verdict, too_little=True), GROUP, CASE)
    assert "too little" in reply.title
    assert reply.tone is not Tone.FOUND
    assert "Rain" not in repr(reply)
    assert Action(Verb.SHOW, CASE) in _actions(reply)


def test_a_plain_picture_without_a_borne_out_scene_has_no_guess_behind_a_button() -> None:
    reply = PLAIN.answer(EN, SearchResult(Verdict.UNSURE, (), reason=Reason.TOO_LITTLE), GROUP, CASE)
    assert "too little" in reply.title
    assert reply.rows == ()


@pytest.mark.parametrize("words", [EN, ZH, JA])
def test_why_an_answer_is_not_sure_is_said(words: Words) -> None:
    said = [
        PLAIN.answer(
            words, replace(_result(_scene(probability=0.6), verdict=Verdict.UNSURE), reason=reason), GROUP, CASE
        )
        for reason in Reason
    ]
    assert len({_said(reply) for reply in said}) == len(Reason)
    failed = replace(_result(_scene(probability=0.6), verdict=Verdict.UNSURE), reason=Reason.CHECK_FAILED)
    guess = PLAIN.answer(words, failed, GROUP, CASE, show_guess=True)
    assert words.gettext("Compared with the scene itself, it does not hold.") in guess.lines


@pytest.mark.parametrize("words", [EN, ZH, JA])
@pytest.mark.parametrize("verdict", [Verdict.UNSURE, Verdict.NOT_IN_LIBRARY])
def test_a_filter_that_excludes_the_answer_is_told_so(words: Words, verdict: Verdict) -> None:
    where = SearchFilter(("Yuru-Yuri",), frozenset({1, 3}))
    result = replace(_result(_other(1, 0.04), verdict=verdict), where=where, elsewhere=_scene())
    reply = PLAIN.answer(words, result, GROUP, CASE)
    assert "Yuru-Yuri" in reply.title
    assert "1, 3" in reply.title
    assert all(part in reply.lines[0] for part in ("Tales of Rain", "00:12:34", "97%"))
    assert words is not EN or reply.lines[0].startswith("In the whole library there is one: ")
    assert "Rain" not in repr(STRICT.answer(words, result, GROUP, CASE))
    nowhere = PLAIN.answer(words, replace(result, elsewhere=None), GROUP, CASE)
    assert "Rain" not in repr(nowhere)
    assert ("Yuru-Yuri" in nowhere.title) is (verdict is Verdict.NOT_IN_LIBRARY)
    adult = replace(result, where=SearchFilter(("Tales of Rain",)), elsewhere=_other(2, 0.95))
    assert "Rain" not in repr(STRICT.answer(words, adult, GROUP, CASE))


def test_only_candidates_that_are_possible_are_offered() -> None:
    for reason, offered in ((None, False), (Reason.UNCALIBRATED, True)):
        verdict = Verdict.UNSURE if reason else Verdict.FOUND
        result = replace(_result(_scene(), _other(1, 0.0), _other(2, 0.0), verdict=verdict), reason=reason)
        labels = [button.label for button in _buttons(PLAIN.answer(EN, result, GROUP, CASE, show_guess=True))]
        assert any("Next" in label for label in labels) is offered
        assert not any("%" in label for label in labels)
        choices = [
            action for action in _actions(PLAIN.wrong(EN, result, CASE, GROUP)) if action and action.verb is Verb.RIGHT
        ]
        assert len(choices) == (3 if offered else 1)


@pytest.mark.parametrize("words", [EN, ZH, JA])
def test_pictures_that_are_not_one_scene_are_told_so(words: Words) -> None:
    scenes = (_scene(pictures=(2, 3)), replace(_other(1, 0.9), pictures=(1,)))
    for index, numbers in enumerate(("2, 3", "1")):
        line = PLAIN.answer(words, _result(*scenes), GROUP, CASE, index=index).lines[3]
        assert numbers in line
        assert words is not EN or line.startswith("Your pictures are not one scene: ")
    unsure = PLAIN.answer(words, _result(*scenes, verdict=Verdict.UNSURE), GROUP, CASE)
    assert unsure.lines[-1] == words.gettext("Your pictures are not one scene: send them one by one.")
    assert "one scene" not in _said(PLAIN.answer(EN, _result(), GROUP, CASE))


def test_which_scene_a_preview_belongs_to() -> None:
    found = _result(_scene(), _other(1))
    assert PLAIN.shown(found, GROUP) == 0
    assert PLAIN.shown(found, GROUP, 1) == 1
    assert PLAIN.shown(found, GROUP, 2) is None
    assert PLAIN.shown(found, GROUP, -1) is None
    assert STRICT.shown(found, GROUP) is None
    unsure = replace(found, verdict=Verdict.UNSURE)
    assert PLAIN.shown(unsure, GROUP) is None
    assert PLAIN.shown(unsure, GROUP, show_guess=True) == 0
    assert PLAIN.shown(SearchResult(Verdict.NOT_IN_LIBRARY, ()), GROUP, show_guess=True) is None


@pytest.mark.parametrize("verdict", [Verdict.FOUND, Verdict.UNSURE])
def test_adult_shows_are_answered_elsewhere(verdict: Verdict) -> None:
    result = _result(_scene(), _other(1), verdict=verdict)
    reply = STRICT.answer(EN, result, GROUP, CASE)
    assert reply == STRICT.adult_elsewhere(EN)
    assert (reply.rows, reply.url) == ((), "")
    for chat in (PRIVATE, replace(GROUP, age_restricted=True)):
        assert "Rain" in STRICT.answer(EN, result, chat, CASE, show_guess=True).title
    assert STRICT.answer(EN, result, GROUP, CASE, index=0, show_guess=True) == reply


def test_adult_shows_are_left_out_of_what_is_said_beside() -> None:
    also = (Sighting(FileId(2), "x", NAME, Millis(0)),)
    result = _result(replace(_other(1, 0.9), also=also), _scene(probability=0.08), _other(2, 0.01))
    reply = STRICT.answer(EN, result, GROUP, CASE)
    assert "Rain" not in repr(reply)
    assert _actions(reply) == [Action(Verb.SHOW, CASE, 2), Action(Verb.WRONG, CASE)]
    assert "Next (2/2, 1%)" in reply.rows[0][0].label
    assert STRICT.answer(EN, result, GROUP, CASE, index=1) == STRICT.adult_elsewhere(EN)
    missing = _result(_scene(probability=0.2), _other(1, 0.1), verdict=Verdict.NOT_IN_LIBRARY)
    not_found = STRICT.answer(EN, missing, GROUP, CASE)
    assert not_found.title == "I did not find this in my library."
    assert _actions(not_found)[0] == Action(Verb.SHOW, CASE, 1)


def test_the_right_one_is_asked_for() -> None:
    result = _result(_scene(), *(_other(number) for number in range(1, 8)), _other(9, 0.001))
    reply = PLAIN.wrong(EN, result, CASE, GROUP)
    assert reply.private
    assert reply.lines[0] == "1. Tales of Rain · Season 2, episode 5 — The Long Way · 00:12:34"
    assert len(reply.lines) == 5
    assert _actions(reply) == [
        *(Action(Verb.RIGHT, CASE, index) for index in range(5)),
        Action(Verb.OTHER, CASE),
        Action(Verb.NONE, CASE),
    ]
    assert [button.label for button in reply.rows[0]] == ["1", "2", "3", "4", "5"]
    assert all(len(row) <= 5 for row in reply.rows)
    empty = PLAIN.wrong(EN, SearchResult(Verdict.NOT_IN_LIBRARY, ()), CASE, GROUP)
    assert (empty.title, len(empty.rows)) == ("What is it?", 1)


def test_adult_shows_are_no_choice_where_they_may_not_be_named() -> None:
    result = _result(_other(1, 0.9), _scene(probability=0.05), _other(2))
    for chat in (GROUP, None):
        reply = STRICT.wrong(EN, result, CASE, chat)
        assert "Rain" not in repr(reply)
        assert _actions(reply)[:2] == [Action(Verb.RIGHT, CASE, 0), Action(Verb.RIGHT, CASE, 2)]
    assert "Rain" in repr(STRICT.wrong(EN, result, CASE, PRIVATE))


def test_a_text_is_asked_for_and_thanked_for() -> None:
    asked = PLAIN.something_else(EN, CASE)
    assert asked.ask is not None
    assert parse_action(asked.ask.action) == Action(Verb.OTHER, CASE)
    assert asked.ask.prompt == asked.title
    assert PLAIN.thanks(JA).title == "ありがとうございます！"


def test_several_pictures_have_a_line_each() -> None:
    unsure = _result(verdict=Verdict.UNSURE)
    results: list[SearchResult | Exception] = [_result(), unsure, PictureError("a.png: is empty", PictureProblem.EMPTY)]
    reply = PLAIN.several(EN, results, GROUP)
    assert reply.title == "3 pictures"
    assert reply.lines == (
        "1. Tales of Rain · Season 2, episode 5 — The Long Way · 00:12:34 · 97%",
        "2. I am not sure about this one.",
        "3. This file is empty.",
    )
    assert PLAIN.several(EN, [_result(), _result()], GROUP).tone is Tone.FOUND
    assert "Rain" not in repr(STRICT.several(EN, results, GROUP))
    assert "97%" in _said(PLAIN.several(EN, [_result(_scene(), sequence=True)], GROUP))


@pytest.mark.parametrize("words", [EN, ZH, JA])
def test_an_answer_says_that_its_video_is_not_where_it_was(words: Words) -> None:
    there, missing = (
        PLAIN.answer(words, _result(_scene(video_missing=gone)), GROUP, CASE).lines for gone in (False, True)
    )
    assert len(missing) == len(there) + 1


def test_languages_are_offered_and_chosen() -> None:
    reply = PLAIN.language(EN)
    assert [(button.label, button.action) for button in reply.rows[0]] == [
        ("English", "l:en"),
        ("简体中文", "l:zh"),
        ("繁體中文", "l:zh-Hant"),
        ("日本語", "l:ja"),
    ]
    assert PLAIN.language(ZH, "zh").title == "以后我会用中文回答你。"
    assert PLAIN.language(JA, "ja").rows == ()


@pytest.mark.parametrize("words", [EN, ZH, JA])
def test_help_and_greeting_are_short_and_name_the_commands(words: Words) -> None:
    help_text = _said(PLAIN.help(words))
    assert {"/whenanime", "/lang", "together", "mute"} <= set(re.findall(r"[/\w:,-]+", help_text, re.ASCII))
    assert len(help_text) < 700
    assert "/help" in _said(PLAIN.start(words))


@pytest.mark.parametrize(("words", "show"), [(EN, "Name"), (ZH, "名称"), (JA, "名前")])
def test_help_names_options_as_they_are_understood(words: Words, show: str) -> None:
    (line,) = [line for line in PLAIN.help(words).lines if "1,3-5" in line]
    options = parse_options(line.replace("：", " "))
    assert options == Options(SearchFilter((show,), frozenset({1, 3, 4, 5})), together=True, muted=True)


HOSTILE = "A\x00\x1b[31m\u202eB\u200b\r\n\n@everyone <script> {0} %s " + "x" * 5000


@pytest.mark.parametrize("words", [EN, ZH, JA])
@pytest.mark.parametrize("verdict", list(Verdict))
def test_a_hostile_name_breaks_nothing(words: Words, verdict: Verdict) -> None:
    name = EpisodeName(HOSTILE, 1, HOSTILE, EpisodeKind.MOVIE, 1e308, 1e308, HOSTILE)
    scene = _scene(name, also=(Sighting(FileId(2), HOSTILE, name, Millis(0)),) * 9, path=HOSTILE)
    spec = ReplySpec(True, (), {HOSTILE: {"en": HOSTILE, "zh": HOSTILE}}, "https://x.test/{title}")
    replies, result = Replies(spec), _result(scene, scene, scene, verdict=verdict)
    for reply in (
        replies.answer(words, result, GROUP, CASE, show_guess=True),
        replies.answer(words, result, GROUP, CASE, index=1, show_guess=True),
        replies.wrong(words, result, CASE, GROUP),
        replies.several(words, [result, FilterError(HOSTILE)], GROUP),
        *(
            replies.problem(words, FilterError(HOSTILE, problem, given=HOSTILE, choices=(HOSTILE, HOSTILE)))
            for problem in FilterProblem
        ),
        replies.problem(words, PictureError(HOSTILE, PictureProblem.UNSUPPORTED, detail=HOSTILE)),
    ):
        assert 0 < len(reply.title) <= TITLE_LIMIT
        assert all(0 < len(line) <= LINE_LIMIT for line in reply.lines)
        assert _said(reply).replace("\n", "").isprintable()
        assert reply.url.isascii()
        assert len(reply.url) < 1000
        assert all(len(button.action.encode("ascii")) <= ACTION_LIMIT_BYTES for button in _buttons(reply))


def test_a_name_of_nothing_visible_still_has_a_headline() -> None:
    reply = PLAIN.answer(EN, _result(_scene(replace(NAME, show="\u200b\x00"))), GROUP, CASE)
    assert reply.title.strip()


def _errors() -> list[Exception]:
    """One of every class of ours, and what was never meant to reach a chat."""
    kinds = [one for one in vars(errors).values() if inspect.isclass(one) and issubclass(one, WhenAnimeError)]
    plain_kinds = [one for one in kinds if one not in {FetchError, errors.MediaError}]
    return [
        *(kind("/srv/secret/x.mkv: https://token@host") for kind in plain_kinds),
        *(FetchError(problem, "/srv/secret") for problem in FetchProblem),
        *(PictureError("/srv/secret/x.mkv: token", problem, detail="7") for problem in PictureProblem),
        errors.MediaError("/srv/secret/x.mkv", "token"),
        ValueError("/srv/secret token"),
    ]


@pytest.mark.parametrize("error", _errors(), ids=lambda error: type(error).__name__)
def test_every_error_has_words_and_advice_in_every_language(error: Exception) -> None:
    said = []
    for words in (EN, ZH, JA):
        reply = PLAIN.problem(words, error)
        assert reply.tone in {Tone.REFUSED, Tone.FAILED}
        assert reply.title
        assert reply.lines
        assert all(reply.lines)
        said.append(_said(reply))
        assert "secret" not in said[-1]
        assert "token" not in said[-1]
    assert len(set(said)) == 3


def test_every_problem_with_a_picture_is_another_sentence() -> None:
    pictures = [PLAIN.problem(EN, PictureError("", problem, detail="7")).title for problem in PictureProblem]
    assert len(set(pictures)) == len(PictureProblem) - 1, "what cannot be read is as good as damaged"
    fetched = {PLAIN.problem(EN, FetchError(problem, "")).title for problem in FetchProblem}
    assert len(fetched) == len(FetchProblem)
    refused = PLAIN.problem(EN, PictureError("", PictureProblem.UNSUPPORTED, detail="PSD"))
    assert _said(refused) == "I cannot read PSD files.\nSend it as JPEG or PNG, or make a screenshot of it."


@pytest.mark.parametrize("kind", [errors.LimitError, errors.BusyError, errors.DeadlineError])
def test_when_to_try_again(kind: type[errors.ServiceError]) -> None:
    assert PLAIN.problem(EN, kind("", 44.2)).lines == ("Please try again in 45 seconds.",)
    assert PLAIN.problem(ZH, kind("", 180)).lines == ("请在3分钟后再试。",)
    assert PLAIN.problem(EN, kind("")).lines == ("Please try again in a moment.",)


def test_a_filter_says_what_is_wrong_unless_that_names_an_adult_show() -> None:
    error = FilterError("", FilterProblem.MISSPELT_SHOW, given="Rane", choices=("Tales of Rain",))
    assert "Did you mean" in _said(PLAIN.problem(EN, error))
    for words in (EN, ZH, JA):
        said = _said(STRICT.problem(words, error))
        assert "Rain" not in said
        assert 'show:"Two Words" season:1,3-5' in said


def test_every_problem_with_a_filter_is_another_sentence() -> None:
    for words in (EN, ZH, JA):
        errors_ = [FilterError("", problem, given="Rane", choices=("Rain", "Snow")) for problem in FilterProblem]
        assert len({PLAIN.problem(words, error).lines for error in errors_}) == len(FilterProblem)


def test_both_scenes_of_a_clip_are_named_and_not_the_one_that_may_not_be() -> None:
    other = replace(_other(3, 0.98, "Reef"), clip=(Millis(1300), Millis(2600)), sequence=True)
    both = _result(_scene(clip=(Millis(0), Millis(1240)), sequence=True), other)
    said = _said(PLAIN.answer(EN, both, GROUP, CASE))
    assert "Your clip shows several scenes: this is 0.0 s to 1.2 s of it." in said
    assert "Also in your clip, 1.3 s to 2.6 s: Reef · Season 1, episode 3" in said
    assert "Reef" not in _said(Replies(ReplySpec(adult_shows=("Reef",))).answer(EN, both, GROUP, CASE))


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"turned": 90}, "Your picture is turned to the right by a quarter."),
        ({"turned": 180}, "Your picture is upside down."),
        ({"turned": 270}, "Your picture is turned to the left by a quarter."),
        ({"backwards": True, "sequence": True}, "Your clip is played backwards."),
    ],
)
def test_how_a_picture_is_turned_and_a_clip_is_played_is_said(changes: dict[str, Any], line: str) -> None:
    result = _result(replace(_scene(), **changes))
    assert line in _said(PLAIN.answer(EN, result, GROUP, CASE))
    assert line not in _said(PLAIN.answer(EN, _result(), GROUP, CASE))
    assert line not in _said(PLAIN.answer(JA, result, GROUP, CASE))
