"""JPEG files that break off: an end for the decoder, and what of their picture is there.

libjpeg wants the end marker; without it Pillow refuses a file of which nothing else is missing. What is not there it
leaves at mid-grey, from the place where the data ends.
"""

from collections.abc import Iterator
from typing import Final

import numpy as np

from core.pictures.pixels import Rgb

_END: Final = b"\xff\xd9"
_SCAN: Final = 0xDA
_PROGRESSIVE: Final = (0xC2, 0xC6, 0xCA, 0xCE)
_FRAMES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_ALONE: Final = frozenset({0x01, *range(0xD0, 0xD8)})  # markers without a length
_GREY: Final = (127, 129)
_UNIT: Final = 32  # rows at most that are decoded together; those at the end may be there in part
_RUN: Final = 1 / 64  # of the width: so much grey at the end of such a row is what is not there


def with_end(data: bytes) -> tuple[bytes, bool]:
    """The bytes of a JPEG with an end marker, and whether that had to be put there.

    Thumbnails in its metadata, which have ends of their own, do not count.
    """
    scan = next((at for marker, at in _segments(data) if marker == _SCAN), None)
    if scan is None or data.find(_END, scan) >= 0:
        return data, False
    return data + _END, True


def lacks_scans(data: bytes) -> bool:
    """Whether a progressive JPEG breaks off before its last scan, so that all of it is coarse."""
    components: bytes = b""
    precision: dict[tuple[int, int], int] = {}  # bits of a component's coefficient that are still missing
    progressive = False
    for marker, at in _segments(data):
        if marker in _FRAMES:
            progressive = marker in _PROGRESSIVE
            components = data[at + 10 : at + 10 + 3 * data[at + 9] : 3]
        elif marker == _SCAN:
            count = data[at + 4]
            start, stop, bits = data[at + 5 + 2 * count : at + 8 + 2 * count]
            chosen = data[at + 5 : at + 5 + 2 * count : 2]
            precision |= {(part, number): bits & 15 for part in chosen for number in range(start, stop + 1)}
    return progressive and any(precision.get((part, number), 1) for part in components for number in range(64))


def rows_there(rgb: Rgb) -> int:
    """How many rows of a decoded picture (height, width, 3), as it is stored, are there from left to right."""
    grey = np.asarray(((rgb >= _GREY[0]) & (rgb <= _GREY[1])).all(axis=2))
    shown = np.flatnonzero(~np.asarray(grey.all(axis=1)))
    rows = int(shown[-1]) + 1 if len(shown) else 0
    run = max(1, round(rgb.shape[1] * _RUN))
    for row in range(rows - 1, max(0, rows - _UNIT) - 1, -1):
        if not grey[row, -run:].all():
            return row + 1
    return 0 if rows <= _UNIT else rows  # grey that goes further up is the picture's own


def _segments(data: bytes) -> Iterator[tuple[int, int]]:
    """Markers and where they stand, up to where the file breaks off; what a scan holds is passed over."""
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker == 0xFF:
            at += 1
            continue
        if marker in _ALONE:
            at += 2
            continue
        length = int.from_bytes(data[at + 2 : at + 4], "big")
        if at + 2 + length > len(data) or length < 2:
            return
        yield marker, at
        at += 2 + length
        if marker == _SCAN:
            at = _after_scan(data, at)


def _after_scan(data: bytes, at: int) -> int:
    """Where the next marker after the data of a scan stands: not one that restarts it, nor a stuffed byte."""
    while (at := data.find(b"\xff", at)) >= 0:
        if data[at + 1 : at + 2] not in {b"\x00", b"\xff", *(bytes([one]) for one in _ALONE)}:
            return at
        at += 1
    return len(data)
