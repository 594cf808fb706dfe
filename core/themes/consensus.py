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
_MIN_SUPPORT: Final = 0.1
"""Share of its pairs, by their agreement, in which a moment agrees that is part of a group: a third of its episodes."""
_MIN_HEARD_SUPPORT: Final = 0.3
"""The same where no pictures tell what belongs together."""
_SPREAD: Final = 150
_APART: Final = 108
"""Words, 5 s, between a group and another place of what is glued to it."""


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

    def partner(self, occurrence: Occurrence) -> Occurrence:
        """The one of the two that is not `occurrence`."""
        return self.second if self.first is occurrence else self.first


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


def settle(group: Group, *, shown: bool) -> None:
    """Set where a group starts and ends: the strongest stretch in which a tenth of its pairs agree, its edges at the
    median of those that end near. Of a group that is not `shown` in frames, three tenths, so that what often follows
    it is not thought part of it.
    """
    low = min(edge.start for edge in group.edges)
    counts = np.zeros(max(edge.end for edge in group.edges) - low + 1)
    for edge in group.edges:
        counts[edge.start - low] += edge.agreement
        counts[edge.end - low] -= edge.agreement
    counts = np.cumsum(counts)
    share = _MIN_SUPPORT if shown else _MIN_HEARD_SUPPORT
    least = share * max(sum(edge.agreement for edge in group.edges), float(counts.max())) - 1e-9
    changes = np.flatnonzero(np.diff(np.concatenate([[False], counts >= least, [False]])))
    runs = [(int(start), int(end)) for start, end in zip(changes[::2], changes[1::2], strict=True)]
    start, end = max(runs, key=lambda run: float(counts[run[0] : run[1]].sum()))
    group.start = near_median([(edge.start, edge.agreement) for edge in group.edges], start + low)
    group.end = near_median([(edge.end, edge.agreement) for edge in group.edges], end + low)


def near_median(values: Sequence[tuple[int, float]], near: int, tolerance: int = _SPREAD) -> int:
    """The median of the values, with weights, within 7 s of one, or that one. By chance some pairs go on to agree for
    seconds after the others.
    """
    close = sorted((value, weight) for value, weight in values if abs(value - near) <= tolerance)
    if not close:
        return near
    sums = np.cumsum([weight for _, weight in close])
    return close[int(np.searchsorted(sums, sums[-1] / 2))][0]


def carve(groups: Sequence[Group]) -> None:
    """Cut off what is glued to groups: of a longer group's head or tail what is a group of its own, because it occurs
    elsewhere in an episode that has the longer one too, or beside a third group.
    """
    for longer in groups:
        for other in groups:
            if other is longer or other.end - other.start > (longer.end - longer.start) / 2:
                continue
            if not _occurs_elsewhere(longer, other):
                continue
            for shift in _inner_shifts(longer, other):
                start, end = other.start + shift, other.end + shift
                if end > longer.end - 3 * _MAX_DISAGREEMENT and start < longer.end:
                    longer.end = start
                elif start < longer.start + 3 * _MAX_DISAGREEMENT and end > longer.start:
                    longer.start = end


def _inner_shifts(longer: Group, other: Group) -> list[int]:
    """What to add to times of `other` to get times of `longer`, as two episodes or more that have both say alike."""
    shifts = sorted(
        inner.offset - outer.offset for inner, outer in _pairs(longer, other) if _overlaps(longer, outer, other, inner)
    )
    middles: list[int] = []
    while shifts:
        alike = max(([at for at in shifts if 0 <= at - first <= _MAX_DISAGREEMENT] for first in shifts), key=len)
        if len(alike) > 1 or len(longer.episodes) == 2:
            middles.append(alike[len(alike) // 2])
        shifts = [at for at in shifts if at not in alike]
    return middles


def _occurs_elsewhere(longer: Group, other: Group) -> bool:
    """Whether an episode of both has the other group apart from the longer one."""
    outside = {inner for inner in other.occurrences if inner.episode in longer.episodes}
    for inner, outer in _pairs(longer, other):
        start = max(longer.start + outer.offset, other.start + inner.offset)
        if min(longer.end + outer.offset, other.end + inner.offset) - start > -_APART:
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
        shifts = _inner_shifts(longer, other)
        if len(shifts) != 1 or other.end - other.start < (longer.end - longer.start) / 5:
            continue
        shift = shifts[0]
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
