"""From several pictures, one after another, to the scenes that they may be from together.

Each picture takes its first look only; what the pictures find is joined into chains that go forward in one file
(`core.chains`), and a few pictures of the best chains are checked against stored ones. A chain agrees when it holds at
least half of the pictures, and two. Where none agrees there is no sequence: pictures given one by one are answered one
by one, and of a clip the most telling frame alone.

The probability of a chain is the curve's for its joined evidence: its mean similarity (a picture that it does not hold
counts with the least that was found for it) and its best check. Of a chain that agrees it is never less than for any
picture that it holds by itself, compared with what the other chains have for that picture: more pictures that agree do
not make an answer less likely. Where anything was checked, only pictures that were are compared so.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

from core.answering import Answerer, Examination, Index, Judged, SearchSpec, StageClock, look_at, shows_too_little
from core.chains import Chain, Found, Link, find_chains
from core.checking import Check, Checker, Packs
from core.confidence import Evidence, at_most_one, probabilities
from core.domain import WHOLE, FileId
from core.encoders.base import ConfidenceSpec
from core.keypoints.detector import KeypointDetector
from core.lookup import Lookup
from core.query import TimedPicture
from core.scene_search import REPEATS, Candidate, fold_repeats
from core.timecode import Millis

_CHECKED_CHAINS: Final = 3
_CHECKED_PICTURES: Final = 3  # of each of them

Checks = Mapping[int, Mapping[int, Check]]
"""By the number of the chain, then of the picture."""


@dataclass(frozen=True, slots=True)
class JointExamination:
    """What came of several pictures: scenes best first, and for each of them the lookup that its views belong to.

    `first`: the lookup of the first picture. `joined`: whether the scenes are those of a sequence, rather than of
    single pictures of it. `pictures`: for each scene the numbers, from 1, of the pictures that it is the best one of,
    where they were given one by one. `looked_again`: whether a single picture was looked at twice.
    """

    scenes: tuple[tuple[Judged, Lookup], ...]
    first: Lookup
    joined: bool
    too_little: bool
    pictures: tuple[tuple[int, ...], ...] = ()
    looked_again: bool = False


class SequenceAnswerer:
    """Examines several pictures at once, in the order in which they were taken. Safe to use from several threads."""

    def __init__(self, spec: SearchSpec, detector: KeypointDetector, packs: Packs, single: Answerer) -> None:
        self._spec = spec
        self._detector = detector
        self._packs = packs
        self._single = single

    def examine(
        self,
        pictures: Sequence[TimedPicture],
        index: Index,
        clock: StageClock,
        file_ids: Collection[FileId] | None = None,
    ) -> JointExamination:
        """Look pictures up, among these files only when given. `ValueError` when there is none."""
        if not pictures:
            raise ValueError("there is no picture to look up")
        lookups = [self._looked_up(one, index, file_ids) for one in pictures]
        found = [
            Found(lookup.hits(), [view.mirrored for view in lookup.views], one.time_ms, one.until_ms)
            for lookup, one in zip(lookups, pictures, strict=True)
        ]
        clock.stage("lookup")
        chains = find_chains(found, index.knows, index.shot_bounds)[:REPEATS]
        rivals = _Rivals(chains, found, index)
        clock.stage("chains")
        if not any(rivals.agrees(chain) for chain in chains):
            return self._one_by_one(pictures, found, index, clock, file_ids)
        checkers = [Checker(self._detector, self._packs, lookup.pixels) for lookup in lookups]
        rivals = rivals.folded(checkers[0])
        scenes = self._judged(rivals, checkers, index.encoder.spec.confidence)
        clock.stage("checks")
        too_little = all(shows_too_little(one.rgb) for one in pictures)
        return JointExamination(tuple((one, lookups[number]) for one, number in scenes), lookups[0], True, too_little)

    def _looked_up(self, picture: TimedPicture, index: Index, file_ids: Collection[FileId] | None) -> Lookup:
        lookup = look_at(picture.rgb, index, self._spec, file_ids)
        lookup.first_pass()
        return lookup

    def _judged(
        self, rivals: "_Rivals", checkers: Sequence[Checker], curve: ConfidenceSpec | None
    ) -> list[tuple[Judged, int]]:
        """Scenes, likeliest first, each with the number of its best picture."""
        checks: dict[int, dict[int, Check]] = {}
        if self._spec.checks:
            sure = max(rivals.chances({}, curve, 1.0)) >= self._spec.sure_at
            for number in range(1 if sure else min(_CHECKED_CHAINS, self._spec.checks, len(rivals.chains))):
                checks[number] = {
                    link.picture: check
                    for link in rivals.chains[number].best()[:_CHECKED_PICTURES]
                    if (check := checkers[link.picture].check(rivals.candidate(number, link)))
                }
        scenes = []
        for number, chance in enumerate(rivals.chances(checks, curve, self._spec.doubtful_limit)):
            link, check = _best_link(rivals.chains[number], checks.get(number, {}))
            scene = rivals.candidate(number, link)
            scene = replace(scene, at_ms=min(max(scene.at_ms, scene.from_ms), scene.to_ms))
            judged = Judged(scene, chance, check, rivals.also[number])
            scenes.append((judged, link.picture))
        return sorted(scenes, key=lambda one: one[0].rank)

    def _one_by_one(
        self,
        pictures: Sequence[TimedPicture],
        found: Sequence[Found],
        index: Index,
        clock: StageClock,
        file_ids: Collection[FileId] | None,
    ) -> JointExamination:
        """The best scene of each picture; of a clip the scenes of its most telling frame."""
        of_clip = any(one.time_ms is not None for one in pictures)
        if of_clip:
            likeness = [one.hits[0].similarity if one.hits else -1.0 for one in found]
            pictures = [pictures[likeness.index(max(likeness))]]
        seen = [self._single.examine(one.rgb, index, clock, file_ids) for one in pictures]
        most = None if len(seen) == 1 else 1
        scenes = [(judged, one.lookup, number) for number, one in enumerate(seen, 1) for judged in one.scenes[:most]]
        scenes.sort(key=lambda scene: scene[0].rank)
        kept = _without_doubles(scenes)
        return JointExamination(
            scenes=tuple((judged, lookup) for judged, lookup, _numbers in kept),
            first=seen[0].lookup,
            joined=False,
            too_little=all(one.too_little for one in seen),
            pictures=() if of_clip else tuple(tuple(sorted(numbers)) for _judged, _lookup, numbers in kept),
        )


def as_joint(seen: Examination) -> JointExamination:
    """What came of one picture, as of several."""
    scenes = tuple((one, seen.lookup) for one in seen.scenes)
    return JointExamination(scenes, seen.lookup, False, seen.too_little, looked_again=seen.looked_again)


@dataclass(frozen=True)
class _Rivals:
    """Chains that may be the answer, best first, and what they have for each picture; `also` repeats of their shots."""

    chains: Sequence[Chain]
    found: Sequence[Found]
    index: Index
    also: Sequence[tuple[Candidate, ...]] = ()

    def agrees(self, chain: Chain) -> bool:
        return len(chain.links) >= max(2, -(-len(self.found) // 2))

    def similarity(self, chain: Chain, picture: int) -> float:
        """Of a picture that the chain does not hold the least that was found: it is at most as like as that."""
        link = chain.by_picture.get(picture)
        return link.similarity if link else self._least[picture]

    def mean(self, chain: Chain) -> float:
        """Similarity along the chain, all pictures counted."""
        return sum(self.similarity(chain, picture) for picture in range(len(self.found))) / len(self.found)

    def candidate(self, number: int, link: Link | None = None) -> Candidate:
        """A chain as a scene at one of its links, the most similar one unless said."""
        chain = self.chains[number]
        link = link or chain.best()[0]
        from_ms, to_ms = chain.span(self.found)
        if from_ms == to_ms:
            from_ms, to_ms = self.index.shot_bounds(chain.file_id, from_ms)
        return Candidate(chain.file_id, from_ms, link.at_ms, to_ms, self.mean(chain), link.view)

    def folded(self, checker: Checker) -> "_Rivals":
        """Chains through repeats of the same shots put together."""
        order = sorted(range(len(self.chains)), key=lambda number: -self.mean(self.chains[number]))
        numbers = {self.candidate(number): number for number in order}

        def same_shot(one: Candidate, other: Candidate) -> bool:
            chain, repeat = self.chains[numbers[one]], self.chains[numbers[other]]
            shared = [link for link in chain.best() if link.picture in repeat.by_picture]
            return bool(shared) and checker.same_shot(
                replace(one, at_ms=shared[0].at_ms), replace(other, at_ms=repeat.by_picture[shared[0].picture].at_ms)
            )

        shots = fold_repeats(list(numbers), same_shot)
        kept = [self.chains[numbers[shot.scene]] for shot in shots]
        return _Rivals(kept, self.found, self.index, [shot.also for shot in shots])

    def chances(self, checks: Checks, curve: ConfidenceSpec | None, refuted_limit: float) -> list[float]:
        """A probability for each chain, by the rule that stands above; they add up to one at most. A chain, or a
        picture by itself, whose checks failed gives `refuted_limit` at most.
        """
        checked = {picture for some in checks.values() for picture in some}
        joined = [
            Evidence(self.mean(chain), max((one.score for one in checks.get(number, {}).values()), default=None))
            for number, chain in enumerate(self.chains)
        ]
        chances = probabilities(joined, curve, refuted_limit=refuted_limit)
        for picture in checked or range(len(self.found)):
            evidence = [self._alone(number, picture, checks) for number in range(len(self.chains))]
            alone = probabilities(evidence, curve, refuted_limit=refuted_limit)
            for number, chain in enumerate(self.chains):
                if picture in chain.by_picture and self.agrees(chain):
                    chances[number] = max(chances[number], alone[number])
        return at_most_one(chances, [WHOLE] * len(chances))

    def _alone(self, number: int, picture: int, checks: Checks) -> Evidence:
        check = checks.get(number, {}).get(picture)
        return Evidence(self.similarity(self.chains[number], picture), check.score if check else None)

    @cached_property
    def _least(self) -> list[float]:
        return [min((hit.similarity for hit in one.hits), default=0.0) for one in self.found]


def _best_link(chain: Chain, checks: Mapping[int, Check]) -> tuple[Link, Check | None]:
    """The link whose check went best, the most similar one where none was checked."""
    picture = max(checks, key=lambda number: checks[number].score, default=None)
    if picture is None:
        return chain.best()[0], None
    return chain.by_picture[picture], checks[picture]


def _without_doubles(scenes: Sequence[tuple[Judged, Lookup, int]]) -> list[tuple[Judged, Lookup, set[int]]]:
    """Each scene once, the first of it, with the numbers of all pictures that it is of."""
    kept: dict[tuple[FileId, Millis, Millis], tuple[Judged, Lookup, set[int]]] = {}
    for judged, lookup, number in scenes:
        scene = judged.scene
        kept.setdefault((scene.file_id, scene.from_ms, scene.to_ms), (judged, lookup, set()))[2].add(number)
    return list(kept.values())
