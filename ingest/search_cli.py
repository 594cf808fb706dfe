"""`whenanime search`: which scene a picture is from."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer

from assembly.engine import open_engine, start
from core.domain import Area, EpisodeName, Scene, SearchFilter, SearchResult, Sighting, Verdict
from core.engine import Engine
from core.errors import InputError, MediaError, PictureError, StorageError
from core.filters import parse_seasons
from core.previews import PreviewFormat
from core.timecode import format_millis, to_seconds
from ingest.reports import name_cells, name_json

app = typer.Typer(add_completion=False, rich_markup_mode=None)

_ALSO = 5
_WHOLE = Area()


@app.command()
def search(
    pictures: Annotated[list[Path], typer.Argument(metavar="PICTURE...", help="Pictures, GIFs or short videos.")],
    show: Annotated[list[str] | None, typer.Option(help="Only in this show; may be given several times.")] = None,
    season: Annotated[str | None, typer.Option(help="Only in these seasons, such as 1,3-5.")] = None,
    limit: Annotated[int | None, typer.Option(min=1, max=100, help="Scenes to print at most.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object a picture, each on one line.")] = False,
    preview: Annotated[Path | None, typer.Option(help="Write GIF and MP4 of the best scene to this folder.")] = None,
    together: Annotated[
        bool,
        typer.Option("--together", help="The pictures are of one scene, in the order of time: one answer for all."),
    ] = False,
    explain: Annotated[
        Path | None, typer.Option(help="Write to this folder, as a picture, how each answer came about.")
    ] = None,
) -> None:
    """Say which show, season, episode and second each picture is from. Of what moves, from when to when.

    Exit code 0 when every picture could be looked up (whether it was found or not), 1 when one of several could not or
    a preview could not be made, 2 when a single one could not. A file without a season is left out by --season.
    """
    settings = start()
    where = SearchFilter(tuple(show or ()), frozenset() if season is None else parse_seasons(season))
    for option, folder in (("--preview", preview), ("--explain", explain)):
        if folder and folder.exists() and not folder.is_dir():
            raise InputError(f"{option}: {folder} is not a folder.")
    failures = 0
    with open_engine(settings) as engine:
        for some in [pictures] if together else [[picture] for picture in pictures]:
            try:
                if together:
                    result = engine.search_together(some, where=where, limit=limit or settings.search.limit)
                else:
                    result = engine.search(some[0], where=where, limit=limit or settings.search.limit)
                typer.echo(
                    json.dumps(result_json(some, result), ensure_ascii=False) if as_json else result_text(some, result)
                )
                if explain:
                    _write_explanations(engine, some, explain, where)
            except PictureError as exc:
                if together or len(pictures) == 1:
                    raise
                failures += 1
                typer.echo(f"whenanime: {exc}", err=True)
                continue
            if preview and result.scenes:
                failures += not _write_previews(engine, result.scenes[0], preview, some[0])
    raise typer.Exit(1 if failures else 0)


def result_json(pictures: Sequence[Path], result: SearchResult) -> Mapping[str, object]:
    """The object that `--json` prints: `picture`, or `pictures` of several that were looked up together."""
    named = {"picture": str(pictures[0])} if len(pictures) == 1 else {"pictures": [str(one) for one in pictures]}
    return {
        **named,
        "verdict": result.verdict,
        "too_little": result.too_little,
        "sequence": result.sequence,
        "scenes": [scene_json(scene) for scene in result.scenes],
        "timing_ms": {stage: round(spent, 1) for stage, spent in result.timing_ms.items()},
    }


def scene_json(scene: Scene) -> Mapping[str, object]:
    """One scene, times in seconds, areas as left, top, right, bottom in shares of 1."""
    return {
        **name_json(scene.name),
        "file": scene.path,
        "from_s": to_seconds(scene.from_ms),
        "at_s": to_seconds(scene.at_ms),
        "to_s": to_seconds(scene.to_ms),
        "probability": round(scene.probability, 4),
        "similarity": round(scene.similarity, 4),
        "mirrored": scene.mirrored,
        "region": _area_json(scene.region),
        "shown": None if scene.shown is None else _area_json(scene.shown),
        "inliers": scene.inliers,
        "exact": scene.exact,
        "also": [_sighting_json(one) for one in scene.also],
    }


def scene_line(scene: Scene, *, sequence: bool = False) -> str:
    """One scene in words; that of a sequence from its first to its last picture."""
    known = [
        f"probability {scene.probability:.0%}",
        "to the frame" if scene.exact else "",
        "mirrored" if scene.mirrored else "",
        "" if scene.region == _WHOLE else "in a part of the picture",
    ]
    when = format_millis(scene.at_ms)
    if sequence:
        when = f"{format_millis(scene.from_ms)} to {format_millis(scene.to_ms)}"
    return f"{_named(scene.name)}, {when}  ({', '.join(filter(None, known))})"


def _named(name: EpisodeName) -> str:
    show, season, episode = name_cells(name)
    parts = [show, f"season {season}" if season else "", f"episode {episode}" if episode else ""]
    return ", ".join(part for part in parts if part)


def _also_lines(scene: Scene) -> list[str]:
    lines = [f"     also at {_named(one.name)}, {format_millis(one.at_ms)}" for one in scene.also[:_ALSO]]
    return lines if len(scene.also) <= _ALSO else [*lines, f"     and {len(scene.also) - _ALSO} more"]


def _area_json(area: Area) -> list[float]:
    return [round(edge, 4) for edge in (area.left, area.top, area.right, area.bottom)]


def _sighting_json(sighting: Sighting) -> Mapping[str, object]:
    return {**name_json(sighting.name), "file": sighting.path, "at_s": to_seconds(sighting.at_ms)}


def result_text(pictures: Sequence[Path], result: SearchResult) -> str:
    """What is printed without `--json`: the verdict, and the scenes a line each."""
    heads = {
        Verdict.FOUND: "found",
        Verdict.UNSURE: "unsure, this is the best guess",
        Verdict.NOT_IN_LIBRARY: "not in the library, as far as can be told; the nearest scenes are",
    }
    lines = [f"{', '.join(map(str, pictures))}: {heads[result.verdict]}"]
    if result.too_little:
        what = "this picture" if len(pictures) == 1 else "these pictures"
        lines.append(f"  There is too little in {what} to go on.")
    for number, scene in enumerate(result.scenes, 1):
        lines += [f"  {number}. {scene_line(scene, sequence=result.sequence)}", *_also_lines(scene)]
    return "\n".join(lines)


def _write_explanations(engine: Engine, pictures: Sequence[Path], folder: Path, where: SearchFilter) -> None:
    """One for each picture; what was written is said."""
    from ingest.explaining import write_explanation  # noqa: PLC0415  # drawing is needed only here

    for picture in pictures:
        path = write_explanation(engine, picture, folder, where=where)
        typer.echo(f"whenanime: wrote {path}", err=True)


def _write_previews(engine: Engine, scene: Scene, folder: Path, picture: Path) -> bool:
    """Whether it worked; what did not is said."""
    try:
        for preview_format in PreviewFormat:
            path = write_preview(
                engine, scene, _beside(folder / f"{picture.stem}.{preview_format}", picture), preview_format
            )
            typer.echo(f"whenanime: wrote {path}", err=True)
    except (MediaError, StorageError) as exc:
        typer.echo(f"whenanime: no preview: {exc}", err=True)
        return False
    return True


def _beside(path: Path, picture: Path) -> Path:
    """The path, or another name when it is that of the picture itself, which is never overwritten."""
    same = path.exists() and path.samefile(picture)
    return path.with_suffix(f".preview{path.suffix}") if same else path


def write_preview(engine: Engine, scene: Scene, path: Path, preview_format: PreviewFormat) -> Path:
    """Render the preview of a scene to a file. `MediaError`, or `StorageError` when it cannot be written."""
    preview = engine.preview(scene, preview_format)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(preview)
    except OSError as exc:
        raise StorageError(f"{path}: cannot be written: {exc.strerror}") from exc
    return path
