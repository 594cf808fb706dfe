"""The pictures of a search as they were named on the command line: files, or `-` for standard input."""

import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from core.errors import InputError, PictureError, PictureProblem
from ingest.commands.link_paths import refuse_link

STANDARD_INPUT: Final = Path("-")
_NAME: Final = "standard input"
_STEM: Final = "stdin"
_LIMIT_BYTES: Final = 1 << 30
_CHUNK_BYTES: Final = 1 << 20


@contextmanager
def readable(pictures: Sequence[Path]) -> Iterator[dict[Path, Path]]:
    """Where each picture can be read: its own path; what standard input holds in a file that is deleted afterwards.

    `InputError` when standard input is a terminal, or named twice; `PictureError` when it holds too much.
    """
    if STANDARD_INPUT not in pictures:
        yield {picture: picture for picture in pictures}
        return
    if list(pictures).count(STANDARD_INPUT) > 1:
        raise InputError("`-` is standard input, which holds one picture: name it once.")
    if sys.stdin.isatty():
        raise InputError("`-` reads a picture from standard input: `whenanime search - < picture.png`.")
    with tempfile.TemporaryDirectory(prefix="whenanime-") as folder:
        path = Path(folder) / _NAME
        _read_standard_input(path)
        yield {picture: path if picture == STANDARD_INPUT else picture for picture in pictures}


@contextmanager
def refused_by_name(places: dict[Path, Path]) -> Iterator[None]:
    """A `PictureError` about standard input names it so, and not the file that it was read into."""
    try:
        for picture in places:
            refuse_link(picture)
        yield
    except PictureError as exc:
        kept = places.get(STANDARD_INPUT)
        if kept is None or str(kept) not in str(exc):
            raise
        raise PictureError(str(exc).replace(str(kept), _NAME), exc.problem, detail=exc.detail) from exc


def shown(picture: Path) -> str:
    """A picture's name for people."""
    return _NAME if picture == STANDARD_INPUT else str(picture)


def file_names(pictures: Sequence[Path]) -> list[str]:
    """For each picture what files that are written about it are called, without suffix: its own name, `stdin` for
    standard input, numbered where another picture has it too.
    """
    names: list[str] = []
    stems = [_STEM if picture == STANDARD_INPUT else picture.stem for picture in pictures]
    own = {stem.casefold() for stem in stems}
    taken: set[str] = set()
    for stem in stems:
        name, number = stem, 1
        while name.casefold() in taken or (number > 1 and name.casefold() in own):
            number += 1
            name = f"{stem}-{number}"
        taken.add(name.casefold())
        names.append(name)
    return names


def _read_standard_input(path: Path) -> None:
    left = _LIMIT_BYTES
    with path.open("wb") as file:
        while data := sys.stdin.buffer.read(_CHUNK_BYTES):
            left -= len(data)
            if left < 0:
                limit = str(_LIMIT_BYTES >> 20)
                raise PictureError(
                    f"{_NAME}: is too large; {limit} MB is the limit", PictureProblem.TOO_LARGE, detail=limit
                )
            file.write(data)
