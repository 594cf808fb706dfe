"""Tracks of rendered episodes, read from their files; what is slow is kept beside them for the next run."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from time import process_time

import numpy as np

from benchmarks.theme_seasons.systems import Episode
from benchmarks.theme_seasons.truth import TrueEpisode, TrueSeason
from core.domain import FileId
from core.encoders.base import Encoder
from core.errors import MediaError
from core.themes.episode_track import EpisodeTrack, FrameTrack
from core.themes.fingerprint import RATE_HZ, fingerprint_sound
from core.timecode import Millis
from core.video.chapters import read_chapters
from core.video.sound_reading import stream_sound
from ingest.indexing.frame_sampling import SamplingSpec
from ingest.indexing.video_indexer import VideoIndexer
from ingest.reporting import SilentReporter


@dataclass(slots=True)
class Cost:
    """CPU seconds of this process, and the seconds of video that they were spent on.

    Sound is decoded without a fingerprint only of each season's first episode, to see what decoding costs alone.
    """

    decode_s: float = 0.0
    fingerprint_s: float = 0.0
    fingerprint_video_s: float = 0.0
    mine_s: float = 0.0
    mine_video_s: float = 0.0

    @classmethod
    def total(cls, costs: Sequence["Cost"]) -> "Cost":
        """The sum of all."""
        return cls(*(sum(getattr(cost, part.name) for cost in costs) for part in fields(cls)))

    def per_episode(self, minutes: float = 24.0) -> dict[str, float]:
        """Seconds beyond decoding for an episode of so many minutes."""
        fingerprint = minutes * 60 / max(self.fingerprint_video_s, 1e-9)
        beyond = max(0.0, self.fingerprint_s - self.decode_s) * fingerprint
        mining = self.mine_s * minutes * 60 / max(self.mine_video_s, 1e-9)
        return {
            "fingerprint_beyond_decoding_s": beyond,
            "mining_s": mining,
            "total_s": beyond + mining,
            "decoding_of_sound_s": self.decode_s * fingerprint,
        }


def read_episodes(season: TrueSeason, first_id: int, encoder: Encoder | None, cost: Cost) -> list[Episode]:
    """The tracks of a season's episodes, with ids from `first_id` on; frames only with an encoder."""
    return [
        Episode(truth, _read_track(truth, FileId(first_id + number), encoder, cost))
        for number, truth in enumerate(season.episodes)
    ]


def blank_episodes(season: TrueSeason) -> list[Episode]:
    """Episodes without tracks."""
    return [
        Episode(truth, EpisodeTrack(FileId(number + 1), Millis(round(truth.length_s * 1000)), None, None))
        for number, truth in enumerate(season.episodes)
    ]


def _read_track(truth: TrueEpisode, file_id: FileId, encoder: Encoder | None, cost: Cost) -> EpisodeTrack:
    started = process_time()
    sound = fingerprint_sound(truth.path)
    if sound and not cost.decode_s:
        cost.fingerprint_s = process_time() - started
        started = process_time()
        deque(stream_sound(truth.path, rate_hz=RATE_HZ), maxlen=0)
        cost.decode_s = process_time() - started
        cost.fingerprint_video_s = truth.length_s
    cost.mine_video_s += truth.length_s
    chapters = read_chapters(truth.path).chapters
    duration = Millis(round(truth.length_s * 1000))
    frames, cuts_ms = _read_frames(truth.path, encoder) if encoder else (None, ())
    return EpisodeTrack(file_id, duration, sound, frames, chapters, cuts_ms)


def _read_frames(path: Path, encoder: Encoder) -> tuple[FrameTrack | None, Sequence[int]]:
    """Embedded frames and the starts of shots, as the library indexes them; none of a video that has too few."""
    stored = path.with_name(f"{path.name}.{encoder.fingerprint[:12]}.signals.npz")
    if stored.exists():
        with np.load(stored) as arrays:
            return FrameTrack(arrays["times_ms"], arrays["vectors"]), arrays["cuts_ms"].tolist()
    indexer = VideoIndexer(encoder, SamplingSpec(), color_layout=False)
    try:
        with SilentReporter() as reporter:
            indexed = indexer.index(path, first_episode=False, reporter=reporter)
    except MediaError:
        return None, ()
    features, cuts_ms = indexed.features, indexed.outcome.cuts_ms
    vectors = features.unit_vectors()
    np.savez(stored, times_ms=features.times_ms, vectors=vectors, cuts_ms=np.array(cuts_ms, np.int64))
    return FrameTrack(features.times_ms, vectors), cuts_ms
