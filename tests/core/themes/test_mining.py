"""Seasons of synthesized sound: what is found, to the second, and what is not."""

import numpy as np
import pytest

from core.catalogue.segments import SegmentKind
from core.themes.episode_track import EpisodeTrack
from core.themes.mining import mine_season
from core.themes.season_alignment import NO_SOUND, NOTHING_TO_COMPARE, PLAYS_FASTER
from core.themes.season_themes import SeasonThemes
from core.themes.stored_theme import stored_theme
from tests.core.themes.drawn_sound import Samples, episode, song, speech

OPENING, ENDING = song(1, 60), song(2, 58)
STORY_S = 60.0


def _parts(number: int, cold_s: float) -> list[Samples]:
    return [speech(number, cold_s), OPENING, speech(50 + number, STORY_S), ENDING, speech(90 + number, 12)]


@pytest.fixture(scope="module")
def season() -> list[EpisodeTrack]:
    """Four episodes with an opening after 0, 7, 14, ... seconds and an ending."""
    return [episode(number, _parts(number, 7.0 * (number - 1))) for number in range(1, 5)]


def _spans(found: SeasonThemes, number: int, kind: SegmentKind) -> list[tuple[float, float]]:
    segments = found.segments[next(file for file in found.segments if file == number)]
    return [(item.start_ms / 1000, item.end_ms / 1000) for item in segments if item.kind is kind]


def test_opening_and_ending_are_found_in_every_episode(season: list[EpisodeTrack]) -> None:
    mined = mine_season(season)
    for number in range(1, 5):
        cold_s = 7.0 * (number - 1)
        assert _spans(mined, number, SegmentKind.OPENING) == [pytest.approx((cold_s, cold_s + 60), abs=0.4)]
        start_s = cold_s + 60 + STORY_S
        assert _spans(mined, number, SegmentKind.ENDING) == [pytest.approx((start_s, start_s + 58), abs=0.4)]
    assert [(theme.kind, theme.number) for theme in mined.themes] == [(SegmentKind.OPENING, 1), (SegmentKind.ENDING, 1)]
    assert not mined.notes


def test_mining_gives_the_same_themes_every_time(season: list[EpisodeTrack]) -> None:
    assert mine_season(season) == mine_season(season)


def test_episodes_that_share_nothing_have_no_segments() -> None:
    mined = mine_season([episode(n, [song(10 + n, 30), speech(n, 60), song(20 + n, 30)]) for n in range(1, 3)])
    assert not mined.themes
    assert not any(mined.segments.values())


def test_music_that_returns_at_any_place_is_no_theme() -> None:
    music = song(5, 40)
    mined = mine_season(
        [
            episode(n, [speech(n, 20.0 + 33 * n), music + speech(40 + n, 40), speech(80 + n, 160 - 33 * n)])
            for n in range(1, 5)
        ]
    )
    assert not mined.themes


def test_one_episode_has_nothing_to_compare_with(season: list[EpisodeTrack]) -> None:
    mined = mine_season(season[:1])
    assert mined.notes == {1: NOTHING_TO_COMPARE}
    assert not mined.themes


def test_an_episode_without_sound_is_said(season: list[EpisodeTrack]) -> None:
    mute = EpisodeTrack(season[0].file_id, season[0].duration_ms, None, None)
    mined = mine_season([mute, *season[1:]])
    assert mined.notes[season[0].file_id].startswith(NO_SOUND)
    assert _spans(mined, 2, SegmentKind.OPENING)


def test_an_episode_that_plays_faster_is_compared_all_the_same(season: list[EpisodeTrack]) -> None:
    sound = np.concatenate(_parts(3, 14.0))
    speed = 25 / 23.976
    faster = np.interp(np.arange(int(len(sound) / speed)) * speed, np.arange(len(sound)), sound).astype(np.float32)
    mined = mine_season([*season[:2], episode(3, [faster]), *season[3:]])
    assert mined.notes == {3: PLAYS_FASTER}
    assert _spans(mined, 3, SegmentKind.OPENING) == [pytest.approx((14 / speed, 74 / speed), abs=0.5)]


def test_a_new_episode_is_compared_with_stored_themes(season: list[EpisodeTrack]) -> None:
    mined = mine_season(season[:3])
    stored = [stored_theme(theme, season[theme.file_id - 1]) for theme in mined.themes]
    later = mine_season(season[3:], stored=stored)
    assert _spans(later, 4, SegmentKind.OPENING) == [pytest.approx((21.0, 81.0), abs=0.5)]
    assert [segment.theme for segment in later.segments[season[3].file_id]] == [theme.id for theme in mined.themes]


def test_a_recap_whose_music_returns_is_no_opening() -> None:
    music = song(8, 50)
    recap = music + speech(60, 50)
    cut = music[: len(music) // 3]
    mined = mine_season(
        [
            episode(1, [speech(1, 130), recap, speech(2, 40)]),
            episode(2, [recap, speech(3, 170)]),
            episode(3, [speech(4, 60), cut + speech(61, 50 / 3)[: len(cut)], speech(5, 140)]),
            episode(4, [speech(6, 70), cut, speech(7, 130)]),
        ]
    )
    kinds = {segment.kind for segments in mined.segments.values() for segment in segments}
    assert not kinds & {SegmentKind.OPENING, SegmentKind.ENDING}
