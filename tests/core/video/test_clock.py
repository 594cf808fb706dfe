"""Times of frames whose stamps are missing or wrong."""

from collections.abc import Sequence
from fractions import Fraction

import av

from core.video.clock import FrameClock

TICK = Fraction(1, 25)


def _times(stamps: Sequence[tuple[int | None, int | None]], origin: Fraction = Fraction(0)) -> list[Fraction | None]:
    """In ticks."""
    clock = FrameClock(origin, TICK)
    times = []
    for pts, dts in stamps:
        frame = av.VideoFrame(16, 16, "gray")
        frame.time_base = TICK
        frame.pts, frame.dts = pts, dts
        time = clock.time_of(frame)
        times.append(None if time is None else time / TICK)
    return times


def test_stamps_for_showing_are_taken_less_the_origin() -> None:
    assert _times([(10, 8), (11, 9), (15, 10)], origin=10 * TICK) == [0, 1, 5]
    assert _times([(-3, None), (-1, None), (0, None)], origin=-3 * TICK) == [0, 2, 3]


def test_missing_stamps_are_filled_in() -> None:
    assert _times([(None, 2), (None, 3), (None, 4)]) == [2, 3, 4]
    assert _times([(None, None)] * 3) == [0, 1, 2]
    assert _times([(5, None), (None, None), (7, None), (None, None)]) == [5, 6, 7, 8]


def test_stamps_for_decoding_are_taken_where_those_for_showing_go_back_and_forth() -> None:
    stamps = [(1, 1), (2, 2), (3, 3), (5, 4), (4, 5), (6, 6), (8, 7), (7, 8), (9, 9)]
    times = [time for time in _times(stamps) if time is not None]
    assert times == [1, 2, 3, 5, 6, 7, 8, 9]


def test_a_frame_that_is_not_later_is_not_shown() -> None:
    assert _times([(0, None), (1, None), (1, None), (0, None), (2, None)]) == [0, 1, None, None, 2]


def test_after_a_long_jump_back_time_goes_on() -> None:
    assert _times([(100, None), (101, None), (0, None), (1, None), (5, None)]) == [100, 101, 102, 103, 107]


def test_the_end_is_that_of_the_last_frame() -> None:
    clock = FrameClock(Fraction(0), TICK)
    frame = av.VideoFrame(16, 16, "gray")
    frame.time_base = TICK
    frame.pts = 4
    clock.time_of(frame)
    assert clock.end_of(frame) == 5 * TICK
    frame.duration = 10
    assert clock.end_of(frame) == 14 * TICK
