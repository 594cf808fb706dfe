"""Temporal alignment: chains in one file, at the speed of the clip if that is known."""

from collections.abc import Sequence

import pytest

from core.domain import FileId, Hit, frame_label
from core.search.temporal_alignment import HIT_MAX_SIMILARITY_GAP, Chain, ChainStep, PictureHits, find_chains
from core.timecode import Millis


def _picture_hits(
    *hits: tuple[int, int, float], time_ms: int | None = None, mirrored: Sequence[bool] = (False,)
) -> PictureHits:
    """Hits as file, time and similarity; of each view one, where there are several."""
    some = [
        Hit(frame_label(FileId(file_id), at_ms), similarity, min(number, len(mirrored) - 1))
        for number, (file_id, at_ms, similarity) in enumerate(hits)
    ]
    some.sort(key=lambda hit: -hit.similarity)
    return PictureHits(some, mirrored, None if time_ms is None else Millis(time_ms))


def _all(_file_id: FileId) -> bool:
    return True


def _shots(_file_id: FileId, at_ms: Millis) -> tuple[Millis, Millis]:
    """Every shot takes ten seconds."""
    start = at_ms // 10_000 * 10_000
    return Millis(start), Millis(start + 10_000)


def _chains(pictures: Sequence[PictureHits]) -> list[Chain]:
    return find_chains(pictures, _all, _shots)


def _times(chain: Chain) -> list[int]:
    return [step.at_ms for step in chain.steps]


def test_a_chain_goes_through_the_file_that_all_pictures_share() -> None:
    pictures = [
        _picture_hits((1, 1000, 0.8), (2, 7000, 0.85)),
        _picture_hits((1, 2000, 0.8), (3, 100, 0.85)),
        _picture_hits((1, 2000, 0.8), (4, 9000, 0.85)),
    ]
    chains = _chains(pictures)
    assert chains[0].file_id == 1
    assert _times(chains[0]) == [1000, 2000, 2000]
    assert {chain.file_id for chain in chains[1:]} == {2, 3, 4}


def test_pictures_without_times_never_go_back() -> None:
    pictures = [_picture_hits((1, 3000, 0.9)), _picture_hits((1, 2000, 0.9)), _picture_hits((1, 1000, 0.9))]
    assert [len(chain.steps) for chain in _chains(pictures)] == [1]


def test_a_picture_that_fits_nowhere_is_passed_over() -> None:
    pictures = [
        _picture_hits((1, 1000, 0.9)),
        _picture_hits((1, 500, 0.9), (2, 1500, 0.9)),
        _picture_hits((1, 2000, 0.9)),
    ]
    assert _times(_chains(pictures)[0]) == [1000, 2000]


def test_what_is_much_worse_than_a_picture_s_best_hit_is_no_link() -> None:
    near, far = 0.95 - HIT_MAX_SIMILARITY_GAP + 0.01, 0.95 - HIT_MAX_SIMILARITY_GAP - 0.01
    assert len(_chains([_picture_hits((1, 0, 0.9)), _picture_hits((2, 9, 0.95), (1, 500, near))])[0].steps) == 2
    assert len(_chains([_picture_hits((1, 0, 0.9)), _picture_hits((2, 9, 0.95), (1, 500, far))])[0].steps) == 1


def test_a_clip_s_own_times_decide_between_hits_that_are_alike() -> None:
    pictures = [
        _picture_hits((1, 10_000, 0.9), (1, 15_000, 0.9), time_ms=0),
        _picture_hits((1, 11_000, 0.9), (1, 19_000, 0.9), time_ms=1000),
        _picture_hits((1, 12_000, 0.9), (1, 30_000, 0.9), time_ms=2000),
    ]
    assert _times(_chains(pictures)[0]) == [10_000, 11_000, 12_000]


