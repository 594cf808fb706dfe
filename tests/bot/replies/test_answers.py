"""Replies to one result: every verdict, three languages, adult shows, hostile names, buttons that fit."""

from dataclasses import replace
from typing import Any

import pytest

from bot.language.translations import Translator
from bot.messages import ACTION_LIMIT_BYTES, Button, Tone
from bot.replies.album_replies import album_reply
from bot.replies.answers import AnswerReplies, ReplySpec
from bot.replies.button_actions import Action, AnswerId, Verb
from bot.replies.canned_replies import adult_refusal, expired_reply
from bot.replies.correction_replies import correction_question
from bot.replies.scene_text import LINE_LIMIT, TITLE_LIMIT
from core.domain import (
    Area,
    EpisodeKind,
    EpisodeName,
    FileId,
    Occurrence,
    Reason,
    SearchFilter,
    SearchResult,
    SegmentKind,
    ThemeMoment,
    Verdict,
)
from core.errors import (
    FilterError,
    FilterProblem,
    PictureError,
    PictureProblem,
)
from core.timecode import Millis
from tests.bot.replies.samples import (
    ANSWER_ID,
    EN,
    GROUP,
    HANT,
    JA,
    NAME,
    PLAIN,
    PRIVATE,
    STRICT,
    ZH,
    actions_of,
    buttons_of,
    make_result,
    make_scene,
    other_scene,
    text_of,
)


def test_a_find_is_told_in_full() -> None:
    reply = PLAIN.answer(EN, make_result(), GROUP, ANSWER_ID)
    assert reply.tone is Tone.FOUND
    assert reply.title == "Tales of Rain"
    assert reply.lines == (
        "Season 2, episode 5 — The Long Way",
        "At 00:12:34 (shot from 00:12:31 to 00:12:38)",
        "Very likely (97%)",
    )
    assert actions_of(reply) == [Action(Verb.WRONG, ANSWER_ID)]
    assert (reply.media, reply.url, reply.edits, reply.private) == (None, "", False, False)


def test_the_same_in_chinese_and_japanese() -> None:
    titles = {"TALES of rain": {"zh": "雨之物语", "ja": "雨の物語", "en": ""}}
    replies = AnswerReplies(ReplySpec(titles=titles))
    chinese = replies.answer(ZH, make_result(), GROUP, ANSWER_ID)
    assert chinese.title == "雨之物语"
    assert chinese.lines[0] == "第2季 第5集「The Long Way」"
    assert "00:12:34" in chinese.lines[1]
    assert chinese.lines[2] == "很有可能（97%）"
    japanese = replies.answer(JA, make_result(), GROUP, ANSWER_ID)
    assert (japanese.title, japanese.lines[0]) == ("雨の物語", "第2期 第5話「The Long Way」")
    assert replies.answer(EN, make_result(), GROUP, ANSWER_ID).title == "Tales of Rain"


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
    for translator, expected in ((EN, english), (ZH, chinese), (JA, japanese)):
        lines = PLAIN.answer(translator, make_result(make_scene(name)), GROUP, ANSWER_ID).lines
        assert (lines[0] if expected else "") == expected
        assert len(lines) == (3 if expected else 2)


THEME = ThemeMoment(
    SegmentKind.OPENING, 1, 2, Millis(31_250), Millis(89_900), tuple(map(float, (*range(1, 13), 14))), 14
)


@pytest.mark.parametrize(
    ("translator", "theme", "lines"),
    [
        (EN, THEME, ("Opening 1 of season 2 (episodes 1–12, 14), 00:31 into it", "First in: Season 2, episode 1")),
        (ZH, THEME, ("第2季 片头曲1（第1–12、14集），第 00:31 处", "首次出现于：第2季 第1集")),
        (HANT, THEME, ("第2季 片頭曲1（第1–12、14集），第 00:31 處", "首次出現於：第2季 第1集")),
        (JA, THEME, ("第2期 オープニング1（第1–12、14話）の 00:31", "初出：第2期 第1話")),
        (
            EN,
            replace(THEME, kind=SegmentKind.ENDING, season=None, episodes=(3.0,), first=False),
            ("Ending 1 (episode 3), 00:31 into it", "Season 2, episode 1"),
        ),
        (EN, replace(THEME, kind=SegmentKind.SPONSOR, season=0, episodes=()), ("Sponsor card 1, 00:31 into it",)),
    ],
)
def test_a_moment_of_an_opening_says_of_which_and_where_it_came_first(
    translator: Translator, theme: ThemeMoment, lines: tuple[str, ...]
) -> None:
    others = tuple(Occurrence(FileId(n), "x", replace(NAME, first=n, last=n), Millis(70_000)) for n in range(2, 15))
    recap = Occurrence(FileId(30), "y", EpisodeName("Best of Rain"), Millis(0))
    first = replace(NAME, first=1.0, last=1.0, name="")
    scene = make_scene(first, theme=theme, repeats=(*others, recap))
    reply = PLAIN.answer(translator, make_result(scene), GROUP, ANSWER_ID)
    assert reply.lines[: len(lines)] == lines
    assert sum("Best of Rain" in line for line in reply.lines) == 1
    assert "episode 7" not in text_of(reply)


