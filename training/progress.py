"""How long work tells how far it is."""

from collections.abc import Callable

ProgressCallback = Callable[[int, int], None]
"""Told how much is done, and of how much; the unit is the caller's business."""


def no_progress(_done: int, _total: int) -> None:
    """A `Step` that tells nobody."""
