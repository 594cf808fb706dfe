"""Search of one picture: the stages from regions to scored scenes, in their order.

First pass: the whole picture and its regions that are certainly frames. Second pass, when no scene is certain: the
other regions. Turned pass, when no scene is confirmed: the whole picture and the most certain region as if the
picture had been turned. The most probable scenes are verified against stored pictures, scenes of the same shot are
grouped, and the evidence becomes a probability.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np

from core.catalogue.records import FileRecord
from core.catalogue.theme_map import ThemeMap
from core.domain import Area, FileId, Hit, Occurrence, Scene, split_label
from core.encoders.base import ConfidenceSpec, Encoder
from core.keypoints.detector import KeypointDetector
from core.library.still_cache import StillCache
from core.pictures.pixels import Rgb, gray_thumbnail
from core.retrieval.scene_grouping import SceneCandidate, SceneGroup, fold_repeats, group_scenes
from core.retrieval.view_lookup import ViewLookup
from core.search.calibration import Evidence, doubtful_limit, probabilities
from core.search.scope import WHOLE_LIBRARY, SearchScope
from core.search.theme_placement import ThemeScenes
from core.stores.base import VectorStore
from core.timecode import Millis
from core.verification.scene_verifier import VERIFIED_MIN_SCORE, SceneVerifier, VerifiedScene

_CHECK_BATCH: Final = 2  # scenes that are verified at the same time
CLEAR_MIN_SCORE: Final = 0.5
"""Score of a verified scene after which no further scenes are verified: among 434 pictures of the development part,
distorted in 31 ways, no later scene had a higher score.
"""
_FLAT_MIN_SHARE: Final = 0.94
_FLAT_RANGE_LEVELS: Final = 8
_FLAT_THUMBNAIL_SIDE_PX: Final = 96


@dataclass(frozen=True, slots=True)
class SearchSpec:
    """Search settings.

    An answer has `limit` scenes; `candidates` nearest frames are used of each of at most `views` views; at most
    `checks` scenes are verified against stored pictures, only one when the first pass gives `sure_at`; `exact` finds
    the exact frame in the video; of an animation, a video or several pictures at most `frames` are searched.
    `found_at` and `unsure_at` are the lowest probabilities of these verdicts.
    """

    limit: int = 5
    candidates: int = 100
    views: int = 16
    checks: int = 6
    sure_at: float = 0.99
    exact: bool = True
    frames: int = 8
    found_at: float = 0.9
    unsure_at: float = 0.3

    @property
    def unsure_max_probability(self) -> float:
        """Highest probability of a scene whose verification failed."""
        return doubtful_limit(self.found_at, self.unsure_at)


@dataclass(frozen=True, slots=True)
class ScoredScene:
    """A scene with its probability; `verified` is `None` when it was not verified; `repeats` are of the same shot."""

    scene: SceneCandidate
    probability: float
    verified: VerifiedScene | None
    repeats: tuple[SceneCandidate, ...]

    @property
    def view(self) -> int:
        """Number of the view that shows it: the one that was verified, else the one that found it."""
        return self.verified.view if self.verified else self.scene.view

    @property
    def score(self) -> float:
        """Score of the verification; 0 when there was none."""
        return self.verified.score if self.verified else 0.0

    @property
    def rank(self) -> tuple[float, float, float]:
        """Sort key of answers, most probable first."""
        return -self.probability, -self.score, -self.scene.similarity


@dataclass(frozen=True, slots=True)
class SearchTrace:
    """Results of all stages for one picture: scenes best first, the lookup, whether there was a second pass, and
    whether the picture shows too little.
    """

    lookup: ViewLookup
    scenes: tuple[ScoredScene, ...]
    looked_again: bool
    too_little: bool


class SearchIndex(Protocol):
    """Index that is searched."""

    @property
    def encoder(self) -> Encoder:
        """Encoder that the index was made with."""

    @property
    def store(self) -> VectorStore:
        """Vectors of the indexed frames."""

    @property
    def themes(self) -> ThemeMap:
        """Parts that episodes share."""

    def knows(self, file_id: FileId) -> bool:
        """Whether the catalogue still has this file."""

    def shot_bounds(self, file_id: FileId, time_ms: Millis) -> tuple[Millis, Millis]:
        """Returns begin and end of the shot that contains a frame."""


class PictureSearch:
    """Searches single pictures. Safe to use from several threads."""

    def __init__(self, spec: SearchSpec, detector: KeypointDetector, stills: StillCache, pool: Executor) -> None:
        self._spec = spec
        self._pool = pool
        self._detector = detector
        self._stills = stills

    def trace(
        self,
        picture: Rgb,
        index: SearchIndex,
        clock: "StageClock",
        scope: SearchScope = WHOLE_LIBRARY,
        on_probable_scene: Callable[[SceneGroup], None] | None = None,
    ) -> SearchTrace:
        """Searches an RGB (height, width, 3) picture in a scope.

        `on_probable_scene` is called with a scene that the first pass is certain of, before it is verified.
        """
        spec, curve = self._spec, index.encoder.spec.confidence
        lookup = new_lookup(picture, index, spec, scope)
        verifier = SceneVerifier(self._detector, self._stills, lookup.pixels)
        clock.stage("regions")
        lookup.first_pass()
        groups = _scene_groups(lookup.hits(), index, verifier)
        first_scenes = score_scenes(groups, {}, curve, lookup.area)
        clock.stage("lookup")
        sure = bool(first_scenes) and first_scenes[0].probability >= spec.sure_at
        second_pass = not sure and lookup.second_pass()
        if second_pass:
            groups = _scene_groups(lookup.hits(), index, verifier)
            clock.stage("second lookup")
        if sure and on_probable_scene and spec.checks:
            on_probable_scene(groups[0])
        checks = self._verify_scenes(
            [shot.scene for shot in groups[: min(1, spec.checks) if sure else spec.checks]], verifier
        )
        scenes = score_scenes(groups, checks, curve, lookup.area, refuted_limit=spec.unsure_max_probability)
        clock.stage("checks")
        too_little = shows_too_little(picture)
        if spec.checks and not too_little and not _is_confirmed(scenes, spec.found_at):
            scenes = self._turned_scenes(lookup, index, verifier) or scenes
            clock.stage("turned lookup")
        return SearchTrace(lookup, scenes, second_pass, too_little)

    def first_probability(self, lookup: ViewLookup, index: SearchIndex) -> float:
        """Returns the probability of the best scene after a lookup's first pass, unverified; 0 when there is none."""
        groups = _scene_groups(lookup.hits(), index, SceneVerifier(self._detector, self._stills, lookup.pixels))
        scenes = score_scenes(groups, {}, index.encoder.spec.confidence, lookup.area)
        return scenes[0].probability if scenes else 0.0

    def _turned_scenes(
        self, lookup: ViewLookup, index: SearchIndex, verifier: SceneVerifier
    ) -> tuple[ScoredScene, ...]:
        """Scenes of a picture that was turned by a quarter or a half; empty when the best of them is not confirmed."""
        groups = _scene_groups(lookup.turned_pass(), index, verifier)
        checks = self._verify_scenes([shot.scene for shot in groups[:_CHECK_BATCH]], verifier)
        curve, limit = index.encoder.spec.confidence, self._spec.unsure_max_probability
        scenes = score_scenes(groups, checks, curve, lookup.area, refuted_limit=limit)
        return (
            scenes
            if scenes and scenes[0].score >= VERIFIED_MIN_SCORE and _is_confirmed(scenes, self._spec.found_at)
            else ()
        )

    def _verify_scenes(self, scenes: Sequence[SceneCandidate], verifier: SceneVerifier) -> dict[int, VerifiedScene]:
        """Verified scenes by their number. Always two at a time, on any number of cores, as each batch decides
        whether the next one is needed: the answer must not depend on the machine.
        """
        checks: dict[int, VerifiedScene] = {}
        for first in range(0, len(scenes), _CHECK_BATCH):
            batch = scenes[first : first + _CHECK_BATCH]
            try_mirror = max((check.score for check in checks.values()), default=0.0) < VERIFIED_MIN_SCORE
            submitted = [self._pool.submit(verifier.verify, scene, try_mirror=try_mirror) for scene in batch[1:]]
            if not submitted:
                self._pool.submit(verifier.keypoints, batch[0].view)
            checked = [verifier.verify(batch[0], try_mirror=try_mirror), *(check.result() for check in submitted)]
            checks |= {first + number: check for number, check in enumerate(checked) if check}
            if any(check.score >= CLEAR_MIN_SCORE for check in checks.values()):
                break
        return checks


