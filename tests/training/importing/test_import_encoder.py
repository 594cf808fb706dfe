"""Importing external models: the vectors do not change, input and output do."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from core.encoders.base import Encoder, Fit
from core.encoders.spec import read_spec
from tests.training.foreign_models import (
    DIM,
    SMALL,
    answers,
    as_torchscript,
    foreign_onnx,
    imported,
    pictures,
    saved,
    small_sscd,
)
from training.export.model_card import CardTable
from training.export.precision import Precision
from training.importing.import_encoder import ModelKind, import_encoder
from training.importing.spec import IMAGENET_MEAN, IMAGENET_STD, ImportSpec, Values


@pytest.mark.parametrize("pooling", ["mean", "adaptive", "flat"])
@pytest.mark.parametrize("traced", [False, True], ids=["scripted", "traced"])
def test_torchscript_keeps_its_vectors(pooling: str, traced: bool, tmp_path: Path) -> None:
    module = small_sscd(pooling)
    written, encoder = imported(as_torchscript(module, traced=traced), tmp_path)
    assert (written.kind, written.dim, written.width, written.height) == (ModelKind.TORCHSCRIPT, DIM, 96, 64)
    assert written.fingerprint == encoder.fingerprint
    vectors = encoder.embed(pictures())
    assert np.einsum("nd,nd->n", vectors, answers(module, pictures())).min() > 0.99999
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-5)
    assert encoder.embed(pictures()[:1]) == pytest.approx(vectors[:1], abs=1e-4)


def by_hand(model: onnx.ModelProto, prepared: NDArray[np.generic]) -> NDArray[np.float32]:
    """The vectors of the original, one picture at a time, scaled to length 1."""
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    vectors = np.concatenate([session.run(None, {"frames": picture[None]})[0] for picture in prepared]).astype(
        np.float32
    )
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)


def imagenet(frames: NDArray[np.uint8]) -> NDArray[np.float32]:
    return np.asarray(((frames / 255 - IMAGENET_MEAN) / IMAGENET_STD).astype(np.float32))


def first(frames: NDArray[np.generic]) -> NDArray[np.generic]:
    return np.ascontiguousarray(frames.transpose(0, 3, 1, 2))


@pytest.mark.parametrize(
    ("model", "spec", "prepare"),
    [
        (foreign_onnx(), SMALL, lambda x: first(imagenet(x))),
        (foreign_onnx(sides=("n", "h", "w", 3)), SMALL, imagenet),
        (foreign_onnx(sides=("n", "h", "w", 3), kind=TensorProto.UINT8), SMALL, lambda x: x),
        (foreign_onnx(kind=TensorProto.UINT8), SMALL, first),
        (foreign_onnx(sides=(1, 3, 64, 96)), ImportSpec(), lambda x: first(imagenet(x))),
        (foreign_onnx(sides=(1, 64, 96, 3), kind=TensorProto.UINT8), ImportSpec(), lambda x: x),
        (foreign_onnx(kind=TensorProto.FLOAT16), SMALL, lambda x: first(imagenet(x).astype(np.float16))),
        (foreign_onnx(output_kind=TensorProto.DOUBLE), SMALL, lambda x: first(imagenet(x))),
        (foreign_onnx(constants=True, dim=400), SMALL, lambda x: first(imagenet(x))),
        (foreign_onnx(weight_kind=TensorProto.FLOAT16, dim=400), SMALL, lambda x: first(imagenet(x))),
        (foreign_onnx(opset=11), SMALL, lambda x: first(imagenet(x))),
        (foreign_onnx(sides=("n", "c", "h", "w")), SMALL, lambda x: first(imagenet(x))),
        (foreign_onnx(), replace(SMALL, values=Values.UNIT), lambda x: first((x / 255).astype(np.float32))),
        (foreign_onnx(), replace(SMALL, values=Values.BYTES), lambda x: first(x.astype(np.float32))),
        (
            foreign_onnx(),
            replace(SMALL, mean=(0.5, 0.4, 0.3), std=(0.5, 0.25, 1.0)),
            lambda x: first(((x / 255 - (0.5, 0.4, 0.3)) / (0.5, 0.25, 1.0)).astype(np.float32)),
        ),
    ],
)
def test_onnx_keeps_its_vectors_whatever_it_takes(
    model: onnx.ModelProto,
    spec: ImportSpec,
    prepare: Callable[[NDArray[np.uint8]], NDArray[np.generic]],
    tmp_path: Path,
) -> None:
    written, encoder = imported(model, tmp_path, spec)
    assert (written.kind, written.width, written.height) == (ModelKind.ONNX, 96, 64)
    vectors = encoder.embed(pictures())
    expected = by_hand(model, prepare(pictures()))
    assert vectors.shape == (6, written.dim)
    assert np.einsum("nd,nd->n", vectors, expected).min() > 0.99999
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-5)
    assert np.einsum("nd,nd->n", vectors, np.roll(expected, 1, axis=0)).min() < 0.9999  # it tells these pictures apart


def test_a_model_of_any_size_gets_the_usual_one_and_says_it_in_its_spec(tmp_path: Path) -> None:
    written, encoder = imported(foreign_onnx(), tmp_path, ImportSpec(name="  theirs ", fit=Fit.COVER))
    spec = read_spec(tmp_path / "made")
    assert (spec.name, spec.dim, spec.preprocess.width, spec.preprocess.height) == ("theirs", DIM, 288, 160)
    assert (spec.preprocess.fit, spec.preprocess.mean, spec.preprocess.std) == (Fit.COVER, IMAGENET_MEAN, IMAGENET_STD)
    assert spec.confidence is None
    assert written.model_bytes == (tmp_path / "made" / "model.onnx").stat().st_size
    assert written.fingerprint == encoder.fingerprint


def test_importing_again_gives_the_same_bytes(tmp_path: Path) -> None:
    file = saved(as_torchscript(small_sscd()), tmp_path / "a.pt")
    keys = {import_encoder(file, tmp_path / name, SMALL).fingerprint for name in ("one", "two")}
    assert len(keys) == 1


def test_int8_is_smaller_and_widens_half_weights_first(tmp_path: Path) -> None:
    model = foreign_onnx(dim=4000, weight_kind=TensorProto.FLOAT16)
    sizes = {}
    for precision in Precision:
        (tmp_path / precision).mkdir()
        written, _ = imported(model, tmp_path / precision, replace(SMALL, weights=precision))
        sizes[precision] = written.model_bytes
    fixed = 4000 * 4  # the ones that sum squares up for the length, in each
    assert sizes[Precision.FLOAT32] > 4 * 3 * 4000 + fixed / 4
    assert sizes[Precision.INT8] < sizes[Precision.FLOAT32]
    kinds = [t.data_type for t in onnx.load(str(tmp_path / "int8" / "made" / "model.onnx")).graph.initializer]
    assert TensorProto.INT8 in kinds


def test_the_scales_of_a_quantised_model_stay_exact(tmp_path: Path) -> None:
    model = foreign_onnx(dim=2000)
    graph = model.graph
    matrix = next(tensor for tensor in graph.initializer if tensor.name == "matrix")
    values = numpy_helper.to_array(matrix)
    scales = (np.abs(values).max(axis=0) / 127e3).astype(np.float32)  # below what float16 tells apart
    graph.initializer.remove(matrix)
    graph.initializer.append(numpy_helper.from_array(np.rint(values / scales / 1e3).astype(np.int8), "q"))
    graph.initializer.append(numpy_helper.from_array(scales, "scales"))
    graph.node.insert(0, helper.make_node("DequantizeLinear", ["q", "scales"], ["matrix"], axis=1))
    imported(model, tmp_path)
    written = onnx.load(str(tmp_path / "made" / "model.onnx")).graph
    stored = next(tensor for tensor in written.initializer if tensor.name.endswith("scales"))
    assert np.array_equal(numpy_helper.to_array(stored), scales)


def test_what_is_measured_stands_on_the_card(tmp_path: Path) -> None:
    def measure(encoder: Encoder) -> tuple[CardTable, ...]:
        assert not (tmp_path / "made").exists()
        assert encoder.embed(pictures()).shape == (6, DIM)
        return (CardTable("Ours", ("what", "how much"), (("frames", 6), ("found", None))),)

    file = saved(foreign_onnx(), tmp_path / "theirs.onnx")
    written = import_encoder(file, tmp_path / "made", replace(SMALL, licences=("MIT",)), measure=measure)
    card = (tmp_path / "made" / "CARD.md").read_text("utf-8")
    assert "| frames | 6 |\n| found | not measured |" in card
    assert written.tables[0].title == "Ours"
    assert written.sha256 in card
    assert written.fingerprint in card
    assert "An ONNX model" in card
    assert "- MIT" in card