def test_that_the_answer_was_in_an_opening_is_said_where_they_are_left_out() -> None:
    result = SearchResult(
        Verdict.NOT_IN_LIBRARY, (), where=SearchFilter(themes=False), elsewhere=make_scene(theme=THEME)
    )
    text = text_of(PLAIN.answer(EN, result, GROUP, ANSWER_ID))
    assert "I did not find this in outside" not in text
    assert "the parts outside of openings and endings" in text
    assert "Tales of Rain · Opening 1 of season 2 (episodes 1–12, 14), 00:31 into it (97%)" in text


def test_a_sequence_is_told_from_when_to_when() -> None:
    reply = PLAIN.answer(EN, make_result(sequence=True), GROUP, ANSWER_ID)
    assert "From 00:12:31 to 00:12:38" in reply.lines
    held = make_scene(from_ms=Millis(754_000), to_ms=Millis(754_300))
    assert "At 00:12:34" in PLAIN.answer(EN, make_result(held), GROUP, ANSWER_ID).lines


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
    assert line in PLAIN.answer(EN, make_result(make_scene(probability=probability)), GROUP, ANSWER_ID).lines


def test_an_encoder_that_was_never_calibrated_claims_nothing() -> None:
    scenes = make_scene(probability=0.0), other_scene(1, 0.0)
    result = replace(make_result(*scenes, verdict=Verdict.UNSURE), reason=Reason.UNCALIBRATED)
    reply = PLAIN.answer(EN, result, GROUP, ANSWER_ID, show_guess=True)
    assert "%" not in text_of(reply)
    assert Action(Verb.SHOW, ANSWER_ID, 1) in actions_of(reply)


def test_what_else_is_worth_saying() -> None:
    also = tuple(
        Occurrence(FileId(2), "x", replace(NAME, first=n, last=n, name=""), Millis(70_000)) for n in (6.0, 7.0)
    )
    elsewhere = Occurrence(FileId(3), "y", EpisodeName("Best of Rain"), Millis(0))
    scene = make_scene(mirrored=True, region=Area(0.2, 0, 1, 1), repeats=(*also, elsewhere, elsewhere, elsewhere))
    text = text_of(PLAIN.answer(EN, make_result(scene), GROUP, ANSWER_ID))
    assert "mirrored" in text
    assert "a part of your picture" in text
    assert "Also at: Season 2, episode 6 · 00:01:10" in text
    assert "Also at: Best of Rain · 00:00:00" in text
    assert text.count("Also at") == 3
    assert "… and at 2 more places" in text
    assert "also" not in text_of(PLAIN.answer(EN, make_result(), GROUP, ANSWER_ID)).lower()


@pytest.mark.parametrize("path", ["/srv/secret/Rain/05 [x].mkv", r"C:\secret\Rain\05 [x].mkv", "05 [x].mkv"])
def test_the_file_is_named_when_asked_for_and_never_its_folder(path: str) -> None:
    result = make_result(make_scene(path=path))
    assert "File: 05 [x].mkv" in AnswerReplies(ReplySpec(file_names=True)).answer(EN, result, GROUP, ANSWER_ID).lines
    for replies in (PLAIN, AnswerReplies(ReplySpec(file_names=True))):
        assert "secret" not in repr(replies.answer(EN, result, GROUP, ANSWER_ID))
    assert "mkv" not in repr(PLAIN.answer(EN, result, GROUP, ANSWER_ID))


