"""Explanations: what of an answer can be seen on them."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image

from config.opening import open_engine
from config.settings import Settings, load_settings
from core.domain import SearchFilter
from core.engine import Engine
from core.errors import FilterError, PictureError, StorageError
from core.pictures.pixels import Rgb, mirror
from core.timecode import format_millis
from ingest.explain.explanation import query_points, write_explanation
from ingest.explain.sheet import PAPER, Sheet, shortened, text_width
from tests.episodes import scene_frame
from training.distortion.views.geometry import canvas, paste

GAP = slice(685, 715)
"""Columns between the two pictures."""


@pytest.fixture(scope="module")
def engine(made_library: Path) -> Iterator[Engine]:
    with open_engine(load_settings(data_dir=made_library, runtime="onnx")) as opened:
        yield opened


def _write(path: Path, rgb: Rgb) -> Path:
    assert cv2.imwrite(str(path), cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR))
    return path


def _read(path: Path) -> Rgb:
    return np.asarray(cv2.imread(str(path), cv2.IMREAD_COLOR_RGB), np.uint8)


def _correlation(picture: Rgb, expected: Rgb) -> float:
    """Correlation of two pictures, the second scaled to the size of the first."""
    scaled = cv2.resize(expected, picture.shape[1::-1], interpolation=cv2.INTER_AREA)
    return float(cv2.matchTemplate(picture, np.asarray(scaled, np.uint8), cv2.TM_CCOEFF_NORMED)[0, 0])


def test_both_pictures_are_seen_and_lines_between_them(engine: Engine, tmp_path: Path) -> None:
    frame = scene_frame(6, 10)
    picture = _write(tmp_path / "asked.png", frame)
    before = picture.read_bytes()
    path = write_explanation(engine, picture, tmp_path / "new" / "folder")
    assert path == tmp_path / "new" / "folder" / "asked.explain.png"
    assert picture.read_bytes() == before
    sheet = _read(path)
    assert sheet.shape[1] == 1400
    high = round(656 * 9 / 16)
    assert _correlation(sheet[100 : 92 + high, 28:676], frame) > 0.8
    assert _correlation(sheet[100 : 92 + high, 724:1372], frame) > 0.8
    assert (sheet[96 : 96 + high, GAP] != PAPER).any()
    assert (sheet[96 + high + 30 :, 24:700] != PAPER).any()


def test_of_an_animation_the_frame_that_was_found_is_drawn(engine: Engine, tmp_path: Path) -> None:
    frames = [Image.fromarray(scene_frame(6, shot)) for shot in (8, 10, 12, 14)]
    moving = tmp_path / "moving.gif"
    frames[0].save(moving, save_all=True, append_images=frames[1:], duration=250)
    explanation = engine.explain(moving)
    assert explanation.result.sequence
    assert len(explanation.scored) == len(explanation.result.scenes)
    best, scene = explanation.scored[0], explanation.result.scenes[0]
    assert best.verified is not None
    assert best.verified.verification is not None
    assert best.verified.verification.inliers == scene.inliers
    assert scene.from_ms <= best.scene.at_ms <= scene.to_ms
    sheet = _read(write_explanation(engine, moving, tmp_path))
    assert (sheet[96:460, GAP] != PAPER).any()


def test_it_says_in_words_what_colours_and_columns_mean_and_shows_the_exact_frame(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts: list[str] = []
    write = Sheet.text

    def text(sheet: Sheet, text: str, *args: Any, **options: Any) -> int:
        texts.append(text)
        return write(sheet, text, *args, **options)

    monkeypatch.setattr(Sheet, "text", text)
    frame = scene_frame(6, 10)
    path = write_explanation(engine, _write(tmp_path / "asked.png", frame), tmp_path)
    written = " ".join(texts)
    assert "the part that was found" in written
    for word in ("Lines join", "similarity: how alike", "points: how many", "check: how well", "probability: what"):
        assert word in written
    exact = engine.explain(tmp_path / "asked.png")
    assert f"at {format_millis(exact.result.scenes[0].at_ms, precise=True)}" in texts
    assert exact.exact_frame is not None
    assert _correlation(exact.exact_frame, frame) > 0.98
    top, left = _top_of_second_row(_read(path)), 720
    assert _correlation(_read(path)[top : top + 176, left : left + 313], frame) > 0.9


def _top_of_second_row(sheet: Rgb) -> int:
    """The first row of what lies below the two pictures on the right side, but for its frame."""
    column = (sheet[:, 800] != PAPER).any(axis=1)
    below = np.flatnonzero(~column[200:])[0] + 200
    return int(np.flatnonzero(column[below:])[0] + below) + 1


def test_without_the_video_there_is_no_exact_frame_to_show(made_library: Path, tmp_path: Path) -> None:
    picture = _write(tmp_path / "asked.png", scene_frame(6, 10))
    with open_engine(load_settings(data_dir=made_library, runtime="onnx", media_root=str(tmp_path))) as moved:
        assert moved.explain(picture).exact_frame is None
        assert write_explanation(moved, picture, tmp_path).is_file()


@pytest.mark.parametrize("turned", [90, 180, 270])
def test_points_of_a_turned_picture_are_told_in_the_picture(engine: Engine, turned: int) -> None:
    frame = scene_frame(6, 10)
    trace = engine.trace(np.ascontiguousarray(np.rot90(frame, -turned // 90)))
    best = trace.scenes[0]
    assert best.verified
    assert best.verified.verification
    view = trace.lookup.views[best.view]
    assert view.turned == turned
    x, y = (best.verified.verification.pairs[:, 2:] * 320 / best.verified.still_size[0]).T
    expected = {90: (179 - y, x), 180: (319 - x, 179 - y), 270: (y, 319 - x)}[turned]
    off = query_points(best.verified.verification, view) - np.column_stack(expected)
    assert np.median(np.linalg.norm(off, axis=1)) < 2


def test_no_lines_when_nothing_agrees(engine: Engine, tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (180, 320, 3), np.uint8)
    path = write_explanation(engine, _write(tmp_path / "noise.png", noise), tmp_path)
    assert (_read(path)[96:460, GAP] == PAPER).all()


def test_points_agree_with_the_map_and_are_told_in_the_picture(engine: Engine) -> None:
    frame = scene_frame(6, 10)
    page = paste(mirror(frame), canvas(400, 500, (250, 250, 250)), 40, 120)
    trace = engine.trace(page)
    best = trace.scenes[0]
    assert best.verified
    assert best.verified.verification
    verified, view = best.verified.verification, trace.lookup.views[best.scene.view]
    assert view.mirrored
    assert verified.pairs.shape == (verified.inliers, 4)
    mapped = np.column_stack([verified.pairs[:, :2], np.ones(verified.inliers)]) @ verified.matrix.T
    off = np.linalg.norm(mapped[:, :2] / mapped[:, 2:] - verified.pairs[:, 2:], axis=1)
    assert off.max() < 0.02 * 368
    points = query_points(verified, view)
    stored = verified.pairs[:, 2:] * 320 / best.verified.still_size[0]
    expected = np.column_stack([40 + 319 - stored[:, 0], 120 + stored[:, 1]])
    assert np.median(np.linalg.norm(points - expected, axis=1)) < 2


def test_only_where_it_should_look(engine: Engine, tmp_path: Path) -> None:
    picture = _write(tmp_path / "asked.png", scene_frame(6, 10))
    where = SearchFilter(seasons=frozenset({2}))
    everywhere = write_explanation(engine, picture, tmp_path / "all")
    elsewhere = write_explanation(engine, picture, tmp_path / "some", where=where)
    right = slice(100, 460), slice(724, 1372)
    assert _correlation(_read(everywhere)[right], scene_frame(6, 10)) > 0.8
    assert _correlation(_read(elsewhere)[right], scene_frame(6, 10)) < 0.7
    with pytest.raises(FilterError):
        write_explanation(engine, picture, tmp_path, where=SearchFilter(shows=("Absent",)))


def test_without_stored_pictures_it_says_so(library_settings: Settings, tmp_path: Path) -> None:
    shutil.rmtree(library_settings.data_dir / "stills")
    picture = _write(tmp_path / "asked.png", scene_frame(6, 10))
    with open_engine(library_settings) as engine:
        path = write_explanation(engine, picture, tmp_path)
    sheet = _read(path)
    assert (sheet[130:460, 720:] == PAPER).all()
    assert (sheet[96:126, 720:900] != PAPER).any()


def test_what_cannot_be_read_or_written_is_named(engine: Engine, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"not a picture")
    with pytest.raises(PictureError, match="file"):
        write_explanation(engine, file, tmp_path)
    picture = _write(tmp_path / "asked.png", scene_frame(6, 10))
    with pytest.raises(StorageError, match=r"asked\.explain\.png: cannot be written"):
        write_explanation(engine, picture, file)


def test_long_names_are_shortened_and_labels_do_not_cover_each_other() -> None:
    text = "ひみつの場所 and a very long name of a show"
    short = shortened(text, 150, 15)
    assert short.endswith("…")
    assert text.startswith(short[:-1].rstrip())
    assert text_width(short, 15) <= 150
    assert shortened("short", 150, 15) == "short"
    sheet = Sheet(300, 200)
    placed = sheet.picture(canvas(300, 200, (9, 9, 9)), 0, 0, 300, 200)
    corners = np.array([(0, 0), (300, 0), (300, 200), (0, 200)], np.float64)
    sheet.labels(((text, corners, colour) for text, colour in (("one", (200, 0, 0)), ("two", (0, 0, 200)))), placed)
    assert tuple(sheet.rgb[2, 2]) == (200, 0, 0)
    assert tuple(sheet.rgb[2, 297]) == (0, 0, 200)
