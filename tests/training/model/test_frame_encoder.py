import copy
from collections import OrderedDict

import pytest
import timm
import torch
from timm.layers.conv2d_same import Conv2dSame
from torch import Tensor, nn

from core.encoders.base import Fit, PreprocessSpec
from core.errors import EncoderError
from training.model.backbones import Lite0Trunk, Trunk, load_in_order, make_trunk, pad_statically
from training.model.frame_encoder import FrameEncoder

PREPROCESS = PreprocessSpec(96, 64, Fit.PAD, (0.5, 0.5, 0.5), (0.25, 0.5, 1.0))


class _Colours(Trunk):
    """The picture itself as the one map, where it is not below zero."""

    channels = (3,)

    def forward(self, pictures: Tensor) -> tuple[Tensor]:
        return (pictures.relu(),)


@pytest.fixture(scope="module")
def network() -> nn.Module:
    torch.manual_seed(0)
    return timm.create_model("tf_efficientnet_lite0", pretrained=False).eval()


def test_colours_are_normalised_and_pooled_with_the_power() -> None:
    frames = torch.zeros(1, 64, 96, 3, dtype=torch.uint8)
    frames[:, :32] = 255
    frames[..., 2] = 204
    model = FrameEncoder(_Colours(), PREPROCESS, 2, powers=(3,))
    half = 0.5 ** (1 / 3)  # half the pixels are 1 / std, the others below zero
    expected = torch.tensor([[2 * half, 1 * half, 0.3]])
    assert torch.allclose(model.embed(frames), expected / expected.norm(), atol=1e-4)
    with torch.no_grad():
        assert float(model(frames).norm()) == pytest.approx(1)


@pytest.mark.parametrize("folded", [False, True])
def test_the_maps_are_the_networks(network: nn.Module, folded: bool) -> None:
    trunk = Lite0Trunk(network.state_dict()) if folded else Lite0Trunk()
    if not folded:
        own = trunk.state_dict()
        trunk.load_state_dict(dict(zip(own, network.state_dict().values(), strict=False)))  # it is the network's head
    trunk.eval()
    expected: dict[str, Tensor] = {}
    for name in ("blocks.3.0.bn1", "blocks.5.0.bn1"):
        network.get_submodule(name).register_forward_hook(lambda _m, _i, out, name=name: expected.update({name: out}))
    pictures = torch.randn(2, 3, 64, 96)
    with torch.no_grad():
        network(pictures)
        maps = trunk(pictures)
    assert [tuple(feature_map.shape) for feature_map in maps] == [(2, 240, 8, 12), (2, 672, 4, 6)]
    for feature_map, name in zip(maps, expected, strict=True):
        assert torch.allclose(feature_map, expected[name], atol=1e-3)
    assert any(isinstance(module, nn.BatchNorm2d) for module in trunk.modules()) is not folded


def test_frozen_stages_stay_and_the_others_learn() -> None:
    torch.manual_seed(0)
    model = FrameEncoder(make_trunk("lite0"), PREPROCESS, 8)
    model.trunk.freeze(2)
    frames = torch.randint(0, 256, (2, 64, 96, 3), dtype=torch.uint8)
    model(frames)[:, 0].sum().backward()
    stages = model.trunk.stages
    learning = [any(parameter.grad is not None for parameter in stage.parameters()) for stage in stages]
    assert learning == [False, False, True, True, True]


def test_backbones_that_are_not_there_are_named() -> None:
    with pytest.raises(EncoderError, match="no backbone named vgg: choose from lite0, resnet18"):
        make_trunk("vgg")


@pytest.mark.parametrize("kernel", [3, 5])
def test_static_padding_changes_nothing_for_even_sides(kernel: int) -> None:
    whole = nn.Sequential(Conv2dSame(3, 4, kernel, stride=2))
    padded = copy.deepcopy(whole)
    pad_statically(padded)
    assert sum(isinstance(module, nn.ZeroPad2d) for module in padded.modules()) == 1
    pictures = torch.randn(1, 3, 64, 96)
    with torch.no_grad():
        assert torch.allclose(whole(pictures), padded(pictures), atol=1e-5)


def test_weights_are_loaded_by_their_order(network: nn.Module) -> None:
    renamed = OrderedDict((f"other.{number}", tensor) for number, tensor in enumerate(network.state_dict().values()))
    fresh = timm.create_model("tf_efficientnet_lite0", pretrained=False)
    load_in_order(fresh, renamed)
    assert all(torch.equal(a, b) for a, b in zip(fresh.state_dict().values(), renamed.values(), strict=True))
    with pytest.raises(EncoderError, match="The weights have 1 tensors"):
        load_in_order(fresh, {"one": torch.zeros(1)})
    renamed["other.0"] = torch.zeros(1)
    with pytest.raises(EncoderError, match=r"The weights other\.0 are \(1,\), conv_stem\.weight is"):
        load_in_order(fresh, renamed)


def test_sides_that_do_not_divide_are_refused() -> None:
    with pytest.raises(EncoderError, match="multiples of 16"):
        FrameEncoder(_Colours(), PreprocessSpec(100, 64, Fit.PAD, (0.5, 0.5, 0.5), (1, 1, 1)), 2)
