"""Importing models of others: the vectors stay theirs, the ends become ours, and what cannot be used is said."""

import hashlib
import io
import json
import pickle
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
import typer
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from torch import Tensor, nn
from typer.testing import CliRunner

from core.encoders.base import Encoder, Fit
from core.encoders.opening import open_encoder
from core.encoders.spec import read_spec
from core.errors import EncoderError, InputError, StorageError, WhenAnimeError
from tests.clips import drawing
from tests.training.foreign_models import DIM, answers, as_torchscript, foreign_onnx, small_sscd
from training.card import CardTable
from training.import_cli import import_
from training.import_spec import ImportSpec, Layout, Values
from training.importing import IMAGENET_MEAN, IMAGENET_STD, ImportedEncoder, Kind, import_encoder
from training.precision import Precision

SMALL = ImportSpec(width=96, height=64)


def pictures(width: int = 96, height: int = 64) -> NDArray[np.uint8]:
    return np.stack([drawing(number, width, height, shot=number) for number in range(6)])


def saved(content: bytes | onnx.ModelProto, path: Path) -> Path:
    path.write_bytes(content if isinstance(content, bytes) else content.SerializeToString())
    return path


def imported(
    content: bytes | onnx.ModelProto, folder: Path, spec: ImportSpec = SMALL
) -> tuple[ImportedEncoder, Encoder]:
    made = import_encoder(saved(content, folder / "theirs.bin"), folder / "made", spec)
    return made, open_encoder(folder / "made", runtime="onnx", threads=1)


@pytest.mark.parametrize("pooling", ["mean", "adaptive", "flat"])
@pytest.mark.parametrize("traced", [False, True], ids=["scripted", "traced"])
def test_torchscript_keeps_its_vectors(pooling: str, traced: bool, tmp_path: Path) -> None:
    module = small_sscd(pooling)
    made, encoder = imported(as_torchscript(module, traced=traced), tmp_path)
    assert (made.kind, made.dim, made.width, made.height) == (Kind.TORCHSCRIPT, DIM, 96, 64)
    assert made.fingerprint == encoder.fingerprint
    found = encoder.embed(pictures())
    assert np.einsum("nd,nd->n", found, answers(module, pictures())).min() > 0.99999
    assert np.linalg.norm(found, axis=1) == pytest.approx(1, abs=1e-5)
    assert encoder.embed(pictures()[:1]) == pytest.approx(found[:1], abs=1e-4)


def by_hand(model: onnx.ModelProto, prepared: NDArray[np.generic]) -> NDArray[np.float32]:
    """One picture after another through the original, scaled to length 1."""
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    found = np.concatenate([session.run(None, {"frames": one[None]})[0] for one in prepared]).astype(np.float32)
    return np.asarray(found / np.linalg.norm(found, axis=1, keepdims=True), np.float32)


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
    made, encoder = imported(model, tmp_path, spec)
    assert (made.kind, made.width, made.height) == (Kind.ONNX, 96, 64)
    found = encoder.embed(pictures())
    wanted = by_hand(model, prepare(pictures()))
    assert found.shape == (6, made.dim)
    assert np.einsum("nd,nd->n", found, wanted).min() > 0.99999
    assert np.linalg.norm(found, axis=1) == pytest.approx(1, abs=1e-5)
    assert np.einsum("nd,nd->n", found, np.roll(wanted, 1, axis=0)).min() < 0.9999  # it tells these pictures apart


def test_a_model_of_any_size_gets_the_usual_one_and_says_it_in_its_spec(tmp_path: Path) -> None:
    made, encoder = imported(foreign_onnx(), tmp_path, ImportSpec(name="  theirs ", fit=Fit.COVER))
    spec = read_spec(tmp_path / "made")
    assert (spec.name, spec.dim, spec.preprocess.width, spec.preprocess.height) == ("theirs", DIM, 288, 160)
    assert (spec.preprocess.fit, spec.preprocess.mean, spec.preprocess.std) == (Fit.COVER, IMAGENET_MEAN, IMAGENET_STD)
    assert spec.confidence is None
    assert made.model_bytes == (tmp_path / "made" / "model.onnx").stat().st_size
    assert made.fingerprint == encoder.fingerprint


def test_importing_again_gives_the_same_bytes(tmp_path: Path) -> None:
    file = saved(as_torchscript(small_sscd()), tmp_path / "a.pt")
    keys = {import_encoder(file, tmp_path / name, SMALL).fingerprint for name in ("one", "two")}
    assert len(keys) == 1


