import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.confidence import probabilities, verdict
from core.domain import Verdict
from core.encoders.base import ConfidenceSpec

SPEC = ConfidenceSpec(bias=-8.0, similarity=8.0, margin=20.0)


@given(st.lists(st.floats(-1, 1), min_size=1, max_size=8))
def test_probabilities_fall_with_similarity_and_add_up_to_one_at_most(similarities: list[float]) -> None:
    ordered = sorted(similarities, reverse=True)
    chances = probabilities(ordered, SPEC)
    assert chances == sorted(chances, reverse=True)
    assert 0 <= sum(chances) <= 1 + 1e-9


def test_a_clear_lead_is_worth_more_than_a_high_similarity_alone() -> None:
    alone = probabilities([0.9, 0.5], SPEC)[0]
    twins = probabilities([0.9, 0.89], SPEC)[0]
    assert alone > 0.9 > twins


def test_an_encoder_that_was_never_calibrated_claims_nothing() -> None:
    assert probabilities([0.99, 0.1], None) == [0.0, 0.0]
    assert verdict(0.0, found_at=0.9, unsure_at=0.3, calibrated=False) is Verdict.UNSURE


@pytest.mark.parametrize(
    ("probability", "expected"),
    [(None, Verdict.NOT_IN_LIBRARY), (0.95, Verdict.FOUND), (0.5, Verdict.UNSURE), (0.1, Verdict.NOT_IN_LIBRARY)],
)
def test_the_verdict_follows_the_probability(probability: float | None, expected: Verdict) -> None:
    assert verdict(probability, found_at=0.9, unsure_at=0.3, calibrated=True) is expected
