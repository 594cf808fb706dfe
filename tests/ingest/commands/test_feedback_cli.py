"""`whenanime library feedback`, on what a chat stored."""

import json
from dataclasses import replace
from pathlib import Path

import cv2
import pytest
from typer.testing import CliRunner

from core.domain import EpisodeName, FileId, Scene, SearchResult, Verdict
from core.library.feedback import Correction, CorrectionKind, FeedbackEntry, FeedbackStore
from core.library.layout import DataLayout
from core.pictures.file_types import PICTURE_SUFFIXES
from core.timecode import Millis
from ingest.commands.library_cli import app
from tests.episodes import scene_frame


def _scene(season: int, at_ms: int) -> Scene:
    return Scene(
        file_id=FileId(season),
        path=f"/videos/{season}.mkv",
        name=EpisodeName("夜の雨", season, first=3, last=3, name="Quiet"),
        from_ms=Millis(at_ms - 1000),
        at_ms=Millis(at_ms),
        to_ms=Millis(at_ms + 1000),
        similarity=0.9,
        probability=0.75,
    )


def _entry(case: str, when: str, correction: Correction, scenes: tuple[Scene, ...]) -> FeedbackEntry:
    verdict = Verdict.UNSURE if scenes else Verdict.NOT_IN_LIBRARY
    return FeedbackEntry(case, "v1", when, "generation-000001", SearchResult(verdict, scenes), correction)


def _png() -> bytes:
    whole, data = cv2.imencode(".png", scene_frame(12, 0)[:, :, ::-1])
    assert whole
    return data.tobytes()


@pytest.fixture
def store(tmp_path: Path) -> FeedbackStore:
    """Three entries in the data directory of the test's settings."""
    store = FeedbackStore(DataLayout(tmp_path / "data").feedback)
    scenes = (_scene(1, 61_000), _scene(2, 3_723_004))
    chosen = Correction(CorrectionKind.SCENE, scene=1)
    store.add(_entry("second0000", "2026-01-02T00:00:00+00:00", chosen, scenes), [_png(), b"\xff\xd8\xff\xe0 broken"])
    written = Correction(CorrectionKind.TEXT, text="Blue Moon\n第2話")
    store.add(_entry("first00000", "2026-01-01T00:00:00+00:00", written, scenes[:1]), [_png()])
    store.add(_entry("third00000", "2026-01-03T00:00:00+00:00", Correction(CorrectionKind.NONE), ()), [_png()])
    return store


def _run(*arguments: str | Path) -> str:
    ended = CliRunner().invoke(app, ["feedback", *map(str, arguments)], env={"COLUMNS": "200"})
    if ended.exception and not isinstance(ended.exception, SystemExit):
        raise ended.exception
    assert ended.exit_code == 0, ended.output
    return ended.output


@pytest.mark.usefixtures("store")
def test_entries_are_listed_the_oldest_first() -> None:
    listed = [line for line in _run("list").splitlines() if line.strip()]
    assert listed[0].split() == ["When", "Case", "Pictures", "Answered", "Right"]
    assert [row.split()[1] for row in listed[1:] if row.lstrip().startswith("2026")] == [
        "first00000",
        "second0000",
        "third00000",
    ]
    text = " ".join(" ".join(listed).split())
    assert "夜の雨, season 1, episode 3 Quiet, 00:01:01 (75%)" in text
    assert "夜の雨, season 2, episode 3 Quiet, 01:02:03" in text
    assert "Blue Moon" in text
    assert "unsure: 夜の雨, season 1" in text
    assert "not in the library no anime" in text


def test_a_scene_that_was_not_answered_is_not_listed_as_the_answer(tmp_path: Path) -> None:
    entry = _entry("photo00000", "2026-01-01T00:00:00+00:00", Correction(CorrectionKind.NONE), (_scene(1, 61_000),))
    result = SearchResult(Verdict.NOT_IN_LIBRARY, entry.result.scenes)
    FeedbackStore(DataLayout(tmp_path / "data").feedback).add(replace(entry, result=result), [_png()])
    listed = _run("list")
    assert "not in the library" in listed
    assert "夜の雨" not in listed


@pytest.mark.usefixtures("store")
def test_one_json_object_an_entry() -> None:
    first, second, third = (json.loads(line) for line in _run("list", "--json").splitlines())
    assert (first["correction"], first["text"], first["right"]) == ("text", "Blue Moon\n第2話", None)
    assert second["right"]["season"] == 2
    assert second["right"]["at_s"] == 3723.004
    assert second["answered"]["season"] == 1
    assert [Path(path).read_bytes()[:3] for path in second["pictures"]] == [b"\x89PN", b"\xff\xd8\xff"]
    assert (third["answered"], third["verdict"], third["correction"]) == (None, "not_in_library", "none")


def test_without_any_it_says_so() -> None:
    assert "Nobody has said anything" in _run("list")
    assert _run("list", "--json") == ""


@pytest.mark.usefixtures("store")
def test_export_writes_pictures_by_correction_and_labels(tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert "4 pictures in" in _run("export", out)
    lines = [json.loads(line) for line in (out / "labels.jsonl").read_text("utf-8").splitlines()]
    assert [line["picture"] for line in lines] == [
        "text/first00000-v1-0.png",
        "scene/second0000-v1-0.png",
        "scene/second0000-v1-1.jpg",
        "none/third00000-v1-0.png",
    ]
    assert lines[1]["right"]["file"] == "/videos/2.mkv"
    assert (out / lines[0]["picture"]).read_bytes() == _png()
    assert {Path(line["picture"]).suffix for line in lines} <= PICTURE_SUFFIXES


def test_exporting_again_adds_what_is_new(store: FeedbackStore, tmp_path: Path) -> None:
    out = tmp_path / "out"
    _run("export", out)
    store.add(_entry("fourth0000", "2026-01-04T00:00:00+00:00", Correction(CorrectionKind.NONE), ()), [_png()])
    assert "5 pictures in" in _run("export", out)
    assert len((out / "labels.jsonl").read_text("utf-8").splitlines()) == 5
    assert sorted(path.name for path in out.iterdir()) == ["labels.jsonl", "none", "scene", "text"]


@pytest.mark.usefixtures("store")
def test_nothing_is_exported_over_a_file(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("mine", "utf-8")
    ended = CliRunner().invoke(app, ["feedback", "export", str(file)])
    assert "is not a folder" in str(ended.exception)
    assert file.read_text("utf-8") == "mine"
