"""Frames to index and frames to ask for, out of folders of videos."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np

from core.errors import InputError, MediaError
from core.pictures.jpeg import encode_jpeg
from core.pictures.pixels import colour_deviation
from core.timecode import to_millis
from core.video.reading import VideoReader
from training.dataset.sources import FrameSource, sources_below
from training.evaluation.collection import FRAME_QUALITY, QUERY_QUALITY, Collection, Moment
from training.evaluation.sampling import look_through
from training.evaluation.screenshots import PLAIN
from training.evaluation.shot_lists import listed_shots
from training.progress import Step, silent

_SPARE: Final = 4
"""Times drawn for each query that is wanted: some fall on plain frames, or on frames of the index."""


@dataclass(slots=True)
class _Gathered:
    frames: list[Moment] = field(default_factory=list)
    queries: list[Moment] = field(default_factory=list)
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
    step: Step = silent,
) -> Collection:
    """Index frames of all videos below the folders, and queries at random times of those below `videos`.

    Every video of `videos` gives a query (some of them, when there are more videos than queries), the rest are drawn
    by length. A query is never a frame of the index, nor a plain one; a video that has too few others gives fewer.
    What cannot be read is left out and told. `threads` decode (0: one for each core); `step` is told bytes.

    The same files and seed give the same collection. `InputError` when a place is not there or holds no video;
    `MediaError` when no query could be taken at all.
    """
    asked = videos_below(videos)
    others = [source for place in distractors for source in videos_below(place)]
    sources: dict[str, FrameSource] = {}
    for source in [*asked, *others]:
        sources.setdefault(source.key, source)
    gathered = _Gathered()
    draws = _draws(asked, queries, np.random.default_rng(seed), gathered)
    total = max(1, sum(source.size_bytes for source in sources.values()))
    done = 0
    for source in sources.values():

        def advanced(share: float, before: int = done, size: int = source.size_bytes) -> None:
            step(before + int(share * size), total)

        try:
            _read(source, draws.get(source.key, _Draw()), gathered, threads, advanced)
        except MediaError as exc:
            gathered.left_out.append((source.key, exc.reason))
        done += source.size_bytes
        step(done, total)
    if not gathered.queries:
        reason = ": " + ": ".join(gathered.left_out[0]) if gathered.left_out else ""
        raise MediaError(videos, f"no frame to ask for could be taken{reason}")
    return Collection(
        frames=tuple(gathered.frames),
        queries=tuple(gathered.queries),
        files=tuple(gathered.files),
        listed=gathered.listed,
        left_out=tuple(gathered.left_out),
    )


def videos_below(place: Path) -> list[FrameSource]:
    """The videos below a folder, or the one video that is named. `InputError` when there is none."""
    found = [source for source in sources_below([place], leave_out=place.resolve().parent) if source.is_video]
    if not found:
        raise InputError(f"{place}: it holds no video.")
    return found


class _Draw:
    """Times at which a video may be asked for, in the order drawn; the first `wanted` that are any good are."""

    def __init__(self, wanted: int = 0, times_s: Sequence[float] = ()) -> None:
        self._wanted = wanted
        self._due = sorted(((time, rank) for rank, time in enumerate(times_s)), reverse=True)
        self._found: dict[int, Moment] = {}

    def rank_at(self, time_s: float) -> int | None:
        """The order of the first time drawn that has passed since the last call; `None` when none has."""
        ranks = []
        while self._due and self._due[-1][0] <= time_s:
            ranks.append(self._due.pop()[1])
        return min(ranks, default=None)

    def add(self, rank: int, moment: Moment) -> None:
        """Keep a moment, and no more than are wanted."""
        self._found[rank] = moment
        if len(self._found) > self._wanted:
            del self._found[max(self._found)]

    def moments(self) -> list[Moment]:
        """Those kept, by time."""
        return sorted(self._found.values(), key=lambda moment: moment.time_ms)


def _draws(
    sources: Sequence[FrameSource], queries: int, rng: np.random.Generator, gathered: _Gathered
) -> dict[str, _Draw]:
    """By key of the source; a video that cannot be opened has none, and is told of when it is read."""
    lengths_s: dict[str, float] = {}
    for source in sources:
        try:
            with VideoReader(source.places[0], threads=1) as video:
                lengths_s[source.key] = float(video.info.duration or 0)
        except MediaError:
            continue
        if not lengths_s[source.key]:
            del lengths_s[source.key]
            gathered.left_out.append((source.key, "its length is not known, so it is not asked for"))
    if not lengths_s:
        return {}
    keys = list(lengths_s)
    wanted = np.zeros(len(keys), int)
    wanted[rng.permutation(len(keys))[:queries]] = 1
    shares = np.array(list(lengths_s.values())) / sum(lengths_s.values())
    wanted += rng.multinomial(queries - int(wanted.sum()), shares)
    return {
        key: _Draw(int(number), rng.uniform(0, lengths_s[key], _SPARE * int(number)).tolist())
        for key, number in zip(keys, wanted, strict=True)
    }


def _read(
    source: FrameSource, draw: _Draw, gathered: _Gathered, threads: int, advanced: Callable[[float], None]
) -> None:
    """Add the video's frames and queries, all or, when it cannot be read, none; `advanced` is told the share (0..1)."""
    file = len(gathered.files)
    place = Path(source.places[0])
    starts = listed_shots(place)
    frames: list[Moment] = []
    with VideoReader(place, threads=threads) as video:
        size = video.info.width, video.info.height
        duration = float(video.info.duration or 0)
        for seen in look_through(video, starts):
            time_ms = to_millis(seen.frame.time)
            if seen.kept is not None:
                frames.append(Moment(file, source.show, seen.shot, time_ms, encode_jpeg(seen.kept, FRAME_QUALITY)))
                advanced(min(1.0, time_ms / 1000 / duration) if duration else 0.0)
            rank = draw.rank_at(float(seen.frame.time))
            if rank is not None and seen.kept is None:
                rgb = seen.frame.rgb(*size)
                if colour_deviation(rgb) > PLAIN:
                    draw.add(rank, Moment(file, source.show, seen.shot, time_ms, encode_jpeg(rgb, QUERY_QUALITY)))
        note = video.damage
    gathered.frames += frames
    gathered.queries += draw.moments()
    gathered.files.append(source.key)
    gathered.listed += starts is not None
    if note:
        gathered.left_out.append((source.key, note))
