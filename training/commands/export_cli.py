"""`whenanime train export`: make an encoder from a training run."""

import json
from pathlib import Path
from typing import Annotated

import typer

from training.export.precision import Precision


def export(
    run: Annotated[Path, typer.Argument(help="Folder of a run, whose best.pt is taken, or a checkpoint.")],
    out: Annotated[Path, typer.Option(help="Folder to write: new, or empty.")],
    weights: Annotated[Precision, typer.Option(help="How weights are stored.")] = Precision.FLOAT16,
    dataset: Annotated[
        Path | None, typer.Option(help="With int8: the data set whose validation frames measure the loss of accuracy.")
    ] = None,
    blend: Annotated[float, typer.Option(min=0, max=1, help="Share of the run's start in the weights.")] = 0.0,
    name: Annotated[str, typer.Option(help="Of the encoder, for tables and cards.")] = "whenanime",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Write an encoder: model.onnx, spec.json and CARD.md, a model card.

    ONNX Runtime and torch must agree before anything is written; weights in 8 bits must lose less than 0.3 points of
    top-1 and MRR on the validation frames. Weights averaged with those that the run began from (--blend 0.5)
    generalise better to pictures unlike the training frames. Features of all videos must then be made again:
    `whenanime library reindex --encoder FOLDER`.
    """
    from training.commands.extra import require_train_extra  # noqa: PLC0415  # `train --help` answers at once

    require_train_extra()
    from training.fitting.export_run import export_run  # noqa: PLC0415

    written = export_run(run, out, weights=weights, dataset=dataset, name=name, blend=blend)
    if as_json:
        values = {
            "folder": str(out),
            "name": name,
            "fingerprint": written.fingerprint,
            "model_bytes": written.model_bytes,
        }
        typer.echo(json.dumps(values, ensure_ascii=False))
        return
    typer.echo(f"{out}: {name}, {written.model_bytes / 1e6:.1f} MB, fingerprint {written.fingerprint}")
    typer.echo("The features of every video must be made again to search with it:")
    typer.echo(f"  whenanime library reindex --encoder {out}")
