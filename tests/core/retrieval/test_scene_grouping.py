import numpy as np

from core.catalogue.segments import ThemeId
from core.domain import FileId, Hit, frame_label
from core.retrieval.scene_grouping import SPAN_LIMIT_MS, SceneCandidate, best_hits, fold_repeats, group_scenes
from core.stores.base import Neighbours
from core.timecode import Millis

CUTS_MS = [0, 5000, 9000, 60_000]


def _shots(_file_id: FileId, time_ms: Millis) -> tuple[Millis, Millis]:
    start = max(cut for cut in CUTS_MS if cut <= time_ms)
    end = min((cut for cut in CUTS_MS if cut > time_ms), default=120_000)
    return Millis(start), Millis(end)


def _hit(file_id: int, time_ms: int, similarity: float) -> Hit:
    return Hit(frame_label(FileId(file_id), time_ms), similarity)


def test_neighbouring_frames_of_a_shot_are_one_scene_at_its_best_frame() -> None:
    (scene,) = group_scenes([_hit(1, 2000, 0.9), _hit(1, 1000, 0.8), _hit(1, 4900, 0.7)], _shots)
    assert (scene.from_ms, scene.at_ms, scene.to_ms, scene.similarity) == (0, 2000, 5000, 0.9)


def test_shots_and_files_apart_are_scenes_apart_best_first() -> None:
    scenes = group_scenes([_hit(2, 2000, 0.95), _hit(1, 2000, 0.9), _hit(1, 8000, 0.97)], _shots)
    assert [(scene.file_id, scene.at_ms) for scene in scenes] == [(1, 8000), (2, 2000), (1, 2000)]


def test_like_hits_on_both_sides_of_a_cut_are_one_scene() -> None:
    (scene,) = group_scenes([_hit(1, 4800, 0.93), _hit(1, 5200, 0.95)], _shots)
    assert (scene.from_ms, scene.at_ms, scene.to_ms) == (0, 5200, 9000)


def test_unlike_hits_on_both_sides_of_a_cut_are_two() -> None:
    scenes = group_scenes([_hit(1, 4800, 0.6), _hit(1, 5200, 0.95)], _shots)
    assert [(scene.from_ms, scene.to_ms) for scene in scenes] == [(5000, 9000), (0, 5000)]


def test_two_shots_equally_unlike_the_picture_stay_two() -> None:
    scenes = group_scenes([_hit(1, 4800, 0.6), _hit(1, 5200, 0.6), _hit(1, 8800, 0.95)], _shots)
    assert [(scene.from_ms, scene.to_ms, scene.at_ms) for scene in scenes] == [(5000, 9000, 8800), (0, 5000, 4800)]


def test_a_very_long_shot_is_not_one_endless_scene() -> None:
    (scene,) = group_scenes([_hit(1, 40_000, 0.9)], _shots)
    assert (scene.from_ms, scene.to_ms) == (40_000 - SPAN_LIMIT_MS, 40_000 + SPAN_LIMIT_MS)


def test_moments_far_apart_in_a_very_long_shot_are_scenes_apart() -> None:
    scenes = group_scenes([_hit(1, 20_000, 0.8), _hit(1, 30_000, 0.9), _hit(1, 50_000, 0.7)], _shots)
    assert [(scene.at_ms, scene.similarity) for scene in scenes] == [(30_000, 0.9), (50_000, 0.7)]


def test_the_better_view_of_a_frame_wins() -> None:
    labels = np.array([frame_label(FileId(1), 100), frame_label(FileId(1), 200)], np.uint64)
    plain = Neighbours(labels, np.array([0.5, 0.4], np.float32))
    mirror = Neighbours(labels[1:], np.array([0.75], np.float32))
    hits = best_hits([plain, mirror])
    assert [(hit.label & 0xFFFF, hit.similarity, hit.view) for hit in hits] == [
        (200, 0.75, 1),
        (100, 0.5, 0),
    ]


def test_nothing_found_is_no_scene() -> None:
    assert group_scenes(best_hits([]), _shots) == []


def _scenes(*similarities: float) -> list[SceneCandidate]:
    return group_scenes([_hit(number, 1000, value) for number, value in enumerate(similarities, 1)], _shots)


def test_an_opening_is_one_scene_that_is_also_elsewhere() -> None:
    compared: list[tuple[int, int]] = []

    def same_shot(first: SceneCandidate, second: SceneCandidate) -> bool:
        compared.append((first.file_id, second.file_id))
        return {first.file_id, second.file_id} <= {1, 3, 4}

    shots = fold_repeats(_scenes(0.95, 0.94, 0.93, 0.5), same_shot)
    assert [shot.scene.file_id for shot in shots] == [1, 2, 4]
    assert [[second.file_id for second in shot.repeats] for shot in shots] == [[3], [], []]
    assert all(4 not in pair for pair in compared), "a scene that is much less alike is no repeat"


def test_nothing_folds_into_nothing() -> None:
    assert fold_repeats([], lambda _first, _second: True) == []


class _EvenFilesShareATheme:
    def theme_of(self, scene: SceneCandidate) -> ThemeId | None:
        return ThemeId(1) if scene.file_id % 2 == 0 else None

    def same_moment(self, first: SceneCandidate, second: SceneCandidate) -> bool:
        return {first.file_id, second.file_id} != {2, 6}


def test_one_moment_of_a_theme_is_one_scene_however_similar_its_occurrences_are() -> None:
    groups = fold_repeats(_scenes(0.95, 0.94, 0.93, 0.5, 0.4, 0.3), lambda *_: False, _EvenFilesShareATheme())
    assert [(group.scene.file_id, *(repeat.file_id for repeat in group.repeats)) for group in groups] == [
        (1,),
        (2, 4),
        (3,),
        (5,),
        (6,),
    ]
