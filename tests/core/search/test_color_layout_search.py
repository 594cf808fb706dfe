"""Color layout search on the drawn library."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from config.opening import encoder_of, open_engine
from config.settings import Settings
from core.domain import Reason, SearchFilter, Verdict
from core.engine import Engine
from core.errors import FilterError, InputError, LibraryError
from core.library.layout import DataLayout
from core.pictures.color_layout import LAYOUT_SIZE, color_layout, color_layouts
from core.pictures.pixels import Rgb, area_resized
from core.search.color_layout_search import MAX_LAYOUTS, exceeds_strangers
from core.stores.generation import IndexName, current_generation, index_path
from ingest.indexing.features import load_features, save_features
from ingest.library.add import add_videos
from ingest.library.opening import open_library, publisher
from ingest.planning.plan import PlanOptions
from ingest.reporting import SilentReporter
from tests.clips import drawing
from tests.episodes import CUT, EPISODES, FRAMES, RATE, scene_frame


def _without_layouts(settings: Settings) -> Settings:
    return settings.model_copy(update={"index": settings.index.model_copy(update={"color_layout": False})})


def _layout(picture: Rgb) -> NDArray[np.uint8]:
    """As a client makes it: from a picture of 320 pixels."""
    return color_layout(area_resized(picture, 320, 180))[None]


def test_every_moment_is_found_in_its_file_within_half_a_second(library_settings: Settings) -> None:
    with open_engine(library_settings) as engine:
        for name, shot in EPISODES.items():
            numbers = range(2, FRAMES, 9)
            layouts = color_layouts([scene_frame(number, shot + (number >= CUT)) for number in numbers])
            for number, result in zip(numbers, engine.search_layouts(layouts), strict=True):
                best = result.scenes[0]
                assert best.path.endswith(name)
                assert abs(best.at_ms / 1000 - number / RATE) <= 0.5
                assert (best.from_ms, best.to_ms) == ((0, 2500) if number < CUT else (2500, 5000))
                assert best.inliers is None
                assert not best.exact


def test_an_indexed_frame_is_found_for_sure_and_says_how_like_it_is(library_settings: Settings) -> None:
    with open_engine(library_settings) as engine:
        (result,) = engine.search_layouts(_layout(scene_frame(0, 10)))
    assert result.verdict is Verdict.FOUND
    assert result.reason is None
    best = result.scenes[0]
    assert best.name.name == "夜の雨"
    assert best.similarity > 0.97
    assert best.probability >= 0.9
    assert [scene.probability for scene in result.scenes] == sorted(
        (scene.probability for scene in result.scenes), reverse=True
    )
    assert result.timing_ms["total"] > 0


def test_a_picture_that_is_not_in_the_library_is_not_found(library_settings: Settings) -> None:
    with open_engine(library_settings) as engine:
        layouts = color_layouts([drawing(number, 320, 180, shot=500 + number) for number in range(8)])
        for result in engine.search_layouts(layouts):
            assert result.verdict is Verdict.NOT_IN_LIBRARY
            assert result.reason is Reason.LOW_PROBABILITY


@pytest.mark.parametrize("color", [(0, 0, 0), (255, 255, 255), (40, 90, 200)])
def test_of_a_plain_picture_nothing_is_said_for_sure(library_settings: Settings, color: tuple[int, int, int]) -> None:
    with open_engine(library_settings) as engine:
        (result,) = engine.search_layouts(_layout(np.full((180, 320, 3), color, np.uint8)))
    assert result.verdict is Verdict.NOT_IN_LIBRARY
    assert result.too_little


@pytest.mark.parametrize(
    ("steps", "distance", "probability", "expected"),
    [
        (0, 0, 0.99, False),  # a plain layout, however near
        (3, 0, 0.99, False),
        (6, 2, 0.99, True),
        (6, 20, 0.99, False),  # farther from the frame than a third of what it is from a plain one
        (20, 20, 0.8, True),
        (20, 20, 0.7, False),
    ],
)
def test_a_layout_has_to_say_more_than_those_of_other_shows(
    steps: int, distance: float, probability: float, expected: bool
) -> None:
    layout = np.full(LAYOUT_SIZE, 16, np.uint8)
    layout[1] += np.uint8(steps // 2)
    layout[2] += np.uint8(steps - steps // 2)
    assert exceeds_strangers(layout, distance, probability) is expected


def test_a_filter_is_applied_inside_the_search_and_says_where_else_it_is(library_settings: Settings) -> None:
    layout = _layout(scene_frame(0, 10))
    with open_engine(library_settings) as engine:
        (result,) = engine.search_layouts(layout, where=SearchFilter(shows=("paper boats",), seasons=frozenset({2})))
        assert result.scenes
        assert {scene.name.season for scene in result.scenes} == {2}
        assert result.where.shows == ("Paper Boats",)
        assert result.verdict is not Verdict.FOUND
        assert result.elsewhere is not None
        assert result.elsewhere.name.name == "夜の雨"
        (within,) = engine.search_layouts(layout, where=SearchFilter(seasons=frozenset({1})))
        assert (within.verdict, within.elsewhere) == (Verdict.FOUND, None)
        with pytest.raises(FilterError, match="Show"):
            engine.search_layouts(layout, where=SearchFilter(shows=("No Such Show",)))


def test_no_more_scenes_than_the_limit(library_settings: Settings) -> None:
    with open_engine(library_settings) as engine:
        assert [len(result.scenes) for result in engine.search_layouts(_layout(scene_frame(0, 0)), limit=2)] == [2]
        (result,) = engine.search_layouts(_layout(scene_frame(0, 0)))
        assert 2 < len(result.scenes) <= 10


def test_the_same_shot_in_another_file_is_a_repeat_and_no_rival(settings: Settings, videos: Path) -> None:
    first, second = (videos / name for name in list(EPISODES)[:2])
    second.write_bytes(first.read_bytes() + b"\0" * 64)  # other bytes, the same pictures
    add_videos(settings, [videos], PlanOptions(), lambda *_: SilentReporter())
    with open_engine(settings) as engine:
        (result,) = engine.search_layouts(_layout(scene_frame(0, 0)))
    assert result.verdict is Verdict.FOUND
    assert {Path(repeat.path).name for repeat in result.scenes[0].repeats} == {second.name}


@pytest.mark.parametrize(
    ("layouts", "reason"),
    [
        (np.zeros((1, 32), np.uint8), "is 33 numbers"),
        (np.zeros(LAYOUT_SIZE, np.uint8), "is 33 numbers"),
        (np.zeros((0, LAYOUT_SIZE), np.uint8), f"1 to {MAX_LAYOUTS}"),
        (np.zeros((11, LAYOUT_SIZE), np.uint8), f"1 to {MAX_LAYOUTS}"),
        (np.full((1, LAYOUT_SIZE), 40, np.int64), "from 0 to 31"),
        (np.full((1, LAYOUT_SIZE), -1, np.int64), "from 0 to 31"),
        (np.full((1, LAYOUT_SIZE), 16.0), "whole numbers"),
    ],
)
def test_what_is_no_layout_is_refused(library_settings: Settings, layouts: NDArray[np.int64], reason: str) -> None:
    with open_engine(library_settings) as engine, pytest.raises(InputError, match=reason):
        engine.search_layouts(layouts)


def _publish_without(settings: Settings) -> None:
    with open_library(settings) as library:
        publisher(_without_layouts(settings), library, encoder_of(settings)).publish()


def test_a_library_without_layouts_says_how_to_get_them(library_settings: Settings, drawn_videos: Path) -> None:
    layout = _layout(scene_frame(0, 10))
    _publish_without(library_settings)
    with open_engine(library_settings) as engine:
        with pytest.raises(LibraryError, match=r"WHENANIME_INDEX__COLOR_LAYOUT.*index rebuild"):
            engine.search_layouts(layout)
        assert engine.search(scene_frame(0, 10)).scenes[0].name.name == "夜の雨"
        add_videos(library_settings, [drawn_videos], PlanOptions(), lambda *_: SilentReporter())
        assert engine.reload()
        assert engine.search_layouts(layout)[0].scenes[0].name.name == "夜の雨"


def test_damaged_layouts_leave_pictures_searchable(
    library_settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    folder = current_generation(DataLayout(library_settings.data_dir).generations)[0]
    (index_path(folder, IndexName.COLOR_LAYOUT) / "norms.npy").unlink()
    with open_engine(library_settings) as engine:
        assert engine.search(scene_frame(0, 10)).scenes
        with pytest.raises(LibraryError, match="index rebuild"):
            engine.search_layouts(_layout(scene_frame(0, 10)))
    assert "norms.npy" in caplog.text


def test_files_without_layouts_are_not_found_and_the_others_are(library_settings: Settings) -> None:
    with open_library(library_settings) as library:
        record = next(record for record in library.reader.all() if record.name.name == "夜の雨")
        path = library.layout.features(record.outcome.encoder, record.id)
        save_features(path, replace(load_features(path), layouts=None))
        publisher(library_settings, library, encoder_of(library_settings)).publish(anew=True)
    engine: Engine
    with open_engine(library_settings) as engine:
        results = engine.search_layouts(np.concatenate([_layout(scene_frame(0, shot)) for shot in (0, 10)]))
    assert results[0].verdict is Verdict.FOUND
    assert record.id not in {scene.file_id for scene in results[1].scenes}
