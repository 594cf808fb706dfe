"""The check of requests finds their errors."""

import pytest

from tests.bot.discord_adapter.openapi import DOCUMENT, Request, Specification

pytestmark = pytest.mark.skipif(not DOCUMENT.exists(), reason="needs Discord's OpenAPI document beside the repository")
MESSAGES = "/channels/1456074443980800005/messages"


@pytest.fixture(scope="module")
def specification() -> Specification:
    return Specification()


def test_good_requests_pass(specification: Specification) -> None:
    body = {"content": "hello", "message_reference": {"message_id": 1456074443980800010}}
    assert specification.complaints(Request("POST", MESSAGES, {}, body)) == []
    assert specification.complaints(Request("GET", MESSAGES, {"limit": "30"})) == []


@pytest.mark.parametrize(
    ("request_", "complaint"),
    [
        (Request("POST", "/nowhere", {}, {}), "no such path"),
        (Request("GET", MESSAGES, {"colour": "red"}), "no query parameter colour"),
        (Request("GET", MESSAGES, {"limit": "1000"}), "limit: "),
        (Request("GET", "/channels/abc/messages", {}), "{channel_id}"),
        (Request("POST", MESSAGES, {}, {"content": 5}), "body.content: 5"),
        (Request("POST", MESSAGES, {}, {"contents": "hello"}), "no key contents"),
        (Request("POST", MESSAGES, {}, {"embeds": [{"title": "x" * 257}]}), "embeds"),
        (Request("POST", f"{MESSAGES.rpartition('/')[0]}/typing", {}, {"content": "x"}), "takes no body"),
    ],
)
def test_wrong_requests_are_complained_of(specification: Specification, request_: Request, complaint: str) -> None:
    assert complaint in " ".join(specification.complaints(request_))
