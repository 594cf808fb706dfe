"""Plans of seasons: nothing is used twice that should not be, and the truth adds up."""

from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest

from benchmarks.theme_seasons.planner import plan_season
from benchmarks.theme_seasons.scenarios import SCENARIOS
from benchmarks.theme_seasons.season_plan import SeasonPlan
from benchmarks.theme_seasons.sources import Split, split_of
from benchmarks.theme_seasons.truth import TrueSeason, read_truth, true_season, write_truth
from core.catalogue.segments import SegmentKind
from tests.benchmarks.theme_seasons.drawn_sources import planned_sources

_SHOWN = {SegmentKind.OPENING, SegmentKind.ENDING}


def _plans(seed: int) -> list[SeasonPlan]:
    sources = planned_sources()
    return [plan_season(scenario, sources, Split.DEVELOPMENT, seed, n) for n, scenario in enumerate(SCENARIOS)]


@pytest.fixture(scope="module", params=[0, 1])
def plans(request: pytest.FixtureRequest) -> list[SeasonPlan]:
    return _plans(request.param)


@pytest.fixture(scope="module")
def seasons(plans: list[SeasonPlan]) -> list[TrueSeason]:
    return [true_season(plan, Path("seasons", plan.name)) for plan in plans]


def test_three_in_ten_episodes_share_no_opening_or_ending(seasons: list[TrueSeason]) -> None:
    episodes = [episode for season in seasons for episode in season.episodes]
    without = [e for e in episodes if not any(s.kind in _SHOWN and s.shared for s in e.segments)]
    assert len(episodes) >= 60
    assert len(without) >= 0.3 * len(episodes)


def test_an_equal_seed_plans_equal_seasons() -> None:
    first, second = (_plans(5)[3] for _ in range(2))
    assert [episode.starts_s for episode in first.episodes] == [episode.starts_s for episode in second.episodes]
    assert [episode.encoding for episode in first.episodes] == [episode.encoding for episode in second.episodes]


def test_segments_lie_in_order_inside_their_episodes(seasons: list[TrueSeason]) -> None:
    for episode in (episode for season in seasons for episode in season.episodes):
        assert all(0 <= s.start_s < s.end_s <= episode.length_s + 1e-6 for s in episode.segments)
        assert all(a.end_s <= b.start_s + 1e-6 for a, b in pairwise(episode.segments))


def test_openings_and_endings_are_as_long_as_themes_are(seasons: list[TrueSeason]) -> None:
    for segment in (s for season in seasons for e in season.episodes for s in e.segments if s.kind in _SHOWN):
        assert 30 <= segment.end_s - segment.start_s <= 115


def test_shared_segments_are_in_two_episodes(seasons: list[TrueSeason]) -> None:
    for season in seasons:
        counts = Counter(theme for e in season.episodes for theme in {s.theme for s in e.segments})
        for segment in (s for e in season.episodes for s in e.segments if s.theme):
            assert segment.shared == (counts[segment.theme] > 1)


def test_bodies_never_repeat_sound_that_is_not_meant_to(plans: list[SeasonPlan]) -> None:
    for plan in plans:
        tracks = {
            id(part.track): part.track
            for e in plan.episodes
            for part in e.parts
            if part.kind in {None, SegmentKind.COLD_OPEN}
        }
        returning = {Path("theme song")}
        stretches = [
            (stretch.path, round(stretch.source_s, 3), round(stretch.speed, 6))
            for track in tracks.values()
            for stretch in track.stretches
            if stretch.path.parent not in returning
        ]
        assert len(stretches) == len(set(stretches))


def test_themes_and_bodies_have_other_files(plans: list[SeasonPlan]) -> None:
    for part in (part for plan in plans for e in plan.episodes for part in e.parts):
        footage = {shot.path.parent.name for shot in part.reel.shots}
        is_theme = part.kind in {*_SHOWN, SegmentKind.SPONSOR, SegmentKind.EYECATCH}
        assert footage == {"theme footage" if is_theme else "body footage"}


def test_every_hardship_is_there(plans: list[SeasonPlan]) -> None:
    tags = {tag for plan in plans for e in true_season(plan, Path()).episodes for tag in e.tags}
    tags |= {tag for plan in plans for e in plan.episodes for part in e.parts for tag in part.tags}
    assert tags >= {
        "PAL speed", "variable frame rate", "sound starts late", "sound none", "chapters right", "chapters late",
        "speech over it", "finale under dialogue", "other pictures", "longer", "video libx265",
    }  # fmt: skip


def test_pal_speed_shortens_the_episode_and_its_truth(plans: list[SeasonPlan]) -> None:
    fast = [e for plan in plans for e in plan.episodes if e.speed > 1]
    assert fast
    for episode in fast:
        assert episode.length_s == pytest.approx(sum(part.length_s for part in episode.parts) * 24 / 25)
        assert episode.starts_s[-1] == pytest.approx(episode.length_s)


def test_truth_comes_back_from_its_file(seasons: list[TrueSeason], tmp_path: Path) -> None:
    season = seasons[1]
    write_truth(season, tmp_path)
    again = read_truth(tmp_path)
    assert [len(e.segments) for e in again.episodes] == [len(e.segments) for e in season.episodes]
    assert again.episodes[3].segments[0].kind is season.episodes[3].segments[0].kind
    assert again.episodes[3].segments[0].start_s == pytest.approx(season.episodes[3].segments[0].start_s, abs=1e-4)


def test_a_file_belongs_to_one_split_by_its_name() -> None:
    names = [Path("a", "b", f"{number}.mkv") for number in range(200)]
    development = [name for name in names if split_of(name) is Split.DEVELOPMENT]
    assert 60 < len(development) < 140
    assert all(split_of(Path("elsewhere") / name) is split_of(name) for name in names)
