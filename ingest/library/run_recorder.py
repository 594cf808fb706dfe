"""Recorder of a run: its status in a file of the data directory, for other processes that watch it."""

import logging
import os
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from typing_extensions import override

from core.errors import StorageError, WhenAnimeError
from core.library.run_status import RunState, RunStatus, write_run_status
from ingest.reporting import Reporter

WRITE_INTERVAL_S: Final = 1.0
"""Between two writings of a status in which only numbers have changed."""
_log = logging.getLogger(__name__)


class RunRecorder:
    """Records the status of a run, a context manager: its end is written however it comes, except by a kill.

    A status that cannot be written is logged once, and the run goes on. `clock` gives seconds since the epoch.
    """

    def __init__(self, path: Path, command: str, clock: Callable[[], float] = time.time) -> None:
        self._path = path
        self._clock = clock
        now_s = clock()
        self._status = RunStatus(command, os.getpid(), now_s, now_s)
        self._written_s = 0.0
        self._writable = True

    def __enter__(self) -> Self:
        self.update(now=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(error, KeyboardInterrupt):
            self.stopped()
        elif error is not None:
            problem = str(error) if isinstance(error, WhenAnimeError) else type(error).__name__
            self.update(now=True, state=RunState.FAILED, problem=problem)
        elif self._status.is_running:
            self.update(now=True, state=RunState.FINISHED)

    def recording(self, reporter: Reporter, files: int, total_bytes: int) -> Reporter:
        """A reporter that also records what it is told; `files` of `total_bytes` in all are going to be read."""
        self.update(now=True, state=RunState.READING, reading_s=self._clock(), files=files, total_bytes=total_bytes)
        return _RecordingReporter(reporter, self)

    def stopped(self) -> None:
        """Ctrl-C has ended the run."""
        self.update(now=True, state=RunState.STOPPED)

    @property
    def status(self) -> RunStatus:
        """The status now; the file may be a second older."""
        return self._status

    def update(self, *, now: bool = False, **changes: Any) -> None:  # Any: fields of the status, of their own types
        """Change fields of the status; it is written at once with `now`, else at most every `WRITE_INTERVAL_S`."""
        now_s = self._clock()
        self._status = replace(self._status, changed_s=now_s, **changes)
        if not self._writable or not (now or now_s - self._written_s >= WRITE_INTERVAL_S):
            return
        self._written_s = now_s
        try:
            write_run_status(self._path, self._status)
        except StorageError as exc:
            self._writable = False
            _log.info("%s", exc)


class _RecordingReporter(Reporter):
    """Passes everything on to another reporter."""

    def __init__(self, reporter: Reporter, recorder: RunRecorder) -> None:
        self._reporter = reporter
        self._recorder = recorder

    @override
    def __enter__(self) -> Self:
        self._reporter.__enter__()
        return self

    @override
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._reporter.__exit__(kind, error, trace)
        finally:
            if isinstance(error, KeyboardInterrupt):
                self._recorder.stopped()

    @override
    def file_started(self, name: str, size_bytes: int) -> None:
        self._reporter.file_started(name, size_bytes)
        self._recorder.update(name=name, name_bytes=size_bytes, share=0.0, step="")

    @override
    def advanced(self, *, share: float, video_s: float, frames: int) -> None:
        self._reporter.advanced(share=share, video_s=video_s, frames=frames)
        self._recorder.update(share=min(1.0, max(0.0, share)), step="")

    @override
    def video_indexed(self, frames: int) -> None:
        self._reporter.video_indexed(frames)
        self._recorder.update(frames=self._recorder.status.frames + frames)

    @override
    def file_ended(self, line: str) -> None:
        self._reporter.file_ended(line)
        self._end_file(failed=0)

    @override
    def file_failed(self) -> None:
        self._reporter.file_failed()
        self._end_file(failed=1)

    @override
    def print_line(self, line: str) -> None:
        self._reporter.print_line(line)

    @override
    def step(self, title: str, done: int, total: int) -> None:
        self._reporter.step(title, done, total)
        self._recorder.update(step=title if done < total else "", step_done=done, step_total=total)

    def _end_file(self, *, failed: int) -> None:
        status = self._recorder.status
        self._recorder.update(
            done=status.done + 1,
            failed=status.failed + failed,
            done_bytes=status.done_bytes + status.name_bytes,
            name="",
            name_bytes=0,
            share=0.0,
        )
