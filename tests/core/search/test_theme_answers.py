"""Answers about themes, on a drawn season whose episodes share an opening."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from config.opening import encoder_of, open_engine
from config.settings import Settings, load_settings
from core.domain import FileId, SearchFilter, SegmentKind, ThemeMoment, Verdict
from core.engine import Engine
from core.previews.spec import PreviewFormat
from core.timecode import Millis
from core.video.writing import write_mp4
from ingest.library.opening import open_library, publisher
from tests.episodes import CUT, RATE, scene_frame
from tests.themed_library import (
    CLEAREST,
    OPENING_MS,
    OPENING_SHOTS,
    SHOW,
    VARIANT,
    add_season,
    draw_season,
    opening_start_ms,
    store_themes,
)

INTO_OPENING = 18
"""Number of the frame of the opening that is searched."""
INTO_OPENING_MS = INTO_OPENING * 1000 // 12
OTHERS = SearchFilter(themes=False)


@pytest.fixture(scope="module")
def season(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data directory of a library whose index has the opening once; beside it the videos."""
    data_dir = tmp_path_factory.mktemp("season") / "data"
    settings = load_settings(data_dir=data_dir, runtime="onnx")
    add_season(settings, draw_season(data_dir.parent / "videos"))
    with open_library(settings) as library:
        store_themes(library)
        assert publisher(settings, library, encoder_of(settings)).publish().changed
    return data_dir


@pytest.fixture(scope="module")
def engine(season: Path) -> Iterator[Engine]:
    with open_engine(load_settings(data_dir=season, runtime="onnx")) as engine:
        yield engine


@pytest.fixture
def copied(season: Path, tmp_path: Path) -> Settings:
    shutil.copytree(season, tmp_path / "data")
    return load_settings()


def test_a_frame_of_the_opening_is_a_moment_of_it_in_its_first_episode(engine: Engine) -> None:
    result = engine.search(scene_frame(INTO_OPENING, OPENING_SHOTS[0]))
    assert result.verdict is Verdict.FOUND
    best = result.scenes[0]
    assert best.theme
    assert best.theme == ThemeMoment(
        SegmentKind.OPENING, 1, 2, best.theme.offset_ms, Millis(OPENING_MS), (1.0, 2.0, 3.0, 4.0), 4
    )
    assert best.theme.offset_ms == pytest.approx(INTO_OPENING_MS, abs=100)
    assert best.theme.episode_ranges == ("1–4",)
    assert best.name.first == 1
    assert best.at_ms == pytest.approx(opening_start_ms(1) + INTO_OPENING_MS, abs=100)
    assert [repeat.name.first for repeat in best.repeats] == [2, 3, 4]
    for repeat in best.repeats:
        episode = int(repeat.name.first or 0)
        assert repeat.at_ms == pytest.approx(opening_start_ms(episode) + INTO_OPENING_MS, abs=300)
    assert best.repeats_beyond_theme == ()
    assert engine.preview(best, PreviewFormat.MP4).from_ms <= best.at_ms


def test_the_answer_is_the_same_before_the_index_leaves_frames_out(copied: Settings) -> None:
    picture = scene_frame(INTO_OPENING, OPENING_SHOTS[0])
    with open_engine(copied) as engine:
        after = engine.search(picture)
    everything = copied.model_copy(update={"index": copied.index.model_copy(update={"themes_once": False})})
    with open_library(everything) as library:
        publisher(everything, library, encoder_of(everything)).publish()
    with open_engine(everything) as engine:
        before = engine.search(picture)
    assert before.scenes[0].probability == pytest.approx(after.scenes[0].probability, abs=0.001)
    same = replace(
        before.scenes[0],
        probability=after.scenes[0].probability,
        similarity=after.scenes[0].similarity,
        shown=after.scenes[0].shown,
        inliers=after.scenes[0].inliers,
    )
    assert same == after.scenes[0]
    assert sum(scene.theme is not None and scene.at_ms == same.at_ms for scene in before.scenes) == 1


def test_a_frame_outside_of_the_opening_is_of_its_episode(engine: Engine) -> None:
    best = engine.search(scene_frame(10, 31)).scenes[0]
    assert best.theme is None
    assert best.name.first == 3


