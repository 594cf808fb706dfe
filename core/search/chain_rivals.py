"""Rival chains of several pictures, and the probability of each.

The probability of a chain is the curve's for its joined evidence: its mean similarity (a picture that it does not hold
counts with the least that was found for it) and its best check. Of a chain that agrees it is never less than for any
picture that it holds by itself, compared with what the other chains have for that picture: more pictures that agree do
not make an answer less likely. Where anything was checked, only pictures that were are compared so.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Self

from core.domain import WHOLE_AREA
from core.encoders.base import ConfidenceSpec
from core.retrieval.scene_grouping import REPEATS, SceneCandidate, fold_repeats
from core.search.calibration import Evidence, at_most_one, probabilities
from core.search.picture_search import SearchIndex
from core.search.temporal_alignment import Chain, ChainStep, PictureHits, find_chains
from core.verification.reranking import SceneVerifier, VerifiedScene

Checks = Mapping[int, Mapping[int, VerifiedScene]]
"""By the number of the chain, then of the picture."""


@dataclass(frozen=True)
class ChainRivals:
    """Chains that may be the answer, best first, and what they have for each picture; `also` repeats of their shots."""

    chains: Sequence[Chain]
    hits_by_picture: Sequence[PictureHits]
    index: SearchIndex
    repeats: Sequence[tuple[SceneCandidate, ...]] = ()

    @classmethod
    def of(cls, hits_by_picture: Sequence[PictureHits], index: SearchIndex) -> Self:
        """The best chains of these pictures."""
        return cls(find_chains(hits_by_picture, index.knows, index.shot_bounds)[:REPEATS], hits_by_picture, index)

    @property
    def agree(self) -> bool:
        """Whether any chain agrees."""
        return any(map(self.agrees, self.chains))

    def agrees(self, chain: Chain) -> bool:
        """Whether it holds at least half of the pictures, and two."""
        return len(chain.steps) >= max(2, -(-len(self.hits_by_picture) // 2))

    def similarity(self, chain: Chain, picture: int) -> float:
        """Of a picture that the chain does not hold the least that was found: it is at most as like as that."""
        link = chain.by_picture.get(picture)
        return link.similarity if link else self._least[picture]

    def mean(self, chain: Chain) -> float:
        """Similarity along the chain, all pictures counted."""
        return sum(self.similarity(chain, picture) for picture in range(len(self.hits_by_picture))) / len(
            self.hits_by_picture
        )

    def candidate(self, number: int, link: ChainStep | None = None) -> SceneCandidate:
        """A chain as a scene at one of its links, the most similar one unless said."""
        chain = self.chains[number]
        link = link or chain.best()[0]
        from_ms, to_ms = chain.span(self.hits_by_picture)
        if from_ms == to_ms:
            from_ms, to_ms = self.index.shot_bounds(chain.file_id, from_ms)
        return SceneCandidate(chain.file_id, from_ms, link.at_ms, to_ms, self.mean(chain), link.view)

    def folded(self, checker: SceneVerifier) -> "ChainRivals":
        """Chains through repeats of the same shots put together."""
        order = sorted(range(len(self.chains)), key=lambda number: -self.mean(self.chains[number]))
        numbers = {self.candidate(number): number for number in order}

        def same_shot(first: SceneCandidate, second: SceneCandidate) -> bool:
            chain, repeat = self.chains[numbers[first]], self.chains[numbers[second]]
            shared = [link for link in chain.best() if link.picture in repeat.by_picture]
            return bool(shared) and checker.same_shot(
                replace(first, at_ms=shared[0].at_ms), replace(second, at_ms=repeat.by_picture[shared[0].picture].at_ms)
            )

        shots = fold_repeats(list(numbers), same_shot)
        chains = [self.chains[numbers[shot.scene]] for shot in shots]
        return ChainRivals(chains, self.hits_by_picture, self.index, [shot.repeats for shot in shots])

    def probabilities(self, checks: Checks, curve: ConfidenceSpec | None, refuted_limit: float) -> list[float]:
        """A probability for each chain, by the rule that stands above; they add up to one at most. A chain, or a
        picture by itself, whose checks failed gives `refuted_limit` at most.
        """
        checked = {picture for verified in checks.values() for picture in verified}
        joined = [
            Evidence(self.mean(chain), max((check.score for check in checks.get(number, {}).values()), default=None))
            for number, chain in enumerate(self.chains)
        ]
        values = probabilities(joined, curve, refuted_limit=refuted_limit)
        for picture in checked or range(len(self.hits_by_picture)):
            evidence = [self._alone(number, picture, checks) for number in range(len(self.chains))]
            alone = probabilities(evidence, curve, refuted_limit=refuted_limit)
            for number, chain in enumerate(self.chains):
                if picture in chain.by_picture and self.agrees(chain):
                    values[number] = max(values[number], alone[number])
        return at_most_one(values, [WHOLE_AREA] * len(values))

    def _alone(self, number: int, picture: int, checks: Checks) -> Evidence:
        check = checks.get(number, {}).get(picture)
        return Evidence(self.similarity(self.chains[number], picture), check.score if check else None)

    @cached_property
    def _least(self) -> list[float]:
        return [min((hit.similarity for hit in of_picture.hits), default=0.0) for of_picture in self.hits_by_picture]
