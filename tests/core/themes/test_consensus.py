"""Consensus: matches become groups; what contradicts is rejected, what is glued is cut off, fragments are joined."""

from core.themes.alignment import Match
from core.themes.consensus import Group, SeasonGraph, absorb, carve, settle


def _groups(*matches: tuple[int, int, int, int, int]) -> list[Group]:
    """Groups of matches given as first, second, start, end, shift."""
    graph = SeasonGraph()
    for first, second, start, end, shift in matches:
        graph.add(first, second, Match(start, end, shift, 0.8))
    groups = graph.groups()
    for group in groups:
        settle(group, shown=True)
    return groups


def test_matches_of_all_pairs_become_one_group() -> None:
    (group,) = _groups((0, 1, 100, 2000, 50), (1, 2, 150, 2050, 100), (0, 2, 100, 2000, 150))
    assert [(item.episode, group.start + item.offset) for item in group.occurrences] == [(0, 100), (1, 150), (2, 250)]
    assert group.end - group.start == 1900


def test_a_match_that_contradicts_is_rejected() -> None:
    (group,) = _groups((0, 1, 100, 2000, 50), (1, 2, 150, 2050, 100), (0, 2, 100, 2000, 250))
    assert len(group.edges) == 2


def test_a_pair_that_agrees_longer_by_chance_does_not_move_the_edge() -> None:
    (group,) = _groups((0, 1, 100, 2090, 0), (1, 2, 100, 2000, 0), (0, 2, 100, 2000, 0))
    assert group.end - group.start == 1900


def test_a_card_glued_to_a_theme_is_cut_off_when_it_occurs_elsewhere() -> None:
    groups = _groups(
        (0, 1, 0, 2200, 0), (1, 2, 0, 2200, 0), (0, 2, 0, 2200, 0), (0, 2, 2000, 2200, 5000), (1, 2, 2000, 2200, 5000)
    )
    carve(groups)
    lengths = sorted(group.end - group.start for group in groups)
    assert lengths == [200, 2000]


def test_what_always_follows_a_theme_is_part_of_it() -> None:
    (group,) = _groups((0, 1, 0, 2200, 0), (1, 2, 0, 2200, 0))
    carve([group])
    assert group.end - group.start == 2200


def test_a_shortened_occurrence_joins_its_theme() -> None:
    groups = _groups((0, 1, 0, 2000, 0), (1, 2, 0, 700, 0), (0, 2, 0, 700, 0))
    (group,) = absorb(groups)
    assert group.episodes == {0, 1, 2}
