"""Tables and JSON of what the operator asks for."""

from collections.abc import Iterator, Mapping

from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from core.catalogue.records import FileRecord
from core.search.result_json import name_json
from core.stores.generation import GenerationInfo
from core.timecode import format_millis, to_seconds
from ingest.library.add_run import RunSummary
from ingest.wording import counted

WIDE = 240
"""Columns for what is not a terminal: a file has no width, and rows stay rows."""


def output_console() -> Console:
    """Standard output."""
    console = Console()
    return console if console.is_terminal else Console(width=WIDE)


def record_json(record: FileRecord, *, missing: bool) -> Mapping[str, object]:
    """One row for `library list --json`."""
    return {
        "id": record.id,
        "file": record.stamp.path,
        "state": record.outcome.state,
        "problem": record.outcome.problem,
        **name_json(record.name),
        "duration_s": to_seconds(record.outcome.duration_ms),
        "frames": record.outcome.frames,
        "seekable": record.outcome.seekable,
        "encoder": record.outcome.encoder,
        "missing": missing,
    }


def summary_lines(summary: RunSummary, current: GenerationInfo | None, *, gone: int = 0) -> Iterator[RenderableType]:
    """The table at the end of a run, then what went wrong, by file."""
    table = Table(box=None, show_header=False)
    counts = summary.counts
    for action, number in sorted(summary.actions.items()):
        table.add_row(f"files {action}", str(number))
    if summary.failed:
        table.add_row("files failed", str(summary.failed))
    table.add_row("video read", format_millis(summary.video_ms))
    table.add_row("frames decoded", str(counts.decoded))
    table.add_row("frames kept", str(counts.kept))
    table.add_row("samples dropped as repeats", str(counts.repeats))
    table.add_row("samples dropped as plain", str(counts.plain))
    table.add_row("samples left out at head and tail", str(counts.skipped))
    if current:
        table.add_row("frames searchable now", f"{current.frames} in {counted(len(current.files), 'file')}")
    yield table
    for path, note in summary.notes:
        yield Text(f"note     {path}: {note}", overflow="fold")
    for path, reason in summary.problems:
        yield Text(f"problem  {path}: {reason}", overflow="fold", style="red")
    if summary.failed_before:
        some = counted(summary.failed_before, "file")
        yield Text(
            f"note     {some} that could not be read before: not tried again. `whenanime library list --failed` says "
            "which and why; `library add --again FILE` tries one again, `library remove FILE` forgets it."
        )
    if gone:
        yield Text(
            f"note     {counted(gone, 'file')} of the library {'is' if gone == 1 else 'are'} no longer there: "
            "`whenanime library list --missing` says which, `whenanime library remove --missing` forgets them."
        )
    if summary.interrupted:
        yield Text(_stopped(summary, current))


def _stopped(summary: RunSummary, current: GenerationInfo | None) -> str:
    """What Ctrl-C leaves."""
    finished = len(summary.finished)
    searchable = sum(file_id in current.files for file_id in summary.finished) if current else 0
    if not finished:
        return "Stopped before a video was finished; the same command goes on from here."
    if searchable == finished:
        return f"Stopped. {counted(finished, 'finished video')} can be searched; the same command goes on from here."
    return (
        f"Stopped. {counted(finished, 'finished video')} kept, {searchable} of them searchable; the same command goes "
        "on from here and makes all of them so."
    )
