import io
import itertools

import pytest
from rich.console import Console

from ingest.commands.progress import PlainReporter, RichReporter, open_reporter
from ingest.reporting import Reporter


def _run(reporter: Reporter) -> None:
    with reporter:
        for name in ("a.mkv", "b.mkv"):
            reporter.file_started(name, 1000)
            for tenth in range(1, 11):
                reporter.advanced(share=tenth / 10, video_s=tenth * 60.0, frames=tenth * 1440)
            reporter.file_ended(f"added    {name}: 00:10:00, 600 frames kept")
        reporter.step("index", 1200, 1200)


def test_plain_lines_tell_files_speed_and_time_left() -> None:
    seconds = itertools.count()
    text = io.StringIO()
    _run(PlainReporter(Console(file=text, width=80), 2, 2000, clock=lambda: float(next(seconds))))
    lines = text.getvalue().splitlines()
    assert "[1/2] added    a.mkv: 00:10:00, 600 frames kept" in lines
    assert "[2/2] added    b.mkv: 00:10:00, 600 frames kept" in lines
    assert lines[-1] == "index: 1200 of 1200 frames"
    (first, *_) = [line for line in lines if "real time" in line]
    assert first.startswith("0 of 2 files; a.mkv: ")
    assert "frames/s, " in first
    assert " left" in first


def test_a_terminal_gets_bars() -> None:
    text = io.StringIO()
    console = Console(file=text, force_terminal=True, width=120)
    reporter = open_reporter(console, 2, 2000)
    assert isinstance(reporter, RichReporter)
    _run(reporter)
    assert "2 of 2 files" in text.getvalue()
    assert "100 %" in text.getvalue()
    assert "[1/2]" not in text.getvalue()


@pytest.mark.parametrize("name", ["[bold]brackets[/bold].mkv", "夜の雨 [1080p].mkv"])
def test_brackets_in_names_are_shown_as_they_are(name: str) -> None:
    text = io.StringIO()
    with PlainReporter(Console(file=text, width=200), 1, 10) as reporter:
        reporter.file_started(name, 10)
        reporter.file_ended(f"added {name}")
    assert text.getvalue() == f"[1/1] added {name}\n"
