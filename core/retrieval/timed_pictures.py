"""Timed pictures: pictures of a clip with their times, and the selection of those that are searched."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.pictures.pixels import Rgb, gray_thumbnail, is_plain, mean_difference
from core.timecode import Millis

_THUMBNAIL_SIZE: Final = (32, 18)
_REPEAT_MAX_DIFFERENCE: Final = 2.0  # grey levels on average, of thumbnails
_BUFFER_PER_BUDGET: Final = 4  # pictures in memory for each one of the budget while the length is unknown


@dataclass(frozen=True, slots=True)
class TimedPicture:
    """A picture, `rgb` (height, width, 3), and when its clip shows it: from `time_ms` until at least `until_ms`;
    `None` for a picture without a clip. `cut_off`: its file is incomplete, and so may the picture be.
    """

    rgb: Rgb
    time_ms: Millis | None = None
    until_ms: Millis | None = None
    cut_off: bool = False


def without_plain(pictures: Sequence[TimedPicture]) -> Sequence[TimedPicture]:
    """Returns the pictures that are not plain; the first one when all are."""
    return [picture for picture in pictures if not is_plain(picture.rgb)] or pictures[:1]


def usable_pictures(pictures: Iterable[TimedPicture]) -> Iterator[TimedPicture]:
    """Yields the pictures that are neither plain nor near repeats; a repeat extends `until_ms` of the one before."""
    last: TimedPicture | None = None
    last_thumbnail: NDArray[np.uint8] | None = None
    for picture in pictures:
        if is_plain(picture.rgb):
            continue
        thumbnail = gray_thumbnail(picture.rgb, *_THUMBNAIL_SIZE)
        if last is not None and last_thumbnail is not None:
            if mean_difference(thumbnail, last_thumbnail) < _REPEAT_MAX_DIFFERENCE:
                last = replace(last, until_ms=picture.until_ms)
                continue
            yield last
        last, last_thumbnail = picture, thumbnail
    if last is not None:
        yield last


def evenly_spread(pictures: Iterable[TimedPicture], budget: int) -> tuple[TimedPicture, ...]:
    """Returns at most `budget` usable pictures, spread evenly over the time of any number of pictures.

    At most four times as many are kept in memory.
    """
    buffer: list[TimedPicture] = []
    last: TimedPicture | None = None
    gap_ms = 0
    for last in usable_pictures(pictures):
        if buffer and _time_ms(last) - _time_ms(buffer[-1]) < gap_ms:
            continue
        buffer.append(last)
        if len(buffer) > _BUFFER_PER_BUDGET * budget:
            buffer = buffer[::2]
            gap_ms = 2 * gap_ms or min(_time_ms(after) - _time_ms(before) for before, after in pairwise(buffer))
    if last is not None and last is not buffer[-1]:
        buffer.append(last)
    if len(buffer) <= budget:
        return tuple(buffer)
    times = np.array([_time_ms(picture) for picture in buffer])
    chosen = {int(np.abs(times - due).argmin()) for due in np.linspace(times[0], times[-1], budget)}
    return tuple(buffer[index] for index in sorted(chosen))


def _time_ms(picture: TimedPicture) -> int:
    return picture.time_ms or 0
