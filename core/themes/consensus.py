"""Consensus of a season: matches of pairs of episodes become groups of occurrences on one time line each."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Final

import numpy as np

from core.themes.alignment import Match

_SAME_IOU: Final = 0.45
"""Overlap of spans, of their union, from which on they are one occurrence."""
_MAX_DISAGREEMENT: Final = 21
"""Words, 1 s, by which a match may contradict others."""
_MIN_SUPPORT: Final = 0.25
"""Share of the pairs that are compared in which a moment must agree to belong to a group."""


@dataclass(slots=True, eq=False)
class Occurrence:
    """Words `start` to `end` of an episode; word w stands at w - `offset` of its group's time line."""

    episode: int
    start: int
    end: int
    offset: int = 0


@dataclass(frozen=True, slots=True)
class Edge:
    """Two occurrences that agree from `start` to `end` of the group's time line."""

    first: Occurrence
    second: Occurrence
    start: int
    end: int
    agreement: float


@dataclass(slots=True, eq=False)
class Group:
    """Occurrences of the same sound. `start` and `end` are words of its time line, set by `settle`."""

    occurrences: list[Occurrence] = field(default_factory=list)
    edges: list[Edge] = field(default_factory=list)
    start: int = 0
    end: int = 0

    @property
    def episodes(self) -> frozenset[int]:
        """The episodes that have it."""
        return frozenset(occurrence.episode for occurrence in self.occurrences)

    def edges_of(self, occurrence: Occurrence) -> list[Edge]:
        """The edges at an occurrence."""
        return [edge for edge in self.edges if occurrence in {edge.first, edge.second}]


class SeasonGraph:
    """Collects matches of all pairs of a season, the strongest first, and rejects those that contradict."""

    def __init__(self) -> None:
        self._groups: dict[Occurrence, Group] = {}
        self._by_episode: dict[int, list[Occurrence]] = {}

    def add(self, first: int, second: int, match: Match) -> None:
        """Add a match of two episodes, which may be the same."""
        here = self.occurrence(first, match.start, match.end)
        there = self.occurrence(second, match.start + match.shift, match.end + match.shift)
        if here is there:
            return
        group, joined = self._groups[here], self._groups[there]
        delta = here.offset + match.shift - there.offset
        if group is joined:
            if abs(delta) > _MAX_DISAGREEMENT:
                return
        elif not self._join(group, joined, delta):
            return
        start = match.start - here.offset
        group.edges.append(Edge(here, there, start, start + match.end - match.start, match.agreement))

    def occurrence(self, episode: int, start: int, end: int) -> Occurrence:
        """The occurrence that a span of an episode is, or a new one in a group of its own."""
        present = self._by_episode.setdefault(episode, [])
        best = max(present, key=lambda item: _iou(item.start, item.end, start, end), default=None)
        if best and _iou(best.start, best.end, start, end) > _SAME_IOU:
            return best
        new = Occurrence(episode, start, end, start)
        present.append(new)
        self._groups[new] = Group([new])
        return new

    def groups(self) -> list[Group]:
        """Groups of two occurrences or more, in the order of their first ones."""
        groups = {id(group): group for group in self._groups.values() if group.edges}
        for group in groups.values():
            group.occurrences.sort(key=lambda item: (item.episode, item.start))
        return sorted(groups.values(), key=lambda group: (group.occurrences[0].episode, group.occurrences[0].start))

    def _join(self, group: Group, joined: Group, delta: int) -> bool:
        """Join groups, the second moved by `delta`, unless spans of one episode would overlap at two offsets."""
        for mine in group.occurrences:
            for other in joined.occurrences:
                overlap = min(mine.end, other.end) - max(mine.start, other.start)
                if mine.episode == other.episode and overlap > 0 and abs(other.offset + delta - mine.offset) > 1:
                    return False
        for other in joined.occurrences:
            other.offset += delta
            self._groups[other] = group
        group.occurrences += joined.occurrences
        group.edges += [
            Edge(edge.first, edge.second, edge.start - delta, edge.end - delta, edge.agreement) for edge in joined.edges
        ]
        return True


