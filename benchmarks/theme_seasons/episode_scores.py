"""Scores of one episode: what was reported against what is true, separately for openings and for endings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from benchmarks.theme_seasons.truth import TrueEpisode, TrueSegment
from core.catalogue.segments import SegmentKind

KINDS: Final = (SegmentKind.OPENING, SegmentKind.ENDING)
OVERLAPS: Final = (0.5, 0.9)
"""Intersection over union from which a report counts as right."""
_NO_STORY: Final = frozenset({*KINDS, SegmentKind.SPONSOR, SegmentKind.EYECATCH})


@dataclass(frozen=True, slots=True)
class Span:
    """A segment as a system reports it."""

    kind: SegmentKind
    start_s: float
    end_s: float

    @property
    def length_s(self) -> float:
        """Its length."""
        return self.end_s - self.start_s


@dataclass(slots=True)
class EpisodeScore:
    """Counts of one kind in one episode.

    `hits`, `false` and `missed` are by overlap: reports that are right, that are wrong, and true segments without a
    right report; a theme that no other episode has, and that only chapters could tell, counts if reported, and is not
    missed. `start_errors` and `end_errors` (seconds, positive: late) are of reports that overlap by half. `edge_error`:
    of the edge that a viewer skips to or from, an opening's end or an ending's start; by how much the best report is
    off, whatever its overlap.
    """

    true: int = 0
    reported: int = 0
    hits: dict[float, int] = field(default_factory=lambda: dict.fromkeys(OVERLAPS, 0))
    false: dict[float, int] = field(default_factory=lambda: dict.fromkeys(OVERLAPS, 0))
    missed: dict[float, int] = field(default_factory=lambda: dict.fromkeys(OVERLAPS, 0))
    start_errors: list[float] = field(default_factory=list)
    end_errors: list[float] = field(default_factory=list)
    silent: int = 0
    misplaced: int = 0
    missed_s: float = 0.0
    has_none: bool = False
    false_alarm: bool = False
    edge_errors: list[float | None] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class EpisodeResult:
    """Scores of an episode by kind, seconds of story inside of reports, and its conditions."""

    season: str
    by_kind: Mapping[SegmentKind, EpisodeScore]
    story_skipped_s: float
    tags: frozenset[str]


def score_episode(season: str, truth: TrueEpisode, reports: Sequence[Span]) -> EpisodeResult:
    """Score the openings and endings that a system reports of an episode."""
    reports = [report for report in reports if report.kind in KINDS]
    by_kind = {kind: _score_kind(kind, truth, [span for span in reports if span.kind is kind]) for kind in KINDS}
    skippable = [(s.start_s, s.end_s) for s in truth.segments if s.kind in _NO_STORY]
    reported = _union([(span.start_s, span.end_s) for span in reports])
    skipped = sum(end - start - _covered(start, end, skippable) for start, end in reported)
    tags = truth.tags | {tag for segment in truth.segments if segment.kind in KINDS for tag in segment.tags}
    return EpisodeResult(season, by_kind, skipped, tags)


def overlap(first: tuple[float, float], second: tuple[float, float]) -> float:
    """Intersection over union of two spans of time."""
    common = min(first[1], second[1]) - max(first[0], second[0])
    together = max(first[1], second[1]) - min(first[0], second[0])
    return max(0.0, common) / together if together > 0 else 0.0


def _score_kind(kind: SegmentKind, truth: TrueEpisode, reports: Sequence[Span]) -> EpisodeScore:
    segments = [segment for segment in truth.segments if segment.kind is kind]
    shared = [segment for segment in segments if segment.shared]
    score = EpisodeScore(true=len(shared), reported=len(reports))
    score.has_none, score.false_alarm = not segments, not segments and bool(reports)
    pairs = _matched(segments, reports)
    for least in OVERLAPS:
        right = [(segment, report) for segment, report, value in pairs if value >= least]
        score.hits[least] = sum(segment.shared for segment, _ in right)
        score.false[least] = len(reports) - len(right)
        score.missed[least] = len(shared) - score.hits[least]
    for segment, report, value in pairs:
        if segment.shared and value >= OVERLAPS[0]:
            score.start_errors.append(report.start_s - segment.start_s)
            score.end_errors.append(report.end_s - segment.end_s)
    spans = [(report.start_s, report.end_s) for report in reports]
    for segment in shared:
        length = segment.end_s - segment.start_s
        covered = _covered(segment.start_s, segment.end_s, spans)
        best = max((overlap((segment.start_s, segment.end_s), span) for span in spans), default=0.0)
        score.silent += not reports
        score.misplaced += bool(reports) and best < OVERLAPS[0]
        score.missed_s += length - covered
        score.edge_errors.append(_edge_error(kind, segment, reports))
    return score


def _edge_error(kind: SegmentKind, segment: TrueSegment, reports: Sequence[Span]) -> float | None:
    """How far off the edge is that the published system predicts; `None` where nothing is reported."""
    if kind is SegmentKind.OPENING:
        return min((abs(report.end_s - segment.end_s) for report in reports), default=None)
    return min((abs(report.start_s - segment.start_s) for report in reports), default=None)


def _matched(segments: Sequence[TrueSegment], reports: Sequence[Span]) -> list[tuple[TrueSegment, Span, float]]:
    """Pairs of segments and reports that overlap, the best first; each is in one pair at most."""
    pairs = [
        (overlap((segment.start_s, segment.end_s), (report.start_s, report.end_s)), i, j)
        for i, segment in enumerate(segments)
        for j, report in enumerate(reports)
    ]
    chosen: list[tuple[TrueSegment, Span, float]] = []
    segments_left, reports_left = set(range(len(segments))), set(range(len(reports)))
    for value, i, j in sorted(pairs, reverse=True):
        if value > 0 and i in segments_left and j in reports_left:
            segments_left.remove(i)
            reports_left.remove(j)
            chosen.append((segments[i], reports[j], value))
    return chosen


def _union(spans: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    united: list[tuple[float, float]] = []
    for start, end in sorted(spans):
        if united and start <= united[-1][1]:
            united[-1] = (united[-1][0], max(united[-1][1], end))
        else:
            united.append((start, end))
    return united


def _covered(start: float, end: float, spans: Sequence[tuple[float, float]]) -> float:
    """Seconds between two times that lie in any of the spans."""
    return sum(max(0.0, min(end, right) - max(start, left)) for left, right in _union(spans))