def new_lookup(picture: Rgb, index: SearchIndex, spec: SearchSpec, scope: SearchScope) -> ViewLookup:
    """Returns the lookup of one picture in an index, before its first pass."""
    return ViewLookup(
        picture,
        index.encoder,
        index.store,
        candidates=spec.candidates,
        views=spec.views,
        file_ids=scope.indexed_files,
        admits=None if scope.is_whole else scope.admits,
    )


def score_scenes(
    groups: Sequence[SceneGroup],
    checks: Mapping[int, VerifiedScene],
    curve: ConfidenceSpec | None,
    area_of: Callable[[int], Area],
    *,
    refuted_limit: float = 1.0,
) -> tuple[ScoredScene, ...]:
    """Returns scenes with probabilities, most probable first; `checks` by the number of the group, `area_of` by that
    of a view. A scene whose verification failed gets a probability of at most `refuted_limit`.
    """
    evidence = [evidence_of(group.scene, checks.get(number), area_of) for number, group in enumerate(groups)]
    scene_probabilities = probabilities(evidence, curve, refuted_limit=refuted_limit)
    scenes = [
        ScoredScene(group.scene, probability, checks.get(number), group.repeats)
        for number, (group, probability) in enumerate(zip(groups, scene_probabilities, strict=True))
    ]
    return tuple(sorted(scenes, key=lambda scored: scored.rank))


