"""Pictures named on the command line of a search: files, or `-` for standard input."""

import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from core.errors import InputError, PictureError, PictureProblem
from ingest.commands.link_paths import require_path

STANDARD_INPUT: Final = Path("-")
_NAME: Final = "standard input"
_STEM: Final = "stdin"
_LIMIT_BYTES: Final = 1 << 30
_CHUNK_BYTES: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class NamedPicture:
    """A picture of the command line: the argument, the file that holds it, and the stem of files written about it."""

    argument: Path
    file: Path
    stem: str


@contextmanager
def open_pictures(arguments: Sequence[Path]) -> Iterator[list[NamedPicture]]:
    """The pictures of these arguments; standard input is read into a file that is deleted afterwards.

    `InputError` when standard input is a terminal, or named twice; `PictureError` when it holds too much.
    """
    with ExitStack() as stack:
        files = dict(zip(arguments, arguments, strict=True))
        if STANDARD_INPUT in files:
            _require_standard_input(arguments)
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="whenanime-"))
            files[STANDARD_INPUT] = Path(folder) / _NAME
            _read_standard_input(files[STANDARD_INPUT])
        stems = file_stems(arguments)
        yield [NamedPicture(argument, files[argument], stem) for argument, stem in zip(arguments, stems, strict=True)]


@contextmanager
def errors_by_name(pictures: Sequence[NamedPicture]) -> Iterator[None]:
    """Refuse links, and name standard input in a `PictureError` about the file that it was read into."""
    try:
        for picture in pictures:
            require_path(picture.argument)
        yield
    except PictureError as exc:
        file = next((str(picture.file) for picture in pictures if picture.argument == STANDARD_INPUT), None)
        if file is None or file not in str(exc):
            raise
        raise PictureError(str(exc).replace(file, _NAME), exc.problem, detail=exc.detail) from exc


def display_name(argument: Path) -> str:
    """A picture's name in messages."""
    return _NAME if argument == STANDARD_INPUT else str(argument)


def file_stems(arguments: Sequence[Path]) -> list[str]:
    """For each picture the stem of files that are written about it: its own, `stdin` for standard input, numbered where
    another picture has it too.
    """
    names: list[str] = []
    stems = [_STEM if argument == STANDARD_INPUT else argument.stem for argument in arguments]
    own = {stem.casefold() for stem in stems}
    used: set[str] = set()
    for stem in stems:
        name, number = stem, 1
        while name.casefold() in used or (number > 1 and name.casefold() in own):
            number += 1
            name = f"{stem}-{number}"
        used.add(name.casefold())
        names.append(name)
    return names


def _require_standard_input(arguments: Sequence[Path]) -> None:
    """`InputError` when standard input is named twice or is a terminal."""
    if list(arguments).count(STANDARD_INPUT) > 1:
        raise InputError("`-` is standard input, which holds one picture: name it once.")
    if sys.stdin.isatty():
        raise InputError("`-` reads a picture from standard input: `whenanime search - < picture.png`.")


def _read_standard_input(path: Path) -> None:
    remaining_bytes = _LIMIT_BYTES
    with path.open("wb") as file:
        while data := sys.stdin.buffer.read(_CHUNK_BYTES):
            remaining_bytes -= len(data)
            if remaining_bytes < 0:
                limit = str(_LIMIT_BYTES >> 20)
                raise PictureError(
                    f"{_NAME}: is too large; {limit} MB is the limit", PictureProblem.TOO_LARGE, detail=limit
                )
            file.write(data)