def test_int8_is_smaller_and_widens_half_weights_first(tmp_path: Path) -> None:
    model = foreign_onnx(dim=4000, weight_kind=TensorProto.FLOAT16)
    sizes = {}
    for precision in Precision:
        (tmp_path / precision).mkdir()
        made, _ = imported(model, tmp_path / precision, replace(SMALL, weights=precision))
        sizes[precision] = made.model_bytes
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
    kept = next(tensor for tensor in written.initializer if tensor.name.endswith("scales"))
    assert np.array_equal(numpy_helper.to_array(kept), scales)


class _Bad(nn.Module):
    """Every way of not being an encoder."""

    def __init__(self, way: str) -> None:
        super().__init__()
        self.way = way
        self.linear = nn.Linear(3 * 64 * 64, 8)

    def forward(self, pictures: Tensor) -> Tensor:
        if self.way == "size":
            return torch.relu(self.linear(pictures.flatten(1)))
        means = pictures.mean(dim=(2, 3))
        if self.way == "integers":
            return (means * 100).to(torch.int64)
        if self.way == "maps":
            return pictures
        if self.way == "one":
            return means[:1]
        if self.way == "nan":
            return means * float("nan")
        return means


class _Pair(nn.Module):
    def forward(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        return pictures.mean(dim=(2, 3)), pictures


class _TwoInputs(nn.Module):
    def forward(self, pictures: Tensor, more: Tensor) -> Tensor:
        return pictures.mean(dim=(2, 3)) + more


def archive(*members: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        for member in members:
            file.writestr(member, b"content")
    return buffer.getvalue()


def checkpoint(*, legacy: bool = False) -> bytes:
    buffer = io.BytesIO()
    torch.save({"weight": torch.zeros(3)}, buffer, _use_new_zipfile_serialization=not legacy)
    return buffer.getvalue()


def two_outputs() -> onnx.ModelProto:
    model = foreign_onnx()
    model.graph.output.append(helper.make_tensor_value_info("flat", TensorProto.FLOAT, ["n", 3]))
    return model


def external() -> onnx.ModelProto:
    model = foreign_onnx()
    tensor = model.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="/etc/passwd")
    return model


def hidden_external() -> onnx.ModelProto:
    """The same inside the branch of an `If`."""
    model = foreign_onnx()
    inner = helper.make_tensor("inner", TensorProto.FLOAT, [1], [0.0])
    inner.ClearField("float_data")
    inner.data_location = TensorProto.EXTERNAL
    inner.external_data.add(key="location", value="weights.bin")
    branch = helper.make_graph(
        [helper.make_node("Constant", [], ["c"], value=inner)],
        "branch",
        [],
        [helper.make_tensor_value_info("c", TensorProto.FLOAT, [1])],
    )
    model.graph.initializer.append(helper.make_tensor("yes", TensorProto.BOOL, [], [True]))
    model.graph.node.append(helper.make_node("If", ["yes"], ["chosen"], then_branch=branch, else_branch=branch))
    return model


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (lambda: b"", "is empty"),
        (lambda: b"not a model at all", "neither ONNX nor TorchScript, or it is cut off"),
        (lambda: foreign_onnx(dim=400).SerializeToString()[:-300], "or it is cut off|cannot be loaded by ONNX Runtime"),
        (lambda: as_torchscript(small_sscd())[:-200], "is damaged or cut off"),
        (lambda: archive("m/data.pkl", "m/data/0"), "is not TorchScript but a checkpoint"),
        (lambda: archive("m/constants.pkl", "m/code/x.py"), "cannot be loaded as TorchScript"),
        (checkpoint, "is not TorchScript but a checkpoint"),
        (lambda: checkpoint(legacy=True), "is a Python pickle"),
        (lambda: pickle.dumps({"weight": 1}), "is a Python pickle"),
        (lambda: foreign_onnx(inputs=2), r"has 2 inputs \(frames, more1\)"),
        (two_outputs, r"has 2 outputs \(raw, flat\)"),
        (lambda: foreign_onnx(output_kind=TensorProto.INT64), "gives int64 numbers"),
        (lambda: foreign_onnx(kind=TensorProto.INT32), "takes int32 numbers"),
        (lambda: foreign_onnx(kind=116), "takes unknown numbers"),
        (
            lambda: foreign_onnx().SerializeToString().replace(b"bent", b"\xfe\xfe\xfe\xfe"),
            "cannot be loaded by ONNX|cannot be rewired",
        ),
        (lambda: foreign_onnx(flat=False), "gives 1 x 3 x 1 x 1 for 1 pictures"),
        (lambda: foreign_onnx(sides=("n", 1, "h", "w")), r"takes \(any, 1, any, any\)"),
        (lambda: foreign_onnx(sides=(4, 3, "h", "w")), "takes exactly 4 pictures at once"),
        (lambda: foreign_onnx(sides=("n", 3, 64)), "an input of 3 sides"),
        (lambda: foreign_onnx(sides=("n", 3, "h", 3)), "say --input-layout"),
        (lambda: foreign_onnx(sides=("n", 3, 32, 32)), "takes pictures of width 32 only, not 96"),
        (lambda: foreign_onnx(dim=65537), "vectors of 65537 numbers; from 1 to 65536"),
        (lambda: foreign_onnx(opset=8), "opset 8 of ONNX; 9 or later"),
        (external, "keeps its weights in other files"),
        (hidden_external, "keeps its weights in other files"),
        (lambda: as_torchscript(_Bad("integers")), "gives int64 numbers"),
        (lambda: as_torchscript(_Bad("maps")), "gives 8 x 3 x 64 x 96 for 8 pictures"),
        (lambda: as_torchscript(_Bad("one")), "gives 1 x 3 for 8 pictures"),
        (lambda: as_torchscript(_Bad("nan")), "numbers that are not finite"),
        (lambda: as_torchscript(_Bad("size")), "cannot use float pictures of 8 x 3 x 64 x 96"),
        (lambda: as_torchscript(_Pair()), "gives a tuple"),
        (lambda: as_torchscript(_TwoInputs()), "cannot use float pictures"),
        (lambda: as_torchscript(small_sscd("sizes")), "cannot be written as ONNX"),
    ],
)
def test_what_is_no_encoder_is_said_and_leaves_nothing(
    content: Callable[[], bytes | onnx.ModelProto], words: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    model = content()
    with pytest.raises(WhenAnimeError, match=words) as caught:
        imported(model, tmp_path)
    assert "theirs.bin" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert capfd.readouterr() == ("", "")
    assert caught.value.exit_code in {1, 2}
    assert [path.name for path in tmp_path.iterdir()] == ["theirs.bin"]


def test_a_pickle_is_never_run(tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return (Path.mkdir, (tmp_path / "sprung",))  # type: ignore[return-value]

    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as file:
        file.writestr("m/constants.pkl", pickle.dumps(Trap()))
        file.writestr("m/data.pkl", pickle.dumps(Trap()))
        file.writestr("m/code/m.py", "")
        file.writestr("m/version", "3\n")
    with pytest.raises(EncoderError, match="cannot be loaded as TorchScript"):
        imported(data.getvalue(), tmp_path)
    with pytest.raises(EncoderError, match="is a Python pickle"):
        imported(pickle.dumps(Trap()), tmp_path)
    assert not (tmp_path / "sprung").exists()


def test_a_folder_and_nothing_are_no_files(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is a folder: name the file"):
        import_encoder(tmp_path, tmp_path / "made")
    with pytest.raises(InputError, match=r"There is no file .*nothing\.onnx"):
        import_encoder(tmp_path / "nothing.onnx", tmp_path / "made")


def test_only_the_file_with_the_wanted_checksum_is_looked_at(tmp_path: Path) -> None:
    file = saved(b"not a model at all", tmp_path / "theirs.onnx")
    found = hashlib.sha256(file.read_bytes()).hexdigest()
    with pytest.raises(EncoderError, match=f"its SHA-256 is {found}, not {'0' * 64}"):
        import_encoder(file, tmp_path / "made", sha256="0" * 64)
    with pytest.raises(InputError, match="--sha256 must be 64 hexadecimal digits, not 'abc'"):
        import_encoder(file, tmp_path / "made", sha256="abc")
    with pytest.raises(EncoderError, match="neither ONNX"):
        import_encoder(file, tmp_path / "made", sha256=found.upper())


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        (replace(SMALL, width=5000), "width of frames must be from 1 to 4096, not 5000"),
        (replace(SMALL, name=" "), "name of an encoder must not be empty"),
        (replace(SMALL, std=(1.0, 0.0, 1.0)), "those of --std above zero"),
        (replace(SMALL, mean=(1.0, float("nan"), 1.0)), "must be finite"),
        (replace(SMALL, values=Values.UNIT, mean=(0.5, 0.5, 0.5)), "--input-values unit"),
    ],
)
def test_options_that_cannot_be_used_are_named(spec: ImportSpec, words: str, tmp_path: Path) -> None:
    with pytest.raises(WhenAnimeError, match=words):
        imported(foreign_onnx(), tmp_path, spec)
    assert not (tmp_path / "made").exists()


def test_a_layout_that_could_be_either_is_told(tmp_path: Path) -> None:
    model = foreign_onnx(sides=("n", 3, "h", 3))
    made, _ = imported(model, tmp_path, replace(SMALL, width=3, layout=Layout.NCHW))
    assert (made.width, made.height) == (3, 64)
    with pytest.raises(EncoderError, match=r"takes \(any, 3, any, 8\): its layout must be"):
        import_encoder(
            saved(foreign_onnx(sides=("n", 3, "h", 8)), tmp_path / "other.onnx"),
            tmp_path / "other",
            replace(SMALL, layout=Layout.NHWC),
        )


def test_a_folder_in_use_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "made").mkdir()
    (tmp_path / "made" / "mine.txt").write_text("mine", "utf-8")
    with pytest.raises(StorageError, match="not empty"):
        imported(foreign_onnx(), tmp_path)
    assert [path.name for path in (tmp_path / "made").iterdir()] == ["mine.txt"]


