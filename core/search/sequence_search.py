"""Search of several pictures in the order of time: the scenes that they may be from together.

Each picture has its first pass only; the hits are joined into chains in one file (`core.search.temporal_alignment`),
and a few pictures of the best chains are verified against stored pictures. A chain agrees when it contains at least
half of the pictures, and at least two. When no chain agrees there is no sequence: separate pictures are searched one
by one, and of a clip the frame with the highest similarity alone.

A clip may be edited from several scenes. The pictures that are not in its best chain are searched part by part
(`core.search.clip_parts`), each part as a clip of its own, and its scene is in the answer when it is found with
certainty.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from core.catalogue.records import FileRecord
from core.domain import FileId, Hit, Scene
from core.keypoints.detector import KeypointDetector
from core.library.still_cache import StillCache
from core.retrieval.timed_pictures import TimedPicture
from core.retrieval.view_lookup import ViewLookup
from core.search.chain_rivals import ChainRivals
from core.search.clip_parts import split_by_scene
from core.search.picture_search import (
    PictureSearch,
    ScoredScene,
    SearchIndex,
    SearchSpec,
    SearchTrace,
    StageClock,
    new_lookup,
    scene_of,
    shows_too_little,
)
from core.search.scope import WHOLE_LIBRARY, SearchScope
from core.search.temporal_alignment import Chain, ChainStep, PictureHits
from core.search.theme_placement import in_every_occurrence
from core.timecode import Millis
from core.verification.scene_verifier import SceneVerifier, VerifiedScene

_CHECKED_CHAINS_LIMIT: Final = 3
_CHECKED_PICTURES_LIMIT: Final = 3  # of each chain
_SAME_PLACE_GAP_MS: Final = 1000
"""Two scenes of one file that are no further apart than this are one."""


@dataclass(frozen=True, slots=True)
class SequenceScene:
    """A scene, and the lookup that its views belong to.

    `sequence`: it reaches from the first to the last of several pictures; `backwards`: as the clip is played. `clip`:
    the part of a clip of several scenes that shows it. `pictures`: the numbers, from 1, of the separate pictures whose
    best scene it is.
    """

    scored: ScoredScene
    lookup: ViewLookup
    sequence: bool = False
    backwards: bool = False
    clip: tuple[Millis, Millis] | None = None
    pictures: tuple[int, ...] = ()

    def scene(self, records: Mapping[FileId, FileRecord]) -> Scene:
        """Returns the scene of an answer."""
        scene = scene_of(self.scored, self.lookup, records)
        return replace(scene, sequence=self.sequence, backwards=self.backwards, clip=self.clip, pictures=self.pictures)


@dataclass(frozen=True, slots=True)
class SequenceTrace:
    """Results of all stages for several pictures: scenes best first.

    `first`: the lookup of the first picture. `looked_again`: whether a single picture had a second pass.
    """

    scenes: tuple[SequenceScene, ...]
    first: ViewLookup
    too_little: bool
    looked_again: bool = False


class SequenceSearch:
    """Searches several pictures together, in order of time. Safe to use from several threads."""

    def __init__(self, spec: SearchSpec, detector: KeypointDetector, stills: StillCache, single: PictureSearch) -> None:
        self._spec = spec
        self._detector = detector
        self._stills = stills
        self._single = single

    def trace(
        self,
        pictures: Sequence[TimedPicture],
        index: SearchIndex,
        clock: StageClock,
        scope: SearchScope = WHOLE_LIBRARY,
    ) -> SequenceTrace:
        """Searches pictures in a scope. `ValueError` when there is none."""
        if not pictures:
            raise ValueError("there is no picture to look up")
        lookups = [self._lookup(picture, index, scope) for picture in pictures]
        hits = [in_every_occurrence(lookup.hits(), index.themes, scope) for lookup in lookups]
        track = _Track(pictures, lookups, hits)
        clock.stage("lookup")
        rivals = ChainRivals.of(track.hits_by_picture, index)
        clock.stage("chains")
        scenes = self._scenes(track, rivals, scope)
        if not scenes:
            return self._separate_scenes(track, index, clock, scope)
        clock.stage("checks")
        too_little = all(shows_too_little(picture.rgb) for picture in pictures)
        return SequenceTrace(tuple(scenes), track.lookups[0], too_little)

    def _lookup(self, picture: TimedPicture, index: SearchIndex, scope: SearchScope) -> ViewLookup:
        lookup = new_lookup(picture.rgb, index, self._spec, scope)
        lookup.first_pass()
        return lookup

    def _scenes(self, track: "_Track", rivals: ChainRivals, scope: SearchScope) -> list[SequenceScene]:
        """Scenes of the chains, and of the other parts of a clip; empty when no chain agrees and no part is found."""
        chains = sorted(rivals.chains, key=lambda chain: not rivals.agrees(chain))  # else as they are
        agree = bool(chains) and rivals.agrees(chains[0])
        parts = split_by_scene(chains, len(track.pictures)) if track.of_clip else []
        scenes_by_part: dict[tuple[int, ...], SequenceScene] = {}
        for part in parts[1:] if agree else parts:
            scene = self._part(track.only(part), rivals.index, scope)
            if scene and not any(_same_place(scene, scene_of_part) for scene_of_part in scenes_by_part.values()):
                scenes_by_part[part] = scene
        if not agree:
            return sorted(scenes_by_part.values(), key=lambda scene_of_part: scene_of_part.scored.rank)
        main = self._sequence_scenes(track, rivals)
        scenes_by_part = {
            part: scene_of_part
            for part, scene_of_part in scenes_by_part.items()
            if not _same_place(scene_of_part, main[0])
        }
        if not scenes_by_part:
            return main
        numbers_of_parts = {number for part in scenes_by_part for number in part}
        rest = track.only([number for number in range(len(track.pictures)) if number not in numbers_of_parts])
        first, *rest_scenes = self._sequence_scenes(rest, ChainRivals.of(rest.hits_by_picture, rivals.index))
        scenes = [replace(first, clip=track.only(parts[0]).span), *scenes_by_part.values()]
        scenes += [
            scene_of_part
            for scene_of_part in rest_scenes
            if not any(_same_place(scene_of_part, scene) for scene in scenes)
        ]
        return sorted(scenes, key=lambda scene_of_part: scene_of_part.scored.rank)

    def _part(self, part: "_Track", index: SearchIndex, scope: SearchScope) -> SequenceScene | None:
        """Scene of a part of a clip, if it is found with certainty."""
        rivals = ChainRivals.of(part.hits_by_picture, index)
        if rivals.agree:
            scene = self._sequence_scenes(part, rivals)[0]
        elif len(part.pictures) == 1 and self._single.first_probability(part.lookups[0], index) >= self._spec.unsure_at:
            trace = self._single.trace(part.pictures[0].rgb, index, StageClock(), scope)
            if not trace.scenes or trace.too_little:
                return None
            scene = SequenceScene(trace.scenes[0], trace.lookup)
        else:
            return None
        return replace(scene, clip=part.span) if scene.scored.probability >= self._spec.found_at else None

    def _sequence_scenes(self, track: "_Track", rivals: ChainRivals) -> list[SequenceScene]:
        """Scenes of chains, most probable first."""
        verifiers = [SceneVerifier(self._detector, self._stills, lookup.pixels) for lookup in track.lookups]
        rivals = rivals.fold_repeats(verifiers[0])
        curve = rivals.index.encoder.spec.confidence
        checks: dict[int, dict[int, VerifiedScene]] = {}
        if self._spec.checks:
            sure = max(rivals.probabilities({}, curve, 1.0)) >= self._spec.sure_at
            for number in range(1 if sure else min(_CHECKED_CHAINS_LIMIT, self._spec.checks, len(rivals.chains))):
                checks[number] = {
                    step.picture: check
                    for step in rivals.chains[number].best()[:_CHECKED_PICTURES_LIMIT]
                    if (check := verifiers[step.picture].verify(rivals.candidate(number, step)))
                }
        scenes = []
        for number, probability in enumerate(rivals.probabilities(checks, curve, self._spec.unsure_max_probability)):
            chain = rivals.chains[number]
            step, check = _best_step(chain, checks.get(number, {}))
            scene = rivals.candidate(number, step)
            scene = replace(scene, at_ms=min(max(scene.at_ms, scene.from_ms), scene.to_ms))
            scored = ScoredScene(scene, probability, check, rivals.repeats[number])
            scenes.append(SequenceScene(scored, track.lookups[step.picture], sequence=True, backwards=chain.backwards))
        return sorted(scenes, key=lambda sequence_scene: sequence_scene.scored.rank)

    def _separate_scenes(
        self, track: "_Track", index: SearchIndex, clock: StageClock, scope: SearchScope
    ) -> SequenceTrace:
        """The best scene of each picture; of a clip the scenes of the frame with the highest similarity."""
        pictures = track.pictures
        if track.of_clip:
            similarities = [
                of_picture.hits[0].similarity if of_picture.hits else -1.0 for of_picture in track.hits_by_picture
            ]
            pictures = [pictures[similarities.index(max(similarities))]]
        traces = [self._single.trace(picture.rgb, index, clock, scope) for picture in pictures]
        most = None if len(traces) == 1 else 1
        scenes = [
            (scored, trace.lookup, number) for number, trace in enumerate(traces, 1) for scored in trace.scenes[:most]
        ]
        scenes.sort(key=lambda scene: scene[0].rank)
        return SequenceTrace(
            scenes=tuple(
                SequenceScene(scored, lookup, pictures=() if track.of_clip else tuple(sorted(numbers)))
                for scored, lookup, numbers in _distinct_scenes(scenes)
            ),
            first=traces[0].lookup,
            too_little=all(trace.too_little for trace in traces),
        )


def as_sequence_trace(trace: SearchTrace) -> SequenceTrace:
    """Converts the trace of one picture to one of several."""
    scenes = tuple(SequenceScene(scored, trace.lookup) for scored in trace.scenes)
    return SequenceTrace(scenes, trace.lookup, trace.too_little, trace.looked_again)


@dataclass(frozen=True, slots=True)
class _Track:
    """Pictures in order of time, the lookup of each, and its hits in every occurrence of their themes."""

    pictures: Sequence[TimedPicture]
    lookups: Sequence[ViewLookup]
    hits: Sequence[Sequence[Hit]]

    @property
    def of_clip(self) -> bool:
        return any(picture.time_ms is not None for picture in self.pictures)

    @property
    def hits_by_picture(self) -> list[PictureHits]:
        return [
            PictureHits(hits, [view.mirrored for view in lookup.views], picture.time_ms, picture.until_ms)
            for hits, lookup, picture in zip(self.hits, self.lookups, self.pictures, strict=True)
        ]

    @property
    def span(self) -> tuple[Millis, Millis] | None:
        """Begin and end of the pictures in the clip."""
        start, end = self.pictures[0].time_ms, self.pictures[-1].until_ms
        return None if start is None or end is None else (start, end)

    def only(self, numbers: Sequence[int]) -> "_Track":
        return _Track(
            [self.pictures[number] for number in numbers],
            [self.lookups[number] for number in numbers],
            [self.hits[number] for number in numbers],
        )


def _best_step(chain: Chain, checks: Mapping[int, VerifiedScene]) -> tuple[ChainStep, VerifiedScene | None]:
    """The step with the best verification, or the most similar one when none was verified."""
    picture = max(checks, key=lambda number: checks[number].score, default=None)
    if picture is None:
        return chain.best()[0], None
    return chain.by_picture[picture], checks[picture]


def _same_place(first: SequenceScene, second: SequenceScene) -> bool:
    """Whether two scenes, or repeats of them, overlap in one file."""
    return any(
        place.file_id == there.file_id
        and place.from_ms <= there.to_ms + _SAME_PLACE_GAP_MS
        and there.from_ms <= place.to_ms + _SAME_PLACE_GAP_MS
        for place in (first.scored.scene, *first.scored.repeats)
        for there in (second.scored.scene, *second.scored.repeats)
    )


def _distinct_scenes(
    scenes: Sequence[tuple[ScoredScene, ViewLookup, int]],
) -> list[tuple[ScoredScene, ViewLookup, set[int]]]:
    """Each scene once, as it comes first, with the numbers of all its pictures."""
    scenes_by_span: dict[tuple[FileId, Millis, Millis], tuple[ScoredScene, ViewLookup, set[int]]] = {}
    for scored, lookup, number in scenes:
        scene = scored.scene
        scenes_by_span.setdefault((scene.file_id, scene.from_ms, scene.to_ms), (scored, lookup, set()))[2].add(number)
    return list(scenes_by_span.values())
