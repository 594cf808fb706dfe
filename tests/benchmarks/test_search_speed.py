"""The benchmark of latency, on a library of a few hundred frames."""

import json
from typing import Any

import pytest

from benchmarks.search_speed import main


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    out = tmp_path_factory.mktemp("report") / "report.json"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WHENANIME_RUNTIME", "onnx")
        main(["--frames", "192", "--frames-a-file", "64", "--searches", "2", "--out", str(out)])
    return dict(json.loads(out.read_text("utf-8")))


def test_what_is_there_is_found(report: dict[str, Any]) -> None:
    by_picture = report["by_picture"]
    assert by_picture["whole"]["verdicts"] == {"found": 2}
    assert by_picture["whole, in one show"]["searches"] == 1


def test_every_stage_is_timed_beside_what_cannot_be_saved(report: dict[str, Any]) -> None:
    whole = report["by_picture"]["whole"]
    assert {"decode", "regions", "lookup", "checks", "exact frame"} <= set(whole["stages_ms"])
    assert 0 < whole["ms"]["p50"] <= whole["ms"]["p90"] <= whole["ms"]["p99"]
    assert whole["times_that_p50"] == pytest.approx(whole["ms"]["p50"] / whole["two_views_and_index_ms_p50"], rel=0.01)


def test_searches_are_told_apart_by_what_they_took(report: dict[str, Any]) -> None:
    ways, by_picture = report["by_way"], report["by_picture"]
    plain = ("whole", "laid on another", "not there")
    assert ways["checked"]["searches"] == sum(by_picture[kind]["searches"] for kind in plain)
    again = sum(by_picture[kind]["looked_again"] for kind in plain)
    assert ways.get("not sure at the first look", {"searches": 0})["searches"] == again
    assert by_picture["laid on another"]["looked_again"] > 0


def test_bytes_are_told(report: dict[str, Any]) -> None:
    assert report["frames"] == 192
    assert report["index_bytes_per_frame"] > 512
    assert report["stills_bytes_per_frame"] > 1000
