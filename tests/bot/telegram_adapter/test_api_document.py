"""The check of calls finds their errors."""

import json

import pytest

from tests.bot.telegram_adapter.api_document import DOCUMENT, ApiDocument

pytestmark = pytest.mark.skipif(not DOCUMENT.exists(), reason=f"there is no {DOCUMENT.name} beside the repository")


@pytest.fixture(scope="module")
def document() -> ApiDocument:
    return ApiDocument()


def keyboard(**fields: str) -> str:
    return json.dumps({"inline_keyboard": [[{"text": "A", **fields}]]})


GOOD = {"chat_id": "1", "text": "<b>" + "x" * 4096 + "</b>", "parse_mode": "HTML"}


def test_good_calls_have_no_problems(document: ApiDocument) -> None:
    assert not document.problems("sendMessage", GOOD | {"reply_markup": keyboard(callback_data="x" * 64)}, {})
    assert not document.problems("sendAnimation", {"chat_id": "@x"}, {"animation": 5})
    media = json.dumps({"type": "animation", "media": "attach://a", "caption": "c", "has_spoiler": True})
    assert not document.problems("editMessageMedia", {"chat_id": "1", "message_id": "2", "media": media}, {"a": 1})
    assert not document.problems("setMessageReaction", {"chat_id": "1", "message_id": "2", "reaction": "[]"}, {})


@pytest.mark.parametrize(
    ("method", "params", "problem"),
    [
        ("sendNothing", {}, "no such method"),
        ("sendMessage", {"chat_id": "1"}, "text: missing"),
        ("sendMessage", GOOD | {"colour": "red"}, "colour: unknown"),
        ("sendMessage", GOOD | {"text": "x" * 4097}, "4097 characters"),
        ("sendMessage", GOOD | {"text": "🍂" * 2049}, "4098 characters"),
        ("sendMessage", GOOD | {"message_thread_id": "x"}, "is no Integer"),
        ("sendMessage", GOOD | {"protect_content": "1"}, "is no Boolean"),
        ("sendMessage", GOOD | {"reply_markup": keyboard(callback_data="雨" * 22)}, "66 bytes"),
        ("sendMessage", GOOD | {"reply_markup": keyboard(callback="x")}, "callback: unknown"),
        ("sendMessage", GOOD | {"reply_markup": '{"inline_keyboard": [[{}]]}'}, "text: missing"),
        ("sendMessage", GOOD | {"reply_parameters": "{}"}, "message_id: missing"),
        ("setMessageReaction", {"chat_id": "1", "message_id": "2", "reaction": '[{"type": "smile"}]'}, "reaction"),
        ("editMessageMedia", {"media": '{"type": "gif", "media": "x"}'}, "media"),
        ("answerCallbackQuery", {"callback_query_id": "1", "text": "x" * 201}, "201 characters"),
        ("setMyCommands", {"commands": json.dumps([{"command": "x" * 33, "description": "d"}])}, "33 characters"),
    ],
)
def test_bad_calls_are_found(document: ApiDocument, method: str, params: dict[str, str], problem: str) -> None:
    assert problem in " ".join(document.problems(method, params, {}))


def test_files_that_nothing_asks_for_are_found(document: ApiDocument) -> None:
    assert document.problems("sendMessage", GOOD, {"animation": 5})
