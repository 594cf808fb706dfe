import copy
from collections import OrderedDict

import pytest
import timm
import torch
from timm.layers.conv2d_same import Conv2dSame
from torch import Tensor, nn

from core.encoders.base import Fit, PreprocessSpec
from core.errors import EncoderError
from training.model import FrameEncoder, Lite0Trunk, Trunk, load_in_order, pad_statically

PREPROCESS = PreprocessSpec(96, 64, Fit.PAD, (0.5, 0.5, 0.5), (0.25, 0.5, 1.0))


class _Colours(Trunk):
    """The picture itself as the one map."""

    channels = (3,)

    def forward(self, pictures: Tensor) -> tuple[Tensor]:
        return (pictures,)


@pytest.fixture(scope="module")
def network() -> nn.Module:
    torch.manual_seed(0)
    return timm.create_model("tf_efficientnet_lite0", pretrained=False).eval()


def test_colours_are_normalised_and_pooled_with_the_power() -> None:
    frames = torch.zeros(1, 64, 96, 3, dtype=torch.uint8)
    frames[:, :32] = 255
    frames[..., 2] = 204
    model = FrameEncoder(_Colours(), PREPROCESS, 2, power=3.0)
    half = 0.5 ** (1 / 3)  # half the pixels are 1 / std, the others below zero
    wanted = torch.tensor([[2 * half, 1 * half, 0.3]])
    assert torch.allclose(model.describe(frames), wanted / wanted.norm(), atol=1e-4)
    with torch.no_grad():
        assert float(model(frames).norm()) == pytest.approx(1)


def test_the_trunk_is_the_network_up_to_its_two_maps(network: nn.Module) -> None:
    trunk = Lite0Trunk(network.state_dict()).eval()
    wanted: dict[str, Tensor] = {}
    for name in ("blocks.3.0.bn1", "blocks.5.0.bn1"):
        network.get_submodule(name).register_forward_hook(lambda _m, _i, out, name=name: wanted.update({name: out}))
    pictures = torch.randn(2, 3, 64, 96)
    with torch.no_grad():
        network(pictures)
        fine, coarse = trunk(pictures)
    assert fine.shape == (2, trunk.channels[0], 8, 12)
    assert coarse.shape == (2, trunk.channels[1], 4, 6)
    assert torch.allclose(fine, wanted["blocks.3.0.bn1"], atol=1e-5)
    assert torch.allclose(coarse, wanted["blocks.5.0.bn1"], atol=1e-5)


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
