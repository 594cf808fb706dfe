"""An embedder for a torch module, such as an encoder in training."""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from core.encoders.base import PreprocessSpec
from core.encoders.preprocess import prepare
from core.pictures.pixels import Rgb


class TorchEmbedder:
    """A module that maps frames uint8 (n, height, width, 3) to unit vectors; it runs on the device of its weights.

    The module is left in `eval`.
    """

    def __init__(self, module: nn.Module, preprocess: PreprocessSpec, name: str = "torch") -> None:
        self._module = module
        self._preprocess = preprocess
        self._name = name

    @property
    def name(self) -> str:
        """For tables."""
        return self._name

    def embed(self, pictures: Sequence[Rgb]) -> NDArray[np.float32]:
        """Vectors of one batch, which must be small."""
        batch = torch.from_numpy(np.stack([prepare(picture, self._preprocess) for picture in pictures]))
        device = next(self._module.parameters()).device
        self._module.eval()
        with torch.inference_mode():
            vectors: torch.Tensor = self._module(batch.to(device))
        return vectors.float().cpu().numpy()

    def similarity(self, queries: NDArray[np.float32], frames: NDArray[np.float32]) -> NDArray[np.float32]:
        """Cosines."""
        return queries @ frames.T
