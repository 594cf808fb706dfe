"""The library protocol: known results on hand-made collections."""

from collections.abc import Mapping, Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from core.pictures.pixels import Rgb
from tests.training.evaluation.drawn import ConstantEmbedder, GreyLevelEmbedder, collection, grey_frame
from training.distortion.sweep import SWEEP, Distortion
from training.evaluation.embedding import embed_index, embed_queries
from training.evaluation.library import RowResult, sweep
from training.evaluation.ranking import UNRANKED, ranks_of

CLEAN = {"clean": SWEEP["clean"]}


def _result(*, frame: int, query: int) -> RowResult:
    """The result of a query of the frame's shot at another time, with a frame of another file in the index."""
    frames = [grey_frame(100, time_ms=frame), grey_frame(200, file=1, time_ms=query)]
    return sweep(GreyLevelEmbedder(), collection(frames, [grey_frame(101, time_ms=query)]), CLEAN, seed=0)["clean"]


@pytest.mark.parametrize(
    ("frame", "query", "near"), [(1000, 1500, 1.0), (1000, 1501, 0.0), (1500, 1000, 1.0), (1501, 1000, 0.0)]
)
def test_half_a_second_is_near_and_a_millisecond_more_is_not(frame: int, query: int, near: float) -> None:
    assert _result(frame=frame, query=query) == RowResult(1.0, 1.0, near, near, 1)


def test_file_shot_and_time_are_told_apart() -> None:
    frames = [
        grey_frame(10, shot=0, time_ms=0),
        grey_frame(20, shot=1, time_ms=1000),
        grey_frame(30, shot=1, time_ms=3000),
        grey_frame(40, file=1, shot=1, time_ms=1000),
    ]
    queries = [
        grey_frame(21, shot=1, time_ms=1100),
        grey_frame(29, shot=1, time_ms=1100),
        grey_frame(11, shot=1, time_ms=1100),
        grey_frame(41, shot=1, time_ms=1100),
    ]
    result = sweep(GreyLevelEmbedder(), collection(frames, queries), CLEAN, seed=0)["clean"]
    assert result == RowResult(right_file=0.75, right_shot=0.5, within=0.25, within_10=1.0, queries=4)


def test_the_tenth_counts_and_the_eleventh_does_not() -> None:
    for wrong, share in ((9, 1.0), (10, 0.0)):
        frames = [grey_frame(120, time_ms=0), *(grey_frame(101 + at, file=1, time_ms=at) for at in range(wrong))]
        result = sweep(GreyLevelEmbedder(), collection(frames, [grey_frame(100)]), CLEAN, seed=0)["clean"]
        assert (result.within, result.within_10) == (0.0, share)


@pytest.mark.parametrize("value", [1.0, 0.577, float("nan")])
def test_who_says_the_same_of_everything_finds_nothing(value: float) -> None:
    frames = [grey_frame(9 * at, file=at, time_ms=0) for at in range(20)]
    result = sweep(ConstantEmbedder(value), collection(frames, [frames[0], frames[7]]), CLEAN, seed=0)["clean"]
    assert result == RowResult(0.0, 0.0, 0.0, 0.0, 2)


def test_ties_with_wrong_frames_count_as_wrong_and_with_right_ones_as_right() -> None:
    same_file = [grey_frame(50, time_ms=0), grey_frame(50, time_ms=250)]
    other_file = grey_frame(50, file=1)
    assert sweep(GreyLevelEmbedder(), collection(same_file, [grey_frame(50)]), CLEAN, seed=0)["clean"].within == 1.0
    assert (
        sweep(GreyLevelEmbedder(), collection([*same_file, other_file], [grey_frame(50)]), CLEAN, seed=0)[
            "clean"
        ].within
        == 0.0
    )


def test_ranks() -> None:
    similarity = np.array([[0.9, 0.8, 0.8, 0.1], [0.9, np.nan, 0.8, 0.1], [0.5, 0.5, 0.5, 0.5]], np.float32)
    right = np.array([[False, True, False, False], [False, True, False, False], [False, False, False, False]])
    assert ranks_of(similarity, right).tolist() == [3, UNRANKED, UNRANKED]


class _LeftSide(GreyLevelEmbedder):
    """Embeds only the left half of a picture."""

    def embed(self, pictures: Sequence[Rgb]) -> NDArray[np.float32]:
        return super().embed([picture[:, : picture.shape[1] // 2] for picture in pictures])


def test_the_mirrored_view_is_asked_too() -> None:
    changes: Mapping[str, Distortion] = {
        "darker right": lambda picture, _rng: np.concatenate([picture, picture // 2], axis=1)
    }
    frames = [grey_frame(100, time_ms=0), grey_frame(60, file=1)]
    assert sweep(_LeftSide(), collection(frames, [grey_frame(120)]), changes, seed=0)["darker right"].within == 0.0
    frames = [grey_frame(100, time_ms=0), grey_frame(85, file=1)]
    assert sweep(_LeftSide(), collection(frames, [grey_frame(120)]), changes, seed=0)["darker right"].within == 1.0


def test_every_row_and_every_query_is_asked_for_once_and_progress_ends_at_the_total() -> None:
    drawn = collection([grey_frame(level, file=level) for level in range(0, 250, 10)], [grey_frame(3), grey_frame(13)])
    steps: list[tuple[int, int]] = []
    embedder = GreyLevelEmbedder()
    results = sweep(embedder, drawn, seed=3, step=lambda done, total: steps.append((done, total)))
    assert list(results) == list(SWEEP)
    assert all(row.queries == 2 for row in results.values())
    assert embedder.picture_count == 25 + 2 * 2 * len(SWEEP)
    assert steps[-1] == (embedder.picture_count, embedder.picture_count)
    assert steps == sorted(steps)
    index = embed_index(embedder, drawn)
    again = sweep(GreyLevelEmbedder(), drawn, seed=3, index=index, step=lambda done, total: steps.append((done, total)))
    assert again == results
    assert steps[-1] == (2 * 2 * len(SWEEP),) * 2


def test_what_a_distortion_draws_depends_on_seed_and_query_only() -> None:
    drawn: list[float] = []

    def noted(picture: Rgb, rng: np.random.Generator) -> Rgb:
        drawn.append(float(rng.random()))
        return picture

    queries = [grey_frame(10), grey_frame(20)]
    for seed in (1, 1, 2):
        embed_queries(GreyLevelEmbedder(), queries, {"one": noted, "two": noted}, seed=seed)
    first, again, other_seed = drawn[:4], drawn[4:8], drawn[8:]
    assert first == again
    assert first[:2] == [first[0]] * 2
    assert len({*first, *other_seed}) == 4
