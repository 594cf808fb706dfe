"""Collects frames to index and query frames from folders of videos."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np

from core.errors import InputError, MediaError
from core.pictures.jpeg import encode_jpeg
from core.pictures.pixels import is_plain
from core.timecode import to_millis
from core.video.reading import VideoReader
from training.dataset.sources import FrameSource, sources_below
from training.evaluation.collection import FRAME_QUALITY, QUERY_QUALITY, Collection, LabelledFrame
from training.evaluation.sampling import sample_frames
from training.evaluation.screenshots import PLAIN_MAX_DEVIATION
from training.evaluation.shot_lists import listed_shots
from training.progress import ProgressCallback, no_progress

_DRAWS_PER_QUERY: Final = 4
"""Some of the times drawn are those of plain frames, or of frames in the index."""


@dataclass(slots=True)
class _CollectedFrames:
    frames: list[LabelledFrame] = field(default_factory=list)
    queries: list[LabelledFrame] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    left_out: list[tuple[str, str]] = field(default_factory=list)
    listed: int = 0


def collect_frames(
    videos: Path,
    distractors: Sequence[Path] = (),
    *,
    queries: int = 300,
    seed: int = 0,
    threads: int = 0,
    step: ProgressCallback = no_progress,
) -> Collection:
    """Index frames of all videos below the folders, and queries at random times of those below `videos`.

    Every video of `videos` gives a query (some of them, when there are more videos than queries); the rest are drawn
    in proportion to length. A query is neither a frame of the index nor plain; a video with too few other frames gives
    fewer. Sources that cannot be read are left out and reported. `threads` decode (0: one for each core); `step` counts
    bytes.

    The same files and seed give the same collection. `InputError` when a place does not exist or holds no video;
    `MediaError` when no query could be taken at all.
    """
    query_sources = videos_below(videos)
    distractor_sources = [source for place in distractors for source in videos_below(place)]
    sources: dict[str, FrameSource] = {}
    for source in [*query_sources, *distractor_sources]:
        sources.setdefault(source.key, source)
    collected = _CollectedFrames()
    query_times = _draw_query_times(query_sources, queries, np.random.default_rng(seed), collected)
    total = max(1, sum(source.size_bytes for source in sources.values()))
    done = 0
    for source in sources.values():

        def advanced(share: float, before: int = done, size: int = source.size_bytes) -> None:
            step(before + int(share * size), total)

        try:
            _read_video(source, query_times.get(source.key, _QueryTimes()), collected, threads, advanced)
        except MediaError as exc:
            collected.left_out.append((source.key, exc.reason))
        done += source.size_bytes
        step(done, total)
    if not collected.queries:
        reason = ": " + ": ".join(collected.left_out[0]) if collected.left_out else ""
        raise MediaError(videos, f"no frame to ask for could be taken{reason}")
    return Collection(
        frames=tuple(collected.frames),
        queries=tuple(collected.queries),
        files=tuple(collected.files),
        listed=collected.listed,
        left_out=tuple(collected.left_out),
    )


def videos_below(place: Path) -> list[FrameSource]:
    """The videos below a folder, or the one video that is named. `InputError` when there is none."""
    sources = [source for source in sources_below([place], leave_out=place.resolve().parent) if source.is_video]
    if not sources:
        raise InputError(f"{place}: it holds no video.")
    return sources


class _QueryTimes:
    """Random times of a video, in the order drawn; the first `limit` of them with a usable frame give queries."""

    def __init__(self, limit: int = 0, times_s: Sequence[float] = ()) -> None:
        self._limit = limit
        self._due = sorted(((time, rank) for rank, time in enumerate(times_s)), reverse=True)
        self._frames: dict[int, LabelledFrame] = {}

    def rank_at(self, time_s: float) -> int | None:
        """The rank of the first time drawn that has passed since the last call; `None` when none has."""
        ranks = []
        while self._due and self._due[-1][0] <= time_s:
            ranks.append(self._due.pop()[1])
        return min(ranks, default=None)

    def add(self, rank: int, frame: LabelledFrame) -> None:
        """Keep a frame, and at most `limit`, those of the lowest ranks."""
        self._frames[rank] = frame
        if len(self._frames) > self._limit:
            del self._frames[max(self._frames)]

    def frames(self) -> list[LabelledFrame]:
        """The frames kept, by time."""
        return sorted(self._frames.values(), key=lambda moment: moment.time_ms)


def _draw_query_times(
    sources: Sequence[FrameSource], queries: int, rng: np.random.Generator, collected: _CollectedFrames
) -> dict[str, _QueryTimes]:
    """By key of the source; a video that cannot be opened has none, and is reported when it is read."""
    lengths_s: dict[str, float] = {}
    for source in sources:
        try:
            with VideoReader(source.places[0], threads=1) as video:
                lengths_s[source.key] = float(video.info.duration or 0)
        except MediaError:
            continue
        if not lengths_s[source.key]:
            del lengths_s[source.key]
            collected.left_out.append((source.key, "its length is not known, so it gives no queries"))
    if not lengths_s:
        return {}
    keys = list(lengths_s)
    counts = np.zeros(len(keys), int)
    counts[rng.permutation(len(keys))[:queries]] = 1
    shares = np.array(list(lengths_s.values())) / sum(lengths_s.values())
    counts += rng.multinomial(queries - int(counts.sum()), shares)
    return {
        key: _QueryTimes(int(number), rng.uniform(0, lengths_s[key], _DRAWS_PER_QUERY * int(number)).tolist())
        for key, number in zip(keys, counts, strict=True)
    }


def _read_video(
    source: FrameSource,
    times: _QueryTimes,
    collected: _CollectedFrames,
    threads: int,
    advanced: Callable[[float], None],
) -> None:
    """Add all frames and queries of a video, or none when it cannot be read; `advanced` gets the share done (0..1)."""
    file = len(collected.files)
    place = Path(source.places[0])
    starts = listed_shots(place)
    frames: list[LabelledFrame] = []
    with VideoReader(place, threads=threads) as video:
        size = video.info.width, video.info.height
        duration = float(video.info.duration or 0)
        for sampled in sample_frames(video, starts):
            time_ms = to_millis(sampled.frame.time)
            if sampled.index_rgb is not None:
                frames.append(
                    LabelledFrame(
                        file, source.show, sampled.shot, time_ms, encode_jpeg(sampled.index_rgb, FRAME_QUALITY)
                    )
                )
                advanced(min(1.0, time_ms / 1000 / duration) if duration else 0.0)
            rank = times.rank_at(float(sampled.frame.time))
            if rank is not None and sampled.index_rgb is None:
                rgb = sampled.frame.rgb(*size)
                if not is_plain(rgb, PLAIN_MAX_DEVIATION):
                    times.add(
                        rank, LabelledFrame(file, source.show, sampled.shot, time_ms, encode_jpeg(rgb, QUERY_QUALITY))
                    )
        note = video.damage
    collected.frames += frames
    collected.queries += times.frames()
    collected.files.append(source.key)
    collected.listed += starts is not None
    if note:
        collected.left_out.append((source.key, note))