@pytest.mark.parametrize("verdict", Verdict)
def test_a_picture_that_was_searched_in_part_is_said_to_be(verdict: Verdict) -> None:
    whole = SearchResult(verdict, (make_scene(),))
    part = replace(whole, cut_off=True)
    line = "The file breaks off: I searched by the part of the picture that is there."
    assert line not in PLAIN.answer(EN, whole, PRIVATE, ANSWER_ID).lines
    assert line in PLAIN.answer(EN, part, PRIVATE, ANSWER_ID).lines


def test_an_answer_from_memory_says_its_age() -> None:
    reply = PLAIN.answer(EN, make_result(), GROUP, ANSWER_ID, cached_age_s=299.5)
    assert reply.lines[-1] == "Answered from memory, 5 minutes old."
    assert reply.rows == PLAIN.answer(EN, make_result(), GROUP, ANSWER_ID).rows
    assert "5分钟" in PLAIN.answer(ZH, make_result(), GROUP, ANSWER_ID, cached_age_s=300).lines[-1]


def test_a_title_leads_to_its_page() -> None:
    replies = AnswerReplies(ReplySpec(show_url="https://x.test/find?q={title}"))
    name = replace(NAME, show="A & B/…?")
    assert (
        replies.answer(EN, make_result(make_scene(name)), GROUP, ANSWER_ID).url
        == "https://x.test/find?q=A%20%26%20B%2F%E2%80%A6%3F"
    )
    assert replies.answer(EN, make_result(make_scene(name), verdict=Verdict.UNSURE), GROUP, ANSWER_ID).url == ""


def test_candidates_are_paged_through() -> None:
    result = make_result(make_scene(), other_scene(1), other_scene(2), other_scene(3, 0.004))
    first, second, third = (PLAIN.answer(EN, result, GROUP, ANSWER_ID, index=index) for index in range(3))
    assert [button.label for button in first.rows[0]] == ["Next (2/3, 1%) ▶"]
    assert [button.label for button in second.rows[0]] == ["◀ Previous (1/3)", "Next (3/3, 1%) ▶"]
    assert [button.label for button in third.rows[0]] == ["◀ Previous (2/3)"]
    assert actions_of(second) == [
        Action(Verb.SHOW, ANSWER_ID),
        Action(Verb.SHOW, ANSWER_ID, 2),
        Action(Verb.WRONG, ANSWER_ID),
    ]
    assert (first.tone, second.tone) == (Tone.FOUND, Tone.UNSURE)
    assert second.title == "Another candidate: Other"
    assert PLAIN.answer(EN, result, GROUP, ANSWER_ID, index=9).title == expired_reply(EN).title


def test_without_a_stored_case_there_are_no_buttons() -> None:
    for verdict in Verdict:
        result = make_result(make_scene(), other_scene(1), verdict=verdict)
        assert PLAIN.answer(EN, result, GROUP, AnswerId(""), show_guess=True).rows == ()
        assert PLAIN.answer(EN, result, GROUP, AnswerId("")).rows == ()


@pytest.mark.parametrize("translator", [EN, ZH, JA])
def test_what_is_not_sure_is_not_named_until_asked_for(translator: Translator) -> None:
    result = make_result(make_scene(probability=0.5), other_scene(1, 0.2), verdict=Verdict.UNSURE)
    reply = PLAIN.answer(translator, result, GROUP, ANSWER_ID)
    assert reply.tone is Tone.UNSURE
    assert "Rain" not in repr(reply)
    assert actions_of(reply) == [Action(Verb.SHOW, ANSWER_ID)]
    guess = PLAIN.answer(translator, result, GROUP, ANSWER_ID, show_guess=True)
    assert guess.tone is Tone.UNSURE
    assert "Rain" in guess.title
    assert guess.title != "Tales of Rain"
    assert translator.gettext("Perhaps ({percent})", percent=translator.percent(0.5)) in guess.lines


