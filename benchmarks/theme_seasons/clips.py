"""Clips of 200 s around openings and endings, cut as the published system gets them: there is one in every clip.

That system is told that a clip has an opening (or an ending) and answers with one time, the end of the opening or the
start of the ending. Ours gets the clips of a season's episodes and answers with the longest repeated theme in each,
whatever role it gives it; a clip without one has no answer.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from benchmarks.theme_seasons.episode_scores import KINDS, Span
from benchmarks.theme_seasons.systems import Episode, System
from benchmarks.theme_seasons.truth import TrueSegment
from core.catalogue.segments import SegmentKind
from core.themes.episode_track import EpisodeTrack, FrameTrack, SoundFingerprint
from core.timecode import Millis

CLIP_S: Final = 200.0


def clip_errors(system: System, episodes: Sequence[Episode], seed: int) -> list[float | None]:
    """The errors in seconds of all clips of a season, `None` where there is no answer."""
    rng = np.random.default_rng(seed)
    errors: list[float | None] = []
    for kind in KINDS:
        clips: list[Episode] = []
        edges: list[float] = []
        for episode in episodes:
            segment = next((s for s in episode.truth.segments if s.kind is kind and s.shared), None)
            if segment:
                start = _clip_start(segment, episode.truth.length_s, rng)
                clips.append(_clip(episode, start))
                edges.append((segment.end_s if kind is SegmentKind.OPENING else segment.start_s) - start)
        answers = [_answer(kind, spans) for spans in system.find(clips)] if clips else []
        errors += [None if a is None else abs(a - edge) for a, edge in zip(answers, edges, strict=True)]
    return errors


def _clip_start(segment: TrueSegment, length_s: float, rng: np.random.Generator) -> float:
    """A random start at which the whole segment is inside of the clip."""
    low = max(0.0, segment.end_s - CLIP_S)
    high = max(low, min(segment.start_s, length_s - CLIP_S))
    return float(rng.uniform(low, high))


def _clip(episode: Episode, start_s: float) -> Episode:
    length_s = min(CLIP_S, episode.truth.length_s - start_s)
    truth = replace(episode.truth, length_s=length_s, segments=())
    return Episode(truth, _cut(episode.track, start_s, length_s))


def _cut(track: EpisodeTrack, start_s: float, length_s: float) -> EpisodeTrack:
    """The track of a clip, without chapters, which clips lack."""
    sound = _cut_sound(track.sound, start_s, length_s) if track.sound else None
    frames = _cut_frames(track.frames, start_s, length_s) if track.frames else None
    return EpisodeTrack(track.file_id, Millis(round(length_s * 1000)), sound, frames)


def _cut_sound(sound: SoundFingerprint, start_s: float, length_s: float) -> SoundFingerprint:
    first = max(0, round((start_s - sound.start_s) / sound.hop_s) + 1)
    last = max(first, int((start_s + length_s - sound.start_s) / sound.hop_s))
    shifted = None if sound.shifted_bits is None else sound.shifted_bits[first:last]
    return SoundFingerprint(sound.bits[first:last], sound.hop_s, sound.start_s + first * sound.hop_s - start_s, shifted)


def _cut_frames(frames: FrameTrack, start_s: float, length_s: float) -> FrameTrack:
    inside = slice(*np.searchsorted(frames.times_ms, [start_s * 1000, (start_s + length_s) * 1000]))
    times = frames.times_ms[inside] - np.uint32(round(start_s * 1000))
    return FrameTrack(times.astype(np.uint32), frames.vectors[inside])


def _answer(kind: SegmentKind, spans: Sequence[Span]) -> float | None:
    longest = max(spans, key=lambda span: span.length_s, default=None)
    if longest is None:
        return None
    return longest.end_s if kind is SegmentKind.OPENING else longest.start_s
