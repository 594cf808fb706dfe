"""`whenanime bot`: the chats that have a token, and the HTTP port where that is on."""

import logging
from collections.abc import Callable, Mapping
from functools import partial

import typer

from bot.discord_adapter import DiscordAdapter, DiscordSpec
from bot.process import run_process
from bot.service.platforms import PlatformAdapter
from bot.service.tokens import Tokens, read_tokens
from bot.telegram_adapter import TelegramAdapter, TelegramSpec
from bot.wiring import AdapterServices
from config.opening import start
from config.settings import Settings
from core.errors import InputError

_log = logging.getLogger(__name__)

NO_PLATFORM = (
    "There is no token, so there is no chat to answer in. Set WHENANIME_DISCORD__TOKEN or WHENANIME_TELEGRAM__TOKEN "
    "(or …__TOKEN_FILE); docs/chat.md says how to get one. `whenanime chat` and `whenanime serve` work without."
)


def run_bot(settings: Settings) -> None:
    """Answer on every platform that has a token, and over HTTP where that is on, until told to stop.

    `InputError` without any, `LibraryEmptyError` without a library, `PlatformError` when every platform refuses.
    """
    tokens = read_tokens(settings)
    if not tokens and not settings.http.enabled:
        raise InputError(NO_PLATFORM)
    run_process(settings, tokens, partial(platform_adapters, settings, tokens))


def platform_adapters(
    settings: Settings, tokens: Tokens, parts: AdapterServices
) -> Mapping[str, Callable[[], PlatformAdapter]]:
    """Factories of the adapters whose platforms have a token."""
    adapters: dict[str, Callable[[], PlatformAdapter]] = {}
    if tokens.discord:
        adapters["discord"] = partial(
            DiscordAdapter,
            discord_spec(settings, tokens.discord),
            parts.dispatcher,
            parts.metrics,
            parts.fetcher,
            connected=_on_discord,
        )
    if tokens.telegram:
        adapters["telegram"] = partial(
            TelegramAdapter,
            telegram_spec(settings, tokens.telegram),
            parts.dispatcher,
            parts.metrics,
            connected=_on_telegram,
        )
    return adapters


def discord_spec(settings: Settings, token: str) -> DiscordSpec:
    """The Discord adapter's settings."""
    values = settings.discord.model_dump(exclude={"token", "token_file"})
    return DiscordSpec(token=token, locale=settings.bot.locale, **values)


def telegram_spec(settings: Settings, token: str) -> TelegramSpec:
    """The Telegram adapter's settings."""
    values = settings.telegram.model_dump(exclude={"token", "token_file", "secret"})
    secret = settings.telegram.secret
    return TelegramSpec(
        token=token, secret=secret.get_secret_value() if secret else None, locale=settings.bot.locale, **values
    )


def _on_discord(name: str, servers: int) -> None:
    _connected("discord", f"Connected to Discord as {name}, in {servers} {'server' if servers == 1 else 'servers'}.")


def _on_telegram(name: str) -> None:
    _connected("telegram", f"Connected to Telegram as {name}.")


def _connected(platform: str, sentence: str) -> None:
    """Tell the operator, whatever the log level; on standard output, as the log goes to standard error."""
    typer.echo(f"{sentence} Ctrl-C stops it.")
    _log.info("answering on %s", platform)


if __name__ == "__main__":
    run_bot(start())