@pytest.mark.parametrize("translator", [EN, ZH, JA])
@pytest.mark.parametrize("probability", [0.99, 0.9, 0.6, 0.4])
@pytest.mark.parametrize(
    ("verdict", "too_little"), [(Verdict.UNSURE, False), (Verdict.NOT_IN_LIBRARY, False), (Verdict.FOUND, True)]
)
def test_a_guess_is_never_called_more_than_possible(
    translator: Translator, probability: float, verdict: Verdict, *, too_little: bool
) -> None:
    result = make_result(make_scene(probability=probability), verdict=verdict, too_little=too_little)
    guess = PLAIN.answer(translator, result, GROUP, ANSWER_ID, show_guess=True)
    assert guess.lines[2] == translator.gettext("Perhaps ({percent})", percent=translator.percent(probability))
    unlikely = make_result(make_scene(probability=0.2), verdict=verdict, too_little=too_little)
    assert PLAIN.answer(EN, unlikely, GROUP, ANSWER_ID, show_guess=True).lines[2] == "Unlikely (20%)"


def test_what_is_not_in_the_library_is_said_plainly() -> None:
    far = make_result(make_scene(probability=0.04), verdict=Verdict.NOT_IN_LIBRARY)
    reply = PLAIN.answer(EN, far, GROUP, ANSWER_ID)
    assert reply.tone is Tone.NOT_FOUND
    assert reply.title == "I did not find this in my library."
    assert "whole frame" in reply.lines[0]
    assert actions_of(reply) == [Action(Verb.WRONG, ANSWER_ID)]
    assert PLAIN.answer(EN, SearchResult(Verdict.NOT_IN_LIBRARY, ()), GROUP, ANSWER_ID).title == reply.title
    near = make_result(make_scene(probability=0.06), other_scene(1, 0.04), verdict=Verdict.NOT_IN_LIBRARY)
    reply_to_near = PLAIN.answer(EN, near, GROUP, ANSWER_ID)
    assert reply_to_near.rows[0] == (Button("Show what came closest", f"s:{ANSWER_ID}:0"),)
    assert "Rain" not in repr(reply_to_near)
    closest = PLAIN.answer(EN, near, GROUP, ANSWER_ID, show_guess=True)
    assert closest.title == "Only a guess: Tales of Rain"
    assert actions_of(closest) == [Action(Verb.WRONG, ANSWER_ID)], "the other one is not worth paging to"
    assert PLAIN.answer(EN, far, GROUP, ANSWER_ID, show_guess=True).title == reply.title


@pytest.mark.parametrize("verdict", list(Verdict))
def test_a_picture_with_too_little_on_it_is_told_so(verdict: Verdict) -> None:
    reply = PLAIN.answer(
        EN, make_result(make_scene(probability=0.95), verdict=verdict, too_little=True), GROUP, ANSWER_ID
    )
    assert "too little" in reply.title
    assert reply.tone is not Tone.FOUND
    assert "Rain" not in repr(reply)
    assert Action(Verb.SHOW, ANSWER_ID) in actions_of(reply)


def test_a_plain_picture_without_a_borne_out_scene_has_no_guess_behind_a_button() -> None:
    reply = PLAIN.answer(EN, SearchResult(Verdict.UNSURE, (), reason=Reason.TOO_LITTLE), GROUP, ANSWER_ID)
    assert "too little" in reply.title
    assert reply.rows == ()


@pytest.mark.parametrize("translator", [EN, ZH, JA])
def test_why_an_answer_is_not_sure_is_said(translator: Translator) -> None:
    replies = [
        PLAIN.answer(
            translator,
            replace(make_result(make_scene(probability=0.6), verdict=Verdict.UNSURE), reason=reason),
            GROUP,
            ANSWER_ID,
        )
        for reason in Reason
    ]
    assert len({text_of(reply) for reply in replies}) == len(Reason)
    failed = replace(make_result(make_scene(probability=0.6), verdict=Verdict.UNSURE), reason=Reason.CHECK_FAILED)
    guess = PLAIN.answer(translator, failed, GROUP, ANSWER_ID, show_guess=True)
    assert translator.gettext("Compared with the scene itself, it does not hold.") in guess.lines


