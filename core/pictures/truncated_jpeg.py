"""Truncated JPEG files: an end marker for the decoder, and how much of the picture was decoded.

Without the end marker Pillow refuses a file even if nothing else is missing. libjpeg leaves the missing part of a
picture mid-grey.
"""

from collections.abc import Iterator
from typing import Final

import numpy as np

from core.pictures.pixels import Rgb

_END_MARKER: Final = b"\xff\xd9"
_SCAN_MARKER: Final = 0xDA
_PROGRESSIVE_MARKERS: Final = (0xC2, 0xC6, 0xCA, 0xCE)
_FRAME_MARKERS: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_MARKERS_WITHOUT_LENGTH: Final = frozenset({0x01, *range(0xD0, 0xD8)})  # markers without a length
_MISSING_GREY: Final = (127, 129)
_UNIT_ROWS: Final = 32  # most rows that are decoded together; the last ones may be decoded in part
_MISSING_RUN_SHARE: Final = 1 / 64  # of the width: this much grey at the end of a row is a missing part


def add_end_marker(data: bytes) -> tuple[bytes, bool]:
    """The bytes of a JPEG file with an end marker, and whether it had to be added.

    The end markers of thumbnails in its metadata do not count.
    """
    scan = next((at for marker, at in _segments(data) if marker == _SCAN_MARKER), None)
    if scan is None or data.find(_END_MARKER, scan) >= 0:
        return data, False
    return data + _END_MARKER, True


def lacks_scans(data: bytes) -> bool:
    """Whether a progressive JPEG ends before its last scan, so that all of the picture is coarse."""
    components: bytes = b""
    precision: dict[tuple[int, int], int] = {}  # bits of a coefficient of a component that are still missing
    progressive = False
    for marker, at in _segments(data):
        if marker in _FRAME_MARKERS:
            progressive = marker in _PROGRESSIVE_MARKERS
            components = data[at + 10 : at + 10 + 3 * data[at + 9] : 3]
        elif marker == _SCAN_MARKER:
            count = data[at + 4]
            start, stop, bits = data[at + 5 + 2 * count : at + 8 + 2 * count]
            chosen = data[at + 5 : at + 5 + 2 * count : 2]
            precision |= {(part, number): bits & 15 for part in chosen for number in range(start, stop + 1)}
    return progressive and any(precision.get((part, number), 1) for part in components for number in range(64))


def count_decoded_rows(rgb: Rgb) -> int:
    """How many rows of a decoded picture, as it is stored, were decoded over the full width."""
    grey = np.asarray(((rgb >= _MISSING_GREY[0]) & (rgb <= _MISSING_GREY[1])).all(axis=2))
    shown = np.flatnonzero(~np.asarray(grey.all(axis=1)))
    rows = int(shown[-1]) + 1 if len(shown) else 0
    run = max(1, round(rgb.shape[1] * _MISSING_RUN_SHARE))
    for row in range(rows - 1, max(0, rows - _UNIT_ROWS) - 1, -1):
        if not grey[row, -run:].all():
            return row + 1
    return 0 if rows <= _UNIT_ROWS else rows  # grey that reaches further up belongs to the picture


def _segments(data: bytes) -> Iterator[tuple[int, int]]:
    """Markers and their offsets up to the end of the data; the data of scans is skipped."""
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker == 0xFF:
            at += 1
            continue
        if marker in _MARKERS_WITHOUT_LENGTH:
            at += 2
            continue
        length = int.from_bytes(data[at + 2 : at + 4], "big")
        if at + 2 + length > len(data) or length < 2:
            return
        yield marker, at
        at += 2 + length
        if marker == _SCAN_MARKER:
            at = _after_scan(data, at)


def _after_scan(data: bytes, at: int) -> int:
    """Offset of the next marker after the data of a scan; restart markers and stuffed bytes do not count."""
    while (at := data.find(b"\xff", at)) >= 0:
        if data[at + 1 : at + 2] not in {b"\x00", b"\xff", *(bytes([marker]) for marker in _MARKERS_WITHOUT_LENGTH)}:
            return at
        at += 1
    return len(data)
