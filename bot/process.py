"""The process, whatever platforms are on: everything long-lived is entered here in start order, and left in reverse."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from typing import TypeVar

import typer

from bot.http_wiring import new_http_adapter
from bot.metrics import Metrics
from bot.service.index_reload import IndexReloader
from bot.service.platforms import PlatformAdapter, Platforms
from bot.service.signals import Signals
from bot.service.tokens import Tokens, secrets
from bot.wiring import AdapterServices, current_generation_name, open_adapter_services, warn_if_read_only
from config.heap import limit_arenas
from config.log_setup import set_up_logging
from config.opening import open_engine, warn_of_videos
from config.settings import Settings
from core.library.layout import DataLayout

_T = TypeVar("_T")
_log = logging.getLogger(__name__)

Adapters = Callable[[AdapterServices], Mapping[str, Callable[[], PlatformAdapter]]]
"""From the parts that adapters need to factories of the adapters that are on, by platform."""


def run_process(settings: Settings, tokens: Tokens, adapters: Adapters) -> None:
    """Answer until told to stop; the log shows no token. Raises what `serve` raises."""
    limit_arenas()
    set_up_logging(settings.log_level, log_format=settings.log_format, secrets=secrets(settings, tokens))
    asyncio.run(serve(settings, adapters))


def run_server(settings: Settings) -> None:
    """Serve the web page and the API, and no chat, until told to stop.

    `LibraryEmptyError` without a library, `InputError` when the address cannot be listened on.
    """
    http = settings.http.model_copy(update={"enabled": True})
    run_process(settings.model_copy(update={"http": http}), Tokens(), lambda _parts: {})


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


@asynccontextmanager
async def _running(work: Coroutine[object, object, _T]) -> AsyncIterator[asyncio.Task[_T]]:
    """A task that is cancelled at the end of the block."""
    task = asyncio.create_task(work)
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