@pytest.mark.parametrize("translator", [EN, ZH, JA])
@pytest.mark.parametrize("verdict", [Verdict.UNSURE, Verdict.NOT_IN_LIBRARY])
def test_a_filter_that_excludes_the_answer_is_told_so(translator: Translator, verdict: Verdict) -> None:
    where = SearchFilter(("Yuru-Yuri",), frozenset({1, 3}))
    result = replace(make_result(other_scene(1, 0.04), verdict=verdict), where=where, elsewhere=make_scene())
    reply = PLAIN.answer(translator, result, GROUP, ANSWER_ID)
    assert "Yuru-Yuri" in reply.title
    assert "1, 3" in reply.title
    assert all(part in reply.lines[0] for part in ("Tales of Rain", "00:12:34", "97%"))
    assert translator is not EN or reply.lines[0].startswith("In the whole library there is one: ")
    assert "Rain" not in repr(STRICT.answer(translator, result, GROUP, ANSWER_ID))
    nowhere = PLAIN.answer(translator, replace(result, elsewhere=None), GROUP, ANSWER_ID)
    assert "Rain" not in repr(nowhere)
    assert ("Yuru-Yuri" in nowhere.title) is (verdict is Verdict.NOT_IN_LIBRARY)
    adult = replace(result, where=SearchFilter(("Tales of Rain",)), elsewhere=other_scene(2, 0.95))
    assert "Rain" not in repr(STRICT.answer(translator, adult, GROUP, ANSWER_ID))


def test_only_candidates_that_are_possible_are_offered() -> None:
    for reason, offered in ((None, False), (Reason.UNCALIBRATED, True)):
        verdict = Verdict.UNSURE if reason else Verdict.FOUND
        result = replace(
            make_result(make_scene(), other_scene(1, 0.0), other_scene(2, 0.0), verdict=verdict), reason=reason
        )
        labels = [button.label for button in buttons_of(PLAIN.answer(EN, result, GROUP, ANSWER_ID, show_guess=True))]
        assert any("Next" in label for label in labels) is offered
        assert not any("%" in label for label in labels)
        choices = [
            action
            for action in actions_of(correction_question(EN, PLAIN.naming, result, ANSWER_ID, GROUP))
            if action and action.verb is Verb.RIGHT
        ]
        assert len(choices) == (3 if offered else 1)


@pytest.mark.parametrize("translator", [EN, ZH, JA])
def test_pictures_that_are_not_one_scene_are_told_so(translator: Translator) -> None:
    scenes = (make_scene(pictures=(2, 3)), replace(other_scene(1, 0.9), pictures=(1,)))
    for index, numbers in enumerate(("2, 3", "1")):
        line = PLAIN.answer(translator, make_result(*scenes), GROUP, ANSWER_ID, index=index).lines[3]
        assert numbers in line
        assert translator is not EN or line.startswith("Your pictures are not one scene: ")
    unsure = PLAIN.answer(translator, make_result(*scenes, verdict=Verdict.UNSURE), GROUP, ANSWER_ID)
    assert unsure.lines[-1] == translator.gettext("Your pictures are not one scene: send them one by one.")
    assert "one scene" not in text_of(PLAIN.answer(EN, make_result(), GROUP, ANSWER_ID))


def test_which_scene_a_preview_belongs_to() -> None:
    certain = make_result(make_scene(), other_scene(1))
    assert PLAIN.named_scene(certain, GROUP) == 0
    assert PLAIN.named_scene(certain, GROUP, 1) == 1
    assert PLAIN.named_scene(certain, GROUP, 2) is None
    assert PLAIN.named_scene(certain, GROUP, -1) is None
    assert STRICT.named_scene(certain, GROUP) is None
    unsure = replace(certain, verdict=Verdict.UNSURE)
    assert PLAIN.named_scene(unsure, GROUP) is None
    assert PLAIN.named_scene(unsure, GROUP, show_guess=True) == 0
    assert PLAIN.named_scene(SearchResult(Verdict.NOT_IN_LIBRARY, ()), GROUP, show_guess=True) is None


@pytest.mark.parametrize("verdict", [Verdict.FOUND, Verdict.UNSURE])
def test_adult_shows_are_answered_elsewhere(verdict: Verdict) -> None:
    result = make_result(make_scene(), other_scene(1), verdict=verdict)
    reply = STRICT.answer(EN, result, GROUP, ANSWER_ID)
    assert reply == adult_refusal(EN)
    assert (reply.rows, reply.url) == ((), "")
    for chat in (PRIVATE, replace(GROUP, age_restricted=True)):
        assert "Rain" in STRICT.answer(EN, result, chat, ANSWER_ID, show_guess=True).title
    assert STRICT.answer(EN, result, GROUP, ANSWER_ID, index=0, show_guess=True) == reply


