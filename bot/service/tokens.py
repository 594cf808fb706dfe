"""The platforms' tokens: from the environment, or from files such as Docker's secrets."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from pydantic import SecretStr

from config.bot_settings import DiscordSettings, TelegramSettings
from config.settings import Settings
from core.errors import InputError

_PATTERNS: Final[Mapping[str, re.Pattern[str]]] = {
    "DISCORD": re.compile(r"[\w-]{18,}\.[\w-]{4,}\.[\w-]{20,}", re.ASCII),
    "TELEGRAM": re.compile(r"\d{5,}:[\w-]{30,}", re.ASCII),
}
"""Patterns of the platforms' tokens, a little wider than those of today."""
_DESCRIPTIONS: Final[Mapping[str, str]] = {
    "DISCORD": "A token of Discord is three parts with dots between them: developer portal, Bot, Reset Token",
    "TELEGRAM": "A token of Telegram is a number, a colon and 35 characters: @BotFather, /mybots, API Token",
}


@dataclass(frozen=True, slots=True)
class Tokens:
    """A token for each platform that is on; `None` where it is off. Never shown when printed."""

    discord: str | None = field(default=None, repr=False)
    telegram: str | None = field(default=None, repr=False)

    def __bool__(self) -> bool:
        return bool(self.discord or self.telegram)


def read_tokens(settings: Settings) -> Tokens:
    """The tokens in the settings, or in files that they name; an empty variable counts as none.

    `InputError` names the variable when a file cannot be read or is empty, when token and file are both given, and when
    the token has not the pattern of the platform's tokens.
    """
    return Tokens(_token("DISCORD", settings.discord), _token("TELEGRAM", settings.telegram))


def secrets(settings: Settings, tokens: Tokens) -> tuple[str, ...]:
    """Texts that must not appear in a log."""
    webhook = settings.telegram.secret
    secret_texts = (tokens.discord, tokens.telegram, webhook.get_secret_value() if webhook else None)
    return tuple(secret for secret in secret_texts if secret)


def _token(platform: str, settings: DiscordSettings | TelegramSettings) -> str | None:
    variable = f"WHENANIME_{platform}__TOKEN"
    token_text = _text(settings.token)
    file = settings.token_file
    if file is None:
        return _check_pattern(platform, variable, token_text) if token_text else None
    if token_text:
        raise InputError(f"{variable} and {variable}_FILE are both set; keep one of them.")
    try:
        token = file.read_text("utf-8").strip()
    except OSError as exc:
        raise InputError(f"{variable}_FILE: {file} cannot be read: {exc.strerror}.") from exc
    except UnicodeDecodeError as exc:
        raise InputError(f"{variable}_FILE: {file} is not a text file.") from exc
    if not token:
        raise InputError(f"{variable}_FILE: {file} is empty; write the token into it.")
    return _check_pattern(platform, f"{variable}_FILE", token)


def _check_pattern(platform: str, variable: str, token: str) -> str:
    """The token. `InputError` when it has not the pattern of the platform's, before the network is used."""
    if not (token.isascii() and token.isprintable()) or " " in token:
        raise InputError(f"{variable}: a token is one word; this has blanks, line breaks or foreign letters in it.")
    if _PATTERNS[platform].fullmatch(token):
        return token
    other_platform = next((name.title() for name, shape in _PATTERNS.items() if shape.fullmatch(token)), "")
    problem = f"this is a token of {other_platform}" if other_platform else f"this is not a token of {platform.title()}"
    raise InputError(f"{variable}: {problem}. {_DESCRIPTIONS[platform]} (docs/chat.md).")


def _text(secret: SecretStr | None) -> str:
    return secret.get_secret_value().strip() if secret else ""
