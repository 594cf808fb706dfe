"""`whenanime library`: add, list and remove videos, and make their features anew."""

import json
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from config.opening import encoder_of, start
from config.settings import ThemesSettings
from core.catalogue.records import FileRecord, FileState
from core.domain import SearchFilter
from core.errors import ExitCode, InputError
from core.files import library_lock
from core.library.media import VideoPlaces, is_gone_everywhere, is_missing, video_place
from core.retrieval.filters import matching_files, parse_seasons, parse_show
from ingest.commands.add_summary import summary_lines
from ingest.commands.console import output_console
from ingest.commands.feedback_cli import app as feedback_app
from ingest.commands.library_json import plan_json, record_json, totals_json
from ingest.commands.listing import ListedFile, ShowTotals, files_by_show
from ingest.commands.progress import open_reporter
from ingest.commands.reindex_cli import reindex
from ingest.commands.show_cli import app as show_app
from ingest.commands.show_tables import list_tables, plan_tables, totals_table
from ingest.commands.themes_cli import app as themes_app
from ingest.indexing.stills_upkeep import delete_orphan_stills
from ingest.library.add import add_videos, plan_files, report_plan_sources
from ingest.library.opening import open_library, publisher
from ingest.library.reconcile import reconcile
from ingest.planning.plan import PlanOptions
from ingest.publishing.advice import MISSING_ADVICE
from ingest.themes.themes_run import tidy_themes
from ingest.wording import counted, is_or_are

app = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,
    no_args_is_help=True,
    help="Add, list and remove videos; what shows are called.",
)

app.command()(reindex)
app.add_typer(feedback_app, name="feedback")
app.add_typer(show_app, name="show")
app.add_typer(themes_app, name="themes")


