"""Stored answers: what comes back, for how long, and what is deleted."""

import logging
from dataclasses import replace
from pathlib import Path

import pytest

from bot.messages import UserId
from bot.replies.button_actions import AnswerId, Verb, parse_action
from bot.storage.answer_store import AnswerFacts, AnswerStore, new_answer_id
from core.domain import Area
from core.errors import StorageError
from tests.bot.results import result, scene

FACTS = AnswerFacts(
    UserId("test:ann"), "generation-000003", locale="zh", spoiler=True, album=(AnswerId("x"), AnswerId(""))
)
RESULT = result(scene(), replace(scene("夜の雨", probability=0.2), region=Area(0.1, 0, 0.9, 0.8), shown=Area()))
HOUR_S = 3600.0


class Clock:
    def __init__(self) -> None:
        self.now_s = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(tmp_path: Path, clock: Clock) -> AnswerStore:
    return AnswerStore(tmp_path / "cases", HOUR_S, clock)


def test_a_case_survives_a_restart(store: AnswerStore, tmp_path: Path, clock: Clock) -> None:
    answer_id = store.put(RESULT, [b"one", b"two"], FACTS)
    again = AnswerStore(tmp_path / "cases", HOUR_S, clock)
    case = again.get(answer_id)
    assert case is not None
    assert (case.id, case.at_s, case.result, case.facts) == (answer_id, clock.now_s, RESULT, FACTS)
    assert again.pictures(answer_id) == (b"one", b"two")


def test_names_fit_buttons_and_are_not_guessed() -> None:
    names = {new_answer_id() for _ in range(1000)}
    assert len(names) == 1000
    assert all(len(name) == 10 and name.isascii() and name.isalnum() for name in names)
    action = parse_action(f"s:{names.pop()}:4")
    assert action is not None
    assert action.verb is Verb.SHOW


def test_a_name_that_was_given_out_is_used(store: AnswerStore) -> None:
    answer_id = new_answer_id()
    assert store.put(RESULT, [], FACTS, answer_id) == answer_id
    assert store.get(answer_id) is not None


def test_a_case_goes_when_its_time_is_over(store: AnswerStore, tmp_path: Path, clock: Clock) -> None:
    answer_id = store.put(RESULT, [b"picture"], FACTS)
    clock.now_s += HOUR_S - 1
    assert store.get(answer_id) is not None
    assert store.prune() == 0
    clock.now_s += 1
    assert store.get(answer_id) is None
    assert store.prune() == 1
    assert list((tmp_path / "cases").iterdir()) == []


def test_old_ones_are_cleared_away_while_new_ones_come(store: AnswerStore, tmp_path: Path, clock: Clock) -> None:
    for _ in range(3):
        store.put(RESULT, [], FACTS)
    clock.now_s += HOUR_S
    newest = store.put(RESULT, [], FACTS)
    assert [path.name for path in (tmp_path / "cases").iterdir()] == [newest]


def test_the_oldest_make_room(tmp_path: Path, clock: Clock) -> None:
    store = AnswerStore(tmp_path / "cases", HOUR_S, clock, limit_bytes=25_000)
    ids = []
    for _ in range(4):
        ids.append(store.put(RESULT, [bytes(10_000)], FACTS))
        clock.now_s += 1
    assert store.prune() == 0, "they went as soon as others came"
    assert [store.get(answer_id) is not None for answer_id in ids] == [False, False, True, True]


def test_what_is_unknown_or_no_name_is_none(store: AnswerStore, tmp_path: Path) -> None:
    (tmp_path / "case.json").write_text("{}")
    for name in ("", "..", "../cases", "aaaaaaaaaa", "aaaa/aaaaa", "a" * 400):
        assert store.get(AnswerId(name)) is None
        assert store.pictures(AnswerId(name)) == ()


@pytest.mark.parametrize("damage", [b"{", b"{}", b"\xff\xfe", b""])
def test_a_damaged_case_is_none_and_the_log_says_so(
    store: AnswerStore, tmp_path: Path, caplog: pytest.LogCaptureFixture, damage: bytes
) -> None:
    answer_id = store.put(RESULT, [], FACTS)
    (tmp_path / "cases" / answer_id / "case.json").write_bytes(damage)
    with caplog.at_level(logging.WARNING):
        assert store.get(answer_id) is None
    assert answer_id in caplog.text


def test_a_case_of_another_name_is_none(store: AnswerStore, tmp_path: Path) -> None:
    answer_id, other_id = store.put(RESULT, [], FACTS), new_answer_id()
    (tmp_path / "cases" / answer_id).rename(tmp_path / "cases" / other_id)
    assert store.get(other_id) is None


def test_a_disk_that_refuses_is_said_and_leaves_nothing(tmp_path: Path, clock: Clock) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StorageError, match="cannot be kept"):
        AnswerStore(tmp_path / "file", HOUR_S, clock).put(RESULT, [], FACTS)


def test_places_where_a_shot_repeats_are_stored_under_the_key_that_older_answers_have(
    store: AnswerStore, tmp_path: Path
) -> None:
    answer_id = store.put(RESULT, [], FACTS)
    (path,) = (tmp_path / "cases" / answer_id).glob("*.json")
    text = path.read_text("utf-8")
    assert '"also":[{"file_id":9,' in text
    assert '"repeats"' not in text
    case = store.get(answer_id)
    assert case is not None
    assert case.result.scenes[0].repeats == RESULT.scenes[0].repeats != ()
