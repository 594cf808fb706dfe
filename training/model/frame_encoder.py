"""The encoder as a torch module, from frames in bytes to unit vectors, with normalisation inside."""

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from core.encoders.base import PreprocessSpec
from core.errors import EncoderError
from training.model.backbones import Trunk

STRIDE = 16
"""Both sides of a frame must be a multiple of this."""


class FrameEncoder(nn.Module):
    """Generalised-mean pooling (Radenović et al. 2018) of the trunk's maps, then one linear projection.

    Each map is pooled with each of `powers`; 1 is the mean, a large power approaches the maximum. `projection` is
    random until whitening or training sets it. `EncoderError` when the sides of a frame are no multiples of `STRIDE`.
    """

    def __init__(self, trunk: Trunk, preprocess: PreprocessSpec, dim: int, *, powers: Sequence[int] = (2, 3)) -> None:
        super().__init__()
        if preprocess.width % STRIDE or preprocess.height % STRIDE:
            raise EncoderError(f"Width and height of the encoder's frames must be multiples of {STRIDE}.")
        self.trunk = trunk
        self.powers = tuple(powers)
        self.projection = nn.Linear(len(self.powers) * sum(trunk.channels), dim)
        self.mean: Tensor
        self.std: Tensor
        self.register_buffer("mean", 255 * torch.tensor(preprocess.mean).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("std", 255 * torch.tensor(preprocess.std).view(1, 3, 1, 1), persistent=False)

    def embed(self, frames: Tensor) -> Tensor:
        """(n, h, w, 3) uint8 → (n, c): the pooled maps side by side, each of length 1."""
        pictures = (frames.permute(0, 3, 1, 2).float() - self.mean) / self.std  # (n, 3, h, w), channels last in memory
        pooled = [part for feature_map in self.trunk(pictures) for part in self._pool(feature_map)]
        return torch.cat([functional.normalize(part) for part in pooled], dim=1)

    def forward(self, frames: Tensor) -> Tensor:
        """(n, h, w, 3) uint8 → (n, dim) float32 of length 1."""
        return functional.normalize(self.projection(self.embed(frames)))

    def _pool(self, feature_map: Tensor) -> Iterator[Tensor]:
        """(n, c, h, w) → for each power (n, c), in float32 whatever the type of the maps."""
        values = raised = feature_map.float()
        for power in range(1, max(self.powers) + 1):
            if power > 1:
                raised = raised * values  # the gradient of a general power takes ten times as long
            if power in self.powers:
                yield (raised.mean(dim=(2, 3)) + 1e-6) ** (1 / power)
