"""Tokens: where they come from, and that they are shown nowhere."""

from pathlib import Path

import pytest

from bot.service.tokens import Tokens, read_tokens, secrets
from config.settings import load_settings
from core.errors import InputError

DISCORD = "MTIzNDU2Nzg5MDEyMzQ1Njc4.GveryS.verysecretverysecretverysecret"  # nobody's
TELEGRAM = "123456:AAverysecretverysecretverysecretver"
EMPTY = {"DISCORD__TOKEN": "", "TELEGRAM__TOKEN": " ", "DISCORD__TOKEN_FILE": ""}
ALL = {"DISCORD__TOKEN": DISCORD, "TELEGRAM__TOKEN": TELEGRAM, "TELEGRAM__SECRET": "third"}


def _tokens(monkeypatch: pytest.MonkeyPatch, **environment: str) -> Tokens:
    for name, value in environment.items():
        monkeypatch.setenv(f"WHENANIME_{name}", value)
    return read_tokens(load_settings())


def test_without_any_no_platform_is_on(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not _tokens(monkeypatch)
    assert not _tokens(monkeypatch, **EMPTY)


def test_a_token_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    tokens = _tokens(monkeypatch, DISCORD__TOKEN=f" {DISCORD}\n")
    assert (tokens.discord, tokens.telegram) == (DISCORD, None)
    assert tokens


def test_a_token_from_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "token").write_text(f"{TELEGRAM}\n", "utf-8")
    tokens = _tokens(monkeypatch, TELEGRAM__TOKEN_FILE=str(tmp_path / "token"), TELEGRAM__TOKEN="")
    assert (tokens.discord, tokens.telegram) == (None, TELEGRAM)


def test_both_are_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "token").write_text(DISCORD, "utf-8")
    with pytest.raises(InputError, match="WHENANIME_DISCORD__TOKEN and WHENANIME_DISCORD__TOKEN_FILE") as caught:
        _tokens(monkeypatch, DISCORD__TOKEN=DISCORD, DISCORD__TOKEN_FILE=str(tmp_path / "token"))
    assert DISCORD not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "problem"),
    [(b" \n", "is empty"), (b"\xff\xfe\0", "is not a text file"), (None, "cannot be read: No such")],
)
def test_a_file_that_holds_no_token_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: bytes | None, problem: str
) -> None:
    file = tmp_path / "token"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(InputError, match="WHENANIME_TELEGRAM__TOKEN_FILE: ") as caught:
        _tokens(monkeypatch, TELEGRAM__TOKEN_FILE=str(file))
    assert problem in str(caught.value)


@pytest.mark.parametrize("broken", ["12345:very-\nsecret", "12345:very- secret", "12345:very\u200bsecret"])
def test_what_cannot_be_a_token_is_refused_and_not_shown(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, broken: str
) -> None:
    with pytest.raises(InputError, match=r"WHENANIME_TELEGRAM__TOKEN: .*one word") as caught:
        _tokens(monkeypatch, TELEGRAM__TOKEN=broken)
    assert "secret" not in str(caught.value)
    monkeypatch.delenv("WHENANIME_TELEGRAM__TOKEN")
    (tmp_path / "token").write_text(broken, "utf-8")
    with pytest.raises(InputError, match=r"WHENANIME_DISCORD__TOKEN_FILE: .*one word"):
        _tokens(monkeypatch, DISCORD__TOKEN_FILE=str(tmp_path / "token"))


@pytest.mark.parametrize(
    ("platform", "token", "problem"),
    [
        ("DISCORD", "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0", "is not a token of Discord. A token of Discord is three parts"),
        ("DISCORD", "123456789012345678", "is not a token of Discord"),
        ("DISCORD", TELEGRAM, "is a token of Telegram. A token of Discord is three parts"),
        ("TELEGRAM", DISCORD, "is a token of Discord. A token of Telegram is a number"),
        ("TELEGRAM", "whenanime_bot", "is not a token of Telegram"),
        ("TELEGRAM", "123456", "is not a token of Telegram"),
    ],
)
def test_a_token_of_a_shape_that_the_platform_does_not_give_is_refused_before_the_network_is_tried(
    monkeypatch: pytest.MonkeyPatch, platform: str, token: str, problem: str
) -> None:
    with pytest.raises(InputError) as caught:
        _tokens(monkeypatch, **{f"{platform}__TOKEN": token})
    assert str(caught.value).startswith(f"WHENANIME_{platform}__TOKEN: this {problem}")
    assert caught.value.exit_code == 2
    assert token not in str(caught.value)


def test_tokens_are_not_printed_and_all_secrets_are_known(monkeypatch: pytest.MonkeyPatch) -> None:
    tokens = _tokens(monkeypatch, **ALL)
    assert DISCORD not in repr(tokens)
    assert secrets(load_settings(), tokens) == (DISCORD, TELEGRAM, "third")
