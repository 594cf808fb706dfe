"""The command `whenanime`: mounts each package's commands, importing a package only when it is called."""

import sys

try:
    import importlib
    import importlib.metadata
    import io
    import os
    import signal
    import traceback
    from types import FrameType
    from typing import Annotated, NoReturn

    import typer
    from typer.core import TyperGroup

    from core.errors import ExitCode, WhenAnimeError
except KeyboardInterrupt:  # imports take part of a second, before `main` could handle it
    sys.exit(130)  # `ExitCode.INTERRUPTED`, which may not be imported yet

COMMANDS = {
    "demo": ("", "Draw a sample show, index it and find a screenshot of it."),
    "library": ("ingest.commands.library_cli", "Add, list, remove and reindex videos."),
    "search": ("ingest.commands.search_cli", "Say which scene a picture is from."),
    "serve": ("bot.serve_cli", "Serve the web page and the API."),
    "bot": ("bot.cli", "Answer in Discord and Telegram."),
    "chat": ("bot.chat_cli", "Answer here as the chats would: a picture's path, a link, a command."),
    "index": ("ingest.commands.index_cli", "Rebuild, describe and check the index."),
    "settings": ("ingest.commands.settings_cli", "Show every setting, its value and its meaning."),
    "train": ("training.commands.cli", "Make an encoder (needs the extra `train`)."),
}
"""Module and one-line help of each command; no module for the demo, which is defined here."""


class _LazyGroup(TyperGroup):
    """Has the names and one-line help of all commands; a command's module is imported when it runs."""

    def __init__(self, **attributes: object) -> None:
        super().__init__(**attributes)  # type: ignore[arg-type]  # Typer's own, passed on as they are
        self.commands = dict.fromkeys(COMMANDS)  # type: ignore[assignment]  # names, also to suggest one for a misspelt command

    def get_command(self, ctx: typer.Context, cmd_name: str) -> object:  # type: ignore[override]  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        module, _help = COMMANDS[cmd_name]
        command = typer.main.get_command(importlib.import_module(module).app if module else _demo_app)
        command.name = cmd_name
        return command

    def format_commands(self, ctx: typer.Context, formatter: object) -> None:  # type: ignore[override]  # noqa: ARG002
        with formatter.section("Commands"):  # type: ignore[attr-defined]  # a help formatter of Typer's own click
            formatter.write_dl([(name, text) for name, (_module, text) in COMMANDS.items()])  # type: ignore[attr-defined]


app = typer.Typer(
    cls=_LazyGroup,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


_demo_app = typer.Typer(add_completion=False, rich_markup_mode=None)


def _print_version(is_given: bool) -> None:
    if is_given:
        try:
            typer.echo(f"whenanime {importlib.metadata.version('whenanime')}")
        except importlib.metadata.PackageNotFoundError:
            typer.echo("whenanime, not installed")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and end.")
    ] = False,
) -> None:
    """Which show, season, episode and second a screenshot is from, in your own videos.

    Start with `whenanime demo`, then `whenanime library add DIR` and `whenanime search PICTURE`.
    """


@_demo_app.command()
def _demo() -> None:
    """Draw a sample show, index it as any folder of videos, find a distorted screenshot of it, and answer it as a chat.

    Everything is written below the data directory, in `demo`. Exit code 1 when the answer is not the right moment.
    """
    from bot.chat_cli import answer_once  # noqa: PLC0415
    from ingest.commands.demo import run_demo  # noqa: PLC0415  # they must not import each other; this module may import both

    raise typer.Exit(0 if run_demo(answer_once) else ExitCode.FAILED)


def main() -> NoReturn:
    """Run the command line; a user never sees a stack trace."""
    try:
        signal.signal(signal.SIGTERM, _as_interrupt)
        _replace_unprintable()
        app(prog_name="whenanime")
    except KeyboardInterrupt:
        sys.exit(ExitCode.INTERRUPTED)
    except WhenAnimeError as exc:
        _end(str(exc), exc.exit_code)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(ExitCode.FAILED)
    except Exception as exc:  # noqa: BLE001  # the process edge
        if _was_interrupted(exc):
            sys.exit(ExitCode.INTERRUPTED)
        if isinstance(getattr(exc, "exit_code", None), int):
            _end(str(exc), exc.exit_code)  # type: ignore[attr-defined]  # config's own error, which core does not know
        if os.environ.get("WHENANIME_LOG_LEVEL", "").upper() == "DEBUG":
            traceback.print_exc()
        _end(f"unexpected error: {type(exc).__name__}: {exc}. WHENANIME_LOG_LEVEL=DEBUG shows where.", ExitCode.FAILED)
    sys.exit(0)


def _end(message: str, code: int) -> NoReturn:
    for line in message.splitlines():
        typer.echo(f"whenanime: {line}", err=True)
    sys.exit(code)


def _replace_unprintable() -> None:
    """Print `?` for characters that the output's encoding lacks, instead of failing."""
    if isinstance(sys.stdout, io.TextIOWrapper) and sys.stdout.errors != "replace":
        utf8 = sys.stdout.encoding.lower().replace("-", "") == "utf8"
        sys.stdout.reconfigure(errors="surrogateescape" if utf8 else "replace")


def _was_interrupted(exc: BaseException | None) -> bool:
    """Whether Ctrl-C caused an exception: compiled modules may raise one of their own when interrupted."""
    while exc is not None:
        if isinstance(exc, KeyboardInterrupt):
            return True
        exc = exc.__cause__ or exc.__context__
    return False


def _as_interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    main()
