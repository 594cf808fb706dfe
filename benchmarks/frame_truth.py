"""Ground truth of frames: videos read from beginning to end, and answers compared with them."""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.answer_queries import QueryFrame
from core.catalogue.records import FileRecord
from core.domain import FileId, SearchResult
from core.pictures.jpeg import encode_jpeg
from core.pictures.pixels import mean_difference
from core.timecode import to_millis
from core.video.reading import VideoReader
from training.evaluation.collection import QUERY_QUALITY
from training.evaluation.screenshots import PLAIN_MAX_DEVIATION

TRUE_MAX_LEVELS: Final = 0.7
"""The largest mean difference, in grey levels, of two frames of one drawing."""
NEARLY_TRUE_MAX_LEVELS: Final = 1.5
_SIZE: Final = (160, 90)
_MAX_READINGS: Final = 8


@dataclass(frozen=True, slots=True)
class FrameReading:
    """All frames of a video: `times_ms` (n,), `luma` (n, 90, 160) uint8, `deviations` (n,) of brightness."""

    times_ms: NDArray[np.int64]
    luma: NDArray[np.uint8]
    deviations: NDArray[np.float64]
    rate: float

    def at(self, time_ms: int) -> int:
        """The number of the frame that is on screen at a time."""
        return max(0, int(np.searchsorted(self.times_ms, time_ms + 0.5)) - 1)


class FrameReadings:
    """Readings of the files of a library; the last used are cached."""

    def __init__(self, records: Sequence[FileRecord]) -> None:
        self._records = {record.id: record for record in records}
        self._readings: OrderedDict[FileId, FrameReading] = OrderedDict()

    def of(self, file_id: FileId) -> FrameReading:
        """The reading of a file, from the cache or the video. `MediaError` when it cannot be read."""
        reading = self._readings.pop(file_id, None) or _read(self._records[file_id])
        self._readings[file_id] = reading
        if len(self._readings) > _MAX_READINGS:
            self._readings.popitem(last=False)
        return reading


@dataclass(frozen=True, slots=True)
class Judgement:
    """One answer: whether it claims to be exact, the grey levels by which its frame differs from that of the query (255
    without an answer), and the error of its time, 0 when the frame shows the same drawing and `None` for another file.
    `query` and `answer` are the file and the time in milliseconds.
    """

    claimed: bool
    levels: float
    error_s: float | None
    exact_ms: float
    total_ms: float
    query: tuple[int, int]
    answer: tuple[int, int] | None

    def to_json(self) -> Mapping[str, object]:
        """For the report."""
        return {
            "claimed": self.claimed,
            "levels": round(self.levels, 2),
            "error_s": None if self.error_s is None else round(self.error_s, 3),
            "exact_ms": round(self.exact_ms, 1),
            "total_ms": round(self.total_ms, 1),
            "asked": self.query,
            "answered": self.answer,
        }


def draw_frames(records: Sequence[FileRecord], readings: FrameReadings, number: int, seed: int) -> list[QueryFrame]:
    """Up to `number` different random frames of one show's files; none is plain."""
    places = [
        (record, index)
        for record in records
        for index in np.flatnonzero(readings.of(record.id).deviations > PLAIN_MAX_DEVIATION).tolist()
    ]
    rng = np.random.default_rng([seed, records[0].id])
    chosen = [places[at] for at in sorted(rng.permutation(len(places))[:number].tolist())]
    return [
        shown for record in records for shown in _shown(record, readings, [at for file, at in chosen if file is record])
    ]


def judge_frame(result: SearchResult, shown: QueryFrame, readings: FrameReadings) -> Judgement:
    """Compare the frame at an answer's time with that of the query, both as they were read in order."""
    best = result.scenes[0] if result.scenes else None
    asked_ms = round(shown.time_s * 1000)
    levels, error_s = 255.0, None
    if best:
        reading, query_reading = readings.of(best.file_id), readings.of(shown.record.id)
        levels = mean_difference(reading.luma[reading.at(best.at_ms)], query_reading.luma[query_reading.at(asked_ms)])
        if best.file_id == shown.record.id:
            error_s = 0.0 if levels <= TRUE_MAX_LEVELS else abs(best.at_ms - asked_ms) / 1000
    return Judgement(
        claimed=best is not None and best.exact,
        levels=levels,
        error_s=error_s,
        exact_ms=result.timing_ms.get("exact frame", 0.0),
        total_ms=result.timing_ms["total"],
        query=(shown.record.id, asked_ms),
        answer=(best.file_id, best.at_ms) if best else None,
    )


def _read(record: FileRecord) -> FrameReading:
    times, lumas = [], []
    with VideoReader(record.stamp.path) as video:
        for frame in video.frames():
            times.append(to_millis(frame.time))
            lumas.append(np.asarray(cv2.cvtColor(frame.rgb(*_SIZE), cv2.COLOR_RGB2GRAY), np.uint8))
        rate = float(video.info.rate or 25)
    luma = np.stack(lumas)
    return FrameReading(np.array(times), luma, luma.reshape(len(luma), -1).std(axis=1), rate)


def _shown(record: FileRecord, readings: FrameReadings, indexes: Sequence[int]) -> list[QueryFrame]:
    """These frames at the video's own size, read in order."""
    rate, numbers = readings.of(record.id).rate, set(indexes)
    if not numbers:
        return []
    with VideoReader(record.stamp.path) as video:
        size = video.info.width, video.info.height
        return [
            QueryFrame(record, to_millis(frame.time) / 1000, rate, encode_jpeg(frame.rgb(*size), QUERY_QUALITY))
            for index, frame in enumerate(video.frames())
            if index in numbers
        ]
