"""Rendering of a tiny season: lengths, cuts and sound are where the plan has them."""

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from benchmarks.theme_seasons.footage import FootageShelf
from benchmarks.theme_seasons.planner import plan_season
from benchmarks.theme_seasons.rendering import render_episode
from benchmarks.theme_seasons.scenarios import Scenario
from benchmarks.theme_seasons.season_plan import (
    ChapterStyle,
    Encoding,
    EpisodePlan,
    Look,
    Part,
    Reel,
    Shot,
    Stretch,
    Track,
)
from benchmarks.theme_seasons.soundtrack import SoundShelf
from benchmarks.theme_seasons.sources import Split
from benchmarks.theme_seasons.truth import true_season
from core.catalogue.segments import SegmentKind
from core.video.sound_reading import read_sound
from tests.benchmarks.theme_seasons.drawn_sources import write_clip, write_wave, written_sources

_SMALL = Encoding(width=64, height=36, rate=Fraction(12), audio_hz=24_000, audio_bits_per_s=64_000)


@pytest.fixture
def episode(tmp_path: Path) -> EpisodePlan:
    """Two seconds of quiet in the dark, a second and a half of music in the light, a second in the dark."""
    write_clip(tmp_path / "clip.mp4", 0)
    write_wave(tmp_path / "song.wav", 3.0, 1)
    dark, light = (
        Reel([Shot(tmp_path / "clip.mp4", 0.0, 4.0, 1.0, Look(gain=gain, lift=lift))])
        for gain, lift in ((0.0, 0.0), (0.0, 200.0))
    )
    silence, song = Track(()), Track((Stretch(tmp_path / "song.wav", 0.5, 0.0, 2.0),))
    parts = (
        Part(None, 2.04, dark, 0.0, silence, 0.0),
        Part(SegmentKind.OPENING, 1.53, light, 0.0, song, 0.0, "opening 1"),
        Part(None, 1.0, dark, 0.0, silence, 0.0),
    )
    return EpisodePlan(1, parts, _SMALL, chapters=ChapterStyle.RIGHT)


def _loudness(path: Path, length_s: float) -> np.ndarray:
    sound = read_sound(path, Fraction(0), Fraction(length_s).limit_denominator(1000), rate_hz=8000)
    assert sound is not None
    blocks = sound[0][: sound.shape[1] // 80 * 80].reshape(-1, 80)
    return np.asarray(np.sqrt((blocks**2).mean(axis=1)))


def _brightness(path: Path) -> list[tuple[float, float]]:
    with av.open(path) as container:
        return [(float(frame.time or 0), float(frame.to_ndarray().mean())) for frame in container.decode(video=0)]


@pytest.mark.parametrize(
    "encoding",
    [
        _SMALL,
        replace(_SMALL, suffix=".mp4", audio_codec="libmp3lame", audio_hz=44_100),
        replace(_SMALL, video_codec="libx265", audio_codec="libopus", audio_hz=48_000),
        replace(_SMALL, video_codec="libvpx-vp9", stereo=False),
        replace(_SMALL, video_codec="mpeg4", sound_start_s=0.6),
        replace(_SMALL, vfr=True, rate=Fraction(24)),
    ],
    ids=["aac", "mp3", "hevc opus", "vp9", "mpeg4, sound starts late", "vfr"],
)
def test_pictures_and_sound_change_where_the_plan_says(
    episode: EpisodePlan, tmp_path: Path, encoding: Encoding
) -> None:
    plan = replace(episode, encoding=encoding)
    target = tmp_path / f"episode{encoding.suffix}"
    render_episode(plan, target, FootageShelf(), SoundShelf())
    start, end = plan.starts_s[1:3]
    loud = np.flatnonzero(_loudness(target, plan.length_s) > 0.02) / 100
    assert loud[0] == pytest.approx(start, abs=0.06)
    assert loud[-1] == pytest.approx(end, abs=0.06)
    light = [time for time, value in _brightness(target) if value > 100]
    assert light[0] == pytest.approx(start, abs=0.15)
    assert light[-1] == pytest.approx(end, abs=0.15)


def test_chapters_are_written(episode: EpisodePlan, tmp_path: Path) -> None:
    render_episode(episode, tmp_path / "episode.mkv", FootageShelf(), SoundShelf())
    with av.open(tmp_path / "episode.mkv") as container:
        chapters = container.chapters()
    assert len(chapters) == 3
    base = chapters[1]["time_base"]
    assert base
    assert float(chapters[1]["start"] * base) == pytest.approx(2.04, abs=0.002)


def test_pal_speed_plays_all_of_it_faster(episode: EpisodePlan, tmp_path: Path) -> None:
    plan = replace(episode, speed=25 / 24)
    render_episode(plan, tmp_path / "episode.mkv", FootageShelf(), SoundShelf())
    loud = np.flatnonzero(_loudness(tmp_path / "episode.mkv", plan.length_s) > 0.02) / 100
    assert loud[0] == pytest.approx(2.04 * 24 / 25, abs=0.06)


def test_a_tiny_season_is_rendered_whole(tmp_path: Path) -> None:
    scenario = Scenario("tiny", 2, body_s=(3.0, 4.0), previews=False, overlays=1.0, chapters=0.0)
    plan = plan_season(scenario, written_sources(tmp_path / "sources"), Split.DEVELOPMENT, 3, 0)
    cache = tmp_path / "cache"
    for truth, episode in zip(true_season(plan, tmp_path).episodes, plan.episodes, strict=True):
        small = replace(episode, encoding=_SMALL)
        render_episode(small, tmp_path / truth.path.name, FootageShelf(cache), SoundShelf(cache))
        frames = _brightness(tmp_path / truth.path.name)
        assert frames[-1][0] == pytest.approx(truth.length_s, abs=0.2)
    assert any(cache.iterdir())
