"""`whenanime bot`: the process; everything long-lived is entered here in start order, and left in reverse."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from typing import TypeVar

import typer

from bot.discord_adapter import DiscordAdapter, DiscordSpec
from bot.http_wiring import new_http_adapter
from bot.metrics import Metrics
from bot.service.index_reload import IndexReloader
from bot.service.platforms import PlatformAdapter, Platforms
from bot.service.signals import Signals
from bot.service.tokens import Tokens, read_tokens, secrets
from bot.telegram_adapter import TelegramAdapter, TelegramSpec
from bot.wiring import AdapterServices, current_generation_name, open_adapter_services, warn_if_read_only
from config.heap import limit_arenas
from config.log_setup import set_up_logging
from config.opening import open_engine, start, warn_of_videos
from config.settings import Settings
from core.errors import InputError
from core.library.layout import DataLayout

_T = TypeVar("_T")
_log = logging.getLogger(__name__)

NO_PLATFORM = (
    "There is no token, so there is no chat to answer in. Set WHENANIME_DISCORD__TOKEN or WHENANIME_TELEGRAM__TOKEN "
    "(or …__TOKEN_FILE); docs/chat.md says how to get one. `whenanime chat` and `whenanime serve` work without."
)

Adapters = Callable[[AdapterServices], Mapping[str, Callable[[], PlatformAdapter]]]
"""From the parts that adapters need to factories of the adapters that are on, by platform."""


def run_bot(settings: Settings) -> None:
    """Answer on every platform that has a token, and over HTTP where that is on, until told to stop.

    `InputError` without any, `LibraryEmptyError` without a library, `PlatformError` when every platform refuses.
    """
    tokens = read_tokens(settings)
    if not tokens and not settings.http.enabled:
        raise InputError(NO_PLATFORM)
    _run(settings, tokens)


def run_server(settings: Settings) -> None:
    """Serve the web page and the API, and no chat, until told to stop. Raises what `run_bot` raises."""
    http = settings.http.model_copy(update={"enabled": True})
    _run(settings.model_copy(update={"http": http}), Tokens())


def _run(settings: Settings, tokens: Tokens) -> None:
    limit_arenas()
    set_up_logging(settings.log_level, log_format=settings.log_format, secrets=secrets(settings, tokens))
    asyncio.run(serve(settings, partial(platform_adapters, settings, tokens)))


async def serve(settings: Settings, adapters: Adapters) -> None:
    """Open everything, answer until SIGTERM or SIGINT, let what is under way end, close everything."""
    async with AsyncExitStack() as stack:
        signals = stack.enter_context(Signals())
        metrics = Metrics()
        engine = stack.enter_context(await asyncio.to_thread(open_engine, settings))
        parts = await stack.enter_async_context(
            open_adapter_services(settings, engine, metrics, DataLayout(settings.data_dir).chats)
        )
        warn_if_read_only(settings.data_dir)
        await asyncio.to_thread(warn_of_videos, engine)
        opening = adapters(parts)
        typer.echo(start_line(len(engine.generation.files), engine.generation.frames, tuple(opening)))
        platforms = Platforms(opening)
        if settings.http.enabled:
            server = new_http_adapter(settings, engine, parts, platforms.health)
            await stack.enter_async_context(server)
            typer.echo(f"Serving {server.url} — open it in a browser. Ctrl-C stops it.")
        reloader = IndexReloader(engine, settings.bot.reload_s, partial(current_generation_name, settings.data_dir))
        signals.on_reload = reloader.check_soon
        await stack.enter_async_context(_running(reloader.run()))
        serving = await stack.enter_async_context(_running(platforms.run()))
        stopped = await stack.enter_async_context(_running(signals.stopped.wait()))
        await asyncio.wait((serving, stopped), return_when=asyncio.FIRST_COMPLETED)
        if serving.done():
            await serving
        _log.info("stopping")
        forced = await stack.enter_async_context(_running(signals.forced.wait()))
        drained = await stack.enter_async_context(_running(parts.dispatcher.drain(settings.bot.drain_s)))
        await asyncio.wait((drained, forced), return_when=asyncio.FIRST_COMPLETED)
        if forced.done():
            await parts.dispatcher.drain(0)  # else the platforms would wait for what is under way


def start_line(videos: int, frames: int, platforms: Sequence[str]) -> str:
    """How much is searched and where it is answered, for the operator."""
    counted = f"{videos:,} {'video' if videos == 1 else 'videos'} with {frames:,} frames"
    names = " and ".join(name.title() for name in platforms)
    return f"Searching {counted}." + (f" Connecting to {names}." if names else "")


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


@asynccontextmanager
async def _running(work: Coroutine[object, object, _T]) -> AsyncIterator[asyncio.Task[_T]]:
    """A task that is cancelled at the end of the block."""
    task = asyncio.create_task(work)
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


if __name__ == "__main__":
    run_bot(start())
