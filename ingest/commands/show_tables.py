"""Tables of files by show, and of the totals of shows, that fit a terminal."""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rich.cells import cell_len
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from core.catalogue.records import FileRecord, FileState
from core.timecode import format_millis
from ingest.commands.listing import ListedFile, ShowTotals, sum_totals
from ingest.planning.plan import Action, PlannedFile, passed_over_note
from ingest.wording import counted, name_cells

_NAME_MAX_WIDTH: Final = 18
"""Columns for the names of seasons and episodes; longer names are wrapped."""
_FILE_MIN_WIDTH: Final = 20
_COLUMN_PADDING: Final = 2
"""Columns of padding for each column of a table."""


def list_tables(shows: Mapping[str, Sequence[ListedFile]], width: int) -> Iterator[RenderableType]:
    """Tables of the library's files: for each show a heading with its totals, then its files."""
    groups = [
        _Group(
            show,
            str(ShowTotals.of(show, files)),
            [
                _Row(
                    Path(file.record.stamp.path),
                    (*name_cells(file.record.name)[1:], *_length_cells(file.record)),
                    _state_lines(file),
                )
                for file in files
            ],
        )
        for show, files in shows.items()
    ]
    return _grouped_tables(("Season", "Episode", "Length", "Frames"), groups, width)


def plan_tables(plan: Sequence[PlannedFile], width: int) -> Iterator[RenderableType]:
    """Tables of what `library add` would do: for each show, as its name is parsed, a heading, then its files."""
    groups: dict[str, _Group] = {}
    for planned in plan:
        if planned.action is Action.PASSED_OVER:
            continue
        show, season, episode = name_cells(planned.name)
        group = groups.setdefault(show, _Group(show, "", []))
        group.rows.append(_Row(planned.path, (planned.action, season, episode), planned.message))
    counted_groups = [_Group(group.show, counted(len(group.rows), "file"), group.rows) for group in groups.values()]
    yield from _grouped_tables(("Action", "Season", "Episode"), counted_groups, width)
    if note := passed_over_note(plan):
        yield Text(note, overflow="fold")


def totals_table(totals: Sequence[ShowTotals]) -> Table:
    """A table with a row for each show, and one for the sum of several."""
    all_files = sum_totals(totals)
    optional = [name for name, number in (("Failed", all_files.failed), ("Missing", all_files.missing)) if number]
    table = Table(box=None)
    for column in ("Show", "Seasons", "Files", "Length", "Frames", *optional):
        is_name = column in {"Show", "Seasons"}
        table.add_column(column, overflow="fold", justify="left" if is_name else "right", no_wrap=not is_name)
    for row in (*totals, all_files) if len(totals) > 1 else totals:
        numbers = {"Failed": row.failed, "Missing": row.missing}
        cells = [row.show, ",".join(map(str, row.seasons)), str(row.files), format_millis(row.duration_ms)]
        cells += [str(row.frames), *(str(numbers[column]) for column in optional)]
        table.add_row(*(Text(cell, style="bold" if row is all_files else "") for cell in cells))
    return table


@dataclass(frozen=True, slots=True)
class _Row:
    file: Path
    cells: tuple[str, ...]
    note: str


@dataclass(frozen=True, slots=True)
class _Group:
    show: str
    totals: str
    rows: list[_Row]


def _grouped_tables(columns: Sequence[str], groups: Sequence[_Group], width: int) -> Iterator[RenderableType]:
    """Tables with the same column widths, so that columns are aligned; the file gets the remaining width."""
    widths = [
        min(
            _NAME_MAX_WIDTH,
            max(cell_len(text) for text in (column, *(row.cells[number] for group in groups for row in group.rows))),
        )
        for number, column in enumerate(columns)
    ]
    file_width = max(_FILE_MIN_WIDTH, width - sum(widths) - _COLUMN_PADDING * (len(widths) + 1))
    yield _table(zip([*columns, "File"], [*widths, file_width], strict=True), [])
    for group in groups:
        folder = Path(os.path.commonpath([row.file.parent for row in group.rows]))
        yield Text.assemble((group.show, "bold"), f": {group.totals}", overflow="fold")
        yield Text(f"in {folder}", style="dim", overflow="fold")
        rows = [
            (*row.cells, "\n".join(filter(None, (str(row.file.relative_to(folder)), row.note)))) for row in group.rows
        ]
        yield _table(zip([""] * (len(columns) + 1), [*widths, file_width], strict=True), rows)


def _table(columns: Iterable[tuple[str, int]], rows: Iterable[Sequence[str]]) -> Table:
    columns = list(columns)
    table = Table(box=None, show_header=bool(columns[0][0]))
    for title, width in columns:
        table.add_column(title, width=width, overflow="fold")
    for row in rows:
        table.add_row(*map(Text, row))
    return table


def _length_cells(record: FileRecord) -> tuple[str, str]:
    if record.outcome.state is FileState.FAILED:
        return "", ""
    return format_millis(record.outcome.duration_ms), str(record.outcome.frames)


def _state_lines(file: ListedFile) -> str:
    """The problems of a file, a line each."""
    outcome = file.record.outcome
    lines = [outcome.problem if outcome.state is FileState.READY else f"{outcome.state}: {outcome.problem}"]
    return "\n".join(filter(None, [*lines, "not where it was" if file.missing else ""]))
