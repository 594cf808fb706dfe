"""`whenanime search`: which scene a picture is from."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer

from config.opening import open_engine, start
from core.domain import Area, EpisodeName, Reason, Scene, SearchFilter, SearchResult, Verdict
from core.engine import Engine
from core.errors import ExitCode, FileRemovedError, InputError, MediaError, PictureError, StorageError
from core.files import write_file
from core.previews.spec import PreviewFormat
from core.retrieval.filters import parse_seasons, parse_show
from core.search.calibration import percent_text, possible_scenes
from core.search.result_json import result_json
from core.timecode import format_millis
from ingest.commands.search_pictures import file_names, readable, refused_by_name, shown
from ingest.wording import name_cells

app = typer.Typer(add_completion=False, rich_markup_mode=None)

_ALSO = 5
_REASONS: Mapping[Reason, str] = {
    Reason.TOO_LITTLE: "there is too little in {what} to go on",
    Reason.UNCALIBRATED: "unsure, and the encoder was never calibrated, so that nothing has a probability",
    Reason.CHECK_FAILED: "unsure, because compared with the picture of that moment it does not hold",
    Reason.LOW_PROBABILITY: "unsure, because it is not likely enough",
}
_WHOLE = Area()
_TURNED: Mapping[int, str] = {90: "turned to the right", 180: "upside down", 270: "turned to the left"}


@app.command()
def search(
    pictures: Annotated[
        list[Path], typer.Argument(metavar="PICTURE...", help="Pictures, GIFs or short videos; - is standard input.")
    ],
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
    a preview could not be made, 2 when a single one could not. A file without a season is left out by --season. With
    --json a picture of several that could not be looked up has an object with `error`.
    """
    settings = start()
    shows = tuple(parse_show(one) for one in show or ())
    where = SearchFilter(shows, frozenset() if season is None else parse_seasons(season))
    for option, folder in (("--preview", preview), ("--explain", explain)):
        if folder and folder.exists() and not folder.is_dir():
            raise InputError(f"{option}: {folder} is not a folder.")
    named = list(zip(pictures, file_names(pictures), strict=True))
    groups = [named] if together else [[one] for one in named]
    failures = 0
    with open_engine(settings) as engine, readable(pictures) as places:
        for group in groups:
            some = [picture for picture, _name in group]
            read = [places[picture] for picture in some]
            try:
                with refused_by_name({picture: places[picture] for picture in some}):
                    result = _answer(engine, read, where, limit or settings.search.limit, together=together)
            except PictureError as exc:
                if len(groups) == 1:
                    raise
                failures += 1
                _print_refused(some[0], exc, as_json=as_json)
                continue
            typer.echo(_json(result_json(some, result)) if as_json else result_text(some, result))
            files = [(place, name) for place, (_picture, name) in zip(read, group, strict=True)]
            if explain:
                _write_explanations(engine, files, explain, where)
            if preview and (scene := _shown_scene(result)):
                failures += not _write_previews(engine, scene, preview, *files[0])
    raise typer.Exit(ExitCode.FAILED if failures else 0)


def _shown_scene(result: SearchResult) -> Scene | None:
    """The scene that a preview is made of: the one that is named first, if any."""
    possible = possible_scenes(result)
    return result.elsewhere or (result.scenes[possible[0]] if possible else None)


def _answer(
    engine: Engine, pictures: Sequence[Path], where: SearchFilter, limit: int, *, together: bool
) -> SearchResult:
    if together:
        return engine.search_together(pictures, where=where, limit=limit)
    return engine.search(pictures[0], where=where, limit=limit)


def _print_refused(picture: Path, error: PictureError, *, as_json: bool) -> None:
    if as_json:
        typer.echo(_json({"picture": str(picture), "error": str(error)}))
    typer.echo(f"whenanime: {error}", err=True)


def _json(values: Mapping[str, object]) -> str:
    return json.dumps(values, ensure_ascii=False)


def scene_line(scene: Scene, *, calibrated: bool = True) -> str:
    """One scene in words; that of a sequence from its first to its last picture, an exact moment to the millisecond."""
    known = [
        f"probability {percent_text(scene.probability)}" if calibrated else "",
        "to the frame" if scene.exact else "",
        "mirrored" if scene.mirrored else "",
        _TURNED.get(scene.turned, ""),
        "played backwards" if scene.backwards else "",
        "" if scene.region == _WHOLE else "in a part of the picture",
    ]
    when = format_millis(scene.at_ms, precise=scene.exact)
    if scene.sequence:
        when = f"{format_millis(scene.from_ms)} to {format_millis(scene.to_ms)}"
    told = ", ".join(filter(None, known))
    return f"{_named(scene.name)}, {when}" + (f"  ({told})" if told else "")


def _named(name: EpisodeName) -> str:
    show, season, episode = name_cells(name)
    parts = [show, f"season {season}" if season else "", f"episode {episode}" if episode else ""]
    return ", ".join(part for part in parts if part)


