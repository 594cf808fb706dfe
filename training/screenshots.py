"""Screenshots as a user would take them: random times of a library's videos."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from core.catalogue.records import FileRecord
from core.imaging import colour_deviation
from core.video.reading import VideoReader

PLAIN = 10.0
"""A frame whose colours deviate less than this shows too little to ask about."""
_TRIES = 20


@dataclass(frozen=True, slots=True)
class Screenshot:
    """(height, width, 3) RGB of a file at a time."""

    record: FileRecord
    time_s: float
    rgb: NDArray[np.uint8]


def draw(records: Sequence[FileRecord], number: int, rng: np.random.Generator) -> Iterator[Screenshot]:
    """Screenshots of random files at random times."""
    lengths = np.array([record.outcome.duration_ms for record in records], float)
    extra = rng.choice(len(records), max(0, number - len(records)), p=lengths / lengths.sum())
    for index in [*range(min(len(records), number)), *extra.tolist()]:
        for _ in range(20):
            time_ms = int(rng.integers(0, max(1, records[index].outcome.duration_ms)))
            shot = take(records[index], Fraction(time_ms, 1000))
            if shot and colour_deviation(shot.rgb) > PLAIN:
                yield shot
                break


def take(record: FileRecord, time_s: Fraction) -> Screenshot | None:
    """The frame that is on screen at this time, at the video's own size; `None` past the last one."""
    with VideoReader(record.stamp.path) as video:
        for frame in video.frames(start=time_s):
            return Screenshot(record, float(frame.time), frame.rgb(video.info.width, video.info.height))
    return None
