"""Progress of a run: bars on a terminal, lines elsewhere."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from typing_extensions import override

from core.timecode import format_millis
from ingest.reporting import Reporter, SilentReporter
from ingest.wording import counted

LINE_INTERVAL_S = 10.0


@dataclass(slots=True)
class _RunProgress:
    """Bytes, frames and seconds of video of the finished files and of the current one."""

    total_bytes: int
    total_files: int
    clock: Callable[[], float]
    started_s: float = 0.0
    files: int = 0
    failed: int = 0
    done_bytes: int = 0
    done_frames: int = 0
    done_video_s: float = 0.0
    current_bytes: int = 0
    share: float = 0.0
    frames: int = 0
    video_s: float = 0.0

    def start_file(self, size_bytes: int) -> None:
        self.current_bytes, self.share, self.frames, self.video_s = size_bytes, 0.0, 0, 0.0

    def end_file(self) -> None:
        self.files += 1
        self.done_bytes += self.current_bytes
        self.done_frames += self.frames
        self.done_video_s += self.video_s
        self.start_file(0)

    @property
    def problems_text(self) -> str:
        """The number of files with a problem, after a comma; empty for none."""
        return f", {counted(self.failed, 'problem')}" if self.failed else ""

    @property
    def read_bytes(self) -> float:
        return self.done_bytes + self.current_bytes * self.share

    def speed_text(self) -> str:
        elapsed_s = max(self.clock() - self.started_s, 1e-6)
        rate = (self.done_frames + self.frames) / elapsed_s
        pace = (self.done_video_s + self.video_s) / elapsed_s
        share = self.read_bytes / max(1, self.total_bytes)
        remaining = format_millis(int(elapsed_s / share * (1 - share) * 1000)) if share > 0 else "--:--:--"
        return f"{rate:.0f} frames/s, {pace:.1f}× real time, {remaining} left"


class RichReporter(Reporter):
    """Two bars: all files, and the current one."""

    def __init__(self, console: Console, total_files: int, total_bytes: int) -> None:
        self._run = _RunProgress(total_bytes, total_files, time.monotonic, time.monotonic())
        self._bars = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            TextColumn("{task.percentage:3.0f} %"),
            TextColumn("{task.fields[note]}", markup=False),
            TimeElapsedColumn(),
            console=console,
        )
        self._run_task: TaskID = self._bars.add_task(
            self._title(), total=max(1, total_bytes), note="", visible=total_files > 0
        )
        self._file_task: TaskID | None = None
        self._step_tasks: dict[str, TaskID] = {}

    @override
    def __enter__(self) -> Self:
        self._bars.start()
        return self

    @override
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bars.stop()

    @override
    def file_started(self, name: str, size_bytes: int) -> None:
        self._run.start_file(size_bytes)
        self._file_task = self._bars.add_task(name, total=1.0, note="")

    @override
    def advanced(self, *, share: float, video_s: float, frames: int) -> None:
        run = self._run
        run.share, run.video_s, run.frames = share, video_s, frames
        if self._file_task is not None:
            self._bars.update(self._file_task, completed=share, note=format_millis(int(video_s * 1000)))
        self._bars.update(self._run_task, completed=run.read_bytes, note=run.speed_text())

    @override
    def video_indexed(self, frames: int) -> None:
        pass

    @override
    def file_ended(self, line: str) -> None:
        self._run.end_file()
        self.print_line(line)
        self._show_files()

    @override
    def file_failed(self) -> None:
        self._run.end_file()
        self._run.failed += 1
        self._show_files()

    @override
    def print_line(self, line: str) -> None:
        self._bars.console.print(line, markup=False, highlight=False, soft_wrap=True)

    @override
    def step(self, title: str, done: int, total: int) -> None:
        if title not in self._step_tasks:
            self._step_tasks[title] = self._bars.add_task(title, note="")
        self._bars.update(self._step_tasks[title], completed=done, total=max(1, total), visible=done < total)

    def _show_files(self) -> None:
        if self._file_task is not None:
            self._bars.remove_task(self._file_task)
            self._file_task = None
        self._bars.update(self._run_task, completed=self._run.read_bytes, description=self._title())

    def _title(self) -> str:
        run = self._run
        return f"{run.files} of {counted(run.total_files, 'file')}{run.problems_text}"


class PlainReporter(SilentReporter):
    """A line for each file, and one every ten seconds within a file."""

    def __init__(
        self, console: Console, total_files: int, total_bytes: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._run = _RunProgress(total_bytes, total_files, clock, clock())
        self._console = console
        self._clock = clock
        self._file_name = ""
        self._last_line_s = clock()

    @override
    def file_started(self, name: str, size_bytes: int) -> None:
        self._run.start_file(size_bytes)
        self._file_name = name

    @override
    def advanced(self, *, share: float, video_s: float, frames: int) -> None:
        run = self._run
        run.share, run.video_s, run.frames = share, video_s, frames
        if self._clock() - self._last_line_s >= LINE_INTERVAL_S:
            self._last_line_s = self._clock()
            files = counted(run.total_files, "file")
            self.print_line(
                f"{run.files} of {files}{run.problems_text}; {self._file_name}: {share:.0%}; {run.speed_text()}"
            )

    @override
    def file_ended(self, line: str) -> None:
        self._run.end_file()
        self._last_line_s = self._clock()
        self.print_line(f"[{self._run.files}/{self._run.total_files}{self._run.problems_text}] {line}")

    @override
    def file_failed(self) -> None:
        self._run.end_file()
        self._run.failed += 1

    @override
    def step(self, title: str, done: int, total: int) -> None:
        if done >= total:
            self.print_line(f"{title}: {done} of {counted(total, 'frame')}")

    @override
    def print_line(self, line: str) -> None:
        self._console.print(line, markup=False, highlight=False, soft_wrap=True)


def open_reporter(console: Console, total_files: int, total_bytes: int) -> RichReporter | PlainReporter:
    """Bars if the console is a terminal, else lines."""
    kind = RichReporter if console.is_terminal else PlainReporter
    return kind(console, total_files, total_bytes)
