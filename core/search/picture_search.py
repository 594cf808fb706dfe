"""Search of one picture: the stages from regions to scored scenes, in their order.

The whole picture and what is surely a frame inside it are looked up; when no scene stands out, what may be one too, and
when none holds after all, both as if the picture had been turned. The likeliest scenes are checked against stored
pictures, places where the same shot comes again are put together, and all that is known becomes a probability.
"""

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np

from core.catalogue.records import FileRecord
from core.domain import Area, FileId, Hit, Occurrence, Scene, split_label
from core.encoders.base import ConfidenceSpec, Encoder
from core.keypoints.detector import KeypointDetector
from core.library.still_cache import StillCache
from core.pictures.pixels import Rgb, gray_thumbnail
from core.retrieval.scene_grouping import SceneCandidate, SceneGroup, fold_repeats, group_scenes
from core.retrieval.view_lookup import ViewLookup
from core.search.calibration import Evidence, doubtful_limit, probabilities
from core.stores.base import VectorStore
from core.timecode import Millis
from core.verification.reranking import VERIFIED_MIN_SCORE, SceneVerifier, VerifiedScene

_CHECKS_AT_ONCE: Final = 2  # checks
CLEAR_MIN_SCORE: Final = 0.5
"""Score of a check after which no more scenes are checked: among 434 pictures of the development part, distorted in 31
ways, none that was checked later came out better.
"""
_FLAT_SHARE: Final = 0.94
_FLAT_LEVELS: Final = 8
_FLAT_SIDE: Final = 96


@dataclass(frozen=True, slots=True)
class SearchSpec:
    """From nearest frames to an answer.

    `limit` scenes are in it; `candidates` nearest frames are looked at for each of at most `views` views; at most
    `checks` scenes are checked against stored pictures, one only when the first look gives `sure_at`; `exact` finds the
    exact frame in the video; of what moves, and of several pictures, at most `frames` are looked up. `found_at` and
    `unsure_at` are the probabilities of the verdicts.
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
    def doubtful_limit(self) -> float:
        """Most that is said of a scene that its check did not bear out."""
        return doubtful_limit(self.found_at, self.unsure_at)


@dataclass(frozen=True, slots=True)
class ScoredScene:
    """A scene and what is known of it; `check` is `None` when it was not checked; `also` are repeats of its shot."""

    scene: SceneCandidate
    probability: float
    verified: VerifiedScene | None
    repeats: tuple[SceneCandidate, ...]

    @property
    def view(self) -> int:
        """The view that shows it: the one that was checked, else the one that found it."""
        return self.verified.view if self.verified else self.scene.view

    @property
    def score(self) -> float:
        """Of the check; 0 when there was none."""
        return self.verified.score if self.verified else 0.0

    @property
    def rank(self) -> tuple[float, float, float]:
        """What answers are sorted by, likeliest first."""
        return -self.probability, -self.score, -self.scene.similarity


@dataclass(frozen=True, slots=True)
class SearchTrace:
    """Everything that came of one picture: scenes best first, what was looked up, how much there was to go on."""

    lookup: ViewLookup
    scenes: tuple[ScoredScene, ...]
    looked_again: bool
    too_little: bool


class SearchIndex(Protocol):
    """What is searched."""

    @property
    def encoder(self) -> Encoder:
        """The one that the index was made with."""

    @property
    def store(self) -> VectorStore:
        """Its vectors."""

    def knows(self, file_id: FileId) -> bool:
        """Whether the catalogue still has this file."""

    def shot_bounds(self, file_id: FileId, time_ms: Millis) -> tuple[Millis, Millis]:
        """When the shot begins and ends that a frame is in."""


class PictureSearch:
    """Examines pictures. Safe to use from several threads."""

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
        file_ids: Collection[FileId] | None = None,
        expect: Callable[[SceneCandidate], None] | None = None,
    ) -> SearchTrace:
        """Look an RGB (height, width, 3) picture up, among these files only when given.

        `expect` is told the scene that the first look is sure of, before that is checked.
        """
        spec, curve = self._spec, index.encoder.spec.confidence
        lookup = new_lookup(picture, index, spec, file_ids)
        checker = SceneVerifier(self._detector, self._stills, lookup.pixels)
        clock.stage("regions")
        lookup.first_pass()
        shots = _shots(lookup.hits(), index, checker)
        at_first = score_scenes(shots, {}, curve, lookup.area)
        clock.stage("lookup")
        sure = bool(at_first) and at_first[0].probability >= spec.sure_at
        again = not sure and lookup.second_pass()
        if again:
            shots = _shots(lookup.hits(), index, checker)
            clock.stage("second lookup")
        if sure and expect and spec.checks:
            expect(shots[0].scene)
        checks = self._verify_scenes(
            [shot.scene for shot in shots[: min(1, spec.checks) if sure else spec.checks]], checker
        )
        scenes = score_scenes(shots, checks, curve, lookup.area, refuted_limit=spec.doubtful_limit)
        clock.stage("checks")
        too_little = shows_too_little(picture)
        if spec.checks and not too_little and not _is_confirmed(scenes, spec.found_at):
            scenes = self._turned(lookup, index, checker) or scenes
            clock.stage("turned lookup")
        return SearchTrace(lookup, scenes, again, too_little)

    def first_probability(self, lookup: ViewLookup, index: SearchIndex) -> float:
        """Probability of the best scene after a lookup's first pass, unchecked; 0 where there is none."""
        shots = _shots(lookup.hits(), index, SceneVerifier(self._detector, self._stills, lookup.pixels))
        scenes = score_scenes(shots, {}, index.encoder.spec.confidence, lookup.area)
        return scenes[0].probability if scenes else 0.0

    def _turned(self, lookup: ViewLookup, index: SearchIndex, checker: SceneVerifier) -> tuple[ScoredScene, ...]:
        """The scenes of a picture that was turned by a quarter or a half; none where none of them holds for sure."""
        shots = _shots(lookup.turned_pass(), index, checker)
        checks = self._verify_scenes([shot.scene for shot in shots[:_CHECKS_AT_ONCE]], checker)
        curve, limit = index.encoder.spec.confidence, self._spec.doubtful_limit
        scenes = score_scenes(shots, checks, curve, lookup.area, refuted_limit=limit)
        return (
            scenes
            if scenes and scenes[0].score >= VERIFIED_MIN_SCORE and _is_confirmed(scenes, self._spec.found_at)
            else ()
        )

    def _verify_scenes(self, scenes: Sequence[SceneCandidate], checker: SceneVerifier) -> dict[int, VerifiedScene]:
        """By the number of the scene. Two at a time, on any number of cores: what is found decides how to go on."""
        checks: dict[int, VerifiedScene] = {}
        for first in range(0, len(scenes), _CHECKS_AT_ONCE):
            batch = scenes[first : first + _CHECKS_AT_ONCE]
            turned = max((check.score for check in checks.values()), default=0.0) < VERIFIED_MIN_SCORE
            submitted = [self._pool.submit(checker.verify, scene, turned=turned) for scene in batch[1:]]
            if not submitted:
                self._pool.submit(checker.keypoints, batch[0].view)
            checked = [checker.verify(batch[0], turned=turned), *(check.result() for check in submitted)]
            checks |= {first + number: check for number, check in enumerate(checked) if check}
            if any(check.score >= CLEAR_MIN_SCORE for check in checks.values()):
                break
        return checks


