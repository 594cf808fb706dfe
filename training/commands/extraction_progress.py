"""Progress of `train dataset`: a bar on a terminal, and a line for each source everywhere."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import Progress

from training.commands.bars import make_bars


class ExtractionBars:
    """One bar over the bytes of all sources."""

    def __init__(self, bars: Progress, sources: int, total_bytes: int) -> None:
        self._sources = sources
        self._ended = 0
        self._done_bytes = 0
        self._current_bytes = 0
        self._bars = bars
        self._task = bars.add_task(f"{sources} sources", total=max(1, total_bytes))

    def source_skipped(self, size_bytes: int) -> None:
        """A source is in the data set already."""
        self._ended += 1
        self._done_bytes += size_bytes

    def source_started(self, name: str, size_bytes: int) -> None:
        """The next source is read."""
        self._current_bytes = size_bytes
        self._bars.update(self._task, description=f"{self._ended} of {self._sources}: {name}")

    def source_progress(self, share: float) -> None:
        """The current source is read to `share`."""
        self._bars.update(self._task, completed=self._done_bytes + share * self._current_bytes)

    def source_ended(self, line: str) -> None:
        """The current source is done."""
        self.source_skipped(self._current_bytes)
        self._bars.update(self._task, completed=self._done_bytes)
        line = f"[{self._ended}/{self._sources}] {line}"
        self._bars.console.print(line, markup=False, highlight=False, soft_wrap=True)


@contextmanager
def open_bars(sources: int, total_bytes: int) -> Iterator[ExtractionBars]:
    """A bar on standard error."""
    with make_bars(Console(stderr=True)) as bars:
        yield ExtractionBars(bars, sources, total_bytes)
