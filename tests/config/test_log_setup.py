"""What is written to standard error, and that no token is."""

import json
import logging
import re
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from config.log_setup import MASK, set_up_logging

TELEGRAM = "7012345678:AAH-drawn_for_a_test_only_0123456789ab"
DISCORD = "MTE3.Gxxxx.drawn-for-a-test_only"


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    """Logging is set up for a process; each test leaves it as it was."""
    root = logging.getLogger()
    levels = {name: logging.getLogger(name).level for name in ("", "httpx", "httpcore", "a.b")}
    handlers = root.handlers[:]
    root.handlers[:] = []
    yield
    for handler in root.handlers:
        handler.close()
    root.handlers[:] = handlers
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


def fail(message: str) -> None:
    raise ValueError(message)


def objects(text: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in text.splitlines()]


def test_text_is_one_line_a_record_from_the_level_on(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logging("WARNING")
    logging.getLogger("a.b").info("not seen")
    logging.getLogger("a.b").warning("seen %s", "twice")
    written = capsys.readouterr()
    assert written.err == "WARNING a.b: seen twice\n"
    assert written.out == ""


def test_json_is_one_object_a_record_with_what_was_given(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logging("INFO", log_format="json")
    before = datetime.now(UTC)
    facts = {"request": "discord:1:2", "platform": "discord", "user": "discord:9", "case": "abc", "seconds": 0.25}
    logging.getLogger("a.b").info("answered %d\nin 日本語", 3, extra=facts)
    [record] = objects(capsys.readouterr().err)
    time = datetime.fromisoformat(str(record.pop("time")))
    assert time.utcoffset() is not None
    assert before <= time <= datetime.now(UTC)
    assert record == {"level": "INFO", "logger": "a.b", "message": "answered 3\nin 日本語"} | facts


def test_json_has_the_exception_and_takes_any_extra(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logging("ERROR", log_format="json")
    try:
        fail("broken")
    except ValueError:
        logging.getLogger("a.b").exception("it failed", extra={"thing": object()})
    [record] = objects(capsys.readouterr().err)
    assert record["message"] == "it failed"
    assert str(record["exception"]).startswith("Traceback")
    assert str(record["exception"]).endswith("ValueError: broken")
    assert "object" in str(record["thing"])


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_secrets_are_masked_wherever_they_stand(log_format: str, capsys: pytest.CaptureFixture[str]) -> None:
    awkward = 'quo"te\\back ä'
    set_up_logging("INFO", log_format="json" if log_format == "json" else "text", secrets=(TELEGRAM, DISCORD, awkward))
    log = logging.getLogger("a.b")
    log.warning("token " + DISCORD)  # as others may do it
    log.warning("calls %s with %r", f"https://api.example/bot{TELEGRAM}/getMe", {"Authorization": f"Bot {DISCORD}"})
    log.warning("calls %s", TELEGRAM.replace(":", "%3A"), extra={"token": TELEGRAM, "nested": {"deep": [DISCORD]}})
    log.warning("awkward %s %r", awkward, awkward, stack_info=True)
    try:
        try:
            fail(f"The token `{TELEGRAM}` was rejected")
        except ValueError as exc:
            raise RuntimeError(DISCORD) from exc
    except RuntimeError:
        log.exception("refused")
    written = capsys.readouterr().err
    for secret in (TELEGRAM, TELEGRAM.replace(":", "%3A"), DISCORD, awkward, json.dumps(awkward)[1:-1], "te\\\\back"):
        assert secret not in written
    assert f"The token `{MASK}` was rejected" in written
    assert f"/bot{MASK}/getMe" in written
    if log_format == "json":
        assert objects(written)[2]["token"] == MASK


def test_a_secret_inside_another_leaves_nothing_of_it(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logging("INFO", secrets=("drawn_", "drawn_for_a_test"))
    logging.getLogger("a.b").info("drawn_for_a_test")
    assert capsys.readouterr().err == f"INFO a.b: {MASK}\n"


def test_short_and_empty_secrets_do_not_blot_out_words(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logging("INFO", secrets=("", "e"))
    logging.getLogger("a.b").info("every message")
    assert capsys.readouterr().err == "INFO a.b: every message\n"


def test_tokens_in_addresses_are_known_by_their_shape(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logging("INFO")
    token = "aW50ZXJhY3Rpb246MTIzNDU2Nzg5MDEyMzQ1Njc4OTA"  # noqa: S105  # drawn
    for address in (
        f"https://api.example/file/bot{TELEGRAM}/photos/1.jpg",
        f"https://discord.example/api/v10/webhooks/123456789012345678/{token}/messages/@original",
        f"https://discord.example/api/v10/interactions/123456789012345678/{token}/callback",
    ):
        logging.getLogger("a.b").info("calls %s", address)
    written = capsys.readouterr().err
    assert len(re.findall(re.escape(MASK), written)) == 3
    assert token not in written
    assert TELEGRAM not in written
    assert "/photos/1.jpg" in written
    assert "/messages/@original" in written


def test_those_who_log_every_address_are_told_not_to(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logging("DEBUG")
    for name in ("httpx", "httpcore"):
        logging.getLogger(name).info("HTTP Request: POST https://api.example/")
        logging.getLogger(name).warning("slow")
    assert capsys.readouterr().err == "WARNING httpx: slow\nWARNING httpcore: slow\n"


def test_setting_up_again_replaces_what_was_there(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logging("INFO")
    set_up_logging("INFO", secrets=(DISCORD,))
    logging.getLogger("a.b").info(DISCORD)
    assert capsys.readouterr().err == f"INFO a.b: {MASK}\n"
