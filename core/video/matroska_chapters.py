"""Matroska's linked chapters: those of an ordered edition whose pictures and sound lie in another file.

libav does not follow them and lists them as if they were in this file. Elements are those of RFC 9559, read without
clusters: chapters stand before or after them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from io import SEEK_CUR
from pathlib import Path
from typing import BinaryIO, Final

from core.timecode import Millis

_SEGMENT: Final = 0x18538067
_CHAPTERS: Final = 0x1043A770
_EDITION: Final = 0x45B9
_ORDERED: Final = 0x45DD
_ATOM: Final = 0xB6
_TIME_START: Final = 0x91
_SEGMENT_UUID: Final = 0x6E67
_DISPLAY: Final = 0x80
_STRING: Final = 0x85
_ELEMENT_LIMIT: Final = 100_000
"""Elements at the top of a file; a day of clusters of a second each is fewer."""
_CHAPTERS_LIMIT_BYTES: Final = 1 << 20
_ID_BYTES: Final = 4
_SIZE_BYTES: Final = 8


@dataclass(frozen=True, slots=True)
class LinkedChapter:
    """A chapter in another file: its title, and its start time there."""

    title: str
    start_ms: Millis


def linked_chapters(path: Path) -> tuple[LinkedChapter, ...]:
    """The linked chapters of a file in their order; nothing for a file that is damaged or is no Matroska file."""
    try:
        with path.open("rb") as file:
            payload = _chapters_payload(file)
        return tuple(_linked(payload))
    except (OSError, ValueError, EOFError):
        return ()


def _chapters_payload(file: BinaryIO) -> bytes:
    """The payload of the first element of chapters; empty without one."""
    for _ in range(_ELEMENT_LIMIT):
        try:
            element, size = _header(file)
        except EOFError:
            return b""
        if element == _CHAPTERS:
            return b"" if size is None or size > _CHAPTERS_LIMIT_BYTES else file.read(size)
        if element == _SEGMENT:
            continue  # what follows is in it
        if size is None:  # a live recording: where its clusters end is not known
            return b""
        file.seek(size, SEEK_CUR)
    return b""


def _linked(payload: bytes) -> Iterator[LinkedChapter]:
    for element, edition in _children(payload):
        if element != _EDITION:
            continue
        children = list(_children(edition))
        if int.from_bytes(dict(children).get(_ORDERED, b""), "big"):
            for child, atom in children:
                values = dict(_children(atom)) if child == _ATOM else {}
                if values.get(_SEGMENT_UUID):
                    start_ns = int.from_bytes(values.get(_TIME_START, b""), "big")
                    yield LinkedChapter(_title(values), Millis(start_ns // 1_000_000))


def _title(atom: dict[int, bytes]) -> str:
    display = dict(_children(atom.get(_DISPLAY, b"")))
    return display.get(_STRING, b"").rstrip(b"\0").decode("utf-8", "replace").strip()


def _children(payload: bytes) -> Iterator[tuple[int, bytes]]:
    """Ids and payloads of the elements in one; `ValueError` when they do not fit in it."""
    position = 0
    while position < len(payload):
        element, width = _number(payload[position:], keep_marker=True, limit=_ID_BYTES)
        size, size_width = _number(payload[position + width :], keep_marker=False, limit=_SIZE_BYTES)
        position += width + size_width
        if position + size > len(payload):
            raise ValueError("an element is longer than the one that it is in")
        yield element, payload[position : position + size]
        position += size


def _header(file: BinaryIO) -> tuple[int, int | None]:
    """Id and size of the element at the file's position; the size is `None` when it is not known. `EOFError` at the
    end.
    """
    beginning = file.read(_ID_BYTES + _SIZE_BYTES)
    if not beginning:
        raise EOFError
    element, width = _number(beginning, keep_marker=True, limit=_ID_BYTES)
    size, size_width = _number(beginning[width:], keep_marker=False, limit=_SIZE_BYTES)
    file.seek(width + size_width - len(beginning), SEEK_CUR)
    return element, None if size == (1 << 7 * size_width) - 1 else size


def _number(data: bytes, *, keep_marker: bool, limit: int) -> tuple[int, int]:
    """A number of variable width (RFC 8794) and its width in bytes. `ValueError` when there is none."""
    width = 9 - data[0].bit_length() if data else 0
    if not 0 < width <= limit or len(data) < width:
        raise ValueError("not an element")
    value = int.from_bytes(data[:width], "big")
    return (value if keep_marker else value & ((1 << 7 * width) - 1)), width
