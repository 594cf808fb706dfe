"""Batches of pairs: every frame once, shots together, deterministic; and frames that show the same picture."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
import torch

from core.errors import EncoderError
from tests.episodes import scene_frame
from training.dataset.frame_dataset import Dataset
from training.fitting.pairs import PairBatches, grouped_batches, same_pictures, similar_pictures, thumbnail_of
from training.fitting.spec import FitSpec

SPEC = FitSpec(width=96, height=64, batch=6, group=3)


def test_every_frame_comes_once_and_shots_stay_together(frames: Dataset) -> None:
    rows = frames.split("train")
    batches = grouped_batches(rows, 6, 3, (0, 1))
    order = [index for batch in batches for index in batch]
    assert len(set(order)) == len(order)
    assert len(rows) - len(order) < 3
    assert all(len(batch) == 6 for batch in batches[:-1])
    first = Counter(rows[index].shot for index in order[:3])
    assert first.most_common(1)[0][1] >= 2
    assert order != [index for batch in grouped_batches(rows, 6, 3, (0, 2)) for index in batch]


def test_batches_are_the_same_for_any_number_of_threads(frames: Dataset) -> None:
    single_threaded, many_threaded = (
        list(PairBatches(frames, frames.split("train"), SPEC, 2, workers=workers)) for workers in (1, 4)
    )
    assert (
        len(single_threaded)
        == len(many_threaded)
        == len(PairBatches(frames, frames.split("train"), SPEC, 2, workers=1))
    )
    for first, second in zip(single_threaded, many_threaded, strict=True):
        assert first.frames.shape == first.views.shape
        assert first.frames.shape[1:] == (64, 96, 3)
        assert torch.equal(first.views, second.views)
        assert torch.equal(first.frames, second.frames)
        assert torch.equal(first.thumbnails, second.thumbnails)
    other_seed = next(iter(PairBatches(frames, frames.split("train"), replace(SPEC, seed=1), 2, workers=1)))
    assert not torch.equal(other_seed.views, single_threaded[0].views)


def test_a_held_drawing_is_the_same_picture_and_a_small_movement_is_not() -> None:
    held = scene_frame(3, 1)
    coded = np.clip(held + np.random.default_rng(0).normal(0, 2, held.shape), 0, 255).astype(np.uint8)
    moved = held.copy()
    moved[60:90, 100:140] = 255 - moved[60:90, 100:140]  # a mouth that opens
    thumbnails = torch.from_numpy(
        np.stack([thumbnail_of(held), thumbnail_of(coded), thumbnail_of(moved), thumbnail_of(scene_frame(20, 4))])
    )
    same = same_pictures(thumbnails)
    assert same.tolist() == [
        [True, True, False, False],
        [True, True, False, False],
        [False, False, True, False],
        [False, False, False, True],
    ]
    assert similar_pictures(thumbnails[:1], thumbnails).tolist() == [
        [True, True, True, False]
    ]  # the mouth is too small for the cheaper one


def test_a_frame_that_is_gone_is_named(frames: Dataset) -> None:
    for row in frames.split("train"):
        row.path.unlink()
    with pytest.raises(EncoderError, match=r"\.jpg"):
        list(PairBatches(frames, frames.split("train"), SPEC, 1, workers=2))