def test_what_only_one_episode_has_in_its_opening_stays_there(engine: Engine) -> None:
    best = engine.search(scene_frame(INTO_OPENING, 110)).scenes[0]
    assert best.name.first == VARIANT
    assert best.theme
    assert best.theme.offset_ms == pytest.approx(CUT * 1000 // 12 + INTO_OPENING_MS, abs=100)
    assert not best.theme.first


def test_without_themes_they_are_left_out_and_that_is_said(engine: Engine) -> None:
    result = engine.search(scene_frame(INTO_OPENING, OPENING_SHOTS[0]), where=OTHERS)
    assert result.verdict is not Verdict.FOUND
    assert all(scene.theme is None for scene in result.scenes)
    assert result.elsewhere
    assert result.elsewhere.theme
    assert result.where == OTHERS
    story = engine.search(scene_frame(10, 31), where=OTHERS)
    assert (story.verdict, story.elsewhere) == (Verdict.FOUND, None)


def test_a_filter_that_excludes_the_first_occurrence_names_one_inside(copied: Settings) -> None:
    with open_library(copied) as library:
        for record in library.reader.all():
            if record.id in {1, CLEAREST}:
                library.writer.move(record.id, record.stamp, replace(record.name, season=1), record.name_override)
    with open_engine(copied) as engine:
        result = engine.search(scene_frame(INTO_OPENING, OPENING_SHOTS[0]), where=SearchFilter((SHOW,), frozenset({2})))
    assert result.verdict is Verdict.FOUND
    best = result.scenes[0]
    assert (best.name.season, best.name.first, best.file_id) == (2, 3, FileId(3))
    assert best.at_ms == pytest.approx(opening_start_ms(3) + INTO_OPENING_MS, abs=100)


def test_where_the_first_video_is_missing_the_next_one_is_named(copied: Settings, tmp_path: Path) -> None:
    with open_library(copied) as library:
        record = library.reader.all()[0]
        library.writer.move(record.id, replace(record.stamp, path=str(tmp_path / "gone.mp4")), record.name)
    with open_engine(copied) as engine:
        best = engine.search(scene_frame(INTO_OPENING, OPENING_SHOTS[0])).scenes[0]
    assert (best.name.first, best.video_missing, best.exact) == (2, False, True)
    assert best.theme
    assert not best.theme.first


def test_a_running_engine_takes_up_a_correction(copied: Settings) -> None:
    picture = scene_frame(INTO_OPENING, OPENING_SHOTS[0])
    with open_engine(copied) as engine:
        with open_library(copied) as library:
            library.writer.forget_seasons([season.season for season in library.reader.mined_seasons()])
        assert not engine.reload()
        best = engine.search(picture).scenes[0]
    assert best.theme is None
    assert best.name.first == CLEAREST


def test_a_color_layout_is_answered_so_too(engine: Engine, season: Path) -> None:
    from core.pictures.color_layout import color_layout

    (result,) = engine.search_layouts(color_layout(scene_frame(INTO_OPENING, OPENING_SHOTS[0]))[None])
    best = result.scenes[0]
    assert best.theme
    assert best.name.first == 1
    assert best.theme.offset_ms == pytest.approx(INTO_OPENING_MS, abs=300)
    assert season.exists()


def test_several_pictures_of_the_opening_are_one_sequence_of_it(engine: Engine) -> None:
    pictures = [scene_frame(number, shot) for shot in OPENING_SHOTS for number in (4, 20)]
    result = engine.search_together(pictures)
    best = result.scenes[0]
    assert best.sequence
    assert best.theme
    assert best.name.first == 1
    assert best.from_ms == pytest.approx(opening_start_ms(1) + 4000 // 12, abs=300)


def test_a_clip_that_begins_in_the_opening_and_ends_after_it_is_of_its_episode(engine: Engine, tmp_path: Path) -> None:
    first = opening_start_ms(3) + OPENING_MS - 1200
    numbers = [(OPENING_SHOTS[1], number) for number in range(15, CUT)] + [(31, number) for number in range(18)]
    clip = tmp_path / "clip.mp4"
    write_mp4(clip, (scene_frame(number, shot) for shot, number in numbers), rate=RATE)
    best = engine.search(clip).scenes[0]
    assert best.sequence
    assert (best.name.first, best.theme) == (3, None)
    assert best.from_ms == pytest.approx(first, abs=400)
    assert best.to_ms == pytest.approx(first + 2700, abs=500)
