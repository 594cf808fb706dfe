"""Temporal alignment: chains of hits of several pictures that follow each other in one file as the pictures do.

A chain takes at most one hit of each picture and never goes back in the video, or where a clip is played backwards
never forward. Of all chains of a file the best one is found by dynamic programming over the hits in the order of the
pictures: summed similarity less what each step costs. Steps of a clip cost more the less they agree with the clip's own
times; steps between pictures that were given one by one cost a little more the farther they are apart, and lead no
farther than through the next shot.
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

NEAR_BEST: Final = 0.1
"""A hit that is so much worse than the best one of its picture is not what the picture shows."""

_PER_FILE: Final = 3
_APART_MS: Final = 2000  # further chains of one file keep so far from the first
_MIN_SPEED: Final = 0.4
_MAX_SPEED: Final = 2.5
_SLACK_MS: Final = 500  # two indexed times, each of the nearest sample
_OUT_OF_PACE: Final = 0.05  # a second beyond the likely speeds
_MAX_OUT_OF_PACE_COST: Final = 0.15
_OFF_PACE: Final = 0.02  # within them, at the most
_IMPOSSIBLE: Final = 12.0  # times as fast as the clip: more than any wrong delay of an animation explains
_IMPOSSIBLE_SPARE_MS: Final = 2000
_FAR: Final = 0.02  # each tenfold of the unit
_FAR_UNIT_MS: Final = 10_000
_MAX_FAR_COST: Final = 0.08
_NEIGHBOURHOOD_MS: Final = 15_000
"""So far a step may lead in any case: nine in ten pairs of neighbouring shots in films took no longer."""
_MIN_POINTS_OF_LINE: Final = 4
_MIRROR_CHANGE_COST: Final = 0.05  # a step from a picture to a mirrored one
_BACKWARDS_COST: Final = 0.1  # for a chain: clips are seldom played backwards

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
    """Links at times that never go back, in the order of their pictures, or `backwards`, in that of a clip that is
    played so; `score` is what it was chosen by.
    """

    file_id: FileId
    steps: tuple[ChainStep, ...]
    score: float
    backwards: bool = False

    def span(self, hits_by_picture: Sequence[PictureHits]) -> tuple[Millis, Millis]:
        """When it begins and ends, by the times at which its pictures are shown in their clip, if they are of one.

        Indexed frames are some way from those of the clip, now before and now after. Where the times of a clip and of
        its links lie on one line, the ends of that line are nearer to the truth than the first and the last link; the
        last picture may be held for a while.
        """
        first, last = self.from_ms, self.to_ms
        shown = [
            (_shown_ms(hits_by_picture[link.picture], backwards=self.backwards), link.at_ms) for link in self.steps
        ]
        timed = [(time_ms, at_ms) for time_ms, at_ms in shown if time_ms is not None]
        if len(timed) < _MIN_POINTS_OF_LINE or first == last:
            return first, last
        clip, video = np.array(timed, np.float64).T
        speed, start = np.polyfit(clip - clip[0], video, 1)
        line = start + speed * (clip - clip[0])
        if speed <= 0 or np.abs(line - video).max() > _SLACK_MS:
            return first, last
        end = hits_by_picture[self.steps[-1].picture]
        held = max(0, end.until_ms - end.time_ms) if end.until_ms is not None and end.time_ms is not None else 0
        return Millis(max(0, round(line[0]))), Millis(max(0, round(line[-1] + speed * held)))

    @property
    def from_ms(self) -> Millis:
        """Time of the first link."""
        return self.steps[0].at_ms

    @property
    def to_ms(self) -> Millis:
        """Time of the last link."""
        return self.steps[-1].at_ms

    @cached_property
    def by_picture(self) -> dict[int, ChainStep]:
        """The links by the number of their picture."""
        return {link.picture: link for link in self.steps}

    def best(self) -> list[ChainStep]:
        """The links, most similar first."""
        return sorted(self.steps, key=lambda link: -link.similarity)


def find_chains(
    hits_by_picture: Sequence[PictureHits], knows: Callable[[FileId], bool], shot_bounds: ShotBounds
) -> list[Chain]:
    """The best chains of every file that is known, at most three of one file and none in a shot of another, best first.

    Time is quadratic in the hits of a file, the worst when all of n pictures' k hits are of one: (n k)²; memory linear.
    """
    by_file: dict[FileId, list[ChainStep]] = {}
    for number, of_picture in enumerate(hits_by_picture):
        for hit in of_picture.hits:
            file_id, at_ms = split_label(hit.label)
            if hit.similarity < of_picture.hits[0].similarity - NEAR_BEST:
                break
            if knows(file_id):
                link = ChainStep(number, at_ms, hit.similarity, hit.view, of_picture.mirrored[hit.view])
                by_file.setdefault(file_id, []).append(link)
    chains = [
        chain for file_id, links in by_file.items() for chain in _of_file(file_id, links, hits_by_picture, shot_bounds)
    ]
    return sorted(chains, key=lambda chain: (-chain.score, chain.file_id, chain.from_ms))


def _shown_ms(picture: PictureHits, *, backwards: bool) -> int | None:
    """When a clip begins to show a picture, on a clock that runs backwards where the clip does."""
    if not backwards or picture.time_ms is None:
        return picture.time_ms
    return -(picture.time_ms if picture.until_ms is None else picture.until_ms)


def _of_file(
    file_id: FileId, links: Sequence[ChainStep], hits_by_picture: Sequence[PictureHits], shot_bounds: ShotBounds
) -> Iterable[Chain]:
    timed = all(of_picture.time_ms is not None for of_picture in hits_by_picture)
    for _ in range(_PER_FILE):
        if not links:
            return
        chain = _best_chain(file_id, links, hits_by_picture, shot_bounds)
        if timed:
            reversed_chain = _best_chain(file_id, links[::-1], hits_by_picture, shot_bounds, backwards=True)
            chain = max(chain, reversed_chain, key=lambda candidate: candidate.score)
        yield chain
        low = min(chain.from_ms - _APART_MS, shot_bounds(file_id, chain.from_ms)[0])
        high = max(chain.to_ms + _APART_MS, shot_bounds(file_id, chain.to_ms)[1])
        links = [link for link in links if not low <= link.at_ms <= high]


def _best_chain(
    file_id: FileId,
    links: Sequence[ChainStep],
    hits_by_picture: Sequence[PictureHits],
    shot_bounds: ShotBounds,
    *,
    backwards: bool = False,
) -> Chain:
    """`links` in the order of their pictures, or `backwards` from the last picture to the first."""
    at = np.array([link.at_ms for link in links], np.int64)
    picture = np.array([link.picture for link in links], np.intp) * (-1 if backwards else 1)
    times = [_shown_ms(of_picture, backwards=backwards) for of_picture in hits_by_picture]
    timed = None not in times
    shown = np.array([times[link.picture] or 0 for link in links], np.int64)
    mirrored = np.array([link.mirrored for link in links], np.bool_)
    reach = np.array([_reach(file_id, link.at_ms, shot_bounds) for link in links], np.int64)
    total = np.array([link.similarity for link in links], np.float64)
    before = np.full(len(links), -1, np.intp)
    ends = np.searchsorted(picture, picture)  # where the links of earlier pictures end
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
    chain = tuple(links[index] for index in reversed(chosen))
    return Chain(file_id, chain, float(total[last]) - (_BACKWARDS_COST if backwards else 0), backwards)


def _reach(file_id: FileId, at_ms: Millis, shot_bounds: ShotBounds) -> int:
    """The latest time that a step from this one may lead to, where pictures have no times of their own."""
    return max(at_ms + _NEIGHBOURHOOD_MS, shot_bounds(file_id, shot_bounds(file_id, at_ms)[1])[1] - 1)


def _pace_cost(gap: Times, shown: Times) -> Costs:
    """Of steps (n,) milliseconds in the video that take `shown` (n,) milliseconds in the clip."""
    beyond = np.maximum(_MIN_SPEED * shown - _SLACK_MS - gap, gap - _MAX_SPEED * shown - _SLACK_MS)
    out = np.minimum(_OUT_OF_PACE * np.maximum(beyond, 0) / 1000, _MAX_OUT_OF_PACE_COST)
    off = _OFF_PACE * np.minimum(np.abs(gap - shown) / (shown + _SLACK_MS), 1)
    return np.where(gap > _IMPOSSIBLE * shown + _IMPOSSIBLE_SPARE_MS, np.inf, out + off)


def _distance_cost(gap: Times) -> Costs:
    """Of steps (n,) milliseconds between pictures without times of their own."""
    return np.minimum(_FAR * np.log10(1 + np.maximum(gap, 0) / _FAR_UNIT_MS), _MAX_FAR_COST)
