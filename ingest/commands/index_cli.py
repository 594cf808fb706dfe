"""`whenanime index`: rebuild, describe and check the index."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from config.opening import encoder_of, start
from core.catalogue.records import FileState
from core.encoders.base import ConfidenceSpec
from core.encoders.spec import read_spec
from core.errors import ExitCode
from core.files import library_lock
from core.library.encoder_choice import encoder_folder
from core.stores.color_layout_index import open_layouts
from core.stores.generation import GenerationInfo, current_generation, index_path
from core.timecode import to_seconds
from ingest.commands.console import output_console
from ingest.commands.progress import open_reporter
from ingest.library.opening import Library, complete_layouts, open_library, publisher
from ingest.library.reconcile import reconcile
from ingest.publishing.library_check import check_library
from ingest.wording import counted

app = typer.Typer(
    add_completion=False, rich_markup_mode=None, no_args_is_help=True, help="Rebuild, describe and check the index."
)


@app.command()
def rebuild(
    m: Annotated[int | None, typer.Option("--m", min=2, max=128, help="Links a node.")] = None,
    ef_construction: Annotated[int | None, typer.Option(min=8, max=2000, help="Candidates while building.")] = None,
    ef: Annotated[int | None, typer.Option(min=8, max=4000, help="Candidates while searching.")] = None,
) -> None:
    """Build the index anew from the stored features, color layouts from stored pictures where they are missing; no
    video is read.

    The new index is built aside, checked, and swapped for the old one atomically; on any failure the old one stays.
    Options not given are taken from the settings (WHENANIME_INDEX__M and so on). An index keeps its settings when
    videos are added to it.
    """
    settings = start()
    options = {"m": m, "ef_construction": ef_construction, "ef": ef}
    index = settings.index.model_copy(update={name: value for name, value in options.items() if value is not None})
    settings = settings.model_copy(update={"index": index})
    reporter = open_reporter(Console(stderr=True), 0, 0)
    with open_library(settings) as library, library_lock(library.layout.lock), reporter:
        reconcile(library)
        new_index = publisher(settings, library, encoder_of(settings))
        complete_layouts(new_index, reporter)
        result = new_index.publish(anew=True, step=lambda done, total: reporter.step("index", done, total))
    for path, reason in result.left_out.items():
        typer.echo(f"left out {path}: {reason}", err=True)
    if result.info:
        frames, files = counted(result.info.frames, "frame"), counted(len(result.info.files), "file")
        typer.echo(f"{result.info.name}: {frames} of {files}")
    else:
        typer.echo("There is no searchable video in the library, so there is no index.")
    raise typer.Exit(ExitCode.FAILED if result.left_out else 0)


@app.command()
def info(as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False) -> None:
    """Describe the index: files, hours, frames, size, dimension, encoder."""
    settings = start()
    with open_library(settings) as library:
        folder, current = current_generation(library.layout.generations)
        encoder = read_spec(encoder_folder(settings.data_dir, settings.encoder))
        values = {**index_info(library, folder, current), "probabilities": calibration_text(encoder.confidence)}
    if as_json:
        typer.echo(json.dumps(values, ensure_ascii=False))
        return
    table = Table(box=None, show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in values.items():
        table.add_row(*map(Text, _info_row(name, value)))
    output_console().print(table)


@app.command()
def check() -> None:
    """Check catalogue, features, stored pictures and index against each other, and the index by querying itself.

    Prints each problem with the command that helps; exit code 1 if there is one.
    """
    settings = start()
    with open_library(settings) as library:
        report = check_library(
            library.layout,
            library.reader,
            stills_kept=bool(settings.stills.width),
            media_root=settings.media_root,
            themes_once=settings.index.themes_once,
        )
    for problem in report.problems:
        typer.echo(problem)
    files, frames = counted(report.files, "file"), counted(report.frames, "frame")
    verdict = counted(len(report.problems), "problem") if report.problems else "all is well"
    typer.echo(f"{files}, {frames}, {report.recall:.1%} of a sample found again: {verdict}")
    raise typer.Exit(ExitCode.FAILED if report.problems else 0)


def _info_row(name: str, value: object) -> tuple[str, str]:
    """A row of the table: bytes of the JSON are in MB, bytes a frame in bytes."""
    noun = name.replace("_bytes", "").replace("_", " ")
    if "_bytes" not in name or not isinstance(value, int | float):
        return noun, f"{value:.2f} h" if name == "hours" else str(value)
    return noun, f"{value:,.0f} bytes" if name.endswith("_per_frame") else f"{value / 1e6:,.1f} MB"


def calibration_text(spec: ConfidenceSpec | None) -> str:
    """How an encoder's probabilities are calibrated, in words."""
    if spec is None:
        return "not calibrated: every answer is unsure until `whenanime train calibrate` has run"
    if spec.checked is None:
        return "calibrated by similarity only: `whenanime train calibrate` takes stored pictures into account"
    return "calibrated"


def index_info(library: Library, folder: Path, current: GenerationInfo) -> Mapping[str, object]:
    """The values that `index info` prints."""
    records = [record for record in library.reader.all() if record.id in current.files]
    hours = to_seconds(sum(record.outcome.duration_ms for record in records)) / 3600
    index_bytes = sum(file.stat().st_size for file in index_path(folder).rglob("*") if file.is_file())
    layouts = open_layouts(folder)
    feature_files = [library.layout.features(current.encoder, record.id) for record in records]
    feature_bytes = sum(file.stat().st_size for file in feature_files if file.exists())
    packs = [(record, pack) for record in records if (pack := library.layout.stills(record.id)).exists()]
    stills_bytes = sum(pack.stat().st_size for _record, pack in packs)
    stills_hours = to_seconds(sum(record.outcome.duration_ms for record, _pack in packs)) / 3600
    return {
        "generation": current.name,
        "built_at": current.built_at,
        "files": len(current.files),
        "files_damaged": sum(record.outcome.state is FileState.DAMAGED for record in records),
        "hours": hours,
        "frames": current.frames,
        "theme_frames_left_out": current.frames_left_out,
        "index_bytes": index_bytes,
        "index_bytes_per_frame": index_bytes / max(1, current.frames),
        "index_bytes_per_hour": index_bytes / hours if hours else 0.0,
        "files_with_color_layouts": len(layouts.files) if layouts else 0,
        "color_layout_bytes": layouts.bytes_total if layouts else 0,
        "feature_bytes_per_hour": feature_bytes / hours if hours else 0.0,
        "files_with_stills": len(packs),
        "stills_bytes": stills_bytes,
        "stills_bytes_per_hour": stills_bytes / stills_hours if stills_hours else 0.0,
        "dim": current.dim,
        "encoder": current.encoder,
        "backend": current.backend,
        "m": current.index.m,
        "ef_construction": current.index.ef_construction,
        "ef": current.index.ef,
    }
