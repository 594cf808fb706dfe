"""Open-set evaluation: known results."""

import itertools

import numpy as np
import pytest

from core.errors import InputError
from tests.training.evaluation.drawn import ConstantEmbedder, GreyLevelEmbedder, collection, grey_frame
from training.evaluation.open_set import open_set, separation

FRAMES = (
    grey_frame(100, file=0, show="A", time_ms=0),
    grey_frame(150, file=0, show="A", shot=1, time_ms=5000),
    grey_frame(104, file=1, show="A", time_ms=0),
    grey_frame(130, file=2, show="B", time_ms=0),
    grey_frame(200, file=3, show="C", time_ms=0),
)
QUERIES = (grey_frame(101, file=0, show="A"), grey_frame(198, file=3, show="C"))


def test_the_area_the_threshold_and_the_recall_are_those_of_the_definition() -> None:
    library, right = np.array([3.0, 1.0]), np.array([True, True])
    result = separation(library, right, np.array([2.0, 0.0]))
    assert result.auc == 0.75
    assert result.threshold == 2.0
    assert result.recall == 0.5
    assert list(result.curve) == [(0, 0), (0, 0.5), (0.5, 0.5), (0.5, 1), (1, 1)]
    assert separation(library, ~right, np.array([2.0, 0.0])).recall == 0


@pytest.mark.parametrize(("others", "threshold", "alarms"), [(99, 98, 0), (100, 98, 1), (200, 197, 2), (250, 247, 2)])
def test_no_more_than_one_in_a_hundred_lies_above_the_threshold(others: int, threshold: int, alarms: int) -> None:
    scores = np.random.default_rng(0).permutation(others).astype(float)
    result = separation(np.array([1e3]), np.array([True]), scores)
    assert result.threshold == threshold
    assert int((scores > result.threshold).sum()) == alarms
    assert result.recall == 1


def test_equal_scores_separate_nothing() -> None:
    result = separation(np.ones(5), np.ones(5, bool), np.ones(7))
    assert (result.auc, result.recall) == (0.5, 0.0)
    assert list(result.curve) == [(0, 0), (1, 1)]


def test_the_curve_rises_from_nothing_to_everything_and_its_area_is_the_auc() -> None:
    rng = np.random.default_rng(1)
    library, outside = rng.normal(1, 1, 80).round(1), rng.normal(0, 1, 90).round(1)
    result = separation(library, np.ones(80, bool), outside)
    curve = list(result.curve)
    assert [curve[0], curve[-1]] == [(0, 0), (1, 1)]
    assert curve == sorted(curve)
    area = sum((b[0] - a[0]) * (a[1] + b[1]) / 2 for a, b in itertools.pairwise(curve))
    assert area == pytest.approx(result.auc)


def test_likeness_and_margin_with_the_show_in_and_out() -> None:
    result = open_set(GreyLevelEmbedder(), collection(FRAMES, QUERIES))
    assert (result.inside, result.own_show_out, result.outside) == (2, 2, 0)
    # in: the best are 1 and 2 away; out: B is 29 away from the first query, A's 150 is 48 away from the second
    assert result.similarity.threshold == -29
    assert result.similarity.auc == result.similarity.recall == 1
    # in: ahead of the next other file by 3 - 1 and by 48 - 2; out: by 99 - 29 and by 68 - 48
    assert result.margin.threshold == 70
    assert result.margin.auc == 0.25
    assert result.margin.recall == 0


def test_only_what_is_answered_rightly_is_recalled() -> None:
    wrong_shot = grey_frame(101, file=0, show="A", shot=7)
    result = open_set(GreyLevelEmbedder(), collection(FRAMES, [wrong_shot, QUERIES[1]]))
    assert result.similarity.recall == 0.5


def test_pictures_from_outside_are_asked_among_all() -> None:
    outside = [grey_frame(103, file=-1, show=""), grey_frame(250, file=-1, show="")]
    result = open_set(GreyLevelEmbedder(), collection(FRAMES, QUERIES), outside=outside)
    assert (result.own_show_out, result.outside) == (2, 2)
    assert result.similarity.threshold == -1  # 103 is 1 away from a frame that it is not
    assert result.similarity.recall == 0
    assert result.similarity.auc == pytest.approx(6.5 / 8)


def test_who_says_the_same_of_everything_separates_nothing() -> None:
    result = open_set(ConstantEmbedder(), collection(FRAMES, QUERIES))
    for score in (result.similarity, result.margin):
        assert score.auc == 0.5
        assert score.recall == 0


def test_a_library_of_one_show_has_no_outside() -> None:
    drawn = collection(FRAMES[:3], QUERIES[:1])
    with pytest.raises(InputError, match="--outside"):
        open_set(GreyLevelEmbedder(), drawn)
    result = open_set(GreyLevelEmbedder(), drawn, outside=[grey_frame(30, file=-1)])
    assert (result.own_show_out, result.outside, result.similarity.auc) == (0, 1, 1)
