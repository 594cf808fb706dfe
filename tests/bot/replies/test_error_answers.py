"""Replies to errors: a sentence and advice for every error, in every language."""

import inspect

import pytest

from bot.language.translations import Translations
from bot.messages import Reply, Tone
from bot.replies.answers import AnswerReplies, ReplySpec
from core import errors
from core.errors import (
    FetchError,
    FetchProblem,
    FilterError,
    FilterProblem,
    PictureError,
    PictureProblem,
    WhenAnimeError,
)

TRANSLATIONS = Translations()
EN, ZH, JA = (TRANSLATIONS.of(locale) for locale in ("en", "zh", "ja"))
PLAIN = AnswerReplies(ReplySpec())
STRICT = AnswerReplies(ReplySpec(adult_shows=("tales OF rain",)))


def _text(reply: Reply) -> str:
    return "\n".join((reply.title, *reply.lines))


def _errors() -> list[Exception]:
    """One of every class of ours, and what was never meant to reach a chat."""
    kinds = [kind for kind in vars(errors).values() if inspect.isclass(kind) and issubclass(kind, WhenAnimeError)]
    plain_kinds = [kind for kind in kinds if kind not in {FetchError, errors.MediaError}]
    return [
        *(kind("/srv/secret/x.mkv: https://token@host") for kind in plain_kinds),
        *(FetchError(problem, "/srv/secret") for problem in FetchProblem),
        *(PictureError("/srv/secret/x.mkv: token", problem, detail="7") for problem in PictureProblem),
        errors.MediaError("/srv/secret/x.mkv", "token"),
        ValueError("/srv/secret token"),
    ]


@pytest.mark.parametrize("error", _errors(), ids=lambda error: type(error).__name__)
def test_every_error_has_words_and_advice_in_every_language(error: Exception) -> None:
    texts = []
    for translator in (EN, ZH, JA):
        reply = PLAIN.problem(translator, error)
        assert reply.tone in {Tone.REFUSED, Tone.FAILED}
        assert reply.title
        assert reply.lines
        assert all(reply.lines)
        texts.append(_text(reply))
        assert "secret" not in texts[-1]
        assert "token" not in texts[-1]
    assert len(set(texts)) == 3


def test_every_problem_with_a_picture_is_another_sentence() -> None:
    pictures = [PLAIN.problem(EN, PictureError("", problem, detail="7")).title for problem in PictureProblem]
    assert len(set(pictures)) == len(PictureProblem) - 1, "what cannot be read is as good as damaged"
    fetched = {PLAIN.problem(EN, FetchError(problem, "")).title for problem in FetchProblem}
    assert len(fetched) == len(FetchProblem)
    refused = PLAIN.problem(EN, PictureError("", PictureProblem.UNSUPPORTED, detail="PSD"))
    assert _text(refused) == "I cannot read PSD files.\nSend it as JPEG or PNG, or make a screenshot of it."


@pytest.mark.parametrize("kind", [errors.LimitError, errors.BusyError, errors.DeadlineError])
def test_when_to_try_again(kind: type[errors.ServiceError]) -> None:
    assert PLAIN.problem(EN, kind("", 44.2)).lines == ("Please try again in 45 seconds.",)
    assert PLAIN.problem(ZH, kind("", 180)).lines == ("请在3分钟后再试。",)
    assert PLAIN.problem(EN, kind("")).lines == ("Please try again in a moment.",)


def test_a_filter_says_what_is_wrong_unless_that_names_an_adult_show() -> None:
    error = FilterError("", FilterProblem.MISSPELT_SHOW, value="Rane", choices=("Tales of Rain",))
    assert "Did you mean" in _text(PLAIN.problem(EN, error))
    for translator in (EN, ZH, JA):
        text = _text(STRICT.problem(translator, error))
        assert "Rain" not in text
        assert 'show:"Two Words" season:1,3-5' in text


def test_every_problem_with_a_filter_is_another_sentence() -> None:
    for translator in (EN, ZH, JA):
        errors_ = [FilterError("", problem, value="Rane", choices=("Rain", "Snow")) for problem in FilterProblem]
        assert len({PLAIN.problem(translator, error).lines for error in errors_}) == len(FilterProblem)
