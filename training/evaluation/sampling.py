"""All frames of a video with their shots, and those of them that a library would index.

Frames are selected by the default rules of the library's own sampler, so that an encoder searches among the frames of a
real index: four a second and the first usable one of each shot, without repeats within a shot and without plain frames.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from core.pictures.pixels import Rgb
from core.video.frame_selection import FrameSelectionSpec, FrameSelector
from core.video.reading import VideoFrame, VideoReader
from core.video.shot_detection import ShotFrame, frames_by_shot
from training.dataset.frame_candidates import frame_size
from training.evaluation.collection import FRAME_WIDTH

_START_TOLERANCE_S: Final = Fraction(1, 50)
"""The starts in lists are rounded: a frame up to this much earlier belongs to the shot."""


@dataclass(frozen=True, slots=True)
class SampledFrame:
    """A frame, the number of its shot from 0, and the picture to index, at most 512 pixels wide, if it is indexed."""

    frame: VideoFrame
    shot: int
    index_rgb: Rgb | None


def sample_frames(video: VideoReader, starts: Sequence[Fraction] | None) -> Iterator[SampledFrame]:
    """All frames in order. Shots begin at `starts` (seconds), or where `core.video.shot_detection` detects a cut
    when there are none.
    """
    selector = FrameSelector(FrameSelectionSpec(), frame_size(video.info.width, video.info.height, FRAME_WIDTH))
    for shot_frame in _by_list(video, starts) if starts else frames_by_shot(video.frames()):
        yield SampledFrame(shot_frame.frame, shot_frame.shot, selector.select(shot_frame))


def _by_list(video: VideoReader, starts: Sequence[Fraction]) -> Iterator[ShotFrame[VideoFrame]]:
    for frame in video.frames():
        yield ShotFrame(frame, frame.luma(), max(0, bisect_right(starts, frame.time + _START_TOLERANCE_S) - 1))
