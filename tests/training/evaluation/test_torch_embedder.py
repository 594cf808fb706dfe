"""A module is asked as an exported encoder is."""

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from core.encoders.base import Fit, PreprocessSpec
from core.encoders.preprocess import prepare
from tests.clips import drawing
from training.evaluation.torch_embedder import TorchEmbedder

FRAME = PreprocessSpec(32, 18, Fit.PAD, (0.5, 0.5, 0.5), (0.5, 0.5, 0.5))


class _Colours(nn.Module):
    """Weighted mean colours; while it learns half of them are left out by chance."""

    def __init__(self) -> None:
        super().__init__()
        self.weights = nn.Parameter(torch.tensor([1.0, 2.0, 3.0]))
        self.dropout = nn.Dropout()

    def forward(self, frames: Tensor) -> Tensor:
        """(n, height, width, 3) → (n, 3)."""
        return functional.normalize(self.dropout(frames.float().mean((1, 2)) * self.weights))


def test_pictures_of_any_size_become_the_modules_vectors() -> None:
    module = _Colours().train()
    embedder = TorchEmbedder(module, FRAME, "colours")
    pictures = [drawing(0, 64, 64), drawing(1, 320, 180)]
    found = embedder.embed(pictures)
    means = np.stack([prepare(picture, FRAME).mean((0, 1)) for picture in pictures]) * (1, 2, 3)
    wanted = means / np.linalg.norm(means, axis=1, keepdims=True)
    assert embedder.name == "colours"
    assert found.dtype == np.dtype(np.float32)
    assert found.shape == (2, 3)
    assert np.allclose(found, wanted, atol=1e-5)
    assert not module.training
    module.train()
    assert np.array_equal(embedder.embed(pictures), found)
    assert np.allclose(embedder.similarity(found[:1], found), [[1, found[0] @ found[1]]], atol=1e-6)
