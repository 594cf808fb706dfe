import pytest

from bot.messages import ACTION_LIMIT_BYTES
from bot.replies.button_actions import Action, AnswerId, Verb, parse_action

CASE = AnswerId("aB3_-xyz09")


@pytest.mark.parametrize(
    ("action", "text"),
    [
        (Action(Verb.SHOW, CASE, 2), "s:aB3_-xyz09:2"),
        (Action(Verb.WRONG, CASE), "w:aB3_-xyz09"),
        (Action(Verb.RIGHT, CASE, 10), "r:aB3_-xyz09:10"),
        (Action(Verb.OTHER, CASE), "o:aB3_-xyz09"),
        (Action(Verb.NONE, CASE), "n:aB3_-xyz09"),
        (Action(Verb.LANGUAGE, locale="zh"), "l:zh"),
    ],
)
def test_what_is_written_is_read_again(action: Action, text: str) -> None:
    assert str(action) == text
    assert parse_action(text) == action
    assert len(text.encode("ascii")) <= ACTION_LIMIT_BYTES


@pytest.mark.parametrize(
    "text",
    [
        "",
        "s",
        "s:",
        "s:abc",
        "s:abc:",
        "s:abc:-1",
        "s:abc:1234",
        "s:abc:1:2",
        "s:abc:１",
        "w:../../etc",
        "w:a b",
        "w:" + "a" * 33,
        "x:abc",
        "S:abc:1",
        " w:abc",
        "w:abc\n",
        "l:",
        "l:中文",
        "w:" + "a" * 10_000,
    ],
)
def test_anything_else_is_no_action(text: str) -> None:
    assert parse_action(text) is None


@pytest.mark.parametrize(
    "action", [Action(Verb.SHOW, AnswerId(""), 0), Action(Verb.SHOW, CASE, -1), Action(Verb.WRONG, AnswerId("a:b"))]
)
def test_what_could_not_be_read_is_not_written(action: Action) -> None:
    with pytest.raises(ValueError, match="not an action"):
        str(action)
