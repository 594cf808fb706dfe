"""`whenanime train calibrate`: fit an encoder's probabilities."""

from dataclasses import asdict
from typing import Annotated

import typer
from rich.console import Console

_NEVER = 2.0  # no probability is as high: a search always looks twice and checks


def calibrate(
    screenshots: Annotated[int, typer.Option(min=20, help="Screenshots to ask for, each twice.")] = 400,
    seed: Annotated[int, typer.Option(min=0, help="Draws times and distortions.")] = 1,
) -> None:
    """Fit the encoder's probability curve on the library, and write it into the encoder's spec.json.

    Distorted screenshots of the library's videos are searched twice: as they are, and with their show left out, which
    is what a picture that is not in the library looks like. Vectors and index stay as they are; torch is not needed.
    """
    from config.settings import load_settings  # noqa: PLC0415  # `train --help` answers at once
    from core.answering import SearchSpec  # noqa: PLC0415
    from core.catalogue.reader import CatalogueReader  # noqa: PLC0415
    from core.catalogue.schema import open_database  # noqa: PLC0415
    from core.encoders.opening import open_encoder  # noqa: PLC0415
    from core.engine import Engine, EngineSpec  # noqa: PLC0415
    from core.layout import DataLayout  # noqa: PLC0415
    from core.library_encoder import encoder_folder  # noqa: PLC0415
    from training.calibrate import calibrate_encoder  # noqa: PLC0415

    settings = load_settings()
    every_check = SearchSpec(sure_at=_NEVER, checks=settings.search.checks, views=settings.search.views)
    folder = encoder_folder(settings.data_dir, settings.encoder)
    encoder = open_encoder(folder, threads=settings.threads, runtime=settings.runtime)
    database = open_database(DataLayout(settings.data_dir).database_url, create=False)
    records = [record for record in CatalogueReader(database).all() if record.searchable]
    database.dispose()
    with (
        Engine(EngineSpec(settings.data_dir, threads=settings.threads, search=every_check), encoder) as engine,
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
    if found.checked:
        terms = [f"{weight:.3f} * {name}" for name, weight in asdict(found.checked).items() if name != "bias"]
        typer.echo(f"once checked against stored pictures: logistic({found.checked.bias:.3f} + {' + '.join(terms)})")
