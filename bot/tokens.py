"""The platforms' tokens: from the environment, or from files such as Docker's secrets."""

from dataclasses import dataclass, field

from pydantic import SecretStr

from config.bot_settings import DiscordSettings, TelegramSettings
from config.settings import Settings
from core.errors import InputError


@dataclass(frozen=True, slots=True)
class Tokens:
    """A token for each platform that is on; `None` where it is off. Never shown when printed."""

    discord: str | None = field(default=None, repr=False)
    telegram: str | None = field(default=None, repr=False)

    def __bool__(self) -> bool:
        return bool(self.discord or self.telegram)


def read_tokens(settings: Settings) -> Tokens:
    """The tokens that the settings give or name a file of; an empty variable is as good as none.

    `InputError` names the variable when a file cannot be read or is empty, when token and file are both given, and when
    what is given cannot be a token.
    """
    return Tokens(_token("DISCORD", settings.discord), _token("TELEGRAM", settings.telegram))


def secrets(settings: Settings, tokens: Tokens) -> tuple[str, ...]:
    """All that may not appear in a log."""
    webhook = settings.telegram.secret
    found = (tokens.discord, tokens.telegram, webhook.get_secret_value() if webhook else None)
    return tuple(secret for secret in found if secret)


def _token(platform: str, settings: DiscordSettings | TelegramSettings) -> str | None:
    variable = f"WHENANIME_{platform}__TOKEN"
    given = _text(settings.token)
    file = settings.token_file
    if file is None:
        return _whole(variable, given) or None
    if given:
        raise InputError(f"{variable} and {variable}_FILE are both set; keep one of them.")
    try:
        token = file.read_text("utf-8").strip()
    except OSError as exc:
        raise InputError(f"{variable}_FILE: {file} cannot be read: {exc.strerror}.") from exc
    except UnicodeDecodeError as exc:
        raise InputError(f"{variable}_FILE: {file} is not a text file.") from exc
    if not token:
        raise InputError(f"{variable}_FILE: {file} is empty; write the token into it.")
    return _whole(f"{variable}_FILE", token)


def _whole(variable: str, token: str) -> str:
    """The token; what stands in a header or an address has no blanks and nothing invisible in it."""
    if not (token.isascii() and token.isprintable()) or " " in token:
        raise InputError(f"{variable}: a token is one word; this has blanks, line breaks or foreign letters in it.")
    return token


def _text(secret: SecretStr | None) -> str:
    return secret.get_secret_value().strip() if secret else ""
