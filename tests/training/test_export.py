"""Exporting: a tiny network through the real functions."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from numpy.typing import NDArray
from onnx import TensorProto
from torch import Tensor, nn
from torch.nn import functional

from core.encoders.base import EncoderSpec, Fit, PreprocessSpec
from core.encoders.opening import open_encoder
from core.encoders.spec import read_spec
from core.errors import EncoderError, StorageError
from training.export import export_encoder
from training.model import FrameEncoder, Trunk

SPEC = EncoderSpec("tiny", 24, PreprocessSpec(48, 32, Fit.STRETCH, (0.4, 0.5, 0.6), (0.2, 0.3, 0.4)))


class TinyTrunk(Trunk):
    """Two maps, as the real trunk has."""

    channels = (8, 64)

    def __init__(self) -> None:
        super().__init__()
        self.fine = nn.Sequential(nn.Conv2d(3, 8, 3, stride=2, padding=1), nn.BatchNorm2d(8), nn.ReLU6())
        self.coarse = nn.Sequential(nn.Conv2d(8, 64, 3, stride=2, padding=1), nn.ReLU6())

    def forward(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        fine = self.fine(pictures)
        return fine, self.coarse(fine)


def tiny_model() -> FrameEncoder:
    torch.manual_seed(3)
    return FrameEncoder(TinyTrunk(), SPEC.preprocess, SPEC.dim)


def random_frames(count: int) -> NDArray[np.uint8]:
    return np.random.default_rng(2).integers(0, 256, (count, 32, 48, 3), np.uint8)


def test_the_exported_encoder_gives_what_torch_gives(tmp_path: Path) -> None:
    model = tiny_model()
    key = export_encoder(model, SPEC, tmp_path / "new" / "encoder")
    encoder = open_encoder(tmp_path / "new" / "encoder", runtime="onnx")
    assert encoder.fingerprint == key
    assert encoder.spec == SPEC == read_spec(tmp_path / "new" / "encoder")
    frames = random_frames(7)
    with torch.no_grad():
        wanted = model(torch.from_numpy(frames)).numpy()
    found = encoder.embed(frames)
    assert np.einsum("nd,nd->n", found, wanted).min() > 0.9999
    assert np.abs(np.linalg.norm(found, axis=1) - 1).max() < 1e-5
    assert encoder.embed(frames[:0]).shape == (0, 24)


def test_exporting_again_gives_the_same_bytes(tmp_path: Path) -> None:
    first = export_encoder(tiny_model(), SPEC, tmp_path / "first")
    second = export_encoder(tiny_model(), SPEC, tmp_path / "second")
    assert first == second
    assert (tmp_path / "first" / "model.onnx").read_bytes() == (tmp_path / "second" / "model.onnx").read_bytes()
    other = tiny_model()
    with torch.no_grad():
        other.projection.weight[0, 0] += 1
    assert export_encoder(other, SPEC, tmp_path / "third") != first


def test_large_weights_take_two_bytes_and_names_of_people_are_gone(tmp_path: Path) -> None:
    export_encoder(tiny_model(), SPEC, tmp_path / "encoder")
    graph = onnx.load(str(tmp_path / "encoder" / "model.onnx"))
    kinds = {tuple(tensor.dims): tensor.data_type for tensor in graph.graph.initializer}
    assert TensorProto.FLOAT16 in kinds.values()
    assert all(kind != TensorProto.FLOAT or np.prod(sides) < 1024 for sides, kind in kinds.items())
    assert graph.producer_version == ""
    assert not any(node.doc_string for node in graph.graph.node)


def test_weights_too_large_for_two_bytes_keep_four(tmp_path: Path) -> None:
    model = tiny_model()
    with torch.no_grad():
        model.projection.weight.mul_(1e7)
        model.projection.bias.mul_(1e7)
    export_encoder(model, SPEC, tmp_path / "encoder")
    graph = onnx.load(str(tmp_path / "encoder" / "model.onnx"))
    assert any(t.data_type == TensorProto.FLOAT and np.prod(t.dims) >= 1024 for t in graph.graph.initializer)


def test_a_model_in_training_is_exported_as_it_judges(tmp_path: Path) -> None:
    model = tiny_model().train()
    export_encoder(model, SPEC, tmp_path / "encoder")
    assert not model.training


class _Forgetful(nn.Module):
    """Answers otherwise each time, which no graph can follow."""

    def __init__(self) -> None:
        super().__init__()
        self.calls = 0

    def forward(self, frames: Tensor) -> Tensor:
        self.calls += 1
        means = frames.float().mean(dim=(1, 2)) - 128  # (n, 3)
        return functional.normalize(torch.cat([means.roll(step, 1) * self.calls**step for step in range(8)], dim=1))


def test_nothing_is_written_when_the_graph_disagrees(tmp_path: Path) -> None:
    with pytest.raises(EncoderError, match="tiny was not exported: ONNX Runtime and torch disagree"):
        export_encoder(_Forgetful(), SPEC, tmp_path / "encoder")
    assert not list(tmp_path.iterdir())


def test_a_model_of_another_dimension_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EncoderError, match=r"The exported tiny gives float32 .*dim 25"):
        export_encoder(tiny_model(), replace(SPEC, dim=25), tmp_path / "encoder")
    assert not list(tmp_path.iterdir())


def test_a_folder_in_use_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine", "utf-8")
    with pytest.raises(StorageError, match="not empty"):
        export_encoder(tiny_model(), SPEC, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
    with pytest.raises(StorageError, match=r"mine\.txt"):
        export_encoder(tiny_model(), SPEC, tmp_path / "mine.txt")


def test_an_empty_folder_is_filled(tmp_path: Path) -> None:
    (tmp_path / "encoder").mkdir()
    export_encoder(tiny_model(), SPEC, tmp_path / "encoder")
    assert sorted(path.name for path in (tmp_path / "encoder").iterdir()) == ["model.onnx", "spec.json"]


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", "utf-8")
    with pytest.raises(StorageError, match="cannot be written"):
        export_encoder(tiny_model(), SPEC, tmp_path / "file" / "encoder")
