"""Rival chains of several pictures, and the probability of each.

The probability of a chain is that of its joined evidence: its mean similarity (a picture that it does not contain
counts with the lowest similarity of its hits) and its best verification. For a chain that agrees it is at least that
of any single picture of the chain, compared with the same picture in the other chains: further pictures that agree do
not make an answer less probable. When any picture was verified, only verified pictures are compared in this way.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Self

from core.domain import WHOLE_AREA
from core.encoders.base import ConfidenceSpec
from core.retrieval.scene_grouping import REPEAT_CHECKS_LIMIT, SceneCandidate, fold_repeats
from core.search.calibration import Evidence, at_most_one, probabilities
from core.search.picture_search import SearchIndex
from core.search.temporal_alignment import Chain, ChainStep, PictureHits, find_chains
from core.search.theme_placement import ThemeScenes
from core.verification.scene_verifier import SceneVerifier, VerifiedScene

Checks = Mapping[int, Mapping[int, VerifiedScene]]
"""By the number of the chain, then of the picture."""


@dataclass(frozen=True)
class ChainRivals:
    """Chains that may be the answer, best first, and what they have for each picture; `repeats` of their shots."""

    chains: Sequence[Chain]
    hits_by_picture: Sequence[PictureHits]
    index: SearchIndex
    repeats: Sequence[tuple[SceneCandidate, ...]] = ()

    @classmethod
    def of(cls, hits_by_picture: Sequence[PictureHits], index: SearchIndex) -> Self:
        """The best chains of these pictures."""
        return cls(
            find_chains(hits_by_picture, index.knows, index.shot_bounds)[:REPEAT_CHECKS_LIMIT], hits_by_picture, index
        )

    @property
    def agree(self) -> bool:
        """Whether any chain agrees."""
        return any(map(self.agrees, self.chains))

    def agrees(self, chain: Chain) -> bool:
        """Whether a chain contains at least half of the pictures, and at least two."""
        return len(chain.steps) >= max(2, -(-len(self.hits_by_picture) // 2))

    def similarity(self, chain: Chain, picture: int) -> float:
        """Similarity of a picture; for one that is not in the chain the lowest of its hits, which is an upper bound."""
        step = chain.by_picture.get(picture)
        return step.similarity if step else self._lowest_similarities[picture]

    def mean(self, chain: Chain) -> float:
        """Mean similarity of all pictures."""
        return sum(self.similarity(chain, picture) for picture in range(len(self.hits_by_picture))) / len(
            self.hits_by_picture
        )

    def candidate(self, number: int, step: ChainStep | None = None) -> SceneCandidate:
        """Returns a chain as a scene at one of its steps, by default the most similar one."""
        chain = self.chains[number]
        step = step or chain.best()[0]
        from_ms, to_ms = chain.span(self.hits_by_picture)
        if from_ms == to_ms:
            from_ms, to_ms = self.index.shot_bounds(chain.file_id, from_ms)
        return SceneCandidate(chain.file_id, from_ms, step.at_ms, to_ms, self.mean(chain), step.view)

    def fold_repeats(self, verifier: SceneVerifier) -> "ChainRivals":
        """Returns the chains with those that go through repeats of the same shots folded into one."""
        order = sorted(range(len(self.chains)), key=lambda number: -self.mean(self.chains[number]))
        numbers = {self.candidate(number): number for number in order}

        def same_shot(first: SceneCandidate, second: SceneCandidate) -> bool:
            chain, repeat = self.chains[numbers[first]], self.chains[numbers[second]]
            shared = [step for step in chain.best() if step.picture in repeat.by_picture]
            return bool(shared) and verifier.same_shot(
                replace(first, at_ms=shared[0].at_ms), replace(second, at_ms=repeat.by_picture[shared[0].picture].at_ms)
            )

        groups = fold_repeats(list(numbers), same_shot, ThemeScenes(self.index.themes))
        chains = [self.chains[numbers[group.scene]] for group in groups]
        return ChainRivals(chains, self.hits_by_picture, self.index, [group.repeats for group in groups])

    def probabilities(self, checks: Checks, curve: ConfidenceSpec | None, refuted_limit: float) -> list[float]:
        """Returns a probability for each chain, by the rule of the module; they add up to one at most. A chain, or a
        single picture, whose verifications failed gets at most `refuted_limit`.
        """
        checked = {picture for verified in checks.values() for picture in verified}
        joined = [
            Evidence(self.mean(chain), max((check.score for check in checks.get(number, {}).values()), default=None))
            for number, chain in enumerate(self.chains)
        ]
        values = probabilities(joined, curve, refuted_limit=refuted_limit)
        for picture in checked or range(len(self.hits_by_picture)):
            evidence = [self._picture_evidence(number, picture, checks) for number in range(len(self.chains))]
            single = probabilities(evidence, curve, refuted_limit=refuted_limit)
            for number, chain in enumerate(self.chains):
                if picture in chain.by_picture and self.agrees(chain):
                    values[number] = max(values[number], single[number])
        return at_most_one(values, [WHOLE_AREA] * len(values))

    def _picture_evidence(self, number: int, picture: int, checks: Checks) -> Evidence:
        check = checks.get(number, {}).get(picture)
        return Evidence(self.similarity(self.chains[number], picture), check.score if check else None)

    @cached_property
    def _lowest_similarities(self) -> list[float]:
        return [min((hit.similarity for hit in of_picture.hits), default=0.0) for of_picture in self.hits_by_picture]
