"""Accuracy of exact frames: true claims, and one small run."""

import json
from pathlib import Path

import pytest

from benchmarks.exact_frames import main
from benchmarks.frame_truth import FrameReadings, draw_frames, judge_frame
from config.settings import Settings
from core.catalogue.records import FileRecord
from core.domain import Scene, SearchResult, Verdict
from core.timecode import Millis
from tests.benchmarks.refused import refusal_of


def _result(record: FileRecord, at_ms: int) -> SearchResult:
    start, end = record.outcome.shot_at(at_ms)
    scene = Scene(record.id, record.stamp.path, record.name, start, Millis(at_ms), end, 0.9, 0.9, exact=True)
    return SearchResult(Verdict.FOUND, (scene,), {"exact frame": 2.0, "total": 5.0})


def test_a_claim_is_true_of_the_frame_itself_and_of_no_other_one(records: list[FileRecord]) -> None:
    readings = FrameReadings(records)
    shown = draw_frames(records[:1], readings, 4, 0)[1]
    at_ms = round(shown.time_s * 1000)
    itself = judge_frame(_result(records[0], at_ms), shown, readings)
    assert (itself.claimed, itself.levels, itself.error_s) == (True, 0, 0)
    beside = judge_frame(_result(records[0], at_ms + 1000), shown, readings)
    assert beside.levels > 1.5
    assert beside.error_s == pytest.approx(1)
    elsewhere = judge_frame(_result(records[1], at_ms), shown, readings)
    assert elsewhere.levels > 1.5
    assert elsewhere.error_s is None
    nothing = judge_frame(SearchResult(Verdict.NOT_IN_LIBRARY, (), {"total": 5.0}), shown, readings)
    assert (nothing.claimed, nothing.levels, nothing.answer) == (False, 255, None)


def test_frames_are_drawn_from_all_files_of_a_show_and_are_the_same_for_a_seed(records: list[FileRecord]) -> None:
    readings = FrameReadings(records)
    drawn = draw_frames(records, readings, 12, 3)
    assert len({(frame.record.id, frame.time_s) for frame in drawn}) == 12
    assert {frame.record.id for frame in drawn} == {record.id for record in records}
    assert [frame.time_s for frame in draw_frames(records, readings, 12, 3)] == [frame.time_s for frame in drawn]
    assert [frame.time_s for frame in draw_frames(records, readings, 12, 4)] != [frame.time_s for frame in drawn]


def test_a_small_run_and_another_one_compared_with_it(
    library_settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WHENANIME_THREADS", "1")
    before, after = tmp_path / "before.json", tmp_path / "after.json"
    arguments = [str(library_settings.data_dir), "--queries-from", "Paper Boats", "--each", "4", "--row", "clean"]
    main([*arguments, "--out", str(before)])
    report = json.loads(before.read_text("utf-8"))
    row = report["rows"]["clean"]
    assert (row["asked"], row["right_file"]) == (4, 4)
    assert row["claims"] == sum(answer["claimed"] for answer in report["answers"]["clean"])
    assert (row["true"], row["nearly_true"]) == (1.0, 1.0)
    capsys.readouterr()
    main([*arguments, "--baseline", str(before), "--out", str(after)])
    printed = capsys.readouterr()
    assert json.loads(printed.out)["rows"]["clean"]["claims"] == row["claims"]
    assert after.with_suffix(".md").read_text("utf-8") in printed.err
    assert "| 1.000 |" in printed.err


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--row", "sideways"], "--row sideways: there is no such row"),
        (["--queries-from", "Absent"], "--queries-from Absent: it is neither"),
        (["--baseline", "absent.json"], "--baseline absent.json: it is no report of this benchmark"),
    ],
)
def test_what_cannot_be_used_ends_with_two(
    options: list[str], sentence: str, made_library: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert sentence in refusal_of(main, [str(made_library), "--queries-from", "Paper Boats", *options], capsys)
