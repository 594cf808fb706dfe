"""Progress bars: shown on a terminal, nothing elsewhere."""

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn


def make_bars(console: Console, *counts: ProgressColumn, transient: bool = False) -> Progress:
    """Name, bar, `counts` (default: percentage), times elapsed and left; `transient` ones are removed at the end."""
    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        *(counts or (TextColumn("{task.percentage:3.0f} %"),)),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=transient,
        disable=not console.is_terminal,
    )
