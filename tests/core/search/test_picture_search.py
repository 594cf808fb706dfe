"""Search of one picture on the drawn library: views, verification, repeats and verdicts."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from core.domain import WHOLE_AREA, Reason, Verdict
from core.encoders.base import ConfidenceSpec, VerifiedCurveSpec
from core.encoders.loading import BUNDLED, open_encoder
from core.engine import Engine, EngineSpec
from core.pictures.pixels import Rgb
from core.regions.detection import RegionKind
from core.search.picture_search import SearchSpec, shows_too_little
from core.video.reading import VideoReader

CURVE = ConfidenceSpec(-9.0, 8.0, 20.0, VerifiedCurveSpec(-6.0, 3.0, 3.0, 9.0, 6.0))


@pytest.fixture(scope="module")
def engine(made_library: Path) -> Iterator[Engine]:
    with _engine(made_library, SearchSpec()) as engine:
        yield engine


def _engine(data_dir: Path, search: SearchSpec) -> Engine:
    encoder = open_encoder(BUNDLED, runtime="onnx", threads=1)
    encoder.spec = replace(encoder.spec, confidence=CURVE)  # type: ignore[misc]  # the bundled curve may change
    return Engine(EngineSpec(data_dir, search=search, threads=1), encoder)


def _frame(video: Path, time_s: float, width: int = 640) -> tuple[Rgb, int]:
    """A frame and its time in milliseconds."""
    with VideoReader(video) as reader:
        for frame in reader.frames(start=Fraction(str(time_s))):
            return frame.rgb(width, round(width * reader.info.height / reader.info.width)), round(frame.time * 1000)
    raise AssertionError(video)


@pytest.fixture(scope="module")
def video(drawn_videos: Path) -> Path:
    return sorted(drawn_videos.rglob("*.mp4"))[0]


def _framed(picture: Rgb, ground: tuple[int, int, int] = (240, 240, 236)) -> Rgb:
    """As part of a larger page."""
    height, width = picture.shape[:2]
    page = np.full((height * 2, width * 3 // 2, 3), ground, np.uint8)
    page[height // 2 : height // 2 + height, width // 4 : width // 4 + width] = picture
    return page


def test_a_frame_is_found_to_the_frame(engine: Engine, video: Path) -> None:
    picture, time_ms = _frame(video, 1.37)
    best = engine.search(picture).scenes[0]
    assert best.path == str(video)
    assert best.exact
    assert best.from_ms <= best.at_ms <= time_ms < best.to_ms
    assert best.inliers is not None
    assert best.inliers > 20
    assert best.shown is not None
    assert (best.shown.left, best.shown.top) == pytest.approx((0, 0), abs=0.03)
    assert (best.region.left, best.region.right) == (0, 1)


def test_a_frame_inside_a_page_is_looked_up_by_itself(engine: Engine, video: Path) -> None:
    picture, _ = _frame(video, 1.37)
    result = engine.search(_framed(picture))
    best = result.scenes[0]
    assert best.path == str(video)
    region = best.region
    assert (region.left, region.top, region.right, region.bottom) == pytest.approx((1 / 6, 0.25, 5 / 6, 0.75), abs=0.02)
    assert result.verdict is Verdict.FOUND


def test_a_mirrored_cut_says_so_and_which_part_it_shows(engine: Engine, video: Path) -> None:
    picture, _ = _frame(video, 1.37)
    height, width = picture.shape[:2]
    cut = picture[height // 4 :, : width * 3 // 4]
    best = engine.search(np.ascontiguousarray(cut[:, ::-1])).scenes[0]
    assert best.path == str(video)
    assert best.mirrored
    assert best.shown is not None
    assert (best.shown.left, best.shown.top, best.shown.right) == pytest.approx((0, 0.25, 0.75), abs=0.03)


def test_the_budget_of_views_is_kept_and_the_whole_comes_first(made_library: Path, video: Path) -> None:
    page = _framed(_frame(video, 1.37)[0])
    with _engine(made_library, SearchSpec(views=2, checks=0, sure_at=2)) as engine:
        trace = engine.trace(page)
        assert [(view.region.kind, view.mirrored) for view in trace.lookup.views] == [
            (RegionKind.WHOLE, False),
            (RegionKind.WHOLE, True),
        ]
        assert all(scored.verified is None for scored in trace.scenes)
        assert engine.search(page).scenes[0].inliers is None


def test_what_the_second_look_finds_counts_without_checks_too(
    made_library: Path, video: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.retrieval.view_lookup.FIRST_PASS_MIN_CERTAINTY", 1.0)
    with _engine(made_library, SearchSpec(checks=0, sure_at=2)) as engine:
        trace = engine.trace(_framed(_frame(video, 1.37)[0]))
    assert trace.looked_again
    assert trace.lookup.views[trace.scenes[0].view].region.kind is RegionKind.PANEL


def test_as_many_scenes_are_checked_as_asked_for_and_one_when_it_is_sure(
    made_library: Path, video: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.search.picture_search.CLEAR_MIN_SCORE", 2.0)
    picture, _ = _frame(video, 1.37)
    for sure_at, checks, checked in ((2.0, 3, 3), (0.0, 3, 1), (2.0, 0, 0)):
        with _engine(made_library, SearchSpec(sure_at=sure_at, checks=checks)) as engine:
            trace = engine.trace(picture)
            assert sum(scored.verified is not None for scored in trace.scenes) == checked
            assert trace.scenes[0].probability == max(scored.probability for scored in trace.scenes)


def test_after_a_clear_hit_nothing_more_is_checked_and_before_one_all_are(made_library: Path, video: Path) -> None:
    picture, _ = _frame(video, 1.37)
    noise = np.random.default_rng(1).integers(0, 256, (180, 320, 3), np.uint8)
    with _engine(made_library, SearchSpec(sure_at=2.0, checks=5)) as engine:
        clear, nothing = engine.trace(picture), engine.trace(noise)
    assert len(clear.scenes) > 2
    assert sum(scored.verified is not None for scored in clear.scenes) == 2
    assert sum(scored.verified is not None for scored in nothing.scenes) == min(5, len(nothing.scenes)) > 2


def test_a_scene_that_its_check_refuted_is_unsure_with_a_number_that_says_so(
    made_library: Path, video: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.verification.scene_verifier.verify", lambda *_: None)
    monkeypatch.setattr(f"{__name__}.CURVE", replace(CURVE, checked=VerifiedCurveSpec(4.0, 3.0, 3.0, 9.0, 6.0)))
    with _engine(made_library, SearchSpec()) as engine:
        result = engine.search(_frame(video, 1.37)[0])
    best = result.scenes[0]
    assert (result.verdict, result.reason, best.inliers) == (Verdict.UNSURE, Reason.CHECK_FAILED, 0)
    assert best.probability == max(scene.probability for scene in result.scenes) == pytest.approx(0.6)


def test_without_stored_pictures_and_videos_answers_are_by_likeness(
    made_library: Path, video: Path, tmp_path: Path
) -> None:

    data = Path(shutil.copytree(made_library, tmp_path / "bare"))
    shutil.rmtree(data / "stills")
    picture, _ = _frame(video, 1.37)
    with _engine(data, SearchSpec()) as engine:
        best = engine.search(picture).scenes[0]
    assert (best.path, best.inliers, best.shown, best.exact) == (str(video), None, None, False)


def test_a_video_that_is_gone_leaves_the_time_of_the_nearest_frame(
    made_library: Path, video: Path, tmp_path: Path
) -> None:
    picture, time_ms = _frame(video, 1.37)
    encoder = open_encoder(BUNDLED, runtime="onnx", threads=1)
    with Engine(EngineSpec(made_library, media_root=str(tmp_path), threads=1), encoder) as engine:
        best = engine.search(picture).scenes[0]
    assert best.inliers
    assert not best.exact
    assert abs(best.at_ms - time_ms) <= 500


@pytest.mark.parametrize(
    ("picture", "little"),
    [
        (np.zeros((90, 160, 3), np.uint8), True),
        (np.full((90, 160, 3), (20, 200, 90), np.uint8), True),
        (np.random.default_rng(0).integers(0, 256, (90, 160, 3), dtype=np.uint8), False),
    ],
)
def test_plain_pictures_show_too_little(picture: Rgb, little: bool) -> None:
    assert shows_too_little(picture) is little


def test_little_but_text_shows_too_little_and_a_frame_does_not(video: Path) -> None:
    page = np.full((360, 640, 3), 255, np.uint8)
    cv2.putText(page, "anyone know this one?", (20, 180), cv2.FONT_HERSHEY_SIMPLEX, 1, (0, 0, 0), 2)
    assert shows_too_little(page)
    assert not shows_too_little(_frame(video, 1.37)[0])


@pytest.mark.parametrize("size", [(160, 360), (256, 360), (640, 144), (640, 90)])
def test_a_squeezed_picture_is_not_called_mirrored(engine: Engine, drawn_videos: Path, size: tuple[int, int]) -> None:
    for path in sorted(drawn_videos.rglob("*.mp4")):
        squeezed = np.asarray(cv2.resize(_frame(path, 1.37)[0], size, interpolation=cv2.INTER_AREA), np.uint8)
        assert not any(scene.mirrored for scene in engine.search(squeezed).scenes)


def test_where_nothing_was_checked_nothing_is_called_mirrored(made_library: Path, video: Path, tmp_path: Path) -> None:
    data = Path(shutil.copytree(made_library, tmp_path / "bare"))
    shutil.rmtree(data / "stills")
    turned = np.ascontiguousarray(_frame(video, 1.37)[0][:, ::-1])
    with _engine(data, SearchSpec()) as bare:
        assert not any(scene.mirrored for scene in bare.search(turned).scenes)


@pytest.mark.parametrize("turned", [90, 180, 270])
def test_a_picture_that_was_turned_is_found_and_called_so(engine: Engine, video: Path, turned: int) -> None:
    picture, time_ms = _frame(video, 1.37)
    result = engine.search(np.ascontiguousarray(np.rot90(picture, -turned // 90)))
    best = result.scenes[0]
    assert (best.path, best.turned, best.mirrored) == (str(video), turned, False)
    assert result.verdict is Verdict.FOUND
    assert abs(best.at_ms - time_ms) <= 500
    assert best.region == WHOLE_AREA
    assert engine.search(picture).scenes[0].turned == 0


def test_a_turned_and_mirrored_picture_is_called_both(engine: Engine, video: Path) -> None:
    picture = _frame(video, 1.37)[0][:, ::-1]
    best = engine.search(np.ascontiguousarray(np.rot90(picture, -1))).scenes[0]
    assert (best.path, best.turned, best.mirrored) == (str(video), 90, True)


def test_what_is_found_upright_is_not_turned_and_what_is_nowhere_stays_so(engine: Engine, video: Path) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (180, 320, 3), np.uint8)
    result = engine.search(noise)
    assert "turned lookup" in result.timing_ms
    assert not any(scene.turned for scene in result.scenes)
    assert "turned lookup" not in engine.search(_frame(video, 1.37)[0]).timing_ms
