"""Edited messages: answered once, and once more when the edit brings pictures."""

from bot.chat_platform.answered_messages import AnsweredMessages


def test_a_new_message_may_be_answered() -> None:
    messages = AnsweredMessages[int]()
    assert messages.may_answer(1, has_pictures=True)
    assert messages.may_answer(1, has_pictures=False)


def test_after_an_answer_without_pictures_only_pictures_are_answered() -> None:
    messages = AnsweredMessages[int]()
    messages.add(1, has_pictures=False)
    assert messages.may_answer(1, has_pictures=True)
    assert not messages.may_answer(1, has_pictures=False)


def test_after_an_answer_to_pictures_nothing_is_answered() -> None:
    messages = AnsweredMessages[int]()
    messages.add(1, has_pictures=True)
    assert not messages.may_answer(1, has_pictures=True)
    assert not messages.may_answer(1, has_pictures=False)


def test_old_messages_are_forgotten() -> None:
    messages = AnsweredMessages[int]()
    for message in range(1001):
        messages.add(message, has_pictures=True)
    assert messages.may_answer(0, has_pictures=True)
    assert not messages.may_answer(1, has_pictures=True)