def _missing_lines(scene: Scene) -> list[str]:
    if not scene.video_missing:
        return []
    return ["     its video is not where it was: the time is that of an indexed frame, and no preview can be made"]


def _also_lines(scene: Scene) -> list[str]:
    lines = [f"     also at {_named(one.name)}, {format_millis(one.at_ms)}" for one in scene.also[:_ALSO]]
    return lines if len(scene.also) <= _ALSO else [*lines, f"     and {len(scene.also) - _ALSO} more"]


def result_text(pictures: Sequence[Path], result: SearchResult) -> str:
    """What is printed without `--json`: the verdict and why, and the possible scenes a line each."""
    one_by_one = len({scene.pictures for scene in result.scenes}) > 1
    scenes = [result.scenes[index] for index in possible_scenes(result)]
    lines = [f"{', '.join(map(shown, pictures))}: {_head(pictures, result, some=bool(scenes))}"]
    if result.elsewhere:
        lines += [
            f"  {scene_line(result.elsewhere)}",
            *_missing_lines(result.elsewhere),
            *_also_lines(result.elsewhere),
        ]
        lines += [f"  The best guess in {_filter_text(result.where)} is"] if scenes else []
    if one_by_one:
        lines.append("  These pictures are not one scene; each by itself:")
    calibrated = result.reason is not Reason.UNCALIBRATED
    for number, scene in enumerate(scenes, 1):
        line = scene_line(scene, calibrated=calibrated)
        lines.append(f"  {number}. {_of_pictures(scene) if one_by_one else _of_clip(scene)}{line}")
        lines += [*_missing_lines(scene), *_also_lines(scene)]
    told = {number for scene in scenes for number in scene.pictures}
    if one_by_one:
        missing = [number for number in range(1, len(pictures) + 1) if number not in told]
        lines += [f"  picture {number}: not found" for number in missing]
    if result.cut_off:
        lines.append("  The file breaks off: the part of the picture that is there was searched.")
    return "\n".join(lines)


def _head(pictures: Sequence[Path], result: SearchResult, *, some: bool) -> str:
    """The verdict and its reason; `some`: whether scenes are named below."""
    if result.verdict is Verdict.FOUND:
        return "found"
    if result.elsewhere:
        hardly = "not" if result.verdict is Verdict.NOT_IN_LIBRARY else "hardly"
        return f"{hardly} in {_filter_text(result.where)}; in the whole library there is one:"
    if result.verdict is Verdict.NOT_IN_LIBRARY and not result.too_little:
        place = _filter_text(result.where) if result.where else "the library"
        return f"not in {place}, as far as can be told" + ("; the nearest scenes are" if some else "")
    what = "this picture" if len(pictures) == 1 else "these pictures"
    return _REASONS[result.reason or Reason.LOW_PROBABILITY].format(what=what) + ("; the best guess is" if some else "")


def _filter_text(where: SearchFilter) -> str:
    """`Yuru-Yuri, season 1 or 3`."""
    seasons = " or ".join(map(str, sorted(where.seasons)))
    return ", ".join(filter(None, (" or ".join(where.shows), f"season {seasons}" if seasons else "")))


def _of_pictures(scene: Scene) -> str:
    noun = "picture" if len(scene.pictures) == 1 else "pictures"
    return f"{noun} {' and '.join(map(str, scene.pictures))}: "


def _of_clip(scene: Scene) -> str:
    """The part of a clip that shows a scene; empty where the clip shows but one."""
    return f"{scene.clip[0] / 1000:.1f} to {scene.clip[1] / 1000:.1f} s of the clip: " if scene.clip else ""


def _write_explanations(
    engine: Engine, pictures: Sequence[tuple[Path, str]], folder: Path, where: SearchFilter
) -> None:
    """One for each picture; what was written is said."""
    from ingest.explain.explanation import write_explanation  # noqa: PLC0415  # drawing is needed only here

    for picture, name in pictures:
        path = write_explanation(engine, picture, folder, name=name, where=where)
        typer.echo(f"whenanime: wrote {path}", err=True)


def _write_previews(engine: Engine, scene: Scene, folder: Path, picture: Path, name: str) -> bool:
    """Whether it worked; what did not is said."""
    try:
        for preview_format in PreviewFormat:
            path = write_preview(engine, scene, _beside(folder / f"{name}.{preview_format}", picture), preview_format)
            typer.echo(f"whenanime: wrote {path}", err=True)
    except (FileRemovedError, MediaError, StorageError) as exc:
        typer.echo(f"whenanime: no preview: {exc}", err=True)
        return False
    return True


def _beside(path: Path, picture: Path) -> Path:
    """The path, or another name when it is that of the picture itself, which is never overwritten."""
    same = path.exists() and path.samefile(picture)
    return path.with_suffix(f".preview{path.suffix}") if same else path


def write_preview(engine: Engine, scene: Scene, path: Path, preview_format: PreviewFormat) -> Path:
    """Render the preview of a scene to a file. `MediaError`, or `StorageError` when it cannot be written."""
    write_file(path, engine.preview(scene, preview_format), sync=False)
    return path
