"""Color layout search: for clients of trace.moe that send the layout of a picture and not the picture.

A distance of layouts is much weaker evidence than a picture: nothing can be verified, and pictures of other shows may
be as near. The probability therefore has a curve of its own, over the distance and its ratio to that of the best
other scene.
"""

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from core.domain import (
    WHOLE_AREA,
    Hit,
    Label,
    Occurrence,
    Scene,
    SearchFilter,
    SearchResult,
    Verdict,
    split_label,
)
from core.errors import InputError, LibraryError
from core.library.snapshot import Snapshot
from core.library.still_cache import StillCache
from core.pictures.color_layout import FIRST_COEFFICIENTS, LAYOUT_SIZE, ColorLayouts, is_layout, similarity
from core.retrieval.scene_grouping import SceneCandidate, SceneGroup, fold_repeats, group_scenes
from core.search.calibration import at_most_one, reason, verdict
from core.search.picture_search import SearchSpec, StageClock
from core.search.scope import WHOLE_LIBRARY, SearchScope, scope_of
from core.search.theme_placement import ThemeScenes, theme_place
from core.stores.color_layout_index import ColorLayoutIndex, LayoutNeighbours
from core.verification.repeat_comparison import RepeatComparison

MAX_LAYOUTS: Final = 10
"""Most layouts of one search."""
DEFAULT_LIMIT: Final = 10
"""Number of scenes of an answer."""
_BIAS, _NEARNESS_WEIGHT, _RATIO_WEIGHT = 0.618, 0.781, 2.126
"""Weights of the logistic curve, fitted on 120 screenshots of the development library by `python -m
benchmarks.color_layout_answers`. Of 960 layouts of 120 other screenshots 84 % have the verdict `found`,
98.8 % of these correctly, and none of 960 that are not in the library; docs/answers.md has the table.
"""
NEIGHBOURS_LIMIT: Final = 500
"""Most nearest frames of a layout that become scenes."""
_MAX_DISTANCE: Final = 255
_ZERO_COEFFICIENT: Final = 16
_MIN_CONTRAST: Final = 10
"""One in 240 screenshots of the development library has less."""
_MIN_CONTRAST_RATIO: Final = math.e
_STRANGER_MAX_PROBABILITY: Final = 0.75
"""What layouts that are not in the library reach too. Of 15,826 layouts of the development library, nearly plain ones
included, each searched without its own show, 2,360 had a probability of .3 or more. Of those that are
`_MIN_CONTRAST_RATIO` times as far from a plain layout as from the best frame none is above .67. `python -m
benchmarks.color_layout_strangers` counts them by contrast.
"""
_BELOW_UNSURE: Final = 0.01
_NO_LAYOUTS_MESSAGE: Final = (
    "The library has no color layouts, so it can be searched by pictures only. Set WHENANIME_INDEX__COLOR_LAYOUT=true "
    "and run `whenanime index rebuild`, which makes them from the stored pictures; where there are no stored pictures, "
    "`whenanime library add --again DIR` makes both."
)


class ColorLayoutSearch:
    """Searches color layouts in snapshots. Safe to use from several threads."""

    def __init__(self, spec: SearchSpec, stills: StillCache) -> None:
        self._spec = spec
        self._stills = stills

    def search(
        self, layouts: NDArray[np.integer[Any]], snapshot: Snapshot, where: SearchFilter, limit: int = 0
    ) -> tuple[SearchResult, ...]:
        """Returns the scenes of each of (n, 33) layouts, best first, at most `limit` (0: ten).

        `InputError` when there is none or more than ten, or they are no layouts; `FilterError` when the filter names
        what is not in the library; `LibraryError` when the library has no color layouts.
        """
        queries = _query_layouts(layouts)
        index = require_layouts(snapshot)
        where, scope = scope_of(where, snapshot)
        clock = StageClock()
        nearest = index.search(queries, NEIGHBOURS_LIMIT, file_ids=scope.indexed_files)
        clock.stage("scan")
        results = [
            self._result(query, neighbours, snapshot, scope, limit)
            for query, neighbours in zip(queries, nearest, strict=True)
        ]
        clock.stage("scenes")
        if not scope.is_whole:
            results = [
                replace(result, where=where, elsewhere=self._elsewhere(query, result, snapshot, scope))
                for query, result in zip(queries, results, strict=True)
            ]
            clock.stage("elsewhere")
        return tuple(replace(result, timing_ms=clock.timing_ms()) for result in results)

    def scenes(
        self, neighbours: LayoutNeighbours, snapshot: Snapshot, scope: SearchScope = WHOLE_LIBRARY
    ) -> list[SceneGroup]:
        """Returns the scenes of the nearest frames in a scope, best first, with repeats of their shots. The
        similarity is below 0 for a distance above the largest one of trace.moe.
        """
        hits = [
            Hit(Label(label), 1 - distance / _MAX_DISTANCE)
            for label, distance in zip(neighbours.labels.tolist(), neighbours.distances.tolist(), strict=True)
            if snapshot.knows(split_label(label)[0]) and scope.admits(label)
        ]
        scenes = group_scenes(hits, snapshot.shot_bounds)
        return fold_repeats(scenes, RepeatComparison(self._stills).is_repeat, ThemeScenes(snapshot.themes))

    def _result(
        self,
        query: NDArray[np.uint8],
        neighbours: LayoutNeighbours,
        snapshot: Snapshot,
        scope: SearchScope,
        limit: int,
    ) -> SearchResult:
        spec, groups = self._spec, self.scenes(neighbours, snapshot, scope)
        distances = [_MAX_DISTANCE * (1 - group.scene.similarity) for group in groups]
        limit_probability = max(0.0, spec.unsure_at - _BELOW_UNSURE)
        probabilities = [
            probability if exceeds_strangers(query, distance, probability) else min(probability, limit_probability)
            for distance, probability in zip(distances, layout_probabilities(distances), strict=True)
        ]
        too_little = shows_too_little(query)
        outcome = verdict(
            probabilities[0] if probabilities else None,
            found_at=spec.found_at,
            unsure_at=spec.unsure_at,
            calibrated=True,
        )
        shown = list(zip(groups, probabilities, strict=True))[: limit or DEFAULT_LIMIT]
        return SearchResult(
            verdict=outcome,
            scenes=tuple(_scene(group, probability, snapshot, scope) for group, probability in shown),
            reason=reason(outcome, too_little=too_little, calibrated=True, check_failed=False),
        )

    def _elsewhere(
        self, query: NDArray[np.uint8], result: SearchResult, snapshot: Snapshot, scope: SearchScope
    ) -> Scene | None:
        """The scene that is found with certainty in what the filter excludes."""
        if result.verdict is Verdict.FOUND or result.too_little:
            return None
        (everywhere,) = self.search(query[None], snapshot, SearchFilter(), 1)
        best = everywhere.scenes[0] if everywhere.verdict is Verdict.FOUND else None
        return None if best is None or scope.contains(best) else best