def test_what_is_measured_stands_on_the_card(tmp_path: Path) -> None:
    def measure(encoder: Encoder) -> tuple[CardTable, ...]:
        assert not (tmp_path / "made").exists()
        assert encoder.embed(pictures()).shape == (6, DIM)
        return (CardTable("Ours", ("what", "how much"), (("frames", 6), ("found", None))),)

    file = saved(foreign_onnx(), tmp_path / "theirs.onnx")
    made = import_encoder(file, tmp_path / "made", replace(SMALL, licences=("MIT",)), measure=measure)
    card = (tmp_path / "made" / "CARD.md").read_text("utf-8")
    assert "| frames | 6 |\n| found | not measured |" in card
    assert made.tables[0].title == "Ours"
    assert made.sha256 in card
    assert made.fingerprint in card
    assert "An ONNX model" in card
    assert "- MIT" in card


@pytest.fixture
def app() -> typer.Typer:
    app = typer.Typer()
    app.command("import")(import_)
    return app


def test_the_command_makes_an_encoder_and_says_what_is_next(app: typer.Typer, tmp_path: Path) -> None:
    file = saved(foreign_onnx(), tmp_path / "theirs.onnx")
    checksum = hashlib.sha256(file.read_bytes()).hexdigest()
    options = ["--width", "96", "--height", "64", "--fit", "stretch", "--mean", "0.5,0.5,0.5", "--std", "0.5, 0.5, 0.5"]
    arguments = [str(file), "--out", str(tmp_path / "one"), *options]
    told = CliRunner().invoke(app, arguments, catch_exceptions=False).stdout
    assert f"SHA-256 of the onnx file: {checksum} (compare" in told
    assert f"`whenanime library reindex --encoder {tmp_path / 'one'}`" in told
    assert read_spec(tmp_path / "one").preprocess.std == (0.5, 0.5, 0.5)
    assert read_spec(tmp_path / "one").name == "theirs"

    arguments = [str(file), "--out", str(tmp_path / "two"), *options, "--sha256", checksum, "--json"]
    printed = json.loads(CliRunner().invoke(app, arguments, catch_exceptions=False).stdout)
    assert printed["fingerprint"] == open_encoder(tmp_path / "two", runtime="onnx").fingerprint
    assert (printed["sha256"], printed["dim"], printed["kind"]) == (checksum, DIM, "onnx")
    assert printed["folder"] == str(tmp_path / "two")


