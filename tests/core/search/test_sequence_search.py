"""Search of several pictures: one sequence in one file, or separate scenes."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from config.opening import encoder_of, open_engine
from config.settings import Settings
from core.domain import Scene, SearchFilter, Verdict
from core.engine import Engine, EngineSpec
from core.errors import FilterError, InputError, PictureError
from core.pictures.pixels import Rgb
from core.search.picture_search import SearchSpec
from tests.animations import animation
from tests.clips import ClipSpec, write_clip
from tests.episodes import CUT, RATE, scene_frame

BLACK = np.zeros((180, 320, 3), np.uint8)


@pytest.fixture(scope="module")
def engine(made_library: Path) -> Iterator[Engine]:
    with open_engine(Settings(data_dir=made_library, runtime="onnx")) as opened:
        yield opened


def _episode(first_shot: int, start: int, end: int) -> list[Rgb]:
    """Frames of a drawn episode, from number `start` until before `end`."""
    return [scene_frame(number, first_shot + (number >= CUT)) for number in range(start, end)]


def _ms(number: int) -> int:
    return round(1000 * number / RATE)


def _gif(path: Path, pictures: Sequence[Rgb], kind: str = "GIF", *, delay_ms: int = 80) -> Path:
    path.write_bytes(animation(pictures, kind, delay_ms=delay_ms))
    return path


@pytest.mark.parametrize("kind", ["GIF", "WEBP"])
def test_four_seconds_of_an_episode_are_found_from_when_to_when(engine: Engine, tmp_path: Path, kind: str) -> None:
    result = engine.search(_gif(tmp_path / "four", _episode(10, 6, 54), kind))
    best = result.scenes[0]
    assert best.path.endswith("02-夜の雨.mp4")
    assert abs(best.from_ms - _ms(6)) <= 300
    assert abs(best.to_ms - _ms(54)) <= 300
    assert best.from_ms <= best.at_ms <= best.to_ms
    assert best.exact
    assert (best.inliers or 0) > 50
    assert not best.mirrored
    assert result.verdict is Verdict.FOUND
    assert {"decode", "lookup", "chains", "checks", "exact frame", "total"} == set(result.timing_ms)


def test_a_mirrored_animation_that_runs_too_fast_is_found_too(engine: Engine, tmp_path: Path) -> None:
    turned = [np.ascontiguousarray(picture[:, ::-1]) for picture in _episode(20, 0, 48)]
    best = engine.search(_gif(tmp_path / "turned.gif", turned, delay_ms=40)).scenes[0]
    assert best.path.endswith('01-It\'s "late" 🍂.mp4')
    assert best.mirrored
    assert best.from_ms <= 400
    assert abs(best.to_ms - _ms(48)) <= 400


def test_a_clip_is_a_sequence(engine: Engine, tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "clip.webm", _episode(0, 12, 42), ClipSpec(RATE, codec="libvpx", options={}))
    best = engine.search(clip).scenes[0]
    assert best.path.endswith("01-The Ferry.mp4")
    assert abs(best.from_ms - _ms(12)) <= 300
    assert abs(best.to_ms - _ms(42)) <= 400


@pytest.mark.parametrize(("start", "end"), [(6, 54), (0, 24), (32, 58)])
def test_a_clip_played_backwards_is_found_from_when_to_when_and_called_so(
    engine: Engine, tmp_path: Path, start: int, end: int
) -> None:
    pictures = _episode(10, start, end)
    forward = engine.search(_gif(tmp_path / "forward.gif", pictures)).scenes[0]
    backward = engine.search(_gif(tmp_path / "backward.gif", pictures[::-1])).scenes[0]
    assert (forward.backwards, backward.backwards) == (False, True)
    assert _episode_of(backward) == "02-夜の雨.mp4"
    assert abs(backward.from_ms - _ms(start)) <= 500
    assert abs(backward.to_ms - _ms(end)) <= 500


def test_a_clip_of_two_shows_names_both_and_which_part_is_of_which(engine: Engine, tmp_path: Path) -> None:
    result = engine.search(_gif(tmp_path / "two.gif", [*_episode(0, 2, 26), *_episode(20, 34, 58)]))
    assert result.verdict is Verdict.FOUND
    assert [_episode_of(scene) for scene in result.parts] == ["01-The Ferry.mp4", '01-It\'s "late" 🍂.mp4']
    first, second = result.parts
    assert set(result.scenes[:2]) == {first, second}
    assert min(first.probability, second.probability) >= 0.9
    assert abs(first.from_ms - _ms(2)) <= 300
    assert abs(first.to_ms - _ms(26)) <= 400
    assert abs(second.from_ms - _ms(34)) <= 300
    assert abs(second.to_ms - _ms(58)) <= 400
    assert first.clip is not None
    assert second.clip is not None
    assert 0 <= first.clip[0] < first.clip[1] <= 24 * 80 + 200 <= second.clip[0] + 400 < second.clip[1] <= 48 * 80


def test_an_animation_of_two_stills_names_both(engine: Engine, tmp_path: Path) -> None:
    stills = [scene_frame(5, 0), scene_frame(20, 10)]
    result = engine.search(_gif(tmp_path / "two.gif", stills, delay_ms=1000))
    assert result.verdict is Verdict.FOUND
    assert not result.sequence
    assert [_episode_of(scene) for scene in result.parts] == ["01-The Ferry.mp4", "02-夜の雨.mp4"]


def test_a_clip_of_one_scene_and_something_else_has_one_part_at_most(engine: Engine, tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    noise = [np.asarray(rng.integers(0, 256, (180, 320, 3)), np.uint8) for _ in range(3)]
    result = engine.search(_gif(tmp_path / "a.gif", [*_episode(0, 2, 26), *noise]))
    assert _episode_of(result.scenes[0]) == "01-The Ferry.mp4"
    assert len(result.parts) <= 1


def test_a_chain_that_agrees_is_at_least_as_likely_as_its_best_picture(engine: Engine, tmp_path: Path) -> None:
    pictures = _episode(10, 6, 54)
    alone = engine.search(pictures[0]).scenes[0].probability
    assert engine.search_together(pictures[::10]).scenes[0].probability >= alone
    assert engine.search(_gif(tmp_path / "a.gif", pictures)).scenes[0].probability >= alone


def test_an_animation_that_stands_still_is_one_picture(engine: Engine, tmp_path: Path) -> None:
    still = engine.search(_gif(tmp_path / "still.png", [scene_frame(12, 0)], "PNG"))
    moving = engine.search(_gif(tmp_path / "moving.png", [BLACK, scene_frame(12, 0), scene_frame(12, 0)], "PNG"))
    assert moving.scenes == still.scenes
    assert "chains" not in moving.timing_ms


def test_three_pictures_of_one_episode_are_one_scene(engine: Engine) -> None:
    result = engine.search_together([scene_frame(5, 0), scene_frame(20, 0), scene_frame(45, 1)])
    best = result.scenes[0]
    assert best.path.endswith("01-The Ferry.mp4")
    assert abs(best.from_ms - _ms(5)) <= 300
    assert abs(best.to_ms - _ms(45)) <= 300
    assert best.from_ms <= best.at_ms <= best.to_ms
    assert result.verdict is Verdict.FOUND


def test_pictures_may_be_files_and_plain_ones_are_passed_over(engine: Engine, tmp_path: Path) -> None:
    path = _gif(tmp_path / "one.png", [scene_frame(5, 0)], "PNG")
    best = engine.search_together([path, BLACK, scene_frame(20, 0)]).scenes[0]
    assert abs(best.from_ms - _ms(5)) <= 300
    assert abs(best.to_ms - _ms(20)) <= 400
    with pytest.raises(PictureError, match=r"gone\.png: there is no such file"):
        engine.search_together([path, tmp_path / "gone.png"])


def test_pictures_of_different_episodes_are_answered_one_by_one(engine: Engine) -> None:
    scenes = engine.search_together([scene_frame(5, 0), scene_frame(20, 10)]).scenes
    assert {_episode_of(scene) for scene in scenes} == {"01-The Ferry.mp4", "02-夜の雨.mp4"}
    assert len(scenes) == 2
    assert scenes[0].probability >= scenes[1].probability
    shots = {_episode_of(scene): (scene.from_ms, scene.to_ms) for scene in scenes}
    assert shots["01-The Ferry.mp4"][0] <= _ms(5) <= shots["01-The Ferry.mp4"][1] <= 2600
    assert shots["02-夜の雨.mp4"][0] <= _ms(20) <= shots["02-夜の雨.mp4"][1] <= 2600


def test_an_episode_that_holds_most_of_the_pictures_comes_first(engine: Engine) -> None:
    result = engine.search_together([scene_frame(5, 0), scene_frame(20, 10), scene_frame(20, 0)])
    assert _episode_of(result.scenes[0]) == "01-The Ferry.mp4"
    assert "02-夜の雨.mp4" in {_episode_of(scene) for scene in result.scenes}
    assert sum(scene.probability for scene in result.scenes) <= 1 + 1e-9


def test_there_is_too_little_only_when_all_of_it_is(engine: Engine) -> None:
    text = np.full((180, 320, 3), 255, np.uint8)
    text[80:88, 60:200:4] = 0
    blank = np.full((180, 320, 3), 240, np.uint8)
    blank[20:28, 60:200:4] = 0
    assert engine.search_together([text, blank]).too_little
    assert not engine.search_together([text, scene_frame(5, 0)]).too_little


def test_filters_and_limits_hold(engine: Engine, tmp_path: Path) -> None:
    path = _gif(tmp_path / "a.gif", _episode(10, 0, 20))
    result = engine.search(path, where=SearchFilter(seasons=frozenset({2})), limit=1)
    assert [scene.name.season for scene in result.scenes] == [2]
    with pytest.raises(FilterError):
        engine.search_together([path], where=SearchFilter(shows=("Nothing",)))


@pytest.mark.parametrize("count", [0, 9])
def test_no_picture_and_too_many_are_refused(engine: Engine, count: int) -> None:
    with pytest.raises(InputError, match=f"1 to 8 pictures can be looked up together .*, not {count}"):
        engine.search_together([BLACK] * count)


def test_without_stored_pictures_videos_and_checks_it_is_still_a_sequence(
    library_settings: Settings, tmp_path: Path
) -> None:
    for pack in (library_settings.data_dir / "stills").iterdir():
        pack.unlink()
    spec = EngineSpec(library_settings.data_dir, media_root=str(tmp_path), search=SearchSpec(checks=3, frames=4))
    with Engine(spec, encoder_of(library_settings)) as bare:
        best = bare.search(_gif(tmp_path / "a.gif", _episode(10, 6, 54))).scenes[0]
    assert _episode_of(best) == "02-夜の雨.mp4"
    assert abs(best.from_ms - _ms(6)) <= 300
    assert abs(best.to_ms - _ms(54)) <= 400
    assert (best.inliers, best.exact) == (None, False)


def _episode_of(scene: Scene) -> str:
    return Path(scene.path).name
