"""Frames of episodes as vectors: two a second, random, with what two of them share."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from core.domain import FileId
from core.themes.episode_track import EpisodeTrack, FrameTrack
from core.timecode import Millis

RATE_HZ = 2
Vectors = NDArray[np.float32]


def pictures(seed: int, length_s: float) -> Vectors:
    """Vectors of unit length (n, 64) that have a little in common with all others, as pictures do."""
    rng = np.random.default_rng([3, seed])
    vectors = rng.standard_normal((round(length_s * RATE_HZ), 64)) + 0.5
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), dtype=np.float32)


def encoded(vectors: Vectors, seed: int) -> Vectors:
    """The same pictures after another encoding: a cosine of about .9."""
    noisy = vectors + 0.06 * np.random.default_rng([4, seed]).standard_normal(vectors.shape)
    return np.asarray(noisy / np.linalg.norm(noisy, axis=1, keepdims=True), dtype=np.float32)


def frame_track(parts: Sequence[Vectors]) -> FrameTrack:
    """Frames of parts one after the other."""
    vectors = np.concatenate(parts)
    return FrameTrack((np.arange(len(vectors)) * (1000 // RATE_HZ)).astype(np.uint32), vectors)


def silent_episode(number: int, parts: Sequence[Vectors], cuts_s: Sequence[float] = ()) -> EpisodeTrack:
    """An episode without sound."""
    frames = frame_track(parts)
    duration = Millis(len(frames.times_ms) * 1000 // RATE_HZ)
    return EpisodeTrack(FileId(number), duration, None, frames, (), [round(cut * 1000) for cut in cuts_s])
