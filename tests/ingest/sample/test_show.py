"""The sample show: files, cuts, openings and tunes are as the plan says, and its scenes can be told apart."""

from fractions import Fraction
from itertools import combinations
from pathlib import Path
from random import Random

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from core.errors import MediaError
from core.timecode import to_millis
from core.video.reading import VideoReader
from core.video.shot_detection import ShotDetector
from ingest.sample.characters import Pose, draw_character
from ingest.sample.drawing import HEIGHT, WIDTH, Painting, Pen
from ingest.sample.effects import draw_effect
from ingest.sample.show import RATE, SampleEpisode, draw_sample_show, plan_sample_show
from ingest.sample.sound import opening_sound, scene_sound
from ingest.sample.storyboard import EPISODES, Role, character_of, mood_of, opening, scenes


@pytest.fixture(scope="module")
def progress() -> list[tuple[int, int]]:
    return []


@pytest.fixture(scope="module")
def show(tmp_path_factory: pytest.TempPathFactory, progress: list[tuple[int, int]]) -> list[SampleEpisode]:
    """Two episodes of the first season, drawn."""
    folder = tmp_path_factory.mktemp("show")
    drawn = draw_sample_show(folder, seasons=1, episodes=2, progress=lambda *counts: progress.append(counts))
    plan = plan_sample_show(folder, seasons=1, episodes=2)
    assert drawn == [episode.path for episode in plan]
    return plan


def frames_of(path: Path, start: Fraction, end: Fraction, width: int = 160, height: int = 90) -> NDArray[np.int16]:
    with VideoReader(path) as reader:
        return np.stack([frame.rgb(width, height) for frame in reader.frames(start, end)]).astype(np.int16)


def sound_of(path: Path) -> tuple[NDArray[np.float32], int]:
    with av.open(path) as container:
        blocks = [frame.to_ndarray()[0] for frame in container.decode(audio=0)]
        return np.concatenate(blocks), container.streams.audio[0].rate


def _correlation(first: NDArray[np.float32], second: NDArray[np.float32]) -> float:
    """How far two sounds have the same notes at the same times: correlation of their spectrograms."""
    spectra = [np.abs(np.fft.rfft(sound[: 4 * 32_000].reshape(-1, 3200)))[:, :200] for sound in (first, second)]
    return float(np.corrcoef(spectra[0].ravel(), spectra[1].ravel())[0, 1])


def test_the_plan_has_the_layout_of_a_library(tmp_path: Path) -> None:
    plan = plan_sample_show(tmp_path)
    assert [episode.path.relative_to(tmp_path).as_posix() for episode in plan] == [
        "Paper Lanterns/1-Spring/01-The Ferry.mp4",
        "Paper Lanterns/1-Spring/02-Rain on the Roof.mp4",
        "Paper Lanterns/1-Spring/03-Night Market.mp4",
        "Paper Lanterns/2-Winter/01-First Snow.mp4",
        "Paper Lanterns/2-Winter/02-The Lighthouse.mp4",
        "Paper Lanterns/2-Winter/03-Letters Home.mp4",
    ]
    assert not list(tmp_path.iterdir())
    for episode in plan:
        assert len(episode.shots) == 9
        assert episode.shots[0].start_ms == 0
        assert all(a.end_ms == b.start_ms for a, b in zip(episode.shots, episode.shots[1:], strict=False))
        assert 20_000 < episode.shots[-1].end_ms < 40_000
        assert 5_000 < episode.opening_ms[1] - episode.opening_ms[0] < 6_000
        assert episode.opening_ms == (episode.shots[1].start_ms, episode.shots[3].end_ms)
        assert all(1_500 <= shot.end_ms - shot.start_ms <= 6_000 for shot in episode.shots)
    assert len({episode.opening_ms[0] for episode in plan}) > 1


