"""`whenanime library reindex`: search the library with another encoder."""

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from config.opening import start
from core.errors import ExitCode
from core.timecode import to_seconds
from ingest.commands.library_json import reindex_json
from ingest.commands.progress import open_reporter
from ingest.library.reindex import ReindexResult, ReindexState, reindex_library
from ingest.wording import counted


def reindex(
    encoder: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="The encoder's folder; without it that of WHENANIME_ENCODER, else the one that comes with WhenAnime.",
        ),
    ] = None,
    leave_out_missing: Annotated[
        bool, typer.Option("--leave-out-missing", help="Swap even if videos are gone; they are not found any more.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Read every video again with another encoder, and use it for searching when all are read.

    Until then the old index answers. May be stopped at any time (Ctrl-C): the same command continues. The encoder is
    copied to the data directory and used from there, so leave WHENANIME_ENCODER unset. Features of each encoder are
    kept: going back to one reads nothing. Exit code 1 when a video is gone or cannot be read, and
    the old index stays; 130 when stopped.
    """
    result = reindex_library(
        start(), encoder, partial(open_reporter, Console(stderr=True)), leave_out_missing=leave_out_missing
    )
    if as_json:
        typer.echo(json.dumps(reindex_json(result), ensure_ascii=False))
    else:
        for line in _result_lines(result):
            typer.echo(line)
    if result.settings_differ:
        typer.echo(
            "whenanime: WHENANIME_ENCODER names another encoder than this; unset it, or the index will be refused.",
            err=True,
        )
    raise typer.Exit(ExitCode.INTERRUPTED if result.state is ReindexState.STOPPED else 0)


def _result_lines(result: ReindexResult) -> Iterator[str]:
    for path, reason in result.left_out.items():
        yield f"left out {path}: {reason}"
    encoder = f"{result.encoder_name} ({result.fingerprint})"
    frames = sum(record.outcome.frames for record in result.embedded)
    minutes = to_seconds(sum(record.outcome.duration_ms for record in result.embedded)) / 60
    totals = f"{counted(len(result.embedded), 'video')}, {counted(frames, 'frame')}, {minutes:.1f} minutes"
    if result.state is ReindexState.UNCHANGED:
        yield f"Nothing to do: the library is searched with {encoder} already: {totals}."
    elif result.state is ReindexState.STOPPED:
        yield (
            f"Stopped; the old index answers as before. Made with {encoder} so far: {totals}; the same command goes on."
        )
    else:
        read = counted(result.read_count, "video")
        yield f"The library is searched with {encoder} now: {totals}; {read} read in this run."
