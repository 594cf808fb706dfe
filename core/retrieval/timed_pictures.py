"""Timed pictures: pictures with the times at which their clip shows them, and the choice of which to search for."""

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
_HELD_PER_BUDGET: Final = 4  # pictures held for each one of the budget while the length is not known


@dataclass(frozen=True, slots=True)
class TimedPicture:
    """`rgb` (height, width, 3), and when it is shown in its clip: from when until when at least it could still be seen;
    `None` for a picture that was given by itself. `cut_off`: its file breaks off, and this is what there is of it.
    """

    rgb: Rgb
    time_ms: Millis | None = None
    until_ms: Millis | None = None
    cut_off: bool = False


def without_plain(pictures: Sequence[TimedPicture]) -> Sequence[TimedPicture]:
    """Those that are not plain; the first when all are."""
    return [picture for picture in pictures if not is_plain(picture.rgb)] or pictures[:1]


def usable_pictures(pictures: Iterable[TimedPicture]) -> Iterator[TimedPicture]:
    """Those that are not plain and not a near repeat of the one before, which is then shown until the repeat ends."""
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
    """At most `budget` usable pictures, spread evenly over the time of any number of pictures.

    At most four times as many are held in memory.
    """
    held: list[TimedPicture] = []
    last: TimedPicture | None = None
    gap_ms = 0
    for last in usable_pictures(pictures):
        if held and _time_ms(last) - _time_ms(held[-1]) < gap_ms:
            continue
        held.append(last)
        if len(held) > _HELD_PER_BUDGET * budget:
            held = held[::2]
            gap_ms = 2 * gap_ms or min(_time_ms(after) - _time_ms(before) for before, after in pairwise(held))
    if last is not None and last is not held[-1]:
        held.append(last)
    if len(held) <= budget:
        return tuple(held)
    times = np.array([_time_ms(picture) for picture in held])
    chosen = {int(np.abs(times - due).argmin()) for due in np.linspace(times[0], times[-1], budget)}
    return tuple(held[index] for index in sorted(chosen))


def _time_ms(picture: TimedPicture) -> int:
    return picture.time_ms or 0