def test_every_scene_is_told_once() -> None:
    seasons = range(1, len(EPISODES) + 1)
    shots = [scene for season in seasons for episode in (1, 2, 3) for scene in scenes(season, episode)]
    shots += [scene for season in seasons for scene in opening(season)]
    assert len(shots) == 42
    assert len({(scene.place, scene.mood, scene.roles) for scene in shots}) == 42
    assert len({scene.name for scene in shots if not scene.name.startswith("Opening")}) == 36


def test_another_seed_is_another_show_and_the_same_seed_the_same(tmp_path: Path) -> None:
    assert plan_sample_show(tmp_path, seed=7) == plan_sample_show(tmp_path, seed=7)
    assert plan_sample_show(tmp_path, seed=7)[0].shots != plan_sample_show(tmp_path, seed=8)[0].shots


@pytest.mark.parametrize(("seasons", "episodes"), [(3, 1), (0, 1), (1, 4), (1, 0)])
def test_more_than_there_is_cannot_be_asked_for(tmp_path: Path, seasons: int, episodes: int) -> None:
    with pytest.raises(ValueError, match="up to 2 seasons of up to 3 episodes"):
        draw_sample_show(tmp_path, seasons=seasons, episodes=episodes)


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(MediaError, match=r"01-The Ferry\.mp4: its folder cannot be made"):
        draw_sample_show(tmp_path / "file", seasons=1, episodes=1)


def test_progress_counts_up_to_all_frames(show: list[SampleEpisode], progress: list[tuple[int, int]]) -> None:
    done = [counts[0] for counts in progress]
    totals = {counts[1] for counts in progress}
    frames = sum(round(episode.shots[-1].end_ms / 1000 * RATE) for episode in show)
    assert totals == {frames}
    assert done == sorted(done)
    assert done[-1] == frames


def test_format_length_and_sound(show: list[SampleEpisode]) -> None:
    for episode in show:
        with VideoReader(episode.path) as reader:
            info = reader.info
            assert (info.width, info.height, info.rate, info.codec) == (640, 360, RATE, "h264")
            assert info.duration is not None
            assert to_millis(info.duration) == pytest.approx(episode.shots[-1].end_ms, abs=1)
        samples, rate_hz = sound_of(episode.path)
        assert samples.size / rate_hz == pytest.approx(episode.shots[-1].end_ms / 1000, abs=0.1)


def test_cuts_are_where_the_plan_says_and_nowhere_else(show: list[SampleEpisode]) -> None:
    for episode in show:
        detector = ShotDetector()
        with VideoReader(episode.path) as reader:
            cuts = [detector.feed(frame.time, frame.luma()) for frame in reader.frames()]
        times = [to_millis(time) for time in [*cuts, *detector.finish()] if time is not None]
        assert times == [shot.start_ms for shot in episode.shots[1:]]


def test_something_moves_in_every_shot(show: list[SampleEpisode]) -> None:
    for shot in show[0].shots:
        frames = frames_of(show[0].path, Fraction(shot.start_ms, 1000), Fraction(shot.end_ms, 1000))
        changed = np.abs(frames[-6] - frames[6]).max(axis=2) > 24
        assert 0.002 < changed.mean() < 0.98, shot.scene


def test_the_opening_repeats_in_picture_and_sound(show: list[SampleEpisode]) -> None:
    assert show[0].opening_ms[0] != show[1].opening_ms[0]
    pictures, sounds = [], []
    for episode in show:
        start, end = (Fraction(time, 1000) for time in episode.opening_ms)
        pictures.append(frames_of(episode.path, start - Fraction(1, 500), end - Fraction(1, 500)))
        samples, rate_hz = sound_of(episode.path)
        sounds.append(samples[round(start * rate_hz) : round(start * rate_hz) + 5 * rate_hz])
    assert pictures[0].shape == pictures[1].shape
    assert np.abs(pictures[0] - pictures[1]).mean() < 2
    ending, _ = sound_of(show[1].path)
    assert _correlation(sounds[0], sounds[1]) > 0.9
    assert _correlation(sounds[0], ending[-sounds[0].size :]) < 0.5


