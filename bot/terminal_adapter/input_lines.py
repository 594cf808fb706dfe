"""Lines that a user types, or that are piped in."""

import sys
from collections.abc import Iterator
from contextlib import suppress

import typer

_PROMPT = "> "


def input_lines(hint: str) -> Iterator[str]:
    """Lines of standard input. At a terminal `hint` is printed first, and each line has a prompt and line editing."""
    if not sys.stdin.isatty():
        yield from sys.stdin
        return
    with suppress(ImportError):
        import readline  # noqa: F401, PLC0415  # gives `input` line editing; not on every system
    typer.echo(hint)
    while True:
        try:
            yield input(_PROMPT)
        except EOFError:
            typer.echo()
            return
