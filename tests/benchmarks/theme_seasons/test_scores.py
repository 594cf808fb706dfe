"""Scores of segments: hits by overlap, harm, false alarms, the published score, intervals."""

from pathlib import Path
from typing import Any

import pytest

from benchmarks.theme_seasons.episode_scores import EpisodeResult, Span, overlap, score_episode
from benchmarks.theme_seasons.score_table import conditions_table, systems_table
from benchmarks.theme_seasons.scores import by_condition, harm, kind_figures, published, published_figures, summarize
from benchmarks.theme_seasons.truth import TrueEpisode, TrueSegment
from core.catalogue.segments import SegmentKind

OP, ED = SegmentKind.OPENING, SegmentKind.ENDING


def _episode(*segments: TrueSegment, tags: frozenset[str] = frozenset()) -> TrueEpisode:
    return TrueEpisode(Path("episode.mkv"), 1400.0, segments, tags)


def _true(kind: SegmentKind, start: float, end: float, *, shared: bool = True, tag: str | None = None) -> TrueSegment:
    return TrueSegment(kind, start, end, "theme", shared, frozenset({tag} if tag else ()))


def _result(truth: TrueEpisode, *reports: Span, season: str = "season") -> EpisodeResult:
    return score_episode(season, truth, reports)


def test_overlap_is_intersection_over_union() -> None:
    assert overlap((0, 90), (0, 90)) == 1
    assert overlap((0, 90), (45, 135)) == pytest.approx(1 / 3)
    assert overlap((0, 10), (20, 30)) == 0


def test_an_exact_report_is_right() -> None:
    result = _result(_episode(_true(OP, 60, 150), _true(ED, 1200, 1290)), Span(OP, 60.2, 150.1), Span(ED, 1200, 1290))
    figures = kind_figures([result], OP)
    assert figures["f1@0.9"] == 1
    assert figures["start_mae_s"] == pytest.approx(0.2)
    assert figures["start_within_0.5_s"] == 1
    assert harm([result])["story_skipped_s_per_episode"] == pytest.approx(0.1)
    assert published([result]) == {"score_s": 0.0, "answered": 1.0, "edges": 2}


def test_a_report_that_is_too_long_is_right_by_half_only_and_skips_story() -> None:
    result = _result(_episode(_true(OP, 60, 150)), Span(OP, 40, 160))
    figures = kind_figures([result], OP)
    assert (figures["f1@0.5"], figures["f1@0.9"]) == (1, 0)
    assert result.story_skipped_s == pytest.approx(30)
    assert published([result])["score_s"] == pytest.approx(9)


def test_silence_and_a_misplaced_report_are_told_apart() -> None:
    silent = _result(_episode(_true(OP, 60, 150)))
    misplaced = _result(_episode(_true(OP, 60, 150)), Span(OP, 500, 590))
    assert kind_figures([silent], OP)["silent_misses"] == 1
    assert kind_figures([misplaced], OP)["misplaced"] == 1
    assert kind_figures([silent, misplaced], OP)["missed_s_per_segment"] == pytest.approx(90)
    assert kind_figures([silent], OP)["precision@0.5"] is None
    assert kind_figures([misplaced], OP)["precision@0.5"] == 0
    assert published([silent])["answered"] == 0


def test_a_false_alarm_counts_where_there_is_none() -> None:
    alarm = _result(_episode(), Span(ED, 100, 190))
    figures = kind_figures([alarm, _result(_episode())], ED)
    assert (figures["false_alarms"], figures["episodes_without"], figures["false_alarm_rate"]) == (1, 2, 0.5)
    assert alarm.story_skipped_s == pytest.approx(90)


def test_a_theme_of_one_episode_may_be_found_and_is_not_missed() -> None:
    truth = _episode(_true(OP, 60, 150, shared=False))
    for reports in ([], [Span(OP, 60, 150)]):
        figures = kind_figures([_result(truth, *reports)], OP)
        assert (figures["true"], figures["silent_misses"], figures["false_alarms"]) == (0, 0, 0)
        assert figures["precision@0.9"] is None
    wrong = kind_figures([_result(truth, Span(OP, 300, 390))], OP)
    assert wrong["precision@0.9"] == 0


def test_the_other_theme_and_a_sponsor_card_are_no_story() -> None:
    truth = _episode(_true(OP, 60, 150), _true(SegmentKind.SPONSOR, 150, 158), _true(SegmentKind.RECAP, 0, 30))
    assert _result(truth, Span(OP, 60, 158)).story_skipped_s == pytest.approx(0)
    assert _result(truth, Span(ED, 60, 150)).story_skipped_s == pytest.approx(0)
    assert _result(truth, Span(OP, 0, 30)).story_skipped_s == pytest.approx(30)


def test_two_reports_of_one_segment_are_one_hit_and_one_false() -> None:
    result = _result(_episode(_true(OP, 60, 150)), Span(OP, 60, 150), Span(OP, 61, 150))
    assert kind_figures([result], OP)["precision@0.9"] == 0.5
    assert result.story_skipped_s == 0


def test_the_published_score_forgives_a_second() -> None:
    assert published_figures([0.4, 1.5, None, 3.0])["score_s"] == pytest.approx((0 + 0.5 + 2) / 3)
    assert published_figures([None])["score_s"] is None


def test_intervals_are_of_seasons_and_hold_the_figure() -> None:
    results = []
    for number in range(6):
        truth = _episode(_true(OP, 60, 150, tag="longer"))
        reports = [Span(OP, 60, 150)] if number % 3 else []
        results += [_result(truth, *reports, season=f"season {number}") for _ in range(4)]
    summary: Any = summarize(results)
    low, high = summary["intervals"]["opening f1@0.9"]
    assert low < summary["opening"]["f1@0.9"] < high
    assert summary["intervals"]["ending f1@0.9"] is None
    assert summarize(results) == summary


def test_conditions_are_of_episodes_and_segments_and_stand_in_the_table() -> None:
    tagged = _result(_episode(_true(OP, 60, 150, tag="longer"), tags=frozenset({"PAL speed"})), Span(OP, 60, 150))
    plain = _result(_episode(_true(OP, 60, 150)))
    conditions: Any = by_condition([tagged, plain])
    assert set(conditions) == {"longer", "PAL speed"}
    assert conditions["longer"]["episodes"] == 1
    assert "PAL speed (1) | 1.000" in conditions_table(conditions)
    assert "ours | 0.667" in systems_table({"ours": summarize([tagged, plain])})