def settle(group: Group) -> None:
    """Set where a group starts and ends: the longest stretch in which a quarter of its pairs agree, its edges at the
    median of those that end near.
    """
    low = min(edge.start for edge in group.edges)
    counts = np.zeros(max(edge.end for edge in group.edges) - low + 1, np.int64)
    for edge in group.edges:
        counts[edge.start - low] += 1
        counts[edge.end - low] -= 1
    counts = np.cumsum(counts)
    least = max(1, _MIN_SUPPORT * counts.max())
    changes = np.flatnonzero(np.diff(np.concatenate([[False], counts >= least, [False]])))
    runs = [(int(start), int(end)) for start, end in zip(changes[::2], changes[1::2], strict=True)]
    start, end = max(runs, key=lambda run: int(counts[run[0] : run[1]].sum()))
    group.start = near_median([edge.start for edge in group.edges], start + low)
    group.end = near_median([edge.end for edge in group.edges], end + low)


def near_median(values: Sequence[int], near: int, tolerance: int = 2 * _MAX_DISAGREEMENT) -> int:
    """The median of the values within 2 s of one, or that one."""
    close = [value for value in values if abs(value - near) <= tolerance]
    return round(float(np.median(close))) if close else near


def carve(groups: Sequence[Group]) -> None:
    """Cut off what is glued to groups: of a longer group's head or tail what is a group of its own, because it occurs
    elsewhere in an episode that has the longer one too, or beside a third group.
    """
    for longer in groups:
        for other in groups:
            if other is longer or other.end - other.start > (longer.end - longer.start) / 2:
                continue
            shift = _inner_shift(longer, other)
            if shift is None or not _occurs_elsewhere(longer, other):
                continue
            start, end = other.start + shift, other.end + shift
            if abs(end - longer.end) <= 3 * _MAX_DISAGREEMENT or end > longer.end:
                longer.end = min(longer.end, start)
            elif abs(start - longer.start) <= 3 * _MAX_DISAGREEMENT or start < longer.start:
                longer.start = max(longer.start, end)


def _inner_shift(longer: Group, other: Group) -> int | None:
    """What to add to times of `other` to get times of `longer`, where most that are in both say the same."""
    shifts = [
        inner.offset - outer.offset for inner, outer in _pairs(longer, other) if _overlaps(longer, outer, other, inner)
    ]
    if not shifts:
        return None
    middle = round(float(np.median(shifts)))
    agreeing = sum(abs(shift - middle) <= _MAX_DISAGREEMENT for shift in shifts)
    return middle if agreeing > len(shifts) / 2 else None


def _occurs_elsewhere(longer: Group, other: Group) -> bool:
    """Whether an episode of both has the other group outside of the longer one."""
    outside = {inner for inner in other.occurrences if inner.episode in longer.episodes}
    for inner, outer in _pairs(longer, other):
        if _overlaps(longer, outer, other, inner):
            outside.discard(inner)
    return bool(outside)


def _pairs(longer: Group, other: Group) -> list[tuple[Occurrence, Occurrence]]:
    return [
        (inner, outer) for inner in other.occurrences for outer in longer.occurrences if inner.episode == outer.episode
    ]


def _overlaps(longer: Group, outer: Occurrence, other: Group, inner: Occurrence) -> bool:
    start = max(longer.start + outer.offset, other.start + inner.offset)
    end = min(longer.end + outer.offset, other.end + inner.offset)
    return end - start > (other.end - other.start) / 2


def absorb(groups: list[Group]) -> list[Group]:
    """Join fragments to the groups that they are a long part of, so that their further occurrences become its own.

    A fragment is a fifth of a group or more, at the same place in all episodes that have both.
    """
    kept = sorted(groups, key=lambda group: -(group.end - group.start) * len(group.episodes))
    for longer, other in combinations(list(kept), 2):
        if longer not in kept or other not in kept or _occurs_elsewhere(longer, other):
            continue
        shift = _inner_shift(longer, other)
        if shift is None or other.end - other.start < (longer.end - longer.start) / 5:
            continue
        for inner in other.occurrences:
            if inner.episode not in longer.episodes:
                inner.offset -= shift
                longer.occurrences.append(inner)
        members = set(longer.occurrences)
        longer.edges += [
            Edge(edge.first, edge.second, edge.start + shift, edge.end + shift, edge.agreement)
            for edge in other.edges
            if edge.first in members or edge.second in members
        ]
        kept.remove(other)
    return sorted(kept, key=lambda group: (group.occurrences[0].episode, group.occurrences[0].start))


def _iou(start: int, end: int, other_start: int, other_end: int) -> float:
    common = min(end, other_end) - max(start, other_start)
    return common / max(1, max(end, other_end) - min(start, other_start)) if common > 0 else 0.0
