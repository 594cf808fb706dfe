"""From nearest frames to scenes: neighbouring frames of one shot are one result."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from core.domain import FileId, Hit, split_label
from core.stores.base import Neighbours
from core.timecode import Millis

MERGE_GAP_MS = 1000
MERGE_SIMILARITY = 0.05
"""Hits of two shots this near to each other in time, and this alike to the picture, are one scene: a flash or a fast
pan can look like a cut."""
SPAN_LIMIT_MS = 15_000
"""A scene reaches no further than this from its best frame, however long the shot is."""

ShotBounds = Callable[[FileId, Millis], tuple[Millis, Millis]]
"""First and end time of the shot that a frame is in."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A scene before anything is known of its file; `at_ms` is its best frame."""

    file_id: FileId
    from_ms: Millis
    at_ms: Millis
    to_ms: Millis
    similarity: float
    mirrored: bool


@dataclass(slots=True)
class _Group:
    best: Hit
    first_ms: int
    last_ms: int
    from_ms: int
    to_ms: int


def best_hits(found: Iterable[tuple[Neighbours, bool]]) -> list[Hit]:
    """Merge the neighbours of several views, each with whether it is mirrored: one hit a frame, best first."""
    best: dict[int, Hit] = {}
    for neighbours, mirrored in found:
        for label, similarity in zip(neighbours.labels.tolist(), neighbours.similarities.tolist(), strict=True):
            known = best.get(label)
            if known is None or similarity > known.similarity:
                best[label] = Hit(label, similarity, mirrored)
    return sorted(best.values(), key=lambda hit: (-hit.similarity, hit.label))


def group_scenes(hits: Sequence[Hit], shot_bounds: ShotBounds) -> list[Candidate]:
    """Scenes of these hits (best first), best scene first."""
    by_file: dict[FileId, list[Hit]] = {}
    for hit in hits:
        by_file.setdefault(split_label(hit.label)[0], []).append(hit)
    scenes = [scene for file_id, some in by_file.items() for scene in _scenes_of_file(file_id, some, shot_bounds)]
    return sorted(scenes, key=lambda scene: (-scene.similarity, scene.file_id, scene.at_ms))


def _scenes_of_file(file_id: FileId, hits: Sequence[Hit], shot_bounds: ShotBounds) -> list[Candidate]:
    groups: list[_Group] = []
    for hit in sorted(hits, key=lambda hit: hit.label):
        time_ms = split_label(hit.label)[1]
        shot_from, shot_to = shot_bounds(file_id, time_ms)
        last = groups[-1] if groups else None
        if last and (shot_from < last.to_ms or _no_real_cut(last, hit, time_ms)):
            last.last_ms, last.to_ms = time_ms, max(last.to_ms, shot_to)
            if hit.similarity > last.best.similarity:
                last.best = hit
        else:
            groups.append(_Group(hit, time_ms, time_ms, shot_from, shot_to))
    return [_candidate(file_id, group) for group in groups]


def _no_real_cut(group: _Group, hit: Hit, time_ms: int) -> bool:
    near = time_ms - group.last_ms <= MERGE_GAP_MS
    return near and abs(hit.similarity - group.best.similarity) <= MERGE_SIMILARITY


def _candidate(file_id: FileId, group: _Group) -> Candidate:
    at_ms = split_label(group.best.label)[1]
    return Candidate(
        file_id=file_id,
        from_ms=Millis(max(group.from_ms, at_ms - SPAN_LIMIT_MS)),
        at_ms=at_ms,
        to_ms=Millis(min(group.to_ms, at_ms + SPAN_LIMIT_MS)),
        similarity=group.best.similarity,
        mirrored=group.best.mirrored,
    )
