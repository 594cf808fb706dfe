"""Benchmark of themes in search: a small run on the drawn season."""

import json
from pathlib import Path

import pytest

from benchmarks.theme_search import main
from benchmarks.theme_seasons.truth import TrueEpisode, TrueSeason, TrueSegment, write_truth
from config.settings import load_settings
from core.catalogue.segments import SegmentKind
from tests.benchmarks.refused import refusal_of
from tests.themed_library import FRAMES_BEFORE, OPENING_MS, SHOW, add_season, draw_season, opening_start_ms


def test_a_small_run_leaves_the_library_as_it_was(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data, out = tmp_path / "library", tmp_path / "report.json"
    videos = draw_season(tmp_path / "videos")
    add_season(load_settings(data_dir=data, runtime="onnx"), videos)
    folder = videos / SHOW / "2-Autumn"
    episodes = []
    for number in range(1, len(FRAMES_BEFORE) + 1):
        start_s = opening_start_ms(number) / 1000
        opening = TrueSegment(SegmentKind.OPENING, start_s, start_s + OPENING_MS / 1000, "opening 1", shared=True)
        path = folder / f"{number:02d}-Part {number}.mp4"
        episodes.append(TrueEpisode(path, opening.end_s, [opening], frozenset()))
    write_truth(TrueSeason(SHOW, "drawn", "development", 0, episodes), folder)
    catalogue = (data / "catalogue.sqlite").read_bytes()
    arguments = [
        str(data),
        "--truth",
        str(folder),
        "--work",
        str(tmp_path / "work"),
        "--each",
        "2",
        "--edge-error",
        "0",
    ]
    main([*arguments, "--margin", "0.3", "--out", str(out)])
    report = json.loads(out.read_text("utf-8"))
    before, after = report["index"]["before"], report["index"]["after"]
    assert before["frames_left_out"] == 0
    assert after["frames"] + after["frames_left_out"] == before["frames"]
    assert report["left_out"]["left_out"] == after["frames_left_out"] > 0
    assert report["inside"]["clean"]["theme_right"] == 2
    assert report["inside_before"]["clean"]["theme_right"] == 0
    assert report["outside"]["clean"]["same_first"] == report["outside"]["clean"]["queries"] == 2
    assert (data / "catalogue.sqlite").read_bytes() == catalogue
    assert "exists already" in refusal_of(main, arguments, capsys)
