"""Showing how far `train dataset` is: a bar on a terminal, a line a source everywhere."""

from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn


class ExtractionBars:
    """One bar over the bytes of all sources, on standard error. A context manager."""

    def __init__(self, console: Console, sources: int, total_bytes: int) -> None:
        self._sources = sources
        self._ended = 0
        self._done_bytes = 0
        self._current_bytes = 0
        self._bars = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            TextColumn("{task.percentage:3.0f} %"),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=console,
            disable=not console.is_terminal,
        )
        self._console = console
        self._task = self._bars.add_task(f"{sources} sources", total=max(1, total_bytes))

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bars.stop()

    def passed_over(self, size_bytes: int) -> None:
        """A source is there already."""
        self._ended += 1
        self._done_bytes += size_bytes

    def started(self, name: str, size_bytes: int) -> None:
        """The next source."""
        self._current_bytes = size_bytes
        self._bars.update(self._task, description=f"{self._ended} of {self._sources}: {name}")

    def advanced(self, share: float) -> None:
        """The current source is read to `share`."""
        self._bars.update(self._task, completed=self._done_bytes + share * self._current_bytes)

    def ended(self, line: str) -> None:
        """The current source is done."""
        self.passed_over(self._current_bytes)
        self._bars.update(self._task, completed=self._done_bytes)
        self._console.print(f"[{self._ended}/{self._sources}] {line}", markup=False, highlight=False, soft_wrap=True)


def open_bars(sources: int, total_bytes: int) -> ExtractionBars:
    """For standard error."""
    return ExtractionBars(Console(stderr=True), sources, total_bytes)
