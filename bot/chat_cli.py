"""`whenanime chat`: the dispatcher at a terminal, without any account."""

import asyncio
import os
import sys
from collections.abc import Iterator, Mapping
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
from bot.wiring import Parts, current_generation_name, open_parts
from config.heap import limit_arenas
from config.opening import open_engine, start, warn_of_videos
from config.settings import Settings
from core.engine import Engine
from core.errors import InputError
from core.library.layout import DataLayout

app = typer.Typer(add_completion=False, rich_markup_mode=None)

_UNLIMITED = 1_000_000_000
_PROMPT = "> "


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
    spoken = locale_of(os.environ) or settings.bot.locale
    with open_conversation(settings, spoken, Console()) as conversation, suppress(KeyboardInterrupt):
        if locale is not None:
            conversation.use_language(locale)
        for line in _lines(conversation.greeting):
            if not conversation.say(line):
                break


def answer_once(settings: Settings, picture: Path) -> None:
    """Print the reply that a chat would get to a picture."""
    with open_conversation(settings, locale_of(os.environ), Console()) as conversation:
        conversation.look_up(picture)


def locale_of(environ: Mapping[str, str]) -> str:
    """The BCP 47 tag of the environment's language for messages; empty when it names none."""
    named = next((environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if environ.get(name)), "")
    tag = named.partition(".")[0].partition("@")[0].replace("_", "-")
    return "" if tag in {"C", "POSIX"} else tag


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
    def greeting(self) -> str:
        """A hint what can be typed."""
        return self._terminal.what_to_type()

    def use_language(self, locale: str) -> None:
        """Speak this language until another is chosen."""
        self._dispatcher.use_language(USER, locale)

    def say(self, line: str) -> bool:
        """Answer one line; false when it ends the conversation."""
        return self._runner.run(self._say(line))

    def look_up(self, picture: Path) -> None:
        """Answer one picture."""
        self._runner.run(self._terminal.look_up(picture))

    async def _say(self, line: str) -> bool:
        await self._reloader.check()
        return await self._terminal.say(line)


@contextmanager
def open_conversation(settings: Settings, locale: str, output: Console) -> Iterator[Conversation]:
    """A conversation without rate limits. Raises what opening an engine raises."""
    limits = dict.fromkeys(("user_per_minute", "user_per_day", "per_minute"), _UNLIMITED)
    settings = settings.model_copy(update={"bot": settings.bot.model_copy(update=limits)})
    spec = TerminalSpec(DataLayout(settings.data_dir).previews, locale, settings.preview.limit_bytes)
    with open_engine(settings) as engine, asyncio.Runner() as runner:
        warn_of_videos(engine)
        held = _OpenParts(settings, engine)
        parts = runner.run(held.open())
        try:
            reloader = IndexReloader(engine, settings.bot.reload_s, partial(current_generation_name, settings.data_dir))
            yield Conversation(runner, parts.dispatcher, Terminal(spec, parts.dispatcher, output), reloader)
        finally:
            runner.run(held.close())


class _OpenParts:
    """The adapter's parts, entered and left by one task, as asyncio requires; the runner drives it in between."""

    def __init__(self, settings: Settings, engine: Engine) -> None:
        self._settings = settings
        self._engine = engine
        self._done = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def open(self) -> Parts:
        opened: asyncio.Future[Parts] = asyncio.get_running_loop().create_future()
        self._task = asyncio.create_task(self._hold(opened))
        await asyncio.wait((self._task, opened), return_when=asyncio.FIRST_COMPLETED)
        if self._task.done():
            await self._task
        return opened.result()

    async def close(self) -> None:
        self._done.set()
        if self._task:
            await self._task

    async def _hold(self, opened: asyncio.Future[Parts]) -> None:
        folder = DataLayout(self._settings.data_dir).chats / "terminal"
        async with open_parts(self._settings, self._engine, Metrics(), folder) as parts:
            opened.set_result(parts)
            await self._done.wait()


def _lines(greeting: str) -> Iterator[str]:
    """Lines that are typed, with a prompt and line editing; or lines that are piped in."""
    if not sys.stdin.isatty():
        yield from sys.stdin
        return
    with suppress(ImportError):
        import readline  # noqa: F401, PLC0415  # gives `input` its line editing; not everywhere there
    typer.echo(greeting)
    while True:
        try:
            yield input(_PROMPT)
        except EOFError:
            typer.echo()
            return
