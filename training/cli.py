"""`whenanime train`: make an encoder."""

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from config.settings import load_settings
from core.errors import EncoderError
from core.layout import DataLayout

app = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,
    no_args_is_help=True,
    help="Make an encoder (needs the extra `train`).",
)


class Weights(StrEnum):
    """What the network has learned before."""

    IMAGENET = "imagenet"


@app.callback()
def _root() -> None:
    """Make an encoder. Needs the extra `train`: `uv sync --extra train`."""


@app.command()
def export(
    frames: Annotated[Path, typer.Option(help="Folder of videos or pictures to learn the projection from.")],
    out: Annotated[Path, typer.Option(help="Folder to write: new, or empty.")],
    weights: Annotated[Weights, typer.Option(help="Weights of the network.")] = Weights.IMAGENET,
    seed: Annotated[int, typer.Option(min=0, help="Draws the distorted views.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Write an encoder: model.onnx and spec.json.

    The projection is learned in closed form from frames and distorted views of them; the network stays as it is. Some
    thousand frames of the kind of video that is to be searched do well. WHENANIME_ENCODER then names the new folder;
    an index made with another encoder must be rebuilt from the videos.
    """
    try:
        from training.export import export_encoder  # noqa: PLC0415  # torch takes seconds to import
        from training.whitened import SPEC, make_whitened_encoder  # noqa: PLC0415
    except ModuleNotFoundError as exc:
        if exc.name and exc.name.partition(".")[0] in {"core", "training"}:
            raise
        raise EncoderError(f"Making an encoder needs {exc.name}: `uv sync --extra train` installs it.") from exc
    makers = {Weights.IMAGENET: make_whitened_encoder}
    with Console(stderr=True).status("reading frames") as status:
        model = makers[weights](frames, seed=seed, step=lambda count: status.update(f"{count} frames described"))
    key = export_encoder(model, SPEC, out)
    size = (out / "model.onnx").stat().st_size
    if as_json:
        values = {"folder": str(out), "name": SPEC.name, "fingerprint": key, "dim": SPEC.dim, "model_bytes": size}
        typer.echo(json.dumps(values, ensure_ascii=False))
    else:
        typer.echo(f"{out}: {SPEC.name}, {SPEC.dim} numbers a frame, {size / 1e6:.1f} MB, fingerprint {key}")


@app.command()
def calibrate(
    screenshots: Annotated[int, typer.Option(min=20, help="Screenshots to ask for, each twice.")] = 400,
    seed: Annotated[int, typer.Option(min=0, help="Draws times and distortions.")] = 1,
) -> None:
    """Fit the encoder's probability curve on the library, and write it into the encoder's spec.json.

    Distorted screenshots of the library's videos are searched twice: as they are, and with their show left out, which
    is what a picture that is not in the library looks like. Vectors and index stay as they are; torch is not needed.
    """
    from core.catalogue.reader import CatalogueReader  # noqa: PLC0415  # `train --help` answers at once
    from core.catalogue.schema import open_database  # noqa: PLC0415
    from core.encoders.opening import BUNDLED, open_encoder  # noqa: PLC0415
    from core.engine import Engine, EngineSpec  # noqa: PLC0415
    from training.calibrate import calibrate_encoder  # noqa: PLC0415

    settings = load_settings()
    encoder = open_encoder(settings.encoder, threads=settings.threads, runtime=settings.runtime)
    database = open_database(DataLayout(settings.data_dir).database_url, create=False)
    records = [record for record in CatalogueReader(database).all() if record.searchable]
    database.dispose()
    folder = settings.encoder or BUNDLED
    with (
        Engine(EngineSpec(settings.data_dir), encoder) as engine,
        Console(stderr=True).status("asking") as status,
    ):
        found = calibrate_encoder(
            folder,
            engine,
            records,
            screenshots=screenshots,
            seed=seed,
            step=lambda count: status.update(f"{count} of {screenshots} screenshots asked for"),
        )
    curve = f"{found.bias:.3f} + {found.similarity:.3f} * similarity + {found.margin:.3f} * margin"
    typer.echo(f"{folder / 'spec.json'}: probability = logistic({curve})")