def test_adult_shows_are_left_out_of_what_is_said_beside() -> None:
    also = (Occurrence(FileId(2), "x", NAME, Millis(0)),)
    result = make_result(replace(other_scene(1, 0.9), repeats=also), make_scene(probability=0.08), other_scene(2, 0.01))
    reply = STRICT.answer(EN, result, GROUP, ANSWER_ID)
    assert "Rain" not in repr(reply)
    assert actions_of(reply) == [Action(Verb.SHOW, ANSWER_ID, 2), Action(Verb.WRONG, ANSWER_ID)]
    assert "Next (2/2, 1%)" in reply.rows[0][0].label
    assert STRICT.answer(EN, result, GROUP, ANSWER_ID, index=1) == adult_refusal(EN)
    missing = make_result(make_scene(probability=0.2), other_scene(1, 0.1), verdict=Verdict.NOT_IN_LIBRARY)
    not_found = STRICT.answer(EN, missing, GROUP, ANSWER_ID)
    assert not_found.title == "I did not find this in my library."
    assert actions_of(not_found)[0] == Action(Verb.SHOW, ANSWER_ID, 1)


HOSTILE = "A\x00\x1b[31m\u202eB\u200b\r\n\n@everyone <script> {0} %s " + "x" * 5000


@pytest.mark.parametrize("translator", [EN, ZH, JA])
@pytest.mark.parametrize("verdict", list(Verdict))
def test_a_hostile_name_breaks_nothing(translator: Translator, verdict: Verdict) -> None:
    name = EpisodeName(HOSTILE, 1, HOSTILE, EpisodeKind.MOVIE, 1e308, 1e308, HOSTILE)
    scene = make_scene(name, repeats=(Occurrence(FileId(2), HOSTILE, name, Millis(0)),) * 9, path=HOSTILE)
    spec = ReplySpec(True, (), {HOSTILE: {"en": HOSTILE, "zh": HOSTILE}}, "https://x.test/{title}")
    replies, result = AnswerReplies(spec), make_result(scene, scene, scene, verdict=verdict)
    for reply in (
        replies.answer(translator, result, GROUP, ANSWER_ID, show_guess=True),
        replies.answer(translator, result, GROUP, ANSWER_ID, index=1, show_guess=True),
        correction_question(translator, replies.naming, result, ANSWER_ID, GROUP),
        album_reply(replies, translator, [result, FilterError(HOSTILE)], GROUP),
        *(
            replies.problem(translator, FilterError(HOSTILE, problem, value=HOSTILE, choices=(HOSTILE, HOSTILE)))
            for problem in FilterProblem
        ),
        replies.problem(translator, PictureError(HOSTILE, PictureProblem.UNSUPPORTED, detail=HOSTILE)),
    ):
        assert 0 < len(reply.title) <= TITLE_LIMIT
        assert all(0 < len(line) <= LINE_LIMIT for line in reply.lines)
        assert text_of(reply).replace("\n", "").isprintable()
        assert reply.url.isascii()
        assert len(reply.url) < 1000
        assert all(len(button.action.encode("ascii")) <= ACTION_LIMIT_BYTES for button in buttons_of(reply))


def test_a_name_of_nothing_visible_still_has_a_headline() -> None:
    reply = PLAIN.answer(EN, make_result(make_scene(replace(NAME, show="\u200b\x00"))), GROUP, ANSWER_ID)
    assert reply.title.strip()


def test_both_scenes_of_a_clip_are_named_and_not_the_one_that_may_not_be() -> None:
    reef = replace(other_scene(3, 0.98, "Reef"), clip=(Millis(1300), Millis(2600)), sequence=True)
    both = make_result(make_scene(clip=(Millis(0), Millis(1240)), sequence=True), reef)
    text = text_of(PLAIN.answer(EN, both, GROUP, ANSWER_ID))
    assert "Your clip shows several scenes: this is 0.0 s to 1.2 s of it." in text
    assert "Also in your clip, 1.3 s to 2.6 s: Reef · Season 1, episode 3" in text
    assert "Reef" not in text_of(AnswerReplies(ReplySpec(adult_shows=("Reef",))).answer(EN, both, GROUP, ANSWER_ID))


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
    result = make_result(replace(make_scene(), **changes))
    assert line in text_of(PLAIN.answer(EN, result, GROUP, ANSWER_ID))
    assert line not in text_of(PLAIN.answer(EN, make_result(), GROUP, ANSWER_ID))
    assert line not in text_of(PLAIN.answer(JA, result, GROUP, ANSWER_ID))
