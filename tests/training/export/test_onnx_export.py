"""ONNX export of a tiny network."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from numpy.typing import NDArray
from onnx import TensorProto, numpy_helper
from torch import Tensor, nn
from torch.nn import functional

from core.encoders.base import EncoderSpec, Fit, PreprocessSpec
from core.encoders.loading import open_encoder
from core.encoders.spec import read_spec
from core.errors import EncoderError, StorageError
from training.export.onnx_export import Reference, export_encoder, trace, write_encoder
from training.export.precision import Precision
from training.model.backbones import Trunk
from training.model.frame_encoder import FrameEncoder

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
    key = export_encoder(model, SPEC, tmp_path / "new" / "encoder").fingerprint
    encoder = open_encoder(tmp_path / "new" / "encoder", runtime="onnx")
    assert encoder.fingerprint == key
    assert encoder.spec == SPEC == read_spec(tmp_path / "new" / "encoder")
    frames = random_frames(7)
    with torch.no_grad():
        expected = model(torch.from_numpy(frames)).numpy()
    vectors = encoder.embed(frames)
    assert np.einsum("nd,nd->n", vectors, expected).min() > 0.9999
    assert np.abs(np.linalg.norm(vectors, axis=1) - 1).max() < 1e-5
    assert encoder.embed(frames[:0]).shape == (0, 24)


def test_exporting_again_gives_the_same_bytes(tmp_path: Path) -> None:
    first = export_encoder(tiny_model(), SPEC, tmp_path / "first").fingerprint
    second = export_encoder(tiny_model(), SPEC, tmp_path / "second").fingerprint
    assert first == second
    assert (tmp_path / "first" / "model.onnx").read_bytes() == (tmp_path / "second" / "model.onnx").read_bytes()
    changed = tiny_model()
    with torch.no_grad():
        changed.projection.weight[0, 0] += 1
    assert export_encoder(changed, SPEC, tmp_path / "third").fingerprint != first


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
    """Gives other vectors at each call, which no graph can reproduce."""

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


def weights_of(folder: Path) -> dict[int, int]:
    """The count of stored numbers of each type."""
    stored: dict[int, int] = {}
    for tensor in onnx.load(str(folder / "model.onnx")).graph.initializer:
        stored[tensor.data_type] = stored.get(tensor.data_type, 0) + int(np.prod(tensor.dims))
    return stored


@pytest.mark.parametrize("precision", Precision)
def test_every_precision_answers_as_torch_does(precision: Precision, tmp_path: Path) -> None:
    model = tiny_model()
    written = export_encoder(model, SPEC, tmp_path / "encoder", weights=precision)
    encoder = open_encoder(tmp_path / "encoder", runtime="onnx")
    assert encoder.fingerprint == written.fingerprint
    assert (tmp_path / "encoder" / "model.onnx").stat().st_size == written.model_bytes
    frames = random_frames(5)
    with torch.no_grad():
        expected = model(torch.from_numpy(frames)).numpy()
    cosines = np.einsum("nd,nd->n", encoder.embed(frames), expected)
    assert 1 - cosines.min() < {Precision.FLOAT32: 1e-6, Precision.FLOAT16: 1e-5, Precision.INT8: 1e-3}[precision]
    if precision is Precision.INT8:
        assert 1 - cosines.min() > 1e-6  # eight bits make a difference


def test_precisions_take_four_two_and_one_byte(tmp_path: Path) -> None:
    keys = {
        precision: export_encoder(tiny_model(), SPEC, tmp_path / precision, weights=precision).fingerprint
        for precision in Precision
    }
    assert len(set(keys.values())) == 3
    large = 64 * 8 * 9 + 24 * 2 * 72  # the second convolution and the projection of two powers
    assert set(weights_of(tmp_path / "float32")) - {TensorProto.INT64} == {TensorProto.FLOAT}
    assert weights_of(tmp_path / "float16")[TensorProto.FLOAT16] == large
    assert weights_of(tmp_path / "int8")[TensorProto.INT8] == large
    assert TensorProto.FLOAT16 not in weights_of(tmp_path / "int8")


def test_int8_rounds_each_output_channel_by_itself(tmp_path: Path) -> None:
    model = tiny_model()
    with torch.no_grad():
        model.projection.weight[::2] *= 1e-3
        model.projection.weight[1] = 0
    export_encoder(model, SPEC, tmp_path / "encoder", weights=Precision.INT8)
    graph = onnx.load(str(tmp_path / "encoder" / "model.onnx")).graph
    tensors = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    name = next(name for name, values in tensors.items() if values.dtype == np.int8 and values.ndim == 2)
    scales = tensors[name.removesuffix(".int8") + ".scale"]
    weight = model.projection.weight.detach().numpy()
    axis = 0 if tensors[name].shape == weight.shape else 1
    assert scales.shape == ((24, 1) if axis == 0 else (1, 24))
    restored = tensors[name] * scales
    restored = restored if axis == 0 else restored.T
    assert (np.abs(restored - weight) <= np.abs(weight).max(axis=1, keepdims=True) / 254 + 1e-9).all()
    assert np.abs(tensors[name]).max() == 127
    assert not restored[1].any()


def test_int8_writes_the_same_bytes_again(tmp_path: Path) -> None:
    for name in ("a", "b"):
        export_encoder(tiny_model(), SPEC, tmp_path / name, weights=Precision.INT8)
    assert (tmp_path / "a" / "model.onnx").read_bytes() == (tmp_path / "b" / "model.onnx").read_bytes()


def test_a_card_is_written_beside_and_changes_nothing(tmp_path: Path) -> None:
    bare = export_encoder(tiny_model(), SPEC, tmp_path / "bare").fingerprint
    with_text = export_encoder(tiny_model(), SPEC, tmp_path / "text", card="# 夜の雨\n").fingerprint
    with_function = export_encoder(
        tiny_model(), SPEC, tmp_path / "told", card=lambda encoder, size: f"{encoder.fingerprint} {size}"
    ).fingerprint
    assert bare == with_text == with_function
    assert (tmp_path / "text" / "CARD.md").read_text("utf-8") == "# 夜の雨\n"
    size = (tmp_path / "told" / "model.onnx").stat().st_size
    assert (tmp_path / "told" / "CARD.md").read_text("utf-8") == f"{with_function} {size}"
    assert not (tmp_path / "bare" / "CARD.md").exists()


def test_int8_that_breaks_a_network_is_refused(tmp_path: Path) -> None:
    graph = trace(tiny_model(), SPEC.preprocess)
    reference = Reference("another model", lambda frames: -np.eye(len(frames), SPEC.dim, dtype=np.float32))
    with pytest.raises(EncoderError, match=r"ONNX Runtime and another model disagree .* 0\.05 is allowed"):
        write_encoder(graph, SPEC, tmp_path / "encoder", reference=reference, weights=Precision.INT8)
    assert not list(tmp_path.iterdir())
