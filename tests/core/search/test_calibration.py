import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain import Area, Reason, Verdict
from core.encoders.base import ConfidenceSpec, VerifiedCurveSpec
from core.search.calibration import (
    Evidence,
    at_most_one,
    curve_inputs,
    doubtful_limit,
    percent_text,
    probabilities,
    reason,
    verdict,
)

PLAIN = ConfidenceSpec(bias=-8.0, similarity=8.0, margin=20.0)
SPEC = ConfidenceSpec(-8.0, 8.0, 20.0, VerifiedCurveSpec(bias=-6.0, similarity=4.0, margin=4.0, score=8.0, lead=8.0))


def _alike(*similarities: float) -> list[Evidence]:
    return [Evidence(similarity) for similarity in similarities]


@given(st.lists(st.floats(-1, 1), min_size=1, max_size=8))
def test_probabilities_fall_with_similarity_and_add_up_to_one_at_most(similarities: list[float]) -> None:
    values = probabilities(_alike(*sorted(similarities, reverse=True)), PLAIN)
    assert values == sorted(values, reverse=True)
    assert 0 <= sum(values) <= 1 + 1e-9


def test_a_clear_lead_is_worth_more_than_a_high_similarity_alone() -> None:
    alone = probabilities(_alike(0.9, 0.5), PLAIN)[0]
    twins = probabilities(_alike(0.9, 0.89), PLAIN)[0]
    assert alone > 0.9 > twins


def test_what_was_checked_outweighs_what_is_merely_alike() -> None:
    values = probabilities([Evidence(0.9, 0.0), Evidence(0.85, 0.7)], SPEC)
    assert values[1] > 0.9
    assert values[0] < 0.1


def test_what_was_not_checked_counts_as_failed_beside_what_was() -> None:
    some = probabilities([Evidence(0.9, 0.6), Evidence(0.8)], SPEC)
    assert some == probabilities([Evidence(0.9, 0.6), Evidence(0.8, 0.0)], SPEC)


def test_checks_do_not_count_until_a_curve_was_fitted_for_them() -> None:
    assert probabilities([Evidence(0.9, 0.1), Evidence(0.5, 0.9)], PLAIN) == probabilities(_alike(0.9, 0.5), PLAIN)


def test_an_encoder_that_was_never_calibrated_claims_nothing() -> None:
    assert probabilities([Evidence(0.99, 0.9), Evidence(0.1)], None) == [0.0, 0.0]
    assert verdict(0.0, found_at=0.9, unsure_at=0.3, calibrated=False) is Verdict.UNSURE


def test_a_lone_scene_leads_by_all_it_has() -> None:
    (alone,) = curve_inputs([Evidence(0.7, 0.4)])
    assert (alone.margin, alone.lead) == (0.7, 0.4)
    first, second = curve_inputs([Evidence(0.7, 0.4), Evidence(0.6, 0.5)])
    assert (first.margin, first.lead) == pytest.approx((0.1, -0.1))
    assert (second.margin, second.lead) == pytest.approx((-0.1, 0.1))


def test_cells_of_a_collage_are_no_rivals_and_all_are_of_the_whole() -> None:
    left, right = Area(0, 0, 0.5, 1), Area(0.5, 0, 1, 1)
    apart = probabilities([Evidence(0.9, 0.7, left), Evidence(0.9, 0.7, right)], SPEC)
    assert min(apart) > 0.9
    together = probabilities([Evidence(0.9, 0.7, left), Evidence(0.9, 0.7, left)], SPEC)
    assert sum(together) <= 1
    assert max(together) < min(apart)
    of_whole = probabilities([Evidence(0.9, 0.7, left), Evidence(0.9, 0.7)], SPEC)
    assert of_whole == together


def test_many_poor_scenes_take_nothing_from_a_good_one() -> None:
    good = Evidence(0.9, 0.7)
    alone = probabilities([good, Evidence(0.6, 0.0)], SPEC)[0]
    assert probabilities([good, *[Evidence(0.6)] * 40], SPEC)[0] == pytest.approx(alone)


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), max_size=12))
def test_in_each_part_of_a_picture_there_is_one_answer_at_most(drawn: list[tuple[float, bool]]) -> None:
    left, right = Area(0, 0, 0.5, 1), Area(0.5, 0, 1, 1)
    areas = [left if is_left else right for _, is_left in drawn]
    limited = at_most_one([probability for probability, _ in drawn], areas)
    for part in (left, right):
        assert sum(probability for probability, area in zip(limited, areas, strict=True) if area is part) <= 1 + 1e-9
    assert not drawn or max(limited) == max(probability for probability, _ in drawn)


@pytest.mark.parametrize(
    ("probability", "expected"),
    [(None, Verdict.NOT_IN_LIBRARY), (0.95, Verdict.FOUND), (0.5, Verdict.UNSURE), (0.1, Verdict.NOT_IN_LIBRARY)],
)
def test_the_verdict_follows_the_probability(probability: float | None, expected: Verdict) -> None:
    assert verdict(probability, found_at=0.9, unsure_at=0.3, calibrated=True) is expected


@given(st.floats(0, 1), st.floats(0, 1), st.lists(st.floats(-1, 1), min_size=1, max_size=6))
def test_the_number_of_what_a_check_did_not_bear_out_is_never_that_of_a_find(
    first: float, second: float, similarities: list[float]
) -> None:
    unsure_at, found_at = sorted((first, second))
    limit = doubtful_limit(found_at, unsure_at)
    values = probabilities([Evidence(similarity, 0.0) for similarity in similarities], SPEC, refuted_limit=limit)
    free = probabilities([Evidence(similarity, 0.0) for similarity in similarities], SPEC)
    assert max(values) < found_at or max(values) == 0
    assert all(probability == min(unlimited, limit) for probability, unlimited in zip(values, free, strict=True))


def test_what_a_check_bore_out_or_what_was_not_checked_keeps_its_number() -> None:
    evidence = [Evidence(0.9, 0.7), Evidence(0.5), Evidence(0.4, 0.0)]
    assert probabilities(evidence, SPEC, refuted_limit=0.6) == probabilities(evidence, SPEC)


@pytest.mark.parametrize(
    ("verdict_", "facts", "expected"),
    [
        (Verdict.FOUND, (False, True, False), None),
        (Verdict.UNSURE, (True, True, True), Reason.TOO_LITTLE),
        (Verdict.UNSURE, (False, False, True), Reason.UNCALIBRATED),
        (Verdict.UNSURE, (False, True, True), Reason.CHECK_FAILED),
        (Verdict.UNSURE, (False, True, False), Reason.LOW_PROBABILITY),
        (Verdict.NOT_IN_LIBRARY, (False, True, True), Reason.LOW_PROBABILITY),
        (Verdict.NOT_IN_LIBRARY, (True, True, True), Reason.TOO_LITTLE),
    ],
)
def test_why_something_is_not_found_for_sure(
    verdict_: Verdict, facts: tuple[bool, bool, bool], expected: Reason | None
) -> None:
    too_little, calibrated, check_failed = facts
    why = reason(verdict_, too_little=too_little, calibrated=calibrated, check_failed=check_failed)
    assert why is expected


@pytest.mark.parametrize(
    ("probability", "text"),
    [(0.0, "0%"), (0.0099, "<1%"), (0.29, "29%"), (0.8999, "89%"), (0.9, "90%"), (0.9994, "99%"), (0.9995, "100%")],
)
def test_per_cent_are_rounded_down_so_that_they_never_contradict_the_verdict(probability: float, text: str) -> None:
    assert percent_text(probability) == text
