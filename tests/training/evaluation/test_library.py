"""The library protocol: known answers on collections drawn by hand."""

from collections.abc import Mapping, Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from core.pictures.pixels import Rgb
from tests.training.evaluation.drawn import Constant, Levels, collection, moment
from training.distortion.sweep import SWEEP, Distortion
from training.evaluation.embedding import embed_index, embed_queries
from training.evaluation.library import RowResult, sweep
from training.evaluation.ranking import NEVER, ranks_of

CLEAN = {"clean": SWEEP["clean"]}


def _asked(*, frame: int, query: int) -> RowResult:
    """Of one shot with the frame, asked for at another time, beside another file."""
    frames = [moment(100, time_ms=frame), moment(200, file=1, time_ms=query)]
    return sweep(Levels(), collection(frames, [moment(101, time_ms=query)]), CLEAN, seed=0)["clean"]


@pytest.mark.parametrize(
    ("frame", "query", "near"), [(1000, 1500, 1.0), (1000, 1501, 0.0), (1500, 1000, 1.0), (1501, 1000, 0.0)]
)
def test_half_a_second_is_near_and_a_millisecond_more_is_not(frame: int, query: int, near: float) -> None:
    assert _asked(frame=frame, query=query) == RowResult(1.0, 1.0, near, near, 1)


def test_file_shot_and_time_are_told_apart() -> None:
    frames = [
        moment(10, shot=0, time_ms=0),
        moment(20, shot=1, time_ms=1000),
        moment(30, shot=1, time_ms=3000),
        moment(40, file=1, shot=1, time_ms=1000),
    ]
    queries = [
        moment(21, shot=1, time_ms=1100),
        moment(29, shot=1, time_ms=1100),
        moment(11, shot=1, time_ms=1100),
        moment(41, shot=1, time_ms=1100),
    ]
    found = sweep(Levels(), collection(frames, queries), CLEAN, seed=0)["clean"]
    assert found == RowResult(right_file=0.75, right_shot=0.5, within=0.25, within_10=1.0, queries=4)


def test_the_tenth_counts_and_the_eleventh_does_not() -> None:
    for wrong, share in ((9, 1.0), (10, 0.0)):
        frames = [moment(120, time_ms=0), *(moment(101 + at, file=1, time_ms=at) for at in range(wrong))]
        found = sweep(Levels(), collection(frames, [moment(100)]), CLEAN, seed=0)["clean"]
        assert (found.within, found.within_10) == (0.0, share)


@pytest.mark.parametrize("value", [1.0, 0.577, float("nan")])
def test_who_says_the_same_of_everything_finds_nothing(value: float) -> None:
    frames = [moment(9 * at, file=at, time_ms=0) for at in range(20)]
    found = sweep(Constant(value), collection(frames, [frames[0], frames[7]]), CLEAN, seed=0)["clean"]
    assert found == RowResult(0.0, 0.0, 0.0, 0.0, 2)


def test_ties_with_wrong_frames_count_as_wrong_and_with_right_ones_as_right() -> None:
    twins = [moment(50, time_ms=0), moment(50, time_ms=250)]
    other = moment(50, file=1)
    assert sweep(Levels(), collection(twins, [moment(50)]), CLEAN, seed=0)["clean"].within == 1.0
    assert sweep(Levels(), collection([*twins, other], [moment(50)]), CLEAN, seed=0)["clean"].within == 0.0


def test_ranks() -> None:
    likeness = np.array([[0.9, 0.8, 0.8, 0.1], [0.9, np.nan, 0.8, 0.1], [0.5, 0.5, 0.5, 0.5]], np.float32)
    right = np.array([[False, True, False, False], [False, True, False, False], [False, False, False, False]])
    assert ranks_of(likeness, right).tolist() == [3, NEVER, NEVER]


class _LeftSide(Levels):
    """Looks at the left half only."""

    def embed(self, pictures: Sequence[Rgb]) -> NDArray[np.float32]:
        return super().embed([picture[:, : picture.shape[1] // 2] for picture in pictures])


def test_the_mirrored_view_is_asked_too() -> None:
    changes: Mapping[str, Distortion] = {
        "darker right": lambda picture, _rng: np.concatenate([picture, picture // 2], axis=1)
    }
    frames = [moment(100, time_ms=0), moment(60, file=1)]
    assert sweep(_LeftSide(), collection(frames, [moment(120)]), changes, seed=0)["darker right"].within == 0.0
    frames = [moment(100, time_ms=0), moment(85, file=1)]
    assert sweep(_LeftSide(), collection(frames, [moment(120)]), changes, seed=0)["darker right"].within == 1.0


def test_every_row_and_every_query_is_asked_for_once_and_progress_ends_at_the_total() -> None:
    made = collection([moment(level, file=level) for level in range(0, 250, 10)], [moment(3), moment(13)])
    told: list[tuple[int, int]] = []
    describer = Levels()
    found = sweep(describer, made, seed=3, step=lambda done, total: told.append((done, total)))
    assert list(found) == list(SWEEP)
    assert all(row.queries == 2 for row in found.values())
    assert describer.seen == 25 + 2 * 2 * len(SWEEP)
    assert told[-1] == (describer.seen, describer.seen)
    assert told == sorted(told)
    index = embed_index(describer, made)
    again = sweep(Levels(), made, seed=3, index=index, step=lambda done, total: told.append((done, total)))
    assert again == found
    assert told[-1] == (2 * 2 * len(SWEEP),) * 2


def test_what_a_distortion_draws_depends_on_seed_and_query_only() -> None:
    drawn: list[float] = []

    def noted(picture: Rgb, rng: np.random.Generator) -> Rgb:
        drawn.append(float(rng.random()))
        return picture

    queries = [moment(10), moment(20)]
    for seed in (1, 1, 2):
        embed_queries(Levels(), queries, {"one": noted, "two": noted}, seed=seed)
    first, again, other = drawn[:4], drawn[4:8], drawn[8:]
    assert first == again
    assert first[:2] == [first[0]] * 2
    assert len({*first, *other}) == 4
