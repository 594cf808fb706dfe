from fractions import Fraction

import pytest

from core.timecode import format_millis, to_millis


@pytest.mark.parametrize(
    ("time_s", "millis"),
    [(Fraction(1001, 24000), 42), (Fraction(1, 2000), 1), (Fraction(1499, 1000000), 1), (Fraction(0), 0), (2.5, 2500)],
)
def test_seconds_round_to_the_nearest_millisecond(time_s: Fraction | float, millis: int) -> None:
    assert to_millis(time_s) == millis


def test_an_hour_of_ntsc_film_has_no_drift() -> None:
    frame = 86_313  # the last whole frame of an hour at 24000/1001
    assert to_millis(frame * Fraction(1001, 24000)) == 3_599_971


@pytest.mark.parametrize(
    ("millis", "text", "precise"),
    [
        (754_999, "00:12:35", "00:12:34.999"),
        (754_499, "00:12:34", "00:12:34.499"),
        (754_500, "00:12:35", "00:12:34.500"),
        (3_599_500, "01:00:00", "00:59:59.500"),
        (-200, "00:00:00", "-00:00:00.200"),
        (0, "00:00:00", "00:00:00.000"),
        (36_000_000, "10:00:00", "10:00:00.000"),
        (-1500, "-00:00:02", "-00:00:01.500"),
    ],
)
def test_seconds_that_people_read_are_rounded_not_cut(millis: int, text: str, precise: str) -> None:
    assert format_millis(millis) == text
    assert format_millis(millis, precise=True) == precise
