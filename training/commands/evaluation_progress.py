"""Progress of `train evaluate`: a bar for each part, on a terminal."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console

from training.commands.bars import make_bars
from training.evaluation.run import Task
from training.progress import ProgressCallback


@contextmanager
def open_bars() -> Iterator[Task]:
    """Bars on standard error; each task adds one."""
    with make_bars(Console(stderr=True)) as bars:

        def task(name: str) -> ProgressCallback:
            bar = bars.add_task(name, total=None)
            return lambda done, total: bars.update(bar, completed=done, total=total)

        yield task
