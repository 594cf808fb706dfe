"""Seek probes: whether seeking in a video leads to the same frames as reading it through, tried at a few times."""

from fractions import Fraction
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.errors import MediaError
from core.pictures.pixels import mean_difference
from core.video.reading import VideoReader

_PROBE_LIMIT: Final = 6
_PROBE_SPACING_S: Final = 4  # so that short files are not read several times over
_FRAME_LIMIT: Final = 600  # frames decoded for one probe: more than from one key frame to the next
_SAME_FRAME_MAX_DIFFERENCE: Final = 1.0  # mean grey levels of the small brightness pictures


class SeekProbes:
    """Frames remembered while a video is read through, to seek them afterwards."""

    def __init__(self) -> None:
        self._frames: list[tuple[Fraction, NDArray[np.uint8]]] = []  # times in seconds, brightness (18, 32)
        self._stride = 1
        self._offered_count = 0

    def offer(self, time: Fraction, luma: NDArray[np.uint8]) -> None:
        """Remember some of the frames, a few dozen spread evenly."""
        if self._offered_count % self._stride == 0:
            self._frames.append((time, luma))
        self._offered_count += 1
        if len(self._frames) > 8 * _PROBE_LIMIT:
            self._frames = self._frames[::2]
            self._stride *= 2

    def agree(self, video: VideoReader) -> bool:
        """Whether seeking leads to these frames at their times. False for a video that cannot be sought in."""
        return all(self._agrees(video, time, luma) for time, luma in self._probes())

    def _agrees(self, video: VideoReader, time: Fraction, luma: NDArray[np.uint8]) -> bool:
        try:
            frame = video.seek_frame(time, _FRAME_LIMIT)
        except MediaError:
            return False
        return frame is None or (
            frame.time == time and mean_difference(frame.luma(), luma) < _SAME_FRAME_MAX_DIFFERENCE
        )

    def _probes(self) -> list[tuple[Fraction, NDArray[np.uint8]]]:
        """Remembered frames at even distances, without the first: reading begins there anyway."""
        if len(self._frames) < 2:
            return []
        number = min(_PROBE_LIMIT, 1 + int((self._frames[-1][0] - self._frames[0][0]) / _PROBE_SPACING_S))
        places = np.linspace(len(self._frames) - 1, 0, number, endpoint=False)
        return [self._frames[round(place)] for place in places]
