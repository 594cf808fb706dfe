"""The recorder of a run: what other processes read while it goes on, and how it ended."""

import json
import multiprocessing
import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from config.settings import Settings
from core.errors import InputError, LibraryError
from core.files import library_lock
from core.library.layout import DataLayout
from core.library.run_status import STALE_S, RunState, RunStatus, is_dead, read_run_status
from ingest.library.add import add_videos
from ingest.library.run_recorder import RunRecorder
from ingest.planning.plan import PlanOptions
from ingest.reporting import Reporter, SilentReporter
from tests.bot.world import Clock


def read(path: Path) -> RunStatus:
    status = read_run_status(path)
    assert status is not None
    return status


def test_a_run_is_told_as_it_goes_on_and_at_most_every_second(tmp_path: Path) -> None:
    path, clock = tmp_path / "run.json", Clock(100.0)
    with RunRecorder(path, "library add", clock) as recorder:
        assert read(path).state is RunState.PREPARING
        with recorder.recording(SilentReporter(), 2, 1000) as reporter:
            assert (read(path).files, read(path).total_bytes, read(path).pid) == (2, 1000, os.getpid())
            reporter.file_started("01.mkv", 600)
            reporter.advanced(share=0.25, video_s=1, frames=10)
            assert read(path).name == ""
            clock.now_s += 1
            reporter.advanced(share=0.5, video_s=2, frames=20)
            assert (read(path).name, read(path).share, read(path).read_share) == ("01.mkv", 0.5, 0.3)
            reporter.video_indexed(12)
            reporter.file_ended("added 01.mkv")
            reporter.file_started("02.mkv", 400)
            reporter.file_failed()
            clock.now_s += 1
            reporter.step("index", 3, 12)
            status = read(path)
            assert (status.done, status.failed, status.frames, status.done_bytes) == (2, 1, 12, 1000)
            assert (status.step, status.step_done, status.step_total, status.name) == ("index", 3, 12, "")
    assert read(path).state is RunState.FINISHED
    assert read(path).step_done == 3


@pytest.mark.parametrize(
    ("error", "state", "problem"),
    [
        (KeyboardInterrupt(), RunState.STOPPED, ""),
        (LibraryError("Two videos are gone."), RunState.FAILED, "Two videos are gone."),
        (ZeroDivisionError("a secret"), RunState.FAILED, "ZeroDivisionError"),
    ],
)
def test_the_end_is_told_however_it_comes(error: BaseException, state: RunState, problem: str, tmp_path: Path) -> None:
    path = tmp_path / "run.json"

    def fail(recorder: RunRecorder) -> None:
        with recorder.recording(SilentReporter(), 1, 10) as reporter:
            reporter.file_started("01.mkv", 10)
            raise error

    with pytest.raises(type(error)), RunRecorder(path, "library add") as recorder:
        fail(recorder)
    assert (read(path).state, read(path).problem) == (state, problem)


def test_a_status_that_cannot_be_written_stops_no_run(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with RunRecorder(tmp_path / "file" / "run.json", "library add") as recorder:
        recorder.update(now=True, files=3)
        assert recorder.status.files == 3


class _Recording(SilentReporter):
    """Calls `act` when the first video is begun."""

    def __init__(self, act: Callable[[], None]) -> None:
        self._act = act

    def file_started(self, name: str, size_bytes: int) -> None:  # noqa: ARG002  # as the protocol has it
        self._act()


def _interrupt() -> None:
    raise KeyboardInterrupt


def _kill() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def test_adding_videos_tells_what_came_of_it(tmp_path: Path, drawn_videos: Path) -> None:
    settings = Settings(data_dir=tmp_path / "data")
    path = DataLayout(settings.data_dir).run_status
    added = add_videos(settings, [drawn_videos], PlanOptions(), lambda *_: SilentReporter())
    status = read(path)
    assert (status.command, status.state, status.files) == ("library add", RunState.FINISHED, status.done)
    assert status.done == len(added.summary.finished) + added.summary.failed
    assert added.index is not None
    assert status.frames == added.index.frames
    assert status.done_bytes == status.total_bytes
    with pytest.raises(InputError):
        add_videos(settings, [tmp_path / "nothing"], PlanOptions(), lambda *_: SilentReporter())
    assert (read(path).state, read(path).files) == (RunState.FAILED, 0)
    assert read(path).problem


def test_ctrl_c_is_told_and_not_called_an_end(tmp_path: Path, drawn_videos: Path) -> None:
    settings = Settings(data_dir=tmp_path / "data")
    added = add_videos(settings, [drawn_videos], PlanOptions(), lambda *_: _Recording(_interrupt))
    assert added.summary.interrupted
    assert read(DataLayout(settings.data_dir).run_status).state is RunState.STOPPED


def _add_and_die(data_dir: Path, videos: Path) -> None:
    add_videos(Settings(data_dir=data_dir), [videos], PlanOptions(), lambda *_: _Recording(_kill))


def test_a_killed_run_is_found_dead_by_the_free_lock(tmp_path: Path, drawn_videos: Path) -> None:
    layout = DataLayout(tmp_path / "data")
    process = multiprocessing.get_context("spawn").Process(target=_add_and_die, args=(layout.root, drawn_videos))
    process.start()
    process.join(60)
    status = read(layout.run_status)
    assert process.exitcode == -signal.SIGKILL
    assert status.is_running
    assert is_dead(status, layout.lock, status.changed_s + STALE_S + 1)
    with library_lock(layout.lock):
        assert not is_dead(status, layout.lock, status.changed_s + STALE_S + 1)
    assert json.loads(layout.run_status.read_text("utf-8"))["pid"] == process.pid


def test_the_reporter_that_is_recorded_hears_everything(tmp_path: Path) -> None:
    heard: list[str] = []

    class Listening(SilentReporter):
        def file_started(self, name: str, size_bytes: int) -> None:
            heard.append(f"{name} {size_bytes}")

        def advanced(self, *, share: float, video_s: float, frames: int) -> None:
            heard.append(f"{share} {video_s} {frames}")

        def video_indexed(self, frames: int) -> None:
            heard.append(f"indexed {frames}")

        def file_ended(self, line: str) -> None:
            heard.append(line)

        def file_failed(self) -> None:
            heard.append("failed")

        def print_line(self, line: str) -> None:
            heard.append(line)

        def step(self, title: str, done: int, total: int) -> None:
            heard.append(f"{title} {done} {total}")

    with RunRecorder(tmp_path / "run.json", "library add") as recorder:
        reporter: Reporter = recorder.recording(Listening(), 1, 1)
        reporter.file_started("a", 1)
        reporter.advanced(share=0.5, video_s=1.0, frames=2)
        reporter.video_indexed(3)
        reporter.file_ended("added a")
        reporter.file_failed()
        reporter.print_line("a line")
        reporter.step("index", 1, 2)
    assert heard == ["a 1", "0.5 1.0 2", "indexed 3", "added a", "failed", "a line", "index 1 2"]