def new_lookup(picture: Rgb, index: SearchIndex, spec: SearchSpec, file_ids: Collection[FileId] | None) -> ViewLookup:
    """The way of one picture through an index, not yet begun."""
    return ViewLookup(
        picture, index.encoder, index.store, candidates=spec.candidates, views=spec.views, file_ids=file_ids
    )


def score_scenes(
    shots: Sequence[SceneGroup],
    checks: Mapping[int, VerifiedScene],
    curve: ConfidenceSpec | None,
    area_of: Callable[[int], Area],
    *,
    refuted_limit: float = 1.0,
) -> tuple[ScoredScene, ...]:
    """Scenes, likeliest first; `checks` by the number of the shot, `area_of` by that of a view. One whose check failed
    gets a probability of `refuted_limit` at most.
    """
    evidence = [evidence_of(shot.scene, checks.get(number), area_of) for number, shot in enumerate(shots)]
    scene_probabilities = probabilities(evidence, curve, refuted_limit=refuted_limit)
    scenes = [
        ScoredScene(shot.scene, probability, checks.get(number), shot.repeats)
        for number, (shot, probability) in enumerate(zip(shots, scene_probabilities, strict=True))
    ]
    return tuple(sorted(scenes, key=lambda scored: scored.rank))


def evidence_of(scene: SceneCandidate, check: VerifiedScene | None, area_of: Callable[[int], Area]) -> Evidence:
    """What a probability is made of; `area_of` by the number of a view."""
    return Evidence(scene.similarity, check.score if check else None, area_of(scene.view))


def scene_of(scored: ScoredScene, lookup: ViewLookup, records: Mapping[FileId, FileRecord]) -> Scene:
    """As the answer tells it; `lookup` is the one that found it."""
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
        repeats=tuple(_sighting(repeat, records[repeat.file_id]) for repeat in scored.repeats),
    )


def _sighting(candidate: SceneCandidate, record: FileRecord) -> Occurrence:
    return Occurrence(record.id, record.stamp.path, record.name, candidate.at_ms)


def shows_too_little(picture: Rgb) -> bool:
    """Whether nearly all of a picture has one brightness: dark, plain, or text on plain ground."""
    small = gray_thumbnail(picture, _FLAT_SIDE, _FLAT_SIDE)
    counts = np.bincount(small.ravel(), minlength=256)
    share = np.convolve(counts, np.ones(2 * _FLAT_LEVELS + 1)).max() / small.size
    return bool(share >= _FLAT_SHARE)


def _is_confirmed(scenes: Sequence[ScoredScene], found_at: float) -> bool:
    """Whether the best scene is likely enough, and held where it was checked."""
    best = scenes[0] if scenes else None
    return (
        best is not None
        and best.probability >= found_at
        and (best.verified is None or best.score >= VERIFIED_MIN_SCORE)
    )


def _shots(nearest: Sequence[Hit], index: SearchIndex, checker: SceneVerifier) -> list[SceneGroup]:
    hits = [hit for hit in nearest if index.knows(split_label(hit.label)[0])]
    return fold_repeats(group_scenes(hits, index.shot_bounds), checker.same_shot)


class StageClock:
    """Milliseconds of consecutive stages."""

    def __init__(self) -> None:
        self._start = self._last = time.perf_counter()
        self._stages: dict[str, float] = {}

    def stage(self, name: str) -> None:
        """The stage of this name ends now."""
        now = time.perf_counter()
        self._stages[name] = (now - self._last) * 1000
        self._last = now

    def timing_ms(self) -> dict[str, float]:
        """By stage, and `total`."""
        return {**self._stages, "total": (self._last - self._start) * 1000}
