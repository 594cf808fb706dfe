"""`whenanime train import`: make an encoder from a model that was trained elsewhere."""

import json
import shlex
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from core.encoders.base import Fit
from core.errors import InputError
from training.export.precision import Precision
from training.importing.spec import Colours, ImportSpec, Layout, Values

if TYPE_CHECKING:
    from training.export.model_card import CardTable
    from training.importing.import_encoder import ImportedEncoder, Measure


def import_(
    file: Annotated[Path, typer.Argument(help="The model: ONNX or TorchScript.", show_default=False)],
    out: Annotated[Path, typer.Option(help="Folder to write: new, or empty.", show_default=False)],
    name: Annotated[str | None, typer.Option(help="Name of the encoder.", show_default="the file's")] = None,
    width: Annotated[
        int | None, typer.Option(min=1, max=4096, help="Of the frames.", show_default="the model's, or 288")
    ] = None,
    height: Annotated[
        int | None, typer.Option(min=1, max=4096, help="Of the frames.", show_default="the model's, or 160")
    ] = None,
    fit: Annotated[
        Fit,
        typer.Option(
            help="How a picture of another shape gets that size: pad keeps its shape and loses nothing, which suits "
            "models that take any size; stretch and cover are how models of one size were often trained."
        ),
    ] = Fit.PAD,
    mean: Annotated[
        str | None, typer.Option(metavar="R,G,B", help="Taken from colours of 0 to 1.", show_default="ImageNet's")
    ] = None,
    std: Annotated[
        str | None, typer.Option(metavar="R,G,B", help="They are then divided by it.", show_default="ImageNet's")
    ] = None,
    input_values: Annotated[
        Values,
        typer.Option(help="What a model of floats takes: colours less --mean through --std, of 0 to 1, of 0 to 255."),
    ] = Values.NORMALISED,
    input_layout: Annotated[
        Layout, typer.Option(help="Colours first (nchw) or last; auto: as the model says, else first.")
    ] = Layout.AUTO,
    weights: Annotated[
        Precision, typer.Option(help="How large weights are stored; they are computed with in float32.")
    ] = Precision.FLOAT16,
    sha256: Annotated[
        str | None, typer.Option(metavar="HEX", help="Use no other file than the one with this checksum.")
    ] = None,
    licence: Annotated[
        list[str] | None, typer.Option(help="A line on the card: the owner and the licence of the model. Repeatable.")
    ] = None,
    frames: Annotated[
        Path | None, typer.Option(help="Folder of videos to measure the encoder on; nothing is trained on it.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Make an encoder from a model that was trained elsewhere.

    The model maps a picture to one vector: ONNX (bytes or floats in, one file), or TorchScript, as Meta publishes
    SSCD. It is checked, run on generated pictures and written with its preprocessing: model.onnx, spec.json, CARD.md.
    Both formats are programs: import only what you trust, and give --sha256 where its authors publish a checksum.
    """
    from training.commands.extra import require_train_extra  # noqa: PLC0415  # `train --help` answers at once

    require_train_extra()
    from training.importing.import_encoder import import_encoder  # noqa: PLC0415

    spec = ImportSpec(
        name=name,
        width=width,
        height=height,
        fit=fit,
        mean=_colours("--mean", mean),
        std=_colours("--std", std),
        values=input_values,
        layout=input_layout,
        weights=weights,
        licences=tuple(licence or ()),
    )
    with Console(stderr=True).status(f"importing {file.name}"):
        measure = None if frames is None else _measure(frames)
        encoder = import_encoder(file, out, spec, sha256=sha256, measure=measure)
    if as_json:
        typer.echo(
            json.dumps({**asdict(encoder), "folder": str(encoder.folder), "next": _next(encoder)}, ensure_ascii=False)
        )
    else:
        typer.echo(_summary(encoder, checked=sha256 is not None))


def _measure(videos: Path) -> "Measure":
    from training.importing.card_metrics import measure_on  # noqa: PLC0415

    return partial(measure_on, videos)


def _colours(option: str, text: str | None) -> Colours | None:
    if text is None:
        return None
    try:
        red, green, blue = (float(part) for part in text.split(","))
    except ValueError as exc:
        raise InputError(f"{option} must be three numbers with commas between them, such as 0.5,0.5,0.5.") from exc
    return red, green, blue


def _summary(encoder: "ImportedEncoder", *, checked: bool) -> str:
    checksum = "as expected" if checked else "compare it with what its authors publish"
    return "\n".join(
        [
            f"{encoder.folder}: {encoder.name}, frames of {encoder.width} x {encoder.height}, "
            f"{encoder.dim} numbers a frame, {encoder.model_bytes / 1e6:.1f} MB, fingerprint {encoder.fingerprint}",
            f"SHA-256 of the {encoder.kind} file: {encoder.sha256} ({checksum})",
            *(_metrics(table) for table in encoder.tables),
            "Not calibrated yet: `whenanime train calibrate` does that on your library once it is searched with this.",
            f"The features of every video must be made again: `{_next(encoder)}`",
        ]
    )


def _metrics(table: "CardTable") -> str:
    rows = ("; ".join(f"{name} {cell}" for name, cell in zip(table.head, row, strict=True)) for row in table.rows)
    return "\n".join([f"{table.title}:", *(f"  {row}" for row in rows)])


def _next(encoder: "ImportedEncoder") -> str:
    return f"whenanime library reindex --encoder {shlex.quote(str(encoder.folder))}"