def require_layouts(snapshot: Snapshot) -> ColorLayoutIndex:
    """Returns the color layouts of a snapshot. `LibraryError`, which says how to make them, when it has none."""
    if snapshot.layouts is None:
        raise LibraryError(_NO_LAYOUTS_MESSAGE)
    return snapshot.layouts


def contrast(layout: NDArray[np.uint8]) -> int:
    """Returns the squared length of a layout, (33,), without the mean colour; 0 for a plain picture."""
    coefficients = np.delete(layout.astype(np.int64), FIRST_COEFFICIENTS) - _ZERO_COEFFICIENT
    return int(coefficients @ coefficients)


def shows_too_little(layout: NDArray[np.uint8]) -> bool:
    """Whether a layout is hardly more than the mean colour, which many pictures share."""
    return contrast(layout) < _MIN_CONTRAST


def exceeds_strangers(layout: NDArray[np.uint8], distance: float, probability: float) -> bool:
    """Whether a scene at a squared distance from a layout is more than layouts that are not in the library find.

    A layout that is hardly more than a mean colour is near to many frames, and some of them are alone there by chance:
    then the distance is small, but so is that to a plain layout.
    """
    says_enough = not shows_too_little(layout) and 1 + contrast(layout) >= _MIN_CONTRAST_RATIO * (1 + distance)
    return says_enough and probability >= _STRANGER_MAX_PROBABILITY


def layout_features(distances: Sequence[float]) -> list[tuple[float, float]]:
    """Returns the inputs of the curve for each scene, by its squared distance: nearness, -ln(1 + distance), and the
    logarithm of the ratio to the best other scene's, (1 + other) / (1 + distance), as Lowe's test of nearest neighbours
    has it. Beyond 255, and where there is no other scene, a distance counts as 255.
    """
    limited = [min(distance, _MAX_DISTANCE) for distance in distances]
    nearest = sorted(limited)[:2] + [_MAX_DISTANCE] * 2
    rival_distances = [nearest[1] if distance == nearest[0] else nearest[0] for distance in limited]
    return [
        (-math.log1p(distance), math.log1p(rival) - math.log1p(distance))
        for distance, rival in zip(limited, rival_distances, strict=True)
    ]


def layout_probabilities(distances: Sequence[float]) -> list[float]:
    """Returns one probability for each scene, by its squared distance; they add up to one at most."""
    logits = [
        _BIAS + _NEARNESS_WEIGHT * nearness + _RATIO_WEIGHT * ratio for nearness, ratio in layout_features(distances)
    ]
    return at_most_one([1 / (1 + math.exp(-logit)) for logit in logits], [WHOLE_AREA] * len(logits))


def _query_layouts(layouts: NDArray[np.integer[Any]]) -> ColorLayouts:
    if layouts.ndim != 2 or layouts.shape[1] != LAYOUT_SIZE:
        raise InputError(f"A color layout is {LAYOUT_SIZE} numbers; {layouts.shape} were given in place of (n, 33).")
    if not 0 < len(layouts) <= MAX_LAYOUTS:
        raise InputError(f"1 to {MAX_LAYOUTS} color layouts can be searched together, not {len(layouts)}.")
    if not np.issubdtype(layouts.dtype, np.integer) or not is_layout(layouts):
        raise InputError(
            "A color layout is whole numbers from 0 to 31, and to 63 at the first, the 22nd and the 28th place."
        )
    return layouts.astype(np.uint8)


def _scene(group: SceneGroup, probability: float, snapshot: Snapshot, scope: SearchScope) -> Scene:
    best = group.scene
    record = snapshot.records[best.file_id]
    scene = Scene(
        file_id=best.file_id,
        path=record.stamp.path,
        name=record.name,
        from_ms=best.from_ms,
        at_ms=best.at_ms,
        to_ms=best.to_ms,
        similarity=similarity(round((1 - best.similarity) * _MAX_DISTANCE)),
        probability=probability,
        repeats=tuple(_occurrence(repeat, snapshot) for repeat in group.repeats),
    )
    place = theme_place(best, group.repeats, snapshot.themes, scope, snapshot.is_missing)
    if place:
        scene = place.scene(scene, snapshot.records)
    return replace(scene, video_missing=snapshot.is_missing(scene.file_id))


def _occurrence(repeat: SceneCandidate, snapshot: Snapshot) -> Occurrence:
    record = snapshot.records[repeat.file_id]
    return Occurrence(record.id, record.stamp.path, record.name, repeat.at_ms)
