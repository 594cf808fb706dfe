"""Quality of answers: what counts as right, the quality of probabilities, and one small run."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks.answer_certainty import certainty
from benchmarks.answer_judging import Answer, judge, shares
from benchmarks.answer_queries import DRAWINGS, QueryFrame, draw_queries, queried_records
from benchmarks.answer_rows import ROWS
from benchmarks.answers import main
from config.settings import Settings
from core.catalogue.records import FileRecord
from core.domain import Occurrence, Scene, SearchResult, Verdict
from core.errors import InputError
from core.search.picture_search import shows_too_little
from core.timecode import Millis
from ingest.library.opening import open_library
from tests.benchmarks.refused import refusal_of
from training.distortion.sweep import SWEEP


@pytest.fixture
def shown(records: list[FileRecord]) -> QueryFrame:
    """A frame in the first shot of the first file."""
    return replace(draw_queries(records[:1], 1, 0)[0], time_s=1.0)


def _result(record: FileRecord, from_ms: int, at_ms: int, to_ms: int, *also: Occurrence) -> SearchResult:
    scene = Scene(
        file_id=record.id,
        path=record.stamp.path,
        name=record.name,
        from_ms=Millis(from_ms),
        at_ms=Millis(at_ms),
        to_ms=Millis(to_ms),
        similarity=0.9,
        probability=0.8,
        repeats=also,
    )
    return SearchResult(Verdict.UNSURE, (scene,), {"total": 5.0})


def _answer(probability: float, *, right: bool = False, error_s: float | None = None) -> Answer:
    return Answer(
        Verdict.FOUND, probability, right, right, error_s, held_drawing=False, rate=10.0, timing_ms={"total": 1.0}
    )


def test_a_scene_is_right_by_its_file_and_time(records: list[FileRecord], shown: QueryFrame) -> None:
    own_file, other_file = records[0], records[1]

    def judged(result: SearchResult) -> tuple[bool, bool]:
        answer = judge(result, (shown,))
        return answer.right_scene, answer.within

    assert judged(_result(own_file, 0, 600, 2500)) == (True, True)
    assert judged(_result(own_file, 0, 2400, 2500)) == (True, False)
    assert judged(_result(own_file, 1090, 1800, 2500)) == (True, False)
    assert judged(_result(own_file, 1110, 1800, 2500)) == (False, False)
    assert judged(_result(own_file, 1110, 1400, 2500)) == (True, True)
    assert judged(_result(other_file, 0, 1000, 2500)) == (False, False)
    again = Occurrence(own_file.id, own_file.stamp.path, own_file.name, Millis(300))
    elsewhere = Occurrence(own_file.id, own_file.stamp.path, own_file.name, Millis(4000))
    assert judged(_result(other_file, 0, 1000, 2500, again)) == (True, False)
    assert judged(_result(other_file, 0, 1000, 2500, elsewhere)) == (False, False)
    nothing = SearchResult(Verdict.NOT_IN_LIBRARY, (), {"total": 5.0})
    answer = judge(nothing, (shown,))
    assert (answer.right_scene, answer.probability, answer.error_s) == (False, 0.0, None)


def test_a_frame_that_looks_the_same_is_no_error_of_time(records: list[FileRecord]) -> None:
    query = draw_queries(records[:1], 1, 0)[0]
    at_ms = round(query.time_s * 1000)
    believed = replace(query, time_s=query.time_s + 0.3)
    answer = judge(_result(records[0], 0, at_ms, 5000), (believed,))
    assert answer.error_s == pytest.approx(0.3, abs=0.001)
    assert answer.held_drawing
    far = at_ms + (2000 if at_ms < 2500 else -2000)
    answer = judge(_result(records[0], 0, far, 5000), (believed,))
    assert (answer.right_scene, answer.within, answer.held_drawing) == (True, False, False)
    again = judge(_result(records[0], at_ms, at_ms, at_ms + 80), (replace(query, time_s=4.9 - query.time_s),))
    assert (again.right_scene, again.within, again.held_drawing) == (True, True, True)


def test_shares_and_errors() -> None:
    sums = shares([_answer(1, right=True, error_s=0.2), _answer(1, right=True, error_s=0.4), _answer(0.1)])
    assert sums.right_scene == pytest.approx(2 / 3)
    assert sums.error_s == pytest.approx((0.3, 0.39))
    assert sums.error_frames_held == pytest.approx((3.0, 3.9))
    assert sums.verdicts[Verdict.FOUND] == 1.0
    assert shares([_answer(0.5)]).error_s is None


def test_what_probabilities_are_worth() -> None:
    library = [_answer(0.95, right=True)] * 8 + [_answer(0.95)] * 2
    outside = [_answer(0.05)] * 9 + [_answer(0.7)]
    measured = certainty(library, outside)
    assert measured
    assert measured.auc == pytest.approx(1.0)
    assert [(point.answers, point.right_share) for point in measured.bins] == [(9, 0.0), (1, 0.0), (10, 0.8)]
    assert measured.error == pytest.approx((9 * 0.05 + 0.7 + 10 * 0.15) / 20)
    assert measured.at_allowed.alarms == 0.0
    assert 0.7 < measured.at_allowed.probability < 0.7001
    assert measured.at_allowed.recall == 0.8
    by_level = {threshold.probability: (threshold.alarms, threshold.recall) for threshold in measured.levels}
    assert by_level[0.5] == (0.1, 0.8)
    assert by_level[0.98] == (0.0, 0.0)
    assert certainty(library, []) is None
    mixed = certainty([_answer(0.6, right=True), _answer(0.2, right=True)], [_answer(0.2), _answer(0.1)])
    assert mixed
    assert mixed.auc == pytest.approx(0.875)


def test_rows_show_what_they_say(records: list[FileRecord]) -> None:
    queries = draw_queries(records, 6, 2)
    assert {query.record.id for query in queries} == {record.id for record in records}
    rng = np.random.default_rng(0)
    assert set(SWEEP) < set(ROWS)
    assert ROWS["collage cell"](queries[0], [], rng) is None
    collage = ROWS["collage cell"](queries[0], queries[1:2], rng)
    strip = ROWS["vertical strip"](queries[0], [], rng)
    assert collage
    assert strip
    assert collage.shown == (queries[0], *[queries[1]] * 3)
    assert collage.picture.shape[1] > collage.picture.shape[0]
    assert strip.picture.shape[0] > strip.picture.shape[1]
    bounds = {frame.record.outcome.shot_at(round(frame.time_s * 1000)) for frame in strip.shown}
    assert len(bounds) == 1
    assert all(shows_too_little(DRAWINGS[name](rng)) for name in ("plain", "dark"))


def test_queries_are_from_where_they_are_wanted(records: list[FileRecord], drawn_videos: Path) -> None:
    below = queried_records(records, [str(drawn_videos / "Paper Boats" / "2-Autumn")])
    assert [record.name.season for record in below] == [2]
    assert queried_records(records, ["paper boats"]) == records
    with pytest.raises(InputError, match="--queries-from Absent"):
        queried_records(records, ["Absent"])


def test_a_small_run(
    library_settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_library(library_settings) as library:
        last = library.reader.all()[-1]
        library.writer.put(last.id, last.stamp, replace(last.name, show="Stone Lanterns"), last.outcome)
    monkeypatch.setenv("WHENANIME_THREADS", "1")
    for setting, value in (("CANDIDATES", "20"), ("VIEWS", "4"), ("CHECKS", "2")):
        monkeypatch.setenv(f"WHENANIME_SEARCH__{setting}", value)
    arguments = [str(library_settings.data_dir), "--queries-from", "Paper Boats", "--queries-from", "stone lanterns"]
    out = tmp_path / "answers.json"
    main([*arguments, "--queries", "6", "--row", "clean", "--row", "bars black", "--out", str(out)])
    report = json.loads(out.read_text("utf-8"))
    assert list(report["rows"]) == ["clean", "bars black"]
    assert list(report["rows"]["clean"]) == ["embedding", "+ regions", "+ verification", "+ calibration"]
    assert {shares["right_scene"] for shares in report["rows"]["clean"].values()} == {1.0}
    assert {shares["asked"] for row in report["rows"].values() for shares in row.values()} == {6}
    kinds = report["not_in_library"]
    own_shows_out = ["own shows left out: clean", "own shows left out: bars black"]
    assert list(kinds) == [*own_shows_out, "plain", "dark", "gradient", "text only"]
    assert [kinds[kind]["asked"] for kind in kinds] == [6, 6, 1, 1, 1, 1]
    assert all(sum(kinds[kind][verdict] for verdict in Verdict) == pytest.approx(1, abs=0.001) for kind in kinds)
    assert report["certainty"]["auc"] > 0.8
    printed = capsys.readouterr()
    assert json.loads(printed.out) == report
    text = out.with_suffix(".md").read_text("utf-8")
    assert text in printed.err
    assert "| clean | 1.000 / " in text
    assert {path.name for path in tmp_path.glob("*.png")} == {"answers-reliability.png", "answers-roc.png"}


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--row", "sideways"], "--row sideways: there is no such row"),
        (["--stage", "last"], "--stage last: there is no such stage"),
        (["--queries-from", "Absent"], "--queries-from Absent: it is neither"),
    ],
)
def test_what_cannot_be_used_ends_with_two(
    options: list[str], sentence: str, made_library: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert sentence in refusal_of(main, [str(made_library), "--queries-from", "Paper Boats", *options], capsys)
