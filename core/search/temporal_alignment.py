"""Temporal alignment: chains of hits of several pictures that follow each other in one file as the pictures do.

A chain has at most one hit of each picture and never goes back in the video, or never forward for a clip that is
played backwards. The best chain of a file is found by dynamic programming over the hits in the order of the pictures:
the sum of similarities less the cost of each step. A step of a clip costs more the less it agrees with the clip's own
times; a step between separate pictures costs a little more the farther they are apart, and reaches at most to the end
of the next shot.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.domain import FileId, Hit, split_label
from core.retrieval.scene_grouping import ShotBounds
from core.timecode import Millis

HIT_MAX_SIMILARITY_GAP: Final = 0.1
"""Hits whose similarity is further than this below the best one of their picture are left out."""

_CHAINS_PER_FILE: Final = 3
_CHAIN_MIN_GAP_MS: Final = 2000  # between chains of one file
_MIN_SPEED: Final = 0.4
_MAX_SPEED: Final = 2.5
_TIME_TOLERANCE_MS: Final = 500  # error of two indexed times, each of the nearest sample
_PACE_COST_PER_S: Final = 0.05  # for each second beyond the usual speeds
_MAX_PACE_COST: Final = 0.15
_MAX_SPEED_COST: Final = 0.02  # within the usual speeds
_IMPOSSIBLE_SPEED: Final = 12.0  # times the clip's; no wrong delay of an animation explains more
_IMPOSSIBLE_TOLERANCE_MS: Final = 2000
_DISTANCE_COST: Final = 0.02  # for each factor of ten of the unit
_DISTANCE_UNIT_MS: Final = 10_000
_MAX_DISTANCE_COST: Final = 0.08
_STEP_REACH_MS: Final = 15_000
"""A step may always reach this far: nine in ten pairs of adjacent shots in films are no longer."""
_LINE_MIN_POINTS: Final = 4
_MIRROR_CHANGE_COST: Final = 0.05  # a step from a picture to a mirrored one
_BACKWARDS_COST: Final = 0.1  # for a whole chain: clips are seldom played backwards

Times = NDArray[np.int64]
Costs = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class PictureHits:
    """The hits of one picture, best first; `mirrored` by the number of the view; when a clip shows it, if one does."""

    hits: Sequence[Hit]
    mirrored: Sequence[bool]
    time_ms: Millis | None = None
    until_ms: Millis | None = None


@dataclass(frozen=True, slots=True)
class ChainStep:
    """One hit of picture number `picture`, at `at_ms` of the file."""

    picture: int
    at_ms: Millis
    similarity: float
    view: int
    mirrored: bool


@dataclass(frozen=True)
class Chain:
    """Steps at times that never go back, in the order of their pictures, or `backwards` for a clip that is played
    backwards. `score`: summed similarity less costs.
    """

    file_id: FileId
    steps: tuple[ChainStep, ...]
    score: float
    backwards: bool = False

    def span(self, hits_by_picture: Sequence[PictureHits]) -> tuple[Millis, Millis]:
        """Returns begin and end, corrected by the times at which the clip shows its pictures, if they are of a clip.

        Indexed frames are a little before or after those of the clip. Where the times of the clip and of the steps lie
        on a line, the ends of that line are more exact than the first and the last step; the last picture may be shown
        for some time.
        """
        first, last = self.from_ms, self.to_ms
        shown = [
            (_shown_ms(hits_by_picture[step.picture], backwards=self.backwards), step.at_ms) for step in self.steps
        ]
        timed = [(time_ms, at_ms) for time_ms, at_ms in shown if time_ms is not None]
        if len(timed) < _LINE_MIN_POINTS or first == last:
            return first, last
        clip, video = np.array(timed, np.float64).T
        speed, start = np.polyfit(clip - clip[0], video, 1)
        line = start + speed * (clip - clip[0])
        if speed <= 0 or np.abs(line - video).max() > _TIME_TOLERANCE_MS:
            return first, last
        end = hits_by_picture[self.steps[-1].picture]
        held = max(0, end.until_ms - end.time_ms) if end.until_ms is not None and end.time_ms is not None else 0
        return Millis(max(0, round(line[0]))), Millis(max(0, round(line[-1] + speed * held)))

    @property
    def from_ms(self) -> Millis:
        """Time of the first step."""
        return self.steps[0].at_ms

    @property
    def to_ms(self) -> Millis:
        """Time of the last step."""
        return self.steps[-1].at_ms

    @cached_property
    def by_picture(self) -> dict[int, ChainStep]:
        """Steps by the number of their picture."""
        return {step.picture: step for step in self.steps}

    def best(self) -> list[ChainStep]:
        """Returns the steps, most similar first."""
        return sorted(self.steps, key=lambda step: -step.similarity)


def find_chains(
    hits_by_picture: Sequence[PictureHits], knows: Callable[[FileId], bool], shot_bounds: ShotBounds
) -> list[Chain]:
    """Returns the best chains of every file that `knows` admits, best first: at most three of one file, never two in
    a shot.

    Time is quadratic in the hits of a file, at worst (n k)² when all k hits of n pictures are of one file; memory is
    linear.
    """
    by_file: dict[FileId, list[ChainStep]] = {}
    for number, of_picture in enumerate(hits_by_picture):
        for hit in of_picture.hits:
            file_id, at_ms = split_label(hit.label)
            if hit.similarity < of_picture.hits[0].similarity - HIT_MAX_SIMILARITY_GAP:
                break
            if knows(file_id):
                step = ChainStep(number, at_ms, hit.similarity, hit.view, of_picture.mirrored[hit.view])
                by_file.setdefault(file_id, []).append(step)
    chains = [
        chain
        for file_id, steps in by_file.items()
        for chain in _file_chains(file_id, steps, hits_by_picture, shot_bounds)
    ]
    return sorted(chains, key=lambda chain: (-chain.score, chain.file_id, chain.from_ms))


def _shown_ms(picture: PictureHits, *, backwards: bool) -> int | None:
    """Time at which a clip begins to show a picture; negative, from the end, for a clip that is played backwards."""
    if not backwards or picture.time_ms is None:
        return picture.time_ms
    return -(picture.time_ms if picture.until_ms is None else picture.until_ms)


def _file_chains(
    file_id: FileId, steps: Sequence[ChainStep], hits_by_picture: Sequence[PictureHits], shot_bounds: ShotBounds
) -> Iterable[Chain]:
    timed = all(of_picture.time_ms is not None for of_picture in hits_by_picture)
    for _ in range(_CHAINS_PER_FILE):
        if not steps:
            return
        chain = _best_chain(file_id, steps, hits_by_picture, shot_bounds)
        if timed:
            reversed_chain = _best_chain(file_id, steps[::-1], hits_by_picture, shot_bounds, backwards=True)
            chain = max(chain, reversed_chain, key=lambda candidate: candidate.score)
        yield chain
        low = min(chain.from_ms - _CHAIN_MIN_GAP_MS, shot_bounds(file_id, chain.from_ms)[0])
        high = max(chain.to_ms + _CHAIN_MIN_GAP_MS, shot_bounds(file_id, chain.to_ms)[1])
        steps = [step for step in steps if not low <= step.at_ms <= high]


def _best_chain(
    file_id: FileId,
    steps: Sequence[ChainStep],
    hits_by_picture: Sequence[PictureHits],
    shot_bounds: ShotBounds,
    *,
    backwards: bool = False,
) -> Chain:
    """The best chain of `steps`, which are in the order of their pictures, or `backwards` in the reverse order."""
    at = np.array([step.at_ms for step in steps], np.int64)
    picture = np.array([step.picture for step in steps], np.intp) * (-1 if backwards else 1)
    times = [_shown_ms(of_picture, backwards=backwards) for of_picture in hits_by_picture]
    timed = None not in times
    shown = np.array([times[step.picture] or 0 for step in steps], np.int64)
    mirrored = np.array([step.mirrored for step in steps], np.bool_)
    reach = np.array([_reach(file_id, step.at_ms, shot_bounds) for step in steps], np.int64)
    total = np.array([step.similarity for step in steps], np.float64)
    before = np.full(len(steps), -1, np.intp)
    ends = np.searchsorted(picture, picture)  # end of the steps of earlier pictures
    for index, end in enumerate(ends.tolist()):
        if not end:
            continue
        gap = at[index] - at[:end]
        if not timed:
            cost = np.where(at[index] > reach[:end], np.inf, _distance_cost(gap))
        else:
            cost = _pace_cost(gap, shown[index] - shown[:end])
        gain = np.where(
            gap >= 0, total[:end] - cost - _MIRROR_CHANGE_COST * (mirrored[:end] != mirrored[index]), -np.inf
        )
        best = int(gain.argmax())
        if gain[best] > 0:
            total[index] += gain[best]
            before[index] = best
    last = int(total.argmax())
    chosen = [last]
    while before[chosen[-1]] >= 0:
        chosen.append(int(before[chosen[-1]]))
    chain = tuple(steps[index] for index in reversed(chosen))
    return Chain(file_id, chain, float(total[last]) - (_BACKWARDS_COST if backwards else 0), backwards)


def _reach(file_id: FileId, at_ms: Millis, shot_bounds: ShotBounds) -> int:
    """Latest time that a step from here may reach, for pictures without times of their own."""
    return max(at_ms + _STEP_REACH_MS, shot_bounds(file_id, shot_bounds(file_id, at_ms)[1])[1] - 1)


def _pace_cost(gap: Times, shown: Times) -> Costs:
    """Costs of steps of (n,) milliseconds in the video that take `shown` (n,) milliseconds in the clip."""
    beyond = np.maximum(_MIN_SPEED * shown - _TIME_TOLERANCE_MS - gap, gap - _MAX_SPEED * shown - _TIME_TOLERANCE_MS)
    pace_cost = np.minimum(_PACE_COST_PER_S * np.maximum(beyond, 0) / 1000, _MAX_PACE_COST)
    speed_cost = _MAX_SPEED_COST * np.minimum(np.abs(gap - shown) / (shown + _TIME_TOLERANCE_MS), 1)
    return np.where(gap > _IMPOSSIBLE_SPEED * shown + _IMPOSSIBLE_TOLERANCE_MS, np.inf, pace_cost + speed_cost)


def _distance_cost(gap: Times) -> Costs:
    """Costs of steps of (n,) milliseconds between pictures without times of their own."""
    return np.minimum(_DISTANCE_COST * np.log10(1 + np.maximum(gap, 0) / _DISTANCE_UNIT_MS), _MAX_DISTANCE_COST)