def test_the_command_measures_on_videos_before_it_writes(app: typer.Typer, drawn_videos: Path, tmp_path: Path) -> None:
    file = saved(as_torchscript(small_sscd()), tmp_path / "theirs.pt")
    sizes = ["--width", "96", "--height", "64"]
    arguments = [str(file), *sizes, "--out", str(tmp_path / "made"), "--frames", str(drawn_videos), "--json"]
    (table,) = json.loads(CliRunner().invoke(app, arguments, catch_exceptions=False).stdout)["tables"]
    rows = {row[0]: dict(zip(table["head"], row, strict=True)) for row in table["rows"]}
    assert set(rows) == {"as it is", "distorted"}
    assert int(rows["as it is"]["queries"]) >= 3
    assert float(rows["as it is"]["right file"].removesuffix(" %")) > 90
    assert f"| as it is | {rows['as it is']['right file']} |" in (tmp_path / "made" / "CARD.md").read_text("utf-8")

    arguments = [str(file), *sizes, "--out", str(tmp_path / "other"), "--frames", str(tmp_path / "nowhere")]
    with pytest.raises(InputError, match="nowhere"):
        CliRunner().invoke(app, arguments, catch_exceptions=False)
    assert not (tmp_path / "other").exists()


@pytest.mark.parametrize("text", ["0.5", "a,b,c", "1,2,3,4", ""])
def test_colours_are_three_numbers(app: typer.Typer, text: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="--mean must be three numbers"):
        CliRunner().invoke(app, ["x.onnx", "--out", str(tmp_path / "out"), "--mean", text], catch_exceptions=False)