def test_scenes_can_be_told_apart(show: list[SampleEpisode]) -> None:
    """Small pictures of any two scenes differ by far more than two moments of one scene do."""
    moments: dict[str, list[NDArray[np.int16]]] = {}
    for episode in show:
        for shot in episode.shots:
            if shot.scene.startswith("Opening") and episode is not show[0]:
                continue
            start, end = Fraction(shot.start_ms, 1000), Fraction(shot.end_ms, 1000)
            frames = frames_of(episode.path, start, end, 16, 9)
            moments[shot.scene] = [frames[len(frames) // 3], frames[2 * len(frames) // 3]]
    assert len(moments) == 15
    within = max(float(np.abs(a - b).mean()) for a, b in moments.values())
    between = min(float(np.abs(a[0] - b[0]).mean()) for a, b in combinations(moments.values(), 2))
    assert between > 1.2 * within
    assert between > 18


def test_every_place_is_painted_to_its_borders_and_always_the_same() -> None:
    seasons = range(1, len(EPISODES) + 1)
    shots = [scene for season in seasons for episode in (1, 2, 3) for scene in scenes(season, episode)]
    for scene in shots:
        pictures = []
        for _ in range(2 if scene in shots[:4] else 1):
            painting = Painting()
            scene.place(painting, mood_of(scene), Random(3))
            painting.finish()
            for camera in scene.camera:
                picture = painting.add_foreground(painting.background(camera).copy(), camera)
                assert picture.shape == (HEIGHT, WIDTH, 3)
                assert picture.any(axis=2).all(), scene.name
                pictures.append(picture)
        assert all((first == again).all() for first, again in zip(pictures[:2], pictures[2:], strict=False))


@pytest.mark.parametrize("air", ["rain", "snow", "petals", "leaves", "fireflies", "lanterns", "fireworks"])
def test_what_is_in_the_air_moves_and_always_the_same_way(air: str) -> None:
    pictures = []
    for time_s in (1.0, 1.0, 1.25):
        pictures.append(np.full((HEIGHT, WIDTH, 3), 60, np.uint8))
        draw_effect(Pen(pictures[-1]), air, time_s, 5)
    assert (pictures[0] == pictures[1]).all()
    assert (pictures[0] != 60).any(axis=2).mean() > 0.003
    assert (pictures[0] != pictures[2]).any()


def test_all_of_the_cast_act() -> None:
    """Standing, talking, walking, running and waving are different drawings of each character."""
    drawings = set()
    for season in (1, 2):
        for name in ("Mio", "Ren", "Suzu", "Hana", "Tomo", "Aki"):
            for action in ("stand", "talk", "walk", "run", "wave"):
                picture = np.full((200, 160, 3), 200, np.uint8)
                character = character_of(Role(name, action, 0, 0, 0, 1, 0.4), season)
                draw_character(Pen(picture, origin=(80, 40), scale=20), character, Pose(action, 0.8))
                assert 0.15 < (picture != 200).any(axis=2).mean() < 0.6
                drawings.add(picture.tobytes())
    assert len(drawings) == 2 * 6 * 5


def test_every_tune_is_its_own_and_none_clips() -> None:
    tunes = [scene_sound(seed, 40_000) for seed in range(6)] + [opening_sound(seed, 40_000) for seed in range(2)]
    for tune in tunes:
        assert tune.shape == (1, 40_000)
        assert 0.05 < np.abs(tune).max() <= 1
        assert tune[0, 0] == tune[0, -1] == 0
    assert (scene_sound(3, 40_000) == tunes[3]).all()
    assert max(abs(np.corrcoef(a[0], b[0])[0, 1]) for a, b in combinations(tunes, 2)) < 0.9
