"""A torch module as an embedder."""

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
    """Weighted mean colours, with dropout in training."""

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
    vectors = embedder.embed(pictures)
    means = np.stack([prepare(picture, FRAME).mean((0, 1)) for picture in pictures]) * (1, 2, 3)
    expected = means / np.linalg.norm(means, axis=1, keepdims=True)
    assert embedder.name == "colours"
    assert vectors.dtype == np.dtype(np.float32)
    assert vectors.shape == (2, 3)
    assert np.allclose(vectors, expected, atol=1e-5)
    assert not module.training
    module.train()
    assert np.array_equal(embedder.embed(pictures), vectors)
    assert np.allclose(embedder.similarity(vectors[:1], vectors), [[1, vectors[0] @ vectors[1]]], atol=1e-6)
