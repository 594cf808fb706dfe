"""Scene grouping: nearest frames that are neighbours in one shot are one scene."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from core.domain import FileId, Hit, split_label
from core.stores.base import Neighbours
from core.timecode import Millis

MERGE_GAP_MS = 1000
MERGE_SIMILARITY = 0.05
"""Hits of two shots this near to each other in time, and both this near to the file's best one in likeness, are one
scene: a flash or a fast pan can look like a cut."""
SPAN_LIMIT_MS = 15_000
"""A scene reaches no further than this from its best frame, however long the shot is; what lies beyond is another."""
REPEATS = 24
REPEAT_WITHIN = 0.05
"""So many scenes at most, and this near to the best one in likeness, are asked whether they repeat a shot."""

ShotBounds = Callable[[FileId, Millis], tuple[Millis, Millis]]
"""First and end time of the shot that a frame is in."""


@dataclass(frozen=True, slots=True)
class SceneCandidate:
    """A scene before anything is known of its file; `at_ms` is its best frame, nearest to the view of that number."""

    file_id: FileId
    from_ms: Millis
    at_ms: Millis
    to_ms: Millis
    similarity: float
    view: int


@dataclass(frozen=True, slots=True)
class SceneGroup:
    """A scene, and the places where its shot comes again, best first."""

    scene: SceneCandidate
    repeats: tuple[SceneCandidate, ...] = ()


@dataclass(slots=True)
class _Group:
    best: Hit
    last: Hit
    from_ms: int
    to_ms: int


def best_hits(neighbours_by_view: Sequence[Neighbours], first: int = 0) -> list[Hit]:
    """Merge the neighbours of several views, from number `first` on: one hit a frame, best first."""
    best: dict[int, Hit] = {}
    for view, neighbours in enumerate(neighbours_by_view[first:], first):
        for label, similarity in zip(neighbours.labels.tolist(), neighbours.similarities.tolist(), strict=True):
            hit = best.get(label)
            if hit is None or similarity > hit.similarity:
                best[label] = Hit(label, similarity, view)
    return sorted(best.values(), key=lambda best_hit: (-best_hit.similarity, best_hit.label))


def group_scenes(hits: Sequence[Hit], shot_bounds: ShotBounds) -> list[SceneCandidate]:
    """Scenes of these hits (best first), best scene first."""
    by_file: dict[FileId, list[Hit]] = {}
    for hit in hits:
        by_file.setdefault(split_label(hit.label)[0], []).append(hit)
    scenes = [scene for file_id, some in by_file.items() for scene in _scenes_of_file(file_id, some, shot_bounds)]
    return sorted(scenes, key=lambda scene: (-scene.similarity, scene.file_id, scene.at_ms))


def fold_repeats(
    scenes: Sequence[SceneCandidate], same_shot: Callable[[SceneCandidate, SceneCandidate], bool]
) -> list[SceneGroup]:
    """Put scenes (best first) together that show the same shot: openings, recaps, stock footage.

    `same_shot` is asked of scenes about as good as the best one only: it is they that would fill the answer.
    """
    shots: list[SceneGroup] = []
    for number, scene in enumerate(scenes):
        near = number < REPEATS and scenes[0].similarity - scene.similarity <= REPEAT_WITHIN
        same = next((index for index, shot in enumerate(shots) if near and same_shot(shot.scene, scene)), None)
        if same is None:
            shots.append(SceneGroup(scene))
        else:
            shots[same] = SceneGroup(shots[same].scene, (*shots[same].repeats, scene))
    return shots


def _scenes_of_file(file_id: FileId, hits: Sequence[Hit], shot_bounds: ShotBounds) -> list[SceneCandidate]:
    groups: list[_Group] = []
    alike = max(hit.similarity for hit in hits) - MERGE_SIMILARITY
    for hit in sorted(hits, key=lambda hit: hit.label):
        time_ms = split_label(hit.label)[1]
        shot_from, shot_to = shot_bounds(file_id, time_ms)
        group = groups[-1] if groups else None
        reached = group and time_ms - split_label(group.best.label)[1] <= SPAN_LIMIT_MS
        if group and reached and (shot_from < group.to_ms or _no_real_cut(group.last, hit, alike)):
            group.last, group.to_ms = hit, max(group.to_ms, shot_to)
            if hit.similarity > group.best.similarity:
                group.best = hit
        else:
            groups.append(_Group(hit, hit, shot_from, shot_to))
    return [_candidate(file_id, group) for group in groups]


def _no_real_cut(before: Hit, after: Hit, alike: float) -> bool:
    near = after.label - before.label <= MERGE_GAP_MS
    return near and min(before.similarity, after.similarity) >= alike


def _candidate(file_id: FileId, group: _Group) -> SceneCandidate:
    at_ms = split_label(group.best.label)[1]
    return SceneCandidate(
        file_id=file_id,
        from_ms=Millis(max(group.from_ms, at_ms - SPAN_LIMIT_MS)),
        at_ms=at_ms,
        to_ms=Millis(min(group.to_ms, at_ms + SPAN_LIMIT_MS)),
        similarity=group.best.similarity,
        view=group.best.view,
    )
