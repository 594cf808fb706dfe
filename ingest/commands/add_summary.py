"""What `whenanime library add` prints at the end of a run."""

from collections.abc import Iterator

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from core.stores.generation import GenerationInfo
from core.timecode import format_millis
from ingest.library.add_run import RunSummary
from ingest.publishing.advice import MISSING_ADVICE
from ingest.themes.themes_run import ThemesSummary
from ingest.wording import counted, is_or_are


def summary_lines(
    summary: RunSummary, current: GenerationInfo | None, *, missing: int = 0, themes: ThemesSummary | None = None
) -> Iterator[RenderableType]:
    """The table of counts, then notes and problems, a line a file, then advice. `missing`: videos that are no longer
    where they were; `themes`: what came of looking for openings and endings.
    """
    table = Table(box=None, show_header=False)
    counts = summary.counts
    for action, number in sorted(summary.actions.items()):
        table.add_row(f"files {action}", str(number))
    if summary.failed:
        table.add_row("files failed", str(summary.failed))
    table.add_row("video read", format_millis(summary.video_ms))
    table.add_row("frames decoded", str(counts.decoded))
    table.add_row("frames kept", str(counts.selected))
    table.add_row("samples dropped as repeats", str(counts.repeats))
    table.add_row("samples dropped as plain", str(counts.plain))
    table.add_row("samples left out at head and tail", str(counts.skipped))
    if current:
        table.add_row("frames searchable now", f"{current.frames} in {counted(len(current.files), 'file')}")
    if themes and themes.seasons:
        table.add_row("openings, endings and the like", themes.text())
    yield table
    yield from _notes(summary, themes, missing)
    if themes and themes.interrupted:
        yield Text("Stopped while looking for openings and endings; the same command goes on from here.")
    elif summary.interrupted:
        yield Text(_stopped_text(summary, current))


def _notes(summary: RunSummary, themes: ThemesSummary | None, missing: int) -> Iterator[Text]:
    for path, note in summary.notes:
        yield Text(f"note     {path}: {note}", overflow="fold")
    for path, reason in summary.problems:
        yield Text(f"problem  {path}: {reason}", overflow="fold", style="red")
    for problem in themes.problems if themes else ():
        yield Text(f"note     {problem}", overflow="fold")
    if summary.failed_before:
        count = counted(summary.failed_before, "file")
        yield Text(
            f"note     {count} that could not be read before: not tried again. `whenanime library list --failed` says "
            "which and why; `library add --again FILE` tries one again, `library remove FILE` forgets it."
        )
    if missing:
        count = counted(missing, "file")
        yield Text(f"note     {count} of the library {is_or_are(missing)} no longer there: {MISSING_ADVICE}.")


def _stopped_text(summary: RunSummary, current: GenerationInfo | None) -> str:
    """What is finished and what is searchable after Ctrl-C."""
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
