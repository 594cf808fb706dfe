"""Screenshots at random times of a library's videos."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np

from core.catalogue.records import FileRecord
from core.library.media import video_place
from core.pictures.pixels import Rgb, area_resized, is_plain, mean_difference
from core.video.reading import VideoReader

PLAIN_MAX_DEVIATION = 10.0
"""A frame whose colours deviate less than this shows too little to be a query."""
SAME_DRAWING_LEVELS = 2.0
"""Grey levels."""
_COMPARED_SIZE = (64, 36)
_MAX_TRIES = 20


@dataclass(frozen=True, slots=True)
class Screenshot:
    """(height, width, 3) RGB of a file at a time."""

    record: FileRecord
    time_s: float
    rgb: Rgb


def draw_screenshots(
    records: Sequence[FileRecord], number: int, rng: np.random.Generator, *, media_root: str | None = None
) -> Iterator[Screenshot]:
    """Screenshots of random files at random times; the videos are below `media_root`, or where they were added from."""
    lengths = np.array([record.outcome.duration_ms for record in records], float)
    extra = rng.choice(len(records), max(0, number - len(records)), p=lengths / lengths.sum())
    for index in [*range(min(len(records), number)), *extra.tolist()]:
        for _ in range(_MAX_TRIES):
            time_ms = int(rng.integers(0, max(1, records[index].outcome.duration_ms)))
            shot = take_screenshot(records[index], Fraction(time_ms, 1000), media_root=media_root)
            if shot and not is_plain(shot.rgb, PLAIN_MAX_DEVIATION):
                yield shot
                break


def same_drawing(path: Path | str, at_ms: int, rgb: Rgb, *, limit_levels: float = SAME_DRAWING_LEVELS) -> bool:
    """Whether the frame of a video at a time looks like an undistorted picture of that video.

    Both are scaled to 64 x 36; true when they differ by less than `limit_levels` grey levels on average. A
    drawing is shown for several frames and may be repeated later, so the times need not be near. `MediaError` when the
    video cannot be read.
    """
    with VideoReader(path) as video:
        frame = next(iter(video.frames(start=Fraction(max(0, at_ms - 1), 1000))), None)
        if frame is None:
            return False
        answered = frame.rgb(rgb.shape[1], rgb.shape[0])
    return mean_difference(*(area_resized(picture, *_COMPARED_SIZE) for picture in (answered, rgb))) < limit_levels


def take_screenshot(record: FileRecord, time_s: Fraction, *, media_root: str | None = None) -> Screenshot | None:
    """The frame that is on screen at this time, at the video's own size; `None` past the last one."""
    with VideoReader(video_place(record.stamp, media_root)) as video:
        for frame in video.frames(start=time_s):
            return Screenshot(record, float(frame.time), frame.rgb(video.info.width, video.info.height))
    return None
