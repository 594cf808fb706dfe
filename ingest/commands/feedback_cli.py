"""`whenanime library feedback`: list and export the feedback of chat users on answers."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.table import Table
from rich.text import Text

from config.opening import start
from core.domain import Scene, Verdict
from core.errors import InputError
from core.files import storage_errors, write_file
from core.library.feedback import CorrectionKind, FeedbackEntry, FeedbackStore, StatedMoment
from core.library.layout import DataLayout
from core.pictures.file_types import suffix_of
from core.search.calibration import percent_text
from core.search.result_json import scene_json
from core.timecode import format_millis
from ingest.commands.console import output_console
from ingest.wording import counted, name_text

app = typer.Typer(
    add_completion=False, rich_markup_mode=None, no_args_is_help=True, help="Feedback of chat users on answers."
)

LABELS_FILE: Final = "labels.jsonl"

_HEAD_BYTES: Final = 4096


@app.command("list")
def list_entries(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object an entry.")] = False,
) -> None:
    """List the feedback of users on answers, the oldest first."""
    store = _store(start().data_dir)
    entries = list(store.entries())
    if as_json:
        for entry in entries:
            pictures = [str(path) for path in store.pictures(entry)]
            typer.echo(json.dumps({**label_json(entry), "pictures": pictures}, ensure_ascii=False))
    elif entries:
        output_console().print(_table(store, entries))
    else:
        output_console().print("Nobody has said anything about an answer yet.")


@app.command()
def export(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder to write to.")],
) -> None:
    """Write the pictures and, in labels.jsonl, one JSON object for each with the answer and the correction.

    Pictures are written to `scene` (one of the answer's scenes is right), `text` (somebody wrote what it is) and `none`
    (no anime): `train evaluate --outside DIR/none` measures with the last. Exporting again adds new entries.
    """
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder} is not a folder.")
    store = _store(start().data_dir)
    lines = [line for entry in store.entries() for line in _export_entry(store, entry, folder)]
    write_file(folder / LABELS_FILE, "".join(f"{line}\n" for line in lines))
    typer.echo(f"{counted(len(lines), 'picture')} in {folder}, labels in {folder / LABELS_FILE}")


def label_json(entry: FeedbackEntry) -> Mapping[str, object]:
    """The answer and the correction of an entry, for JSON.

    `correction` is `scene`, `text` or `none`; `right` is the scene that the user chose, `text` what the user wrote,
    `moment` what a program stated (`show`, `season`, `episode`, `at_s`).
    """
    scenes = entry.result.scenes
    return {
        "case": entry.case,
        "voice": entry.voice,
        "when": entry.when,
        "generation": entry.generation,
        "verdict": entry.result.verdict,
        "answered": scene_json(scenes[0]) if scenes else None,
        "correction": entry.correction.kind,
        "right": None if entry.right is None else scene_json(entry.right),
        "text": entry.correction.text or None,
        "moment": None if entry.correction.moment is None else _moment_json(entry.correction.moment),
    }


def _moment_json(moment: StatedMoment) -> Mapping[str, object]:
    return {
        "show": moment.show,
        "season": moment.season,
        "episode": moment.episode,
        "at_s": None if moment.at_ms is None else moment.at_ms / 1000,
    }


def _export_entry(store: FeedbackStore, entry: FeedbackEntry, folder: Path) -> list[str]:
    """Write the pictures of an entry; returns a line of JSON for each."""
    lines = []
    for number, source in enumerate(store.pictures(entry)):
        with storage_errors(source, "cannot be read"):
            data = source.read_bytes()
        name = f"{entry.case}-{entry.voice}-{number}{suffix_of(data[:_HEAD_BYTES])}"
        write_file(folder / entry.correction.kind / name, data, sync=False)
        picture = f"{entry.correction.kind}/{name}"
        lines.append(json.dumps({"picture": picture, **label_json(entry)}, ensure_ascii=False))
    return lines


def _table(store: FeedbackStore, entries: list[FeedbackEntry]) -> Table:
    table = Table(box=None)
    for column in ("When", "Case", "Pictures", "Answered", "Right"):
        table.add_column(column, overflow="fold", no_wrap=column in {"When", "Case"})
    for entry in entries:
        cells = (entry.when, entry.case, str(len(store.pictures(entry))), _answer_text(entry), _correct_text(entry))
        table.add_row(*map(Text, cells))
    return table


def _answer_text(entry: FeedbackEntry) -> str:
    """The answer as the user read it."""
    result = entry.result
    if result.verdict is Verdict.NOT_IN_LIBRARY or not result.scenes:
        return "not in the library"
    best = result.scenes[0]
    guess = f"{_moment_text(best)} ({percent_text(best.probability)})"
    return f"unsure: {guess}" if result.verdict is Verdict.UNSURE else guess


def _correct_text(entry: FeedbackEntry) -> str:
    if entry.right is not None:
        return "the same" if entry.correction.scene == 0 else _moment_text(entry.right)
    return "no anime" if entry.correction.kind is CorrectionKind.NONE else entry.correction.text


def _moment_text(scene: Scene) -> str:
    return f"{name_text(scene.name)}, {format_millis(scene.at_ms)}"


def _store(data_dir: Path) -> FeedbackStore:
    return FeedbackStore(DataLayout(data_dir).feedback)
