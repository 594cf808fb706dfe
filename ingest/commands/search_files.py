"""Files written about a search: previews of the best scene, and explanations."""

from collections.abc import Sequence
from pathlib import Path

import typer

from core.domain import Scene, SearchFilter
from core.engine import Engine
from core.errors import FileRemovedError, MediaError, StorageError
from core.files import write_file
from core.previews.spec import PreviewFormat
from ingest.commands.search_pictures import NamedPicture


def write_explanations(engine: Engine, pictures: Sequence[NamedPicture], folder: Path, where: SearchFilter) -> None:
    """Write an explanation of each picture's answer, and print the path of each."""
    from ingest.explain.explanation import write_explanation  # noqa: PLC0415  # drawing is needed only here

    for picture in pictures:
        path = write_explanation(engine, picture.file, folder, name=picture.stem, where=where)
        typer.echo(f"whenanime: wrote {path}", err=True)


def write_previews(engine: Engine, scene: Scene, folder: Path, picture: NamedPicture) -> bool:
    """Write previews of the scene in all formats and print their paths; false, with the reason printed, on failure."""
    try:
        for preview_format in PreviewFormat:
            path = _safe_path(picture.file, folder / f"{picture.stem}.{preview_format}")
            write_preview(engine, scene, path, preview_format)
            typer.echo(f"whenanime: wrote {path}", err=True)
    except (FileRemovedError, MediaError, StorageError) as exc:
        typer.echo(f"whenanime: no preview: {exc}", err=True)
        return False
    return True


def write_preview(engine: Engine, scene: Scene, path: Path, preview_format: PreviewFormat) -> Path:
    """Render the preview of a scene to a file. `MediaError`, or `StorageError` when it cannot be written."""
    write_file(path, engine.preview(scene, preview_format).data, sync=False)
    return path


def _safe_path(picture: Path, path: Path) -> Path:
    """The path, or another one when it is the picture's own, which is never overwritten."""
    same = path.exists() and path.samefile(picture)
    return path.with_suffix(f".preview{path.suffix}") if same else path
