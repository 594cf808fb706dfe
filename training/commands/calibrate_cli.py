"""`whenanime train calibrate`: fit an encoder's probabilities."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

if TYPE_CHECKING:
    from config.settings import Settings
    from core.encoders.base import ConfidenceSpec

_UNREACHABLE_PROBABILITY = 2.0  # above every probability, so that each search makes its second lookup and verifies


def calibrate(
    encoder: Annotated[
        Path | None,
        typer.Option(help="Folder of the encoder to calibrate, instead of the library's own copy."),
    ] = None,
    screenshots: Annotated[int, typer.Option(min=20, help="Screenshots to search, each twice.")] = 400,
    seed: Annotated[int, typer.Option(min=0, help="Draws times and distortions.")] = 1,
) -> None:
    """Fit the encoder's probability curve on the library, and write it into the encoder's spec.json.

    That is the library's own copy of its encoder, which is made when there is none yet; with --encoder, or where
    WHENANIME_ENCODER is set, the one in that folder. Distorted screenshots of the library's videos are searched twice:
    in the whole library, and without their own show, as pictures that are not in the library are. Vectors and index do
    not change; torch is not needed. A running bot uses the new curve after a restart.
    """
    from config.settings import load_settings  # noqa: PLC0415  # `train --help` answers at once
    from core.catalogue.reader import CatalogueReader  # noqa: PLC0415
    from core.catalogue.schema import open_database  # noqa: PLC0415
    from core.encoders.loading import open_encoder  # noqa: PLC0415
    from core.engine import Engine, EngineSpec  # noqa: PLC0415
    from core.library.layout import DataLayout  # noqa: PLC0415
    from core.search.picture_search import SearchSpec  # noqa: PLC0415
    from training.calibration.curves import calibrate_encoder, require_two_shows  # noqa: PLC0415

    settings = load_settings()
    every_check = SearchSpec(
        sure_at=_UNREACHABLE_PROBABILITY, checks=settings.search.checks, views=settings.search.views
    )
    database = open_database(DataLayout(settings.data_dir).database_url, create=False)
    records = [record for record in CatalogueReader(database).all() if record.searchable]
    database.dispose()
    require_two_shows(records)
    folder = _folder(settings, encoder or settings.encoder)
    opened = open_encoder(folder, threads=settings.threads, runtime=settings.runtime)
    spec = EngineSpec(settings.data_dir, settings.media_root, threads=settings.threads, search=every_check)
    with (
        Engine(spec, opened) as engine,
        Console(stderr=True).status("searching") as status,
    ):
        confidence = calibrate_encoder(
            folder,
            engine,
            records,
            screenshots=screenshots,
            seed=seed,
            step=lambda count: status.update(f"{count} of {screenshots} screenshots searched"),
        )
    _report(folder, confidence, settings)


def _folder(settings: "Settings", named: Path | None) -> Path:
    """The folder that was named, or the library's own copy, which is made from the encoder in use when there is none.

    `InputError` when the bundled encoder was named, which is never written.
    """
    from core.encoders.loading import BUNDLED, read_fingerprint  # noqa: PLC0415
    from core.errors import InputError  # noqa: PLC0415
    from core.files import library_lock  # noqa: PLC0415
    from core.library.encoder_choice import encoder_folder, keep_encoder  # noqa: PLC0415
    from core.library.layout import DataLayout  # noqa: PLC0415

    if named is not None:
        if named.resolve() == BUNDLED.resolve():
            raise InputError(
                f"{named} is a part of the program, which is not changed: leave out --encoder and WHENANIME_ENCODER, "
                "and the library's own copy is calibrated."
            )
        return named
    layout = DataLayout(settings.data_dir)
    source = encoder_folder(settings.data_dir, None)
    with library_lock(layout.lock):
        return keep_encoder(layout, source, read_fingerprint(source))


def _report(folder: Path, confidence: "ConfidenceSpec", settings: "Settings") -> None:
    from core.library.encoder_choice import encoder_folder  # noqa: PLC0415

    curve = f"{confidence.bias:.3f} + {confidence.similarity:.3f} * similarity + {confidence.margin:.3f} * margin"
    typer.echo(f"{folder / 'spec.json'}: probability = logistic({curve})")
    if confidence.checked:
        terms = [f"{weight:.3f} * {name}" for name, weight in asdict(confidence.checked).items() if name != "bias"]
        typer.echo(
            f"once checked against stored pictures: logistic({confidence.checked.bias:.3f} + {' + '.join(terms)})"
        )
    used = encoder_folder(settings.data_dir, settings.encoder)
    if used.resolve() != folder.resolve():
        typer.echo(f"Searches use {used}, which was not changed: leave out --encoder to calibrate that one.")
