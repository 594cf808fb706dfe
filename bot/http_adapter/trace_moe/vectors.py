"""Vectors of a request: color layouts as numbers or base64, alone or several together."""

import base64
import binascii
from http import HTTPStatus

import numpy as np
from numpy.typing import NDArray

from bot.http_adapter.trace_moe.errors import TraceMoeError
from core.pictures.color_layout import LAYOUT_SIZE, is_layout
from core.search.color_layout_search import MAX_LAYOUTS


def parse_vectors(value: object) -> tuple[NDArray[np.int64], bool]:
    """Layouts (n, 33), n from 1 to 10, and whether they came as a batch.

    One is base64 of 33 bytes or an array of 33 whole numbers; a batch is an array of either. `TraceMoeError` with
    status 400 for anything else.
    """
    if isinstance(value, list) and value and all(isinstance(item, list | str) for item in value):
        if len(value) > MAX_LAYOUTS:
            raise TraceMoeError(HTTPStatus.BAD_REQUEST, f"Too many vectors (max {MAX_LAYOUTS})")
        return np.stack([_layout(item) for item in value]), True
    return _layout(value)[None], False


def _layout(value: object) -> NDArray[np.int64]:
    numbers = _decoded(value) if isinstance(value, str) else value if isinstance(value, list) else []
    if len(numbers) != LAYOUT_SIZE or not all(_is_whole(number) for number in numbers):
        raise _invalid()
    layout = np.array(numbers, np.int64)
    if not is_layout(layout[None]):
        raise _invalid()
    return layout


def _decoded(text: str) -> list[int]:
    try:
        return list(base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError) as exc:
        raise _invalid() from exc


def _is_whole(number: object) -> bool:
    """Whether it is a whole number that fits a byte, also one that is written `16.0`."""
    return not isinstance(number, bool) and isinstance(number, int | float) and number in range(256)


def _invalid() -> TraceMoeError:
    return TraceMoeError(HTTPStatus.BAD_REQUEST, "Invalid vector format")
