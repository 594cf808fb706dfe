"""Files that are no encoder, and invalid options: the error is named, and no file remains."""

import hashlib
import io
import pickle
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import onnx
import pytest
import torch
from onnx import TensorProto, helper
from torch import Tensor, nn

from core.errors import EncoderError, InputError, StorageError, WhenAnimeError
from tests.training.foreign_models import (
    SMALL,
    as_torchscript,
    foreign_onnx,
    imported,
    saved,
    small_sscd,
)
from training.importing.import_encoder import import_encoder
from training.importing.spec import ImportSpec, Layout, Values


class _Bad(nn.Module):
    """Outputs that an encoder must not have."""

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
    """External data inside the branch of an `If`."""
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
        (lambda: foreign_onnx(sides=("n", 3, "h", 3)), "give --input-layout"),
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
    checksum = hashlib.sha256(file.read_bytes()).hexdigest()
    with pytest.raises(EncoderError, match=f"its SHA-256 is {checksum}, not {'0' * 64}"):
        import_encoder(file, tmp_path / "made", sha256="0" * 64)
    with pytest.raises(InputError, match="--sha256 must be 64 hexadecimal digits, not 'abc'"):
        import_encoder(file, tmp_path / "made", sha256="abc")
    with pytest.raises(EncoderError, match="neither ONNX"):
        import_encoder(file, tmp_path / "made", sha256=checksum.upper())


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
    written, _ = imported(model, tmp_path, replace(SMALL, width=3, layout=Layout.NCHW))
    assert (written.width, written.height) == (3, 64)
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
