"""Learned whitening."""

import numpy as np
import pytest

from core.errors import EncoderError
from training.model.whitening import fit_whitening


def test_whitening_keeps_what_tells_frames_apart() -> None:
    rng = np.random.default_rng(4)
    own, drift = rng.normal(size=(400, 2)), rng.normal(size=(3, 400, 2)) * 5
    frames = np.column_stack([own, np.zeros((400, 2))]).astype(np.float32)
    views = np.stack([np.column_stack([own, part]) for part in drift]).astype(np.float32)
    whitening = fit_whitening(frames, views, 2)
    assert whitening.matrix.shape == (2, 4)
    assert np.abs(whitening.matrix[:, :2]).max() > 50 * np.abs(whitening.matrix[:, 2:]).max()
    projected = frames @ whitening.matrix.T + whitening.offset
    assert np.abs(projected.mean(axis=0)).max() < 1e-5
    again = fit_whitening(frames, views, 2)
    assert np.array_equal(again.matrix, whitening.matrix)
    largest = np.abs(whitening.matrix).argmax(axis=1)
    assert (whitening.matrix[[0, 1], largest] > 0).all()


def test_too_few_frames_are_said() -> None:
    with pytest.raises(EncoderError, match="Only 5 frames were found; a vector of 8 numbers needs 8"):
        fit_whitening(np.ones((5, 9), np.float32), np.ones((1, 5, 9), np.float32), 8)