@app.command()
def add(
    places: Annotated[list[Path], typer.Argument(metavar="DIR|FILE...", help="Folders of videos, or videos.")],
    show: Annotated[str | None, typer.Option(help="The show's name, in place of the one in the path.")] = None,
    season: Annotated[int | None, typer.Option(min=0, help="The season, in place of the one in the path.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only print what would be added, and as what.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="With --dry-run: print one JSON object a file.")] = False,
    again: Annotated[bool, typer.Option("--again", help="Read all videos again, also unchanged ones.")] = False,
    as_named: Annotated[
        bool, typer.Option("--as-named", help="Drop earlier --show and --season: use the names in the paths.")
    ] = False,
    no_themes: Annotated[
        bool, typer.Option("--no-themes", help="Do not look for openings and endings (themes.on_add).")
    ] = False,
) -> None:
    """Add videos to the library and make them searchable; videos that are in it and unchanged are not read again.

    New videos become searchable during the run: the first one at once, then every two minutes (publish_s). May be
    stopped at any time (Ctrl-C): finished videos are kept, and the same command continues. --show and --season hold for
    the file or folder in later runs too. Exit code 1 when a file could not be read in this run, 130 when stopped.
    """
    if as_json and not dry_run:
        raise InputError("--json goes with --dry-run.")
    settings = start()
    options = PlanOptions(None if show is None else parse_show(show), season, again=again, as_named=as_named)
    output, errors = output_console(), Console(stderr=True)
    if dry_run:
        with open_library(settings, missing="pretend") as library:
            plan = plan_files(library, options, places)
            problems = report_plan_sources(library, plan, places).problems
        if as_json:
            for planned in plan:
                typer.echo(json.dumps(plan_json(planned), ensure_ascii=False))
        else:
            for table in plan_tables(plan, output.width):
                output.print(table)
        for path, problem in problems:
            errors.print(Text(f"problem  {path}: {problem}"), soft_wrap=True)
        return
    if no_themes:
        settings = settings.model_copy(update={"themes": ThemesSettings(on_add=False)})
    added = add_videos(settings, places, options, partial(open_reporter, errors))
    for line in summary_lines(added.summary, added.index, missing=added.missing, themes=added.themes):
        output.print(line, soft_wrap=isinstance(line, Text))
    if added.summary.interrupted:
        raise typer.Exit(ExitCode.INTERRUPTED)
    raise typer.Exit(ExitCode.FAILED if added.summary.problems else 0)


@app.command("list")
def list_files(
    show: Annotated[list[str] | None, typer.Option(help="Only this show; may be given several times.")] = None,
    totals: Annotated[bool, typer.Option("--shows", help="Only the totals of each show.")] = False,
    failed: Annotated[bool, typer.Option("--failed", help="Only files that could not be read whole.")] = False,
    missing: Annotated[bool, typer.Option("--missing", help="Only files that are not where they were.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object a file, or a show.")] = False,
) -> None:
    """List the videos of the library by show, with totals, states and problems."""
    settings = start()
    with open_library(settings) as library:
        records, identities = library.reader.all(), library.reader.identities()
    where = SearchFilter(tuple(parse_show(name) for name in show or ()))
    chosen = matching_files(where, records, identities) if where else {record.id for record in records}
    files = [
        ListedFile(record, missing=is_missing(video_place(record.stamp, settings.media_root)))
        for record in records
        if record.id in chosen
    ]
    if failed:
        files = [file for file in files if file.record.outcome.state is not FileState.READY]
    if missing:
        files = [file for file in files if file.missing]
    if totals:
        _print_totals([ShowTotals.of(name, group) for name, group in files_by_show(files).items()], as_json=as_json)
    elif as_json:
        for file in files:
            typer.echo(json.dumps(record_json(file.record, missing=file.missing), ensure_ascii=False))
    elif files:
        _print_files(files, settings.media_root)
    else:
        output_console().print("No such files." if failed or missing else "The library is empty.")


def _print_totals(totals: Sequence[ShowTotals], *, as_json: bool) -> None:
    if as_json:
        for row in totals:
            typer.echo(json.dumps(totals_json(row), ensure_ascii=False))
    else:
        output_console().print(totals_table(totals) if totals else "No such files.")


def _print_files(files: Sequence[ListedFile], media_root: str | None) -> None:
    output = output_console()
    for table in list_tables(files_by_show(files), output.width):
        output.print(table)
    if problem := VideoPlaces([file.record.stamp for file in files], media_root).root_problem():
        output.print(Text(problem, style="red"))
    elif missing := sum(file.missing for file in files):
        count = f"{counted(missing, 'file')} of {len(files)} {is_or_are(missing)}"
        output.print(f"{count} not where the library has them: {MISSING_ADVICE}.", highlight=False)


@app.command()
def remove(
    places: Annotated[list[Path] | None, typer.Argument(metavar="[DIR|FILE...]", help="Videos, or folders.")] = None,
    show: Annotated[str | None, typer.Option(help="All videos of this show.")] = None,
    season: Annotated[str | None, typer.Option(help="Only these seasons of it, such as 1,3-5.")] = None,
    missing: Annotated[bool, typer.Option("--missing", help="All videos that are not where they were.")] = False,
) -> None:
    """Take videos out of the library and out of search at once. The video files themselves are not touched."""
    if season is not None and show is None:
        raise InputError("--season goes with --show.")
    if not places and show is None and not missing:
        raise InputError("Say what to remove: files or folders, --show NAME, or --missing.")
    settings = start()
    shows = () if show is None else (parse_show(show),)
    where = SearchFilter(shows, frozenset() if season is None else parse_seasons(season))
    with open_library(settings) as library, library_lock(library.layout.lock):
        reconcile(library)
        index = publisher(settings, library, encoder_of(settings))
        index.require_encoder()
        records = library.reader.all()
        chosen = {record.id: record for place in places or [] for record in _records_below(place, records)}
        if where:
            ids = matching_files(where, records, library.reader.identities())
            chosen |= {record.id: record for record in records if record.id in ids}
        if missing:
            chosen |= {record.id: record for record in records if is_gone_everywhere(record.stamp, settings.media_root)}
        library.writer.remove(list(chosen))
        index.publish()
        for record in chosen.values():
            for features in library.layout.every_features(record.id):
                features.unlink(missing_ok=True)
        delete_orphan_stills(library.layout, library.reader)
        tidy_themes(library.layout, library.reader, library.writer)
    for record in chosen.values():
        typer.echo(f"removed {record.stamp.path}")
    typer.echo(f"{counted(len(chosen), 'file')} removed, {len(records) - len(chosen)} left.")


def _records_below(place: Path, records: list[FileRecord]) -> list[FileRecord]:
    """The records of a file or of the files below a folder. `InputError` when there are none."""
    path = Path(place).absolute()
    spellings = {path, path.resolve()}
    below = [record for record in records if spellings & {Path(record.stamp.path), *Path(record.stamp.path).parents}]
    if not below:
        raise InputError(f"{place}: the library has no such file or folder; see `whenanime library list`.")
    return below
