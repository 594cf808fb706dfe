"""Whether seeking in a video leads to the frames that reading it through showed, tried at a few moments."""

from fractions import Fraction
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.errors import MediaError
from core.video.reading import VideoReader
from core.video.shot_detection import mean_difference

_PROBES: Final = 6
_APART_S: Final = 4  # a probe for so many seconds, so that short files are not read several times over
_FRAME_LIMIT: Final = 600  # frames decoded for one probe: more than there are from one key frame to the next
_SAME_FRAME: Final = 1.0  # grey levels apart on average, seen small


class SeekProbes:
    """Frames remembered while a video is read through, to be sought afterwards."""

    def __init__(self) -> None:
        self._frames: list[tuple[Fraction, NDArray[np.uint8]]] = []  # times in seconds, brightness (18, 32)
        self._every = 1
        self._offered = 0

    def offer(self, time: Fraction, luma: NDArray[np.uint8]) -> None:
        """Remember a frame if it is among those that are spread evenly over what was offered; a few dozen are."""
        if self._offered % self._every == 0:
            self._frames.append((time, luma))
        self._offered += 1
        if len(self._frames) > 8 * _PROBES:
            self._frames = self._frames[::2]
            self._every *= 2

    def agree(self, video: VideoReader) -> bool:
        """Whether seeking leads to these frames at their times. A video that cannot be sought in does not agree."""
        return all(self._agrees(video, time, luma) for time, luma in self._chosen())

    def _agrees(self, video: VideoReader, time: Fraction, luma: NDArray[np.uint8]) -> bool:
        try:
            frame = video.sought(time, _FRAME_LIMIT)
        except MediaError:
            return False
        return frame is None or (frame.time == time and mean_difference(frame.luma(), luma) < _SAME_FRAME)

    def _chosen(self) -> list[tuple[Fraction, NDArray[np.uint8]]]:
        """At even distances, the first left out: reading begins there by itself."""
        if len(self._frames) < 2:
            return []
        number = min(_PROBES, 1 + int((self._frames[-1][0] - self._frames[0][0]) / _APART_S))
        places = np.linspace(len(self._frames) - 1, 0, number, endpoint=False)
        return [self._frames[round(place)] for place in places]
