"""Time: exact fractions of a second in code, whole milliseconds in storage, HH:MM:SS for people."""

from fractions import Fraction
from typing import NewType

Millis = NewType("Millis", int)

START_MS = Millis(0)

MILLIS_LIMIT = 1 << 32
"""One more than the largest time that a frame label can hold: 49 days."""


def to_millis(time_s: Fraction | float) -> Millis:
    """Round seconds to the nearest millisecond, halves up."""
    return Millis(int((Fraction(time_s) * 1000 + Fraction(1, 2)).__floor__()))


def to_seconds(time_ms: int) -> float:
    """Milliseconds as seconds, exact to the millisecond when printed with three digits."""
    return time_ms / 1000


def short_time(time_ms: int) -> str:
    """`MM:SS`, from an hour on `HH:MM:SS`."""
    return format_millis(time_ms).removeprefix("00:")


def format_millis(time_ms: int, *, precise: bool = False) -> str:
    """`HH:MM:SS`, rounded to the nearest second, halves up; `HH:MM:SS.mmm` when `precise`."""
    seconds, millis = divmod(abs(time_ms) if precise else abs(time_ms) + 500, 1000)
    sign = "-" if time_ms < 0 and (precise or seconds) else ""
    text = f"{sign}{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
    return f"{text}.{millis:03d}" if precise else text
