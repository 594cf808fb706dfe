"""Indexing a video: one thread decodes and samples, the caller's thread embeds."""

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.catalogue.records import FileOutcome, FileState
from core.encoders.base import Encoder, VectorBatch
from core.errors import MediaError
from core.library.stills import StillsSpec, StillsWriter
from core.pictures.color_layout import LAYOUT_SIZE
from core.timecode import format_millis, to_millis
from core.video.reading import VideoReader
from ingest.indexing.decode_ahead import DecodeAhead
from ingest.indexing.features import Features
from ingest.indexing.frame_sampling import IndexFrameSampler, SampledFrame, SamplingCounts, SamplingSpec
from ingest.reporting import Reporter
from ingest.wording import counted

BATCH_FRAMES = 16
_EXPECTED_MIN_SHARE: Final = 0.25
"""The share of the expected frames below which a video has a problem. At least one frame in `max_gap_s` is expected
where the picture is not plain.
"""
_EXPECTED_MIN_FRAMES: Final = 5
_NO_USABLE_FRAME: Final = "there is no frame in it that can be used; are skip_head and skip_tail too long for it?"


@dataclass(frozen=True, slots=True)
class IndexedVideo:
    """The result of indexing one video."""

    features: Features
    outcome: FileOutcome
    counts: SamplingCounts


@dataclass(frozen=True, slots=True)
class VideoIndexer:
    """Indexes videos with one encoder and the settings of sampling and of stored pictures; `color_layout`: whether
    color layouts of the frames are made too.
    """

    encoder: Encoder
    sampling: SamplingSpec
    stills: StillsSpec = field(default_factory=StillsSpec)
    color_layout: bool = True

    def index(self, path: Path, *, first_episode: bool, reporter: Reporter, pack: Path | None = None) -> IndexedVideo:
        """Decode, sample and embed one video. `MediaError` when it has no usable frame.

        A video that breaks off is indexed up to there; its outcome is `damaged`. A video with far fewer frames than its
        length suggests, or only plain ones, is `ready` with a problem. Its pictures are stored in `pack`, which is
        complete when this returns, and untouched when this raises (`StorageError` when the disk refuses). No pictures
        are stored without `pack`, or if the settings turn them off.
        """
        stills_spec = self.stills if pack and self.stills.width else None
        with VideoReader(path) as video, _open_pack(pack, stills_spec) as stills:
            sampler = IndexFrameSampler(
                video,
                self.sampling,
                self.encoder.spec.preprocess,
                first_episode=first_episode,
                stills=stills_spec,
                layouts=self.color_layout,
            )
            duration_s = float(video.info.duration or 0)
            times: list[int] = []
            vectors: list[VectorBatch] = []
            layouts: list[NDArray[np.uint8]] = []
            with DecodeAhead(_storing_stills(sampler, stills), BATCH_FRAMES) as batches:
                for batch in batches:
                    vectors.append(self.encoder.embed(np.stack([frame.rgb for frame in batch])))
                    times.extend(frame.time_ms for frame in batch)
                    layouts.extend(frame.layout for frame in batch if frame.layout is not None)
                    reached_s = float(sampler.time_reached)
                    share = min(1.0, reached_s / duration_s) if duration_s else 0.0
                    reporter.advanced(share=share, video_s=reached_s, frames=sampler.counts.decoded)
            damage = video.damage
            if not times and (damage or not sampler.counts.plain):
                raise MediaError(path, damage or _NO_USABLE_FRAME)
            seekable = not video.restarts and sampler.probes.agree(video)
            reached_s = float(sampler.time_reached)
            reporter.advanced(share=1.0, video_s=reached_s, frames=sampler.counts.decoded)
            outcome = FileOutcome(
                state=FileState.DAMAGED if damage else FileState.READY,
                problem=damage or _few_frames_problem(sampler, self.sampling),
                encoder=self.encoder.fingerprint,
                duration_ms=to_millis(max(duration_s, reached_s)),
                frames=len(times),
                cuts_ms=tuple(sampler.cuts_ms),
                seekable=seekable,
            )
            if stills:
                stills.commit()
        no_vectors = np.zeros((0, self.encoder.spec.dim), np.float32)
        features = Features(
            np.asarray(times, np.uint32),
            np.concatenate([no_vectors, *vectors]).astype(np.float16),
            layouts=np.array(layouts, np.uint8).reshape(-1, LAYOUT_SIZE) if self.color_layout else None,
        )
        return IndexedVideo(features, outcome, sampler.counts)


def _open_pack(pack: Path | None, spec: StillsSpec | None) -> AbstractContextManager[StillsWriter | None]:
    return StillsWriter(pack, quality=spec.quality) if pack and spec else nullcontext()


def _storing_stills(frames: Iterable[SampledFrame], stills: StillsWriter | None) -> Iterator[SampledFrame]:
    """The same frames, with their pictures moved to the pack in the decoding thread, so that they do not accumulate."""
    for frame in frames:
        if stills and frame.still is not None:
            stills.add(frame.time_ms, frame.still)
        yield replace(frame, still=None)


def _few_frames_problem(sampler: IndexFrameSampler, spec: SamplingSpec) -> str:
    """The problem of a video with far fewer frames than its length suggests; empty for others."""
    counts = sampler.counts
    expected = float(sampler.span_s) / max(spec.max_gap_s, 1 / spec.rate_hz)
    if counts.selected and (expected < _EXPECTED_MIN_FRAMES or counts.selected >= _EXPECTED_MIN_SHARE * expected):
        return ""
    plain = ", as the others are of one plain colour" if counts.plain > counts.repeats else ""
    if not counts.selected:
        return "every frame of it is of one plain colour: there is nothing to find it by"
    return f"only {counted(counts.selected, 'frame')} kept of {format_millis(to_millis(sampler.span_s))}{plain}"
