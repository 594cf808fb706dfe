"""`whenanime chat`: the dispatcher at a terminal, without any account."""

import asyncio
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from bot.dispatch.dispatcher import Dispatcher
from bot.language.translations import LANGUAGES, Translations
from bot.metrics import Metrics
from bot.service.index_reload import IndexReloader
from bot.terminal_adapter import USER, Terminal, TerminalSpec
from bot.terminal_adapter.environment import environment_locale
from bot.terminal_adapter.input_lines import input_lines
from bot.wiring import AdapterServices, current_generation_name, open_adapter_services
from config.heap import limit_arenas
from config.opening import open_engine, start, warn_of_videos
from config.settings import Settings
from core.engine import Engine
from core.errors import InputError
from core.library.layout import DataLayout

app = typer.Typer(add_completion=False, rich_markup_mode=None)

_UNLIMITED = 1_000_000_000


@app.command()
def chat(
    locale: Annotated[
        str | None, typer.Option(help="Your language: en, zh or ja; else the one chosen by /lang, else that of LANG.")
    ] = None,
) -> None:
    """Answer here as in a chat: type or drop a picture's path, a link, or a command; a number presses a button.

    Lines may also be piped in. Ctrl-D or /quit ends it.
    """
    limit_arenas()
    settings = start()
    if locale is not None and not Translations().supports(locale):
        raise InputError(f"--locale: {locale!r} is not spoken; choose one of {', '.join(LANGUAGES)}.")
    user_locale = environment_locale(os.environ) or settings.bot.locale
    with open_conversation(settings, user_locale, Console()) as conversation, suppress(KeyboardInterrupt):
        if locale is not None:
            conversation.use_language(locale)
        for line in input_lines(conversation.hint):
            if not conversation.answer_line(line):
                break


def answer_once(settings: Settings, picture: Path) -> None:
    """Print the reply that a chat would get to a picture."""
    with open_conversation(settings, environment_locale(os.environ), Console()) as conversation:
        conversation.answer_picture(picture)


class Conversation:
    """A terminal whose event loop runs while a line is answered."""

    def __init__(
        self, runner: asyncio.Runner, dispatcher: Dispatcher, terminal: Terminal, reloader: IndexReloader
    ) -> None:
        self._runner = runner
        self._dispatcher = dispatcher
        self._terminal = terminal
        self._reloader = reloader

    @property
    def hint(self) -> str:
        """A hint at what can be typed."""
        return self._terminal.hint()

    def use_language(self, locale: str) -> None:
        """Speak this language until another is chosen."""
        self._dispatcher.use_language(USER, locale)

    def answer_line(self, line: str) -> bool:
        """Answer one line; false when it ends the conversation."""
        return self._runner.run(self._answer_line(line))

    def answer_picture(self, picture: Path) -> None:
        """Answer one picture."""
        self._runner.run(self._terminal.answer_picture(picture))

    async def _answer_line(self, line: str) -> bool:
        await self._reloader.check()
        return await self._terminal.answer_line(line)


@contextmanager
def open_conversation(settings: Settings, locale: str, console: Console) -> Iterator[Conversation]:
    """A conversation without rate limits. Raises what opening an engine raises."""
    limits = dict.fromkeys(("user_per_minute", "user_per_day", "per_minute"), _UNLIMITED)
    settings = settings.model_copy(update={"bot": settings.bot.model_copy(update=limits)})
    spec = TerminalSpec(DataLayout(settings.data_dir).previews, locale, settings.preview.limit_bytes)
    with open_engine(settings) as engine, asyncio.Runner() as runner:
        warn_of_videos(engine)
        parts_task = _PartsTask(settings, engine)
        parts = runner.run(parts_task.open())
        try:
            reloader = IndexReloader(engine, settings.bot.reload_s, partial(current_generation_name, settings.data_dir))
            yield Conversation(runner, parts.dispatcher, Terminal(spec, parts.dispatcher, console), reloader)
        finally:
            runner.run(parts_task.close())


class _PartsTask:
    """Opens the adapter's parts, and closes them in the same task, as asyncio requires."""

    def __init__(self, settings: Settings, engine: Engine) -> None:
        self._settings = settings
        self._engine = engine
        self._done = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def open(self) -> AdapterServices:
        opened: asyncio.Future[AdapterServices] = asyncio.get_running_loop().create_future()
        self._task = asyncio.create_task(self._hold(opened))
        await asyncio.wait((self._task, opened), return_when=asyncio.FIRST_COMPLETED)
        if self._task.done():
            await self._task
        return opened.result()

    async def close(self) -> None:
        self._done.set()
        if self._task:
            await self._task

    async def _hold(self, opened: asyncio.Future[AdapterServices]) -> None:
        folder = DataLayout(self._settings.data_dir).chats / "terminal"
        async with open_adapter_services(self._settings, self._engine, Metrics(), folder) as parts:
            opened.set_result(parts)
            await self._done.wait()
