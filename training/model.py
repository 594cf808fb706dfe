"""The encoder as a torch module: frames to unit vectors, from bytes on, so that nobody computes beside it."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from core.encoders.base import PreprocessSpec
from core.errors import EncoderError
from training.backbones import Trunk

STRIDE = 16
"""Both sides of a frame must be a multiple of this."""


class FrameEncoder(nn.Module):
    """Generalised-mean pooling (Radenović et al. 2018) of the trunk's maps, then one linear projection.

    `power` 1 is the mean, a large one the maximum. `projection` begins as it may; whitening or training sets it.
    `EncoderError` when the sides of a frame are no multiples of `STRIDE`.
    """

    def __init__(self, trunk: Trunk, preprocess: PreprocessSpec, dim: int, *, power: int = 3) -> None:
        super().__init__()
        if preprocess.width % STRIDE or preprocess.height % STRIDE:
            raise EncoderError(f"Width and height of the encoder's frames must be multiples of {STRIDE}.")
        self.trunk = trunk
        self.power = power
        self.projection = nn.Linear(sum(trunk.channels), dim)
        self.mean: Tensor
        self.std: Tensor
        self.register_buffer("mean", 255 * torch.tensor(preprocess.mean).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("std", 255 * torch.tensor(preprocess.std).view(1, 3, 1, 1), persistent=False)

    def describe(self, frames: Tensor) -> Tensor:
        """(n, h, w, 3) uint8 → (n, c): the pooled maps side by side, each of length 1."""
        pictures = (frames.permute(0, 3, 1, 2).float() - self.mean) / self.std  # (n, 3, h, w), channels last in memory
        pooled = [self._pool(feature_map) for feature_map in self.trunk(pictures)]
        return torch.cat([functional.normalize(part) for part in pooled], dim=1)

    def forward(self, frames: Tensor) -> Tensor:
        """(n, h, w, 3) uint8 → (n, dim) float32 of length 1."""
        return functional.normalize(self.projection(self.describe(frames)))

    def _pool(self, feature_map: Tensor) -> Tensor:
        """(n, c, h, w) → (n, c), in float32 whatever the maps are in."""
        values = feature_map.float()
        raised = values
        for _ in range(self.power - 1):  # products: a general power takes ten times as long to go back through
            raised = raised * values
        return (raised.mean(dim=(2, 3)) + 1e-6) ** (1 / self.power)
