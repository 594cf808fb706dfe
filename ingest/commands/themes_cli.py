"""`whenanime library themes`: openings, endings and what else the episodes of a season share."""

import json
from collections.abc import Sequence
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text
from typer.core import TyperGroup
from typing_extensions import override

from config.opening import encoder_of, start
from config.settings import Settings
from core.catalogue.records import FileRecord
from core.catalogue.segments import Correction
from core.domain import SearchFilter
from core.errors import EncoderError, ExitCode, InputError, LibraryBusyError, MediaError, StorageError
from core.files import library_lock, write_file
from core.retrieval.filters import matching_files, parse_seasons, parse_show
from ingest.commands.console import output_console
from ingest.commands.progress import open_reporter
from ingest.commands.theme_arguments import NONE, find_episode, parse_kind, parse_spans
from ingest.commands.theme_exports import copy_with_chapters, write_export
from ingest.commands.theme_json import season_json
from ingest.commands.theme_tables import season_tables
from ingest.explain.season_sheet import season_sheet
from ingest.library.opening import Library, open_library, publisher
from ingest.library.themes import has_due_seasons, mine_themes
from ingest.themes.season_view import KIND_TEXTS, format_time, read_seasons
from ingest.themes.themes_run import ThemesSummary, season_text
from ingest.wording import counted, name_text

_LIST = "list"


class _ListByDefault(TyperGroup):
    """A group whose arguments are those of its command `list` where they name no other command."""

    @override
    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:  # type: ignore[override]  # typer's own Context is its subclass
        first = next((arg for arg in args if not arg.startswith("-")), None)
        if first not in self.commands and args[:1] != ["--help"]:
            args = [_LIST, *args]
        return super().parse_args(ctx, args)


app = typer.Typer(
    cls=_ListByDefault,
    add_completion=False,
    rich_markup_mode=None,
    help="Openings, endings and what else the episodes of a season share: found, listed, corrected, exported.",
)

Shows = Annotated[
    list[str] | None, typer.Argument(metavar="[SHOW...]", help="Shows, by their names in the library or titles.")
]
SeasonNumbers = Annotated[str | None, typer.Option(help="Only these seasons of it, such as 1,3-5.")]
Episode = Annotated[
    str, typer.Argument(metavar="EPISODE", help="The path of a video, or the show and numbers: 'Show 1x05'.")
]
Kind = Annotated[str, typer.Argument(metavar="KIND", help="op, ed, avant, recap, preview, eyecatch or sponsor.")]


@app.command(_LIST)
def list_themes(
    shows: Shows = None,
    season: SeasonNumbers = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object a season.")] = False,
    again: Annotated[bool, typer.Option("--again", help="Look anew, also where nothing has changed.")] = False,
) -> None:
    """List openings, endings and other parts of episodes, after looking at seasons with new episodes.

    Each part has its times, how sure they are, and what it is known by. May be stopped at any time (Ctrl-C); exit code
    1 when a season could not be looked at, 130 when stopped.
    """
    settings = start()
    errors = Console(stderr=True)
    with open_library(settings) as library:
        chosen = chosen_records(library, shows, season)
        summary = _look(settings, library, chosen, errors, again=again)
        views = read_seasons(library.reader, chosen)
    output = output_console()
    if as_json:
        for view in views:
            typer.echo(json.dumps(season_json(view), ensure_ascii=False))
    elif not views:
        output.print("The library is empty.")
    else:
        for view in views:
            for part in season_tables(view):
                output.print(part, soft_wrap=isinstance(part, Text))
            output.print()
    for problem in summary.problems:
        errors.print(Text(f"problem  {problem}"), soft_wrap=True)
    if summary.interrupted:
        raise typer.Exit(ExitCode.INTERRUPTED)
    raise typer.Exit(ExitCode.FAILED if summary.problems else 0)


@app.command("set")
def set_segment(
    episode: Episode,
    kind: Kind,
    times: Annotated[
        list[str], typer.Argument(metavar="START END...", help=f"Such as 1:23.5 2:53.4, or {NONE!r}: there is none.")
    ],
) -> None:
    """Say where a part of an episode is, or that there is none. It stands in place of what is found, until it is unset.

    It holds for the video's content: also when the file is moved, or removed and added again.
    """
    segment_kind = parse_kind(kind)
    settings = start()
    with open_library(settings) as library:
        record = find_episode(episode, library.reader.all(), library.reader.identities())
        spans = parse_spans(times, record.outcome.duration_ms)
        library.writer.correct(Correction(record.stamp.content, segment_kind, spans))
    said = ", ".join(f"{format_time(start_ms)} to {format_time(end_ms)}" for start_ms, end_ms in spans) or NONE
    typer.echo(f"{name_text(record.name)}: {KIND_TEXTS[segment_kind]} {said}, as you say.")


