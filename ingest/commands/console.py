"""Standard output as a console."""

from typing import Final

from rich.console import Console

_FILE_WIDTH: Final = 240
"""Columns where standard output is no terminal: a file has no width, and rows are not wrapped."""


def output_console() -> Console:
    """A console on standard output."""
    console = Console()
    return console if console.is_terminal else Console(width=_FILE_WIDTH)
