"""Themes by pictures: compared, searched for, and mined where there is no sound."""

import pytest

from core.catalogue.segments import Evidence, SegmentKind
from core.themes.episode_track import EpisodeTrack
from core.themes.frame_alignment import PictureComparison
from core.themes.mining import mine_season
from core.themes.season_alignment import NO_SOUND
from tests.core.themes.drawn_frames import encoded, pictures, silent_episode

OPENING = pictures(1, 60)
COLD_S = (0, 20, 40)


@pytest.fixture
def season() -> list[EpisodeTrack]:
    """Three episodes without sound with an opening of 60 s after a cold open."""
    return [
        silent_episode(
            number,
            [pictures(10 + number, cold), encoded(OPENING, number), pictures(20 + number, 200)],
            [cold, cold + 60],
        )
        for number, cold in enumerate(COLD_S, 1)
    ]


def test_spans_that_show_the_same_agree_and_others_do_not(season: list[EpisodeTrack]) -> None:
    comparison = PictureComparison(season)
    assert comparison.share(0, 1, 0, 60_000, 20_000) == pytest.approx(1.0, abs=0.05)
    assert comparison.share(0, 1, 0, 60_000, 90_000) == pytest.approx(0.0, abs=0.2)
    assert comparison.share(0, 1, 0, 1_000, 20_000) is None


def test_a_span_is_searched_for_in_another_episode(season: list[EpisodeTrack]) -> None:
    found = PictureComparison(season).find(0, 0, 60_000, 2)
    assert found is not None
    shift_ms, share = found
    assert shift_ms == pytest.approx(40_000, abs=500)
    assert share > 0.95


def test_a_season_without_sound_is_mined_by_its_pictures(season: list[EpisodeTrack]) -> None:
    mined = mine_season(season)
    assert all(note.startswith(NO_SOUND) for note in mined.notes.values())
    for number, cold in enumerate(COLD_S, 1):
        (segment,) = mined.segments[season[number - 1].file_id]
        assert segment.kind is SegmentKind.OPENING
        assert (segment.start_ms, segment.end_ms) == pytest.approx((cold * 1000, cold * 1000 + 60_000), abs=1000)
        assert segment.evidence == (Evidence.PICTURES,)


def test_without_sound_and_pictures_in_common_there_is_nothing() -> None:
    mined = mine_season([silent_episode(number, [pictures(30 + number, 120)]) for number in (1, 2)])
    assert not mined.themes
