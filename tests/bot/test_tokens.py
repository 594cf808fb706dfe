"""Where tokens come from, and that they are shown nowhere."""

from pathlib import Path

import pytest

from bot.tokens import Tokens, read_tokens, secrets
from config.settings import load_settings
from core.errors import InputError

TOKEN = "12345:very-secret"  # noqa: S105  # nobody's
EMPTY = {"DISCORD__TOKEN": "", "TELEGRAM__TOKEN": " ", "DISCORD__TOKEN_FILE": ""}
ALL = {"DISCORD__TOKEN": TOKEN, "TELEGRAM__TOKEN": "other", "TELEGRAM__SECRET": "third"}


def _tokens(monkeypatch: pytest.MonkeyPatch, **environment: str) -> Tokens:
    for name, value in environment.items():
        monkeypatch.setenv(f"WHENANIME_{name}", value)
    return read_tokens(load_settings())


def test_without_any_no_platform_is_on(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not _tokens(monkeypatch)
    assert not _tokens(monkeypatch, **EMPTY)


def test_a_token_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    tokens = _tokens(monkeypatch, DISCORD__TOKEN=f" {TOKEN}\n")
    assert (tokens.discord, tokens.telegram) == (TOKEN, None)
    assert tokens


def test_a_token_from_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "token").write_text(f"{TOKEN}\n", "utf-8")
    tokens = _tokens(monkeypatch, TELEGRAM__TOKEN_FILE=str(tmp_path / "token"), TELEGRAM__TOKEN="")
    assert (tokens.discord, tokens.telegram) == (None, TOKEN)


def test_both_are_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "token").write_text(TOKEN, "utf-8")
    with pytest.raises(InputError, match="WHENANIME_DISCORD__TOKEN and WHENANIME_DISCORD__TOKEN_FILE") as caught:
        _tokens(monkeypatch, DISCORD__TOKEN=TOKEN, DISCORD__TOKEN_FILE=str(tmp_path / "token"))
    assert TOKEN not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "said"),
    [(b" \n", "is empty"), (b"\xff\xfe\0", "is not a text file"), (None, "cannot be read: No such")],
)
def test_a_file_that_holds_no_token_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: bytes | None, said: str
) -> None:
    file = tmp_path / "token"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(InputError, match="WHENANIME_TELEGRAM__TOKEN_FILE: ") as caught:
        _tokens(monkeypatch, TELEGRAM__TOKEN_FILE=str(file))
    assert said in str(caught.value)


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


def test_tokens_are_not_printed_and_all_secrets_are_known(monkeypatch: pytest.MonkeyPatch) -> None:
    tokens = _tokens(monkeypatch, **ALL)
    assert TOKEN not in repr(tokens)
    assert secrets(load_settings(), tokens) == (TOKEN, "other", "third")
