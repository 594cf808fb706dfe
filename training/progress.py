"""Progress callbacks."""

from collections.abc import Callable

ProgressCallback = Callable[[int, int], None]
"""Called with the amount done and the total, in a unit that the function which takes it states."""


def no_progress(_done: int, _total: int) -> None:
    """A `ProgressCallback` that does nothing."""
