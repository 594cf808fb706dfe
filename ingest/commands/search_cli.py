"""`whenanime search`: which scene a picture is from."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from config.opening import open_engine, start
from core.catalogue.identities import ShowIdentity, shown_name
from core.domain import Scene, SearchFilter, SearchResult
from core.engine import Engine
from core.errors import ExitCode, InputError, PictureError
from core.retrieval.filters import parse_seasons, parse_show
from core.search.calibration import possible_scenes
from core.search.result_json import result_json
from ingest.commands.search_files import write_explanations, write_previews
from ingest.commands.search_pictures import NamedPicture, errors_by_name, open_pictures
from ingest.commands.search_text import result_text

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def search(
    pictures: Annotated[
        list[Path], typer.Argument(metavar="PICTURE...", help="Pictures, GIFs or short videos; - is standard input.")
    ],
    show: Annotated[list[str] | None, typer.Option(help="Only in this show; may be given several times.")] = None,
    season: Annotated[str | None, typer.Option(help="Only in these seasons, such as 1,3-5.")] = None,
    no_themes: Annotated[bool, typer.Option("--no-themes", help="Leave out openings, endings and the like.")] = False,
    limit: Annotated[int | None, typer.Option(min=1, max=100, help="Scenes to print at most.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object a picture, each on one line.")] = False,
    preview: Annotated[Path | None, typer.Option(help="Write GIF and MP4 of the best scene to this folder.")] = None,
    together: Annotated[
        bool,
        typer.Option("--together", help="The pictures are of one scene, in the order of time: one answer for all."),
    ] = False,
    explain: Annotated[
        Path | None, typer.Option(help="Write an explanation of each answer to this folder, as a picture.")
    ] = None,
) -> None:
    """Say which show, season, episode and second each picture is from; of an animation or clip, from when to when.

    Exit code 0 when every picture could be looked up (whether it was found or not), 1 when one of several could not or
    a preview could not be made, 2 when a single one could not. A file without a season is left out by --season. With
    --json a picture of several that could not be looked up has an object with `error`.
    """
    settings = start()
    shows = tuple(map(parse_show, show or ()))
    where = SearchFilter(shows, frozenset() if season is None else parse_seasons(season), not no_themes)
    for option, folder in (("--preview", preview), ("--explain", explain)):
        if folder and folder.exists() and not folder.is_dir():
            raise InputError(f"{option}: {folder} is not a folder.")
    failures = 0
    with open_engine(settings) as engine, open_pictures(pictures) as named:
        groups = [named] if together else [[picture] for picture in named]
        for group in groups:
            try:
                with errors_by_name(group):
                    result = _answer(engine, group, where, limit or settings.search.limit, together=together)
            except PictureError as exc:
                if len(groups) == 1:
                    raise
                failures += 1
                _print_error(group[0], exc, as_json=as_json)
                continue
            arguments = [picture.argument for picture in group]
            typer.echo(_text(arguments, result, engine.identities, as_json=as_json))
            if explain:
                write_explanations(engine, group, explain, where)
            if preview and (scene := _first_scene(result)):
                failures += not write_previews(engine, scene, preview, group[0])
    raise typer.Exit(ExitCode.FAILED if failures else 0)


def _first_scene(result: SearchResult) -> Scene | None:
    """The scene that is named first, if any: the one to make a preview of."""
    possible = possible_scenes(result)
    return result.elsewhere or (result.scenes[possible[0]] if possible else None)


def _answer(
    engine: Engine, pictures: Sequence[NamedPicture], where: SearchFilter, limit: int, *, together: bool
) -> SearchResult:
    files = [picture.file for picture in pictures]
    if together:
        return engine.search_together(files, where=where, limit=limit)
    return engine.search(files[0], where=where, limit=limit)


def _print_error(picture: NamedPicture, error: PictureError, *, as_json: bool) -> None:
    if as_json:
        typer.echo(_json({"picture": str(picture.argument), "error": str(error)}))
    typer.echo(f"whenanime: {error}", err=True)


def _text(
    pictures: Sequence[Path], result: SearchResult, identities: Mapping[str, ShowIdentity], *, as_json: bool
) -> str:
    """What is printed of an answer: an object, or lines with names that people know shows by."""
    if as_json:
        return _json(result_json(pictures, result, identities))

    def named(scene: Scene) -> Scene:
        show = shown_name(scene.name.show, identities.get(scene.name.show))
        return replace(scene, name=replace(scene.name, show=show))

    elsewhere = None if result.elsewhere is None else named(result.elsewhere)
    return result_text(pictures, replace(result, scenes=tuple(map(named, result.scenes)), elsewhere=elsewhere))


def _json(values: Mapping[str, object]) -> str:
    return json.dumps(values, ensure_ascii=False)