def test_likeness_outweighs_a_wrong_pace() -> None:
    pictures = [_picture_hits((1, at_ms, 0.9), time_ms=at_ms // 4) for at_ms in (1000, 3000, 5000, 7000)]
    assert len(_chains(pictures)[0].steps) == 4


def test_a_clip_of_a_second_does_not_reach_through_the_episode() -> None:
    pictures = [_picture_hits((1, 0, 0.9), time_ms=0), _picture_hits((1, 600_000, 0.9), time_ms=1000)]
    assert [_times(chain) for chain in _chains(pictures)] == [[0], [600_000]]


def test_pictures_given_one_by_one_may_be_apart_but_nearer_is_better() -> None:
    pictures = [_picture_hits((1, 1000, 0.9)), _picture_hits((1, 14_000, 0.9), (1, 5000, 0.9))]
    assert _times(_chains(pictures)[0]) == [1000, 5000]
    assert _times(_chains([pictures[0], _picture_hits((1, 14_000, 0.9))])[0]) == [1000, 14_000]


@pytest.mark.parametrize(
    ("at_ms", "joined"),
    [(1000 + 15_000, True), (19_999, True), (20_000, False), (38_000, False), (600_000, False)],
)
def test_pictures_given_one_by_one_are_one_scene_within_a_shot_s_neighbourhood(at_ms: int, joined: bool) -> None:
    chains = _chains([_picture_hits((1, 1000, 0.9)), _picture_hits((1, at_ms, 0.9))])
    assert [_times(chain) for chain in chains] == ([[1000, at_ms]] if joined else [[1000], [at_ms]])


def test_each_picture_may_be_a_shot_farther_than_the_one_before() -> None:
    pictures = [_picture_hits((1, at_ms, 0.9)) for at_ms in (1000, 19_000, 34_000)]
    assert _times(_chains(pictures)[0]) == [1000, 19_000, 34_000]


def test_mirrored_hits_and_others_do_not_mix_without_need() -> None:
    turned = (True, False)
    pictures = [
        _picture_hits((1, 1000, 0.9), mirrored=(True,)),
        _picture_hits((1, 2000, 0.9), (1, 2000 + 1, 0.91), mirrored=turned),
    ]
    chain = _chains(pictures)[0]
    assert [step.mirrored for step in chain.steps] == [True, True]


def test_a_file_may_hold_several_chains_and_unknown_files_none() -> None:
    pictures = [
        _picture_hits((1, 1000, 0.9), (1, 60_000, 0.88), (9, 0, 0.9)),
        _picture_hits((1, 1500, 0.9), (1, 60_500, 0.88)),
    ]
    chains = find_chains(pictures, lambda file_id: file_id != 9, _shots)
    assert [_times(chain) for chain in chains] == [[1000, 1500], [60_000, 60_500]]


def test_nothing_found_is_no_chain() -> None:
    assert _chains([_picture_hits(), _picture_hits()]) == []


@pytest.mark.parametrize("speed", [1.0, 0.5, 2.0])
def test_the_span_of_a_clip_lies_on_the_line_through_its_links(speed: float) -> None:
    shown = [Millis(500 * number) for number in range(8)]
    wrong = [150, -100, 120, -120, 100, -150, 120, -120]
    steps = [
        ChainStep(number, Millis(round(10_000 + speed * time_ms + wrong[number])), 0.9, 0, mirrored=False)
        for number, time_ms in enumerate(shown)
    ]
    span = Chain(FileId(1), tuple(steps), 7.2).span([PictureHits((), (), time_ms, time_ms) for time_ms in shown])
    assert abs(span[0] - 10_000) < 90
    assert abs(span[1] - (10_000 + speed * 3500)) < 90
    held = [
        *(PictureHits((), (), time_ms, time_ms) for time_ms in shown[:-1]),
        PictureHits((), (), shown[-1], Millis(5500)),
    ]
    assert abs(Chain(FileId(1), tuple(steps), 7.2).span(held)[1] - (10_000 + speed * 5500)) < 200


def test_the_span_of_what_is_on_no_line_is_from_first_to_last_link() -> None:
    shown = [Millis(500 * number) for number in range(5)]
    jumps = [0, 500, 1000, 8000, 8500]
    steps = [ChainStep(number, Millis(at_ms), 0.9, 0, mirrored=False) for number, at_ms in enumerate(jumps)]
    assert Chain(FileId(1), tuple(steps), 4.5).span([PictureHits((), (), time_ms) for time_ms in shown]) == (0, 8500)
    assert Chain(FileId(1), tuple(steps), 4.5).span([PictureHits((), ())] * 5) == (0, 8500)


def test_one_shot_that_stands_still_is_one_chain() -> None:
    pictures = [
        _picture_hits(*((1, at_ms, 0.9) for at_ms in range(0, 10_000, 500)), time_ms=time_ms) for time_ms in (0, 500)
    ]
    assert len(_chains(pictures)) == 1
