"""The command `whenanime train import`."""

import hashlib
import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from core.encoders.loading import open_encoder
from core.encoders.spec import read_spec
from core.errors import InputError
from tests.training.foreign_models import (
    DIM,
    as_torchscript,
    foreign_onnx,
    saved,
    small_sscd,
)
from training.commands.import_cli import import_


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
    output = CliRunner().invoke(app, arguments, catch_exceptions=False).stdout
    assert f"SHA-256 of the onnx file: {checksum} (compare" in output
    assert f"`whenanime library reindex --encoder {tmp_path / 'one'}`" in output
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
