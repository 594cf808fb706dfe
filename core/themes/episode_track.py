"""Episode tracks: what the search for themes reads of one episode; nothing of it needs the video once more."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.domain import FileId
from core.timecode import Millis
from core.video.chapters import Chapter

__all__ = ["Chapter", "EpisodeTrack", "FrameTrack", "SoundFingerprint"]


@dataclass(frozen=True, slots=True)
class SoundFingerprint:
    """Bits of a video's sound: `bits` (n,) uint32, of which the k-th describes the sound around `start_s + k * hop_s`
    seconds on the clock of its pictures; 0 where it is silent. `shifted_bits` (n,) are those of bands as much higher as
    films sound that play at 25 instead of 23.976 frames a second: with them such an episode is compared with others.
    """

    bits: NDArray[np.uint32]
    hop_s: float
    start_s: float = 0.0
    shifted_bits: NDArray[np.uint32] | None = None


@dataclass(frozen=True, slots=True)
class FrameTrack:
    """Indexed frames: `times_ms` (n,) uint32 ascending, `vectors` (n, dim) float32 of unit length."""

    times_ms: NDArray[np.uint32]
    vectors: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class EpisodeTrack:
    """Signals of one episode. `sound` is `None` without sound that can be decoded, `frames` where none are stored;
    `cuts_ms` are the start times of its shots after the first one.
    """

    file_id: FileId
    duration_ms: Millis
    sound: SoundFingerprint | None
    frames: FrameTrack | None
    chapters: Sequence[Chapter] = ()
    cuts_ms: Sequence[int] = ()
