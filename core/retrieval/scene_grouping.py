"""Scene grouping: nearest frames that are neighbours in one shot are one scene."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from core.catalogue.segments import ThemeId
from core.domain import FileId, Hit, split_label
from core.stores.base import Neighbours
from core.timecode import Millis

MERGE_GAP_MS = 1000
MERGE_MAX_SIMILARITY_GAP = 0.05
"""Hits of two shots that are at most so far apart in time, and both at most so far below the file's best similarity,
are one scene: a flash or a fast pan can look like a cut.
"""
SPAN_LIMIT_MS = 15_000
"""A scene reaches at most this far from its best frame, however long the shot is; hits beyond are another scene."""
REPEAT_CHECKS_LIMIT = 24
REPEAT_MAX_SIMILARITY_GAP = 0.05
"""Scenes that are compared for repeats: at most so many, and at most so far below the best similarity."""

ShotBounds = Callable[[FileId, Millis], tuple[Millis, Millis]]
"""Returns begin and end of the shot that contains a frame."""


@dataclass(frozen=True, slots=True)
class SceneCandidate:
    """A scene of an index; `at_ms` is its best frame, the nearest one to the view number `view`."""

    file_id: FileId
    from_ms: Millis
    at_ms: Millis
    to_ms: Millis
    similarity: float
    view: int


@dataclass(frozen=True, slots=True)
class SceneGroup:
    """A scene, and repeats of its shot, best first."""

    scene: SceneCandidate
    repeats: tuple[SceneCandidate, ...] = ()


@dataclass(slots=True)
class _Group:
    best: Hit
    last: Hit
    from_ms: int
    to_ms: int


def best_hits(neighbours_by_view: Sequence[Neighbours], first: int = 0) -> list[Hit]:
    """Merges the neighbours of the views from number `first` on: one hit for each frame, best first."""
    best: dict[int, Hit] = {}
    for view, neighbours in enumerate(neighbours_by_view[first:], first):
        for label, similarity in zip(neighbours.labels.tolist(), neighbours.similarities.tolist(), strict=True):
            hit = best.get(label)
            if hit is None or similarity > hit.similarity:
                best[label] = Hit(label, similarity, view)
    return sorted(best.values(), key=lambda best_hit: (-best_hit.similarity, best_hit.label))


def group_scenes(hits: Sequence[Hit], shot_bounds: ShotBounds) -> list[SceneCandidate]:
    """Returns the scenes of hits, best first."""
    by_file: dict[FileId, list[Hit]] = {}
    for hit in hits:
        by_file.setdefault(split_label(hit.label)[0], []).append(hit)
    scenes = [
        scene for file_id, file_hits in by_file.items() for scene in _scenes_of_file(file_id, file_hits, shot_bounds)
    ]
    return sorted(scenes, key=lambda scene: (-scene.similarity, scene.file_id, scene.at_ms))


class ThemeMoments(Protocol):
    """Parts that episodes share, as scenes are compared by them."""

    def theme_of(self, scene: SceneCandidate) -> ThemeId | None:
        """The theme that a scene is in; `None` when it is in none."""

    def same_moment(self, first: SceneCandidate, second: SceneCandidate) -> bool:
        """Whether two scenes of one theme show the same moment of it."""


def fold_repeats(
    scenes: Sequence[SceneCandidate],
    same_shot: Callable[[SceneCandidate, SceneCandidate], bool],
    themes: ThemeMoments | None = None,
) -> list[SceneGroup]:
    """Groups scenes (best first) that show the same shot: openings, recaps, stock footage.

    `same_shot` is called only for scenes about as good as the best one, as only those would fill the answer. Scenes
    that are the same moment of one of the `themes` are grouped however similar they are.
    """
    groups: list[SceneGroup] = []
    groups_by_theme: dict[ThemeId, list[int]] = {}
    for number, scene in enumerate(scenes):
        near = number < REPEAT_CHECKS_LIMIT and scenes[0].similarity - scene.similarity <= REPEAT_MAX_SIMILARITY_GAP
        theme = themes.theme_of(scene) if themes else None
        same = None
        if themes and theme is not None:
            of_theme = groups_by_theme.setdefault(theme, [])
            same = next((index for index in of_theme if themes.same_moment(groups[index].scene, scene)), None)
        if same is None and near:
            same = next((index for index, group in enumerate(groups) if same_shot(group.scene, scene)), None)
        if same is None:
            if theme is not None:
                groups_by_theme[theme].append(len(groups))
            groups.append(SceneGroup(scene))
        else:
            groups[same] = SceneGroup(groups[same].scene, (*groups[same].repeats, scene))
    return groups


def _scenes_of_file(file_id: FileId, hits: Sequence[Hit], shot_bounds: ShotBounds) -> list[SceneCandidate]:
    groups: list[_Group] = []
    min_similarity = max(hit.similarity for hit in hits) - MERGE_MAX_SIMILARITY_GAP
    for hit in sorted(hits, key=lambda hit: hit.label):
        time_ms = split_label(hit.label)[1]
        shot_from, shot_to = shot_bounds(file_id, time_ms)
        group = groups[-1] if groups else None
        in_reach = group and time_ms - split_label(group.best.label)[1] <= SPAN_LIMIT_MS
        if group and in_reach and (shot_from < group.to_ms or _is_false_cut(group.last, hit, min_similarity)):
            group.last, group.to_ms = hit, max(group.to_ms, shot_to)
            if hit.similarity > group.best.similarity:
                group.best = hit
        else:
            groups.append(_Group(hit, hit, shot_from, shot_to))
    return [_candidate(file_id, group) for group in groups]


def _is_false_cut(before: Hit, after: Hit, min_similarity: float) -> bool:
    near = after.label - before.label <= MERGE_GAP_MS
    return near and min(before.similarity, after.similarity) >= min_similarity


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
