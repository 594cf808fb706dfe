"""`whenanime train evaluate`: how well encoders find frames."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from core.errors import ExitCode

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from config.settings import Settings
    from core.encoders.base import Encoder
    from training.evaluation.results import Evaluation
    from training.evaluation.run import EvaluationData, Task


def evaluate(
    encoder: Annotated[
        list[Path] | None,
        typer.Option(
            help="Folder of an encoder, or `bundled`; may be repeated. If not set, the encoder of the settings."
        ),
    ] = None,
    dataset: Annotated[Path | None, typer.Option(help="A folder that `train dataset` wrote.")] = None,
    videos: Annotated[Path | None, typer.Option(help="Folder of videos to index and to search for.")] = None,
    distractors: Annotated[
        list[Path] | None, typer.Option(help="Folder of videos to index too, not searched for; may be repeated.")
    ] = None,
    outside: Annotated[
        list[Path] | None,
        typer.Option(help="Folder of pictures and videos that are not in the library; may be repeated."),
    ] = None,
    queries: Annotated[int, typer.Option(min=1, help="Frames of --videos to search for.")] = 300,
    seed: Annotated[int, typer.Option(min=0, help="Draws times and distortions.")] = 0,
    out: Annotated[Path, typer.Option(help="Folder to write the results to; an earlier run's are replaced.")] = Path(
        "evaluation"
    ),
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Measure how well encoders find frames, and write evaluation.json, evaluation.md and charts.

    With --dataset: each distorted validation frame is searched for among all validation frames. With --videos: frames
    at random times are searched for among frames as the library would index them, under each of many distortions, and
    with their own show removed from the index, as pictures that are not in the library are. The top
    folder below --videos is the show. Two runs give the same figures. Torch is not needed. Exit code 130 when stopped;
    then nothing is written.
    """
    from config.settings import load_settings  # noqa: PLC0415  # `train --help` answers at once
    from core.errors import InputError  # noqa: PLC0415
    from training.commands.evaluation_progress import open_bars  # noqa: PLC0415
    from training.evaluation.figures import require_matplotlib  # noqa: PLC0415
    from training.evaluation.reports import write_reports  # noqa: PLC0415

    if dataset is None and videos is None:
        raise InputError("There is nothing to evaluate on: give --dataset, --videos or both.")
    if videos is None and (distractors or outside):
        raise InputError("--distractors and --outside go with --videos; give that too.")
    if out.exists() and not out.is_dir():
        raise InputError(f"{out}: is a file, not a folder; name a folder by --out.")
    if videos is not None:
        require_matplotlib()
    settings = load_settings()
    encoders = _encoders(encoder or [], settings)
    try:
        with open_bars() as task:
            data = _evaluation_data(settings, task, dataset, videos, distractors or (), outside or (), queries, seed)
            evaluation = _evaluate(encoders, data, task)
        paths = write_reports(evaluation, out)
    except KeyboardInterrupt as exc:
        typer.echo("Stopped; nothing was written.", err=True)
        raise typer.Exit(ExitCode.INTERRUPTED) from exc
    if as_json:
        typer.echo(json.dumps(evaluation.to_json(), ensure_ascii=False))
    else:
        _show(evaluation, paths)


def _encoders(folders: list[Path], settings: "Settings") -> "Mapping[str, Encoder]":
    """By the names in their specs, followed by the folder when two names are equal.

    ONNX Runtime when the setting is `auto`: the fastest runtime, which that chooses, may differ between two runs.
    """
    from core.encoders.loading import BUNDLED, open_encoder  # noqa: PLC0415

    runtime = "onnx" if settings.runtime == "auto" else settings.runtime
    if not folders:
        opened = open_encoder(settings.encoder, threads=settings.threads, runtime=runtime)
        return {opened.spec.name: opened}
    places = dict.fromkeys(BUNDLED if folder == Path(BUNDLED.name) else folder for folder in folders)
    encoders = {place: open_encoder(place, threads=settings.threads, runtime=runtime) for place in places}
    names = {place: encoder.spec.name for place, encoder in encoders.items()}
    if len(set(names.values())) < len(names):
        names = {place: f"{name} ({place.resolve().name})" for place, name in names.items()}
    if len(set(names.values())) < len(names):
        names = {place: f"{encoder.spec.name} ({place})" for place, encoder in encoders.items()}
    return {names[place]: encoder for place, encoder in encoders.items()}


def _evaluation_data(
    settings: "Settings",
    task: "Task",
    dataset: Path | None,
    videos: Path | None,
    distractors: "Sequence[Path]",
    outside: "Sequence[Path]",
    queries: int,
    seed: int,
) -> "EvaluationData":
    from training.dataset.frame_dataset import Dataset  # noqa: PLC0415
    from training.evaluation.collecting import collect_frames  # noqa: PLC0415
    from training.evaluation.out_of_library import collect_outside  # noqa: PLC0415
    from training.evaluation.run import EvaluationData  # noqa: PLC0415

    opened = Dataset.open(dataset) if dataset is not None else None
    threads = settings.threads
    outside_frames = (
        collect_outside(outside, number=queries, seed=seed, threads=threads, step=task("pictures from outside"))
        if outside
        else ()
    )
    collection = (
        collect_frames(videos, distractors, queries=queries, seed=seed, threads=threads, step=task("reading videos"))
        if videos is not None
        else None
    )
    return EvaluationData(opened, collection, outside_frames, seed)


def _evaluate(encoders: "Mapping[str, Encoder]", data: "EvaluationData", task: "Task") -> "Evaluation":
    from training.evaluation.embedders import EncoderEmbedder  # noqa: PLC0415
    from training.evaluation.protocol_notes import protocol_notes  # noqa: PLC0415
    from training.evaluation.results import Evaluation  # noqa: PLC0415
    from training.evaluation.run import evaluate_all  # noqa: PLC0415

    made_from: dict[str, object] = {
        "seed": data.seed,
        "fingerprints": {name: encoder.fingerprint for name, encoder in encoders.items()},
    }
    collection = data.collection
    if collection is not None:
        made_from |= {
            "files": len(collection.files),
            "frames": len(collection.frames),
            "queries": len(collection.queries),
            "files_with_listed_shots": collection.listed,
            "outside": len(data.outside),
            "left_out": [{"source": source, "reason": reason} for source, reason in collection.left_out],
        }
    embedders = [EncoderEmbedder(encoder, name) for name, encoder in encoders.items()]
    return Evaluation(evaluate_all(embedders, data, task), made_from, protocol_notes(data))


def _show(evaluation: "Evaluation", paths: "Sequence[Path]") -> None:
    from rich.console import Console  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    from training.evaluation.reports import tables  # noqa: PLC0415

    console = Console()
    for values in tables(evaluation):
        table = Table(title=values.title, title_justify="left")
        for number, name in enumerate(values.header):
            table.add_column(Text(name), justify="right" if number else "left", overflow="fold")
        for row in values.rows:
            table.add_row(*(Text(cell) for cell in row))
        console.print(table)
    for path in paths:
        console.print(str(path), markup=False, highlight=False, soft_wrap=True)
