"""`whenanime search`: which scene a picture is from."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from core.domain import Scene, SearchFilter, SearchResult, Verdict
from core.engine import Engine
from core.errors import InputError, MediaError, PictureError, StorageError
from core.filters import parse_seasons
from core.previews import PreviewFormat
from core.timecode import format_millis, to_seconds
from ingest.reports import name_cells, name_json
from ingest.wiring import open_engine, start

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def search(
    pictures: Annotated[list[Path], typer.Argument(metavar="PICTURE...", help="Pictures, GIFs or short videos.")],
    show: Annotated[list[str] | None, typer.Option(help="Only in this show; may be given several times.")] = None,
    season: Annotated[str | None, typer.Option(help="Only in these seasons, such as 1,3-5.")] = None,
    limit: Annotated[int | None, typer.Option(min=1, max=100, help="Scenes to print at most.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object a picture, each on one line.")] = False,
    preview: Annotated[Path | None, typer.Option(help="Write GIF and MP4 of the best scene to this folder.")] = None,
) -> None:
    """Say which show, season, episode and second each picture is from.

    Exit code 0 when every picture could be looked up (whether it was found or not), 1 when one of several could not or
    a preview could not be made, 2 when a single one could not. A file without a season is left out by --season.
    """
    settings = start()
    where = SearchFilter(tuple(show or ()), frozenset() if season is None else parse_seasons(season))
    if preview and preview.exists() and not preview.is_dir():
        raise InputError(f"--preview: {preview} is not a folder.")
    failures = 0
    with open_engine(settings) as engine:
        for picture in pictures:
            try:
                result = engine.search(picture, where=where, limit=limit or settings.search.limit)
            except PictureError as exc:
                if len(pictures) == 1:
                    raise
                failures += 1
                typer.echo(f"whenanime: {exc}", err=True)
                continue
            typer.echo(
                json.dumps(result_json(picture, result), ensure_ascii=False) if as_json else _text(picture, result)
            )
            if preview and result.scenes:
                failures += not _write_previews(engine, result.scenes[0], preview, picture)
    raise typer.Exit(1 if failures else 0)


def result_json(picture: Path, result: SearchResult) -> Mapping[str, object]:
    """The object that `--json` prints."""
    return {
        "picture": str(picture),
        "verdict": result.verdict,
        "scenes": [scene_json(scene) for scene in result.scenes],
        "timing_ms": {stage: round(spent, 1) for stage, spent in result.timing_ms.items()},
    }


def scene_json(scene: Scene) -> Mapping[str, object]:
    """One scene, times in seconds."""
    return {
        **name_json(scene.name),
        "file": scene.path,
        "from_s": to_seconds(scene.from_ms),
        "at_s": to_seconds(scene.at_ms),
        "to_s": to_seconds(scene.to_ms),
        "probability": round(scene.probability, 4),
        "similarity": round(scene.similarity, 4),
    }


def scene_line(scene: Scene) -> str:
    """One scene in words."""
    show, season, episode = name_cells(scene.name)
    parts = [show, f"season {season}" if season else "", f"episode {episode}" if episode else ""]
    where = ", ".join(part for part in parts if part)
    mirrored = ", mirrored" if scene.mirrored else ""
    return f"{where}, {format_millis(scene.at_ms)}  (probability {scene.probability:.0%}{mirrored})"


def _text(picture: Path, result: SearchResult) -> str:
    heads = {
        Verdict.FOUND: "found",
        Verdict.UNSURE: "unsure, this is the best guess",
        Verdict.NOT_IN_LIBRARY: "not in the library, as far as can be told; the nearest scenes are",
    }
    lines = [f"{picture}: {heads[result.verdict]}"]
    lines += [f"  {number}. {scene_line(scene)}" for number, scene in enumerate(result.scenes, 1)]
    return "\n".join(lines)


def _write_previews(engine: Engine, scene: Scene, folder: Path, picture: Path) -> bool:
    """Whether it worked; what did not is said."""
    try:
        for preview_format in PreviewFormat:
            path = write_preview(engine, scene, folder / f"{picture.stem}.{preview_format}", preview_format)
            typer.echo(f"whenanime: wrote {path}", err=True)
    except (MediaError, StorageError) as exc:
        typer.echo(f"whenanime: no preview: {exc}", err=True)
        return False
    return True


def write_preview(engine: Engine, scene: Scene, path: Path, preview_format: PreviewFormat) -> Path:
    """Render the preview of a scene to a file. `MediaError`, or `StorageError` when it cannot be written."""
    preview = engine.preview(scene, preview_format)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(preview)
    except OSError as exc:
        raise StorageError(f"{path}: cannot be written: {exc.strerror}") from exc
    return path