@app.command("unset")
def unset_segment(episode: Episode, kind: Kind) -> None:
    """Take back what was set of a part of an episode: what is found stands again."""
    segment_kind = parse_kind(kind)
    settings = start()
    with open_library(settings) as library:
        record = find_episode(episode, library.reader.all(), library.reader.identities())
        said = {
            correction.kind for correction in library.reader.corrections() if correction.content == record.stamp.content
        }
        if segment_kind not in said:
            listed = ", ".join(KIND_TEXTS[kind] for kind in said) or "nothing"
            raise InputError(f"{name_text(record.name)}: {KIND_TEXTS[segment_kind]} is not set; set is: {listed}.")
        library.writer.withdraw_correction(record.stamp.content, segment_kind)
    typer.echo(f"{name_text(record.name)}: {KIND_TEXTS[segment_kind]} as found, no longer as you said.")


class Format(StrEnum):
    """Formats of exports."""

    OGM = "ogm"
    MATROSKA = "matroska"
    JSON = "json"
    EDL = "edl"


@app.command("export")
def export(
    to: Annotated[Path, typer.Option("--to", metavar="DIR", help="Folder to write to; it is created.")],
    shows: Shows = None,
    season: SeasonNumbers = None,
    form: Annotated[
        Format | None,
        typer.Option(
            "--format", help="Simple chapters, Matroska's chapters (XML), times for skipping, or Kodi's breaks."
        ),
    ] = None,
    write_chapters: Annotated[
        bool, typer.Option("--write-chapters", help="Copy the videos with chapters in them; nothing is encoded.")
    ] = False,
) -> None:
    """Write openings and endings as files for players, or copies of the videos with chapters.

    A file a video, at its path below the folder that was added. The videos of the library are never changed, and no
    copy is written over another file. Exit code 1 when a video could not be copied.
    """
    if (form is None) != write_chapters:
        raise InputError("Say --format ogm, matroska, json or edl, or --write-chapters.")
    settings = start()
    with open_library(settings) as library:
        views = read_seasons(library.reader, chosen_records(library, shows, season))
    pairs = [(record, view.segments_of(record)) for view in views for record in view.records]
    known = [(record, segments) for record, segments in pairs if segments]
    problems = 0
    for record, segments in known:
        if form is not None:
            typer.echo(f"wrote {write_export(record, segments, form.value, to)}")
            continue
        try:
            typer.echo(f"wrote {copy_with_chapters(record, segments, to, settings.media_root)}")
        except MediaError as exc:
            problems += 1
            typer.echo(f"problem  {exc}", err=True)
    if left := len(pairs) - len(known):
        typer.echo(f"{counted(left, 'episode')} without any part that is known: nothing is written of them.")
    raise typer.Exit(ExitCode.FAILED if problems else 0)


@app.command("sheet")
def sheet(
    show: Annotated[str, typer.Argument(metavar="SHOW", help="The show, by its name in the library or a title.")],
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="The picture to write: a PNG.")],
    season: Annotated[int | None, typer.Option(min=0, help="The season, where there are several.")] = None,
) -> None:
    """Draw a season as a contact sheet: a row an episode, openings and endings as bars with first and last frames."""
    if out.suffix.lower() != ".png":
        raise InputError(f"{out}: the sheet is a PNG; give it a name that ends with .png.")
    settings = start()
    with open_library(settings) as library:
        records = chosen_records(library, [show], None if season is None else str(season))
        views = read_seasons(library.reader, records)
        if len(views) > 1:
            listed = ", ".join(season_text(view.season) for view in views)
            raise InputError(f"There are several: {listed}. Say which with --season.")
        if not views:
            raise InputError(f"{show}: there is no episode of it that could be read.")
        write_file(out, season_sheet(views[0], library.layout).png(), sync=False)
    typer.echo(f"wrote {out}")


def chosen_records(library: Library, shows: Sequence[str] | None, season: str | None) -> list[FileRecord]:
    """Files of these shows and seasons, or of all. `FilterError` when the library has no such show or season."""
    if season is not None and not shows:
        raise InputError("--season goes with a SHOW.")
    where = SearchFilter(
        tuple(parse_show(show) for show in shows or ()), frozenset() if season is None else parse_seasons(season)
    )
    records = library.reader.all()
    ids = matching_files(where, records, library.reader.identities()) if where else {record.id for record in records}
    return [record for record in records if record.id in ids]


def _look(
    settings: Settings, library: Library, records: Sequence[FileRecord], errors: Console, *, again: bool
) -> ThemesSummary:
    """Mine what is not settled; where the library cannot be written now, say so and go on with what is stored."""
    files = {record.id for record in records}
    if not again and not has_due_seasons(settings, library, files):
        return ThemesSummary()
    summary = ThemesSummary()
    try:
        with library_lock(library.layout.lock), open_reporter(errors, 0, 0) as reporter:
            summary = mine_themes(settings, library, reporter, files=files, again=again)
            if summary.seasons:
                index = publisher(settings, library, encoder_of(settings))
                index.publish(step=partial(reporter.step, "index"))
    except (StorageError, LibraryBusyError, EncoderError) as exc:
        state = "the index is as it was" if summary.seasons else "listed as stored"
        errors.print(Text(f"note     {state}: {exc}"), soft_wrap=True)
    return summary
