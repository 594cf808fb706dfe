"""The benchmarks of color layouts, on little."""

import json
from pathlib import Path

import pytest

from benchmarks.color_layout_answers import WAYS
from benchmarks.color_layout_answers import main as measure_answers
from benchmarks.color_layout_speed import main as measure_speed
from config.settings import Settings
from ingest.library.add import add_videos
from ingest.planning.plan import PlanOptions
from ingest.reporting import SilentReporter
from tests.episodes import draw_episode


def test_scans_and_ingest_are_timed(drawn_videos: Path, capsys: pytest.CaptureFixture[str]) -> None:
    video = next(drawn_videos.rglob("*.mp4"))
    measure_speed([str(video), "--frames", "2000", "5000", "--rounds", "1", "--ingest-rounds", "1"])
    report = json.loads(capsys.readouterr().out)
    assert [scan["frames"] for scan in report["scan"]] == [2000, 5000]
    assert all(scan["one_query_ms"] > 0 for scan in report["scan"])
    assert report["ingest"]["with_of_without"] > 0


def test_answers_are_judged_and_a_curve_is_fitted(
    settings: Settings, videos: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    draw_episode(videos / "Tin Kites/1-Only/01-Wind.mp4", 50)
    add_videos(settings, [videos], PlanOptions(), lambda *_: SilentReporter())
    measure_answers([str(settings.data_dir), "--screenshots", "12"])
    report = json.loads(capsys.readouterr().out)
    judged = report["judged"]
    assert set(judged["in_library"]) == set(WAYS)
    assert judged["in_library"]["as it is"]["right_video"] == 1
    assert judged["not_in_library"]["verdicts"]["found"] == 0
    assert report["curve"]["nearness"] >= 0
    assert report["curve"]["ratio"] >= 0


def test_a_library_of_one_show_is_refused(library_settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        measure_answers([str(library_settings.data_dir)])
    assert caught.value.code == 1
    assert "two shows" in capsys.readouterr().err