def evidence_of(scene: SceneCandidate, check: VerifiedScene | None, area_of: Callable[[int], Area]) -> Evidence:
    """Returns the evidence of a scene; `area_of` by the number of a view."""
    return Evidence(scene.similarity, check.score if check else None, area_of(scene.view))


def scene_of(scored: ScoredScene, lookup: ViewLookup, records: Mapping[FileId, FileRecord]) -> Scene:
    """Returns the scene of an answer; `lookup` is the one that found it."""
    best = scored.scene
    record = records[best.file_id]
    verified = scored.verified.verification if scored.verified else None
    return Scene(
        file_id=best.file_id,
        path=record.stamp.path,
        name=record.name,
        from_ms=best.from_ms,
        at_ms=best.at_ms,
        to_ms=best.to_ms,
        similarity=best.similarity,
        probability=scored.probability,
        turned=lookup.views[scored.view].turned,
        mirrored=scored.verified is not None and scored.verified.shows_mirrored,
        region=lookup.area(scored.view),
        shown=verified.box if verified else None,
        inliers=(verified.inliers if verified else 0) if scored.verified else None,
        repeats=tuple(_occurrence(repeat, records[repeat.file_id]) for repeat in scored.repeats),
    )


def _occurrence(candidate: SceneCandidate, record: FileRecord) -> Occurrence:
    return Occurrence(record.id, record.stamp.path, record.name, candidate.at_ms)


def shows_too_little(picture: Rgb) -> bool:
    """Whether nearly all of a picture has one brightness: dark, plain, or text on plain ground."""
    small = gray_thumbnail(picture, _FLAT_THUMBNAIL_SIDE_PX, _FLAT_THUMBNAIL_SIDE_PX)
    counts = np.bincount(small.ravel(), minlength=256)
    share = np.convolve(counts, np.ones(2 * _FLAT_RANGE_LEVELS + 1)).max() / small.size
    return bool(share >= _FLAT_MIN_SHARE)


def _is_confirmed(scenes: Sequence[ScoredScene], found_at: float) -> bool:
    """Whether the best scene is probable enough and, if it was verified, passed."""
    best = scenes[0] if scenes else None
    return (
        best is not None
        and best.probability >= found_at
        and (best.verified is None or best.score >= VERIFIED_MIN_SCORE)
    )


def _scene_groups(nearest: Sequence[Hit], index: SearchIndex, verifier: SceneVerifier) -> list[SceneGroup]:
    hits = [hit for hit in nearest if index.knows(split_label(hit.label)[0])]
    scenes = group_scenes(hits, index.shot_bounds)
    return fold_repeats(scenes, verifier.same_shot, ThemeScenes(index.themes))


class StageClock:
    """Measures the milliseconds of consecutive stages."""

    def __init__(self) -> None:
        self._start = self._last = time.perf_counter()
        self._stages: dict[str, float] = {}

    def stage(self, name: str) -> None:
        """Ends the stage of this name now."""
        now = time.perf_counter()
        self._stages[name] = (now - self._last) * 1000
        self._last = now

    def timing_ms(self) -> dict[str, float]:
        """Returns milliseconds by stage, and `total`."""
        return {**self._stages, "total": (self._last - self._start) * 1000}
