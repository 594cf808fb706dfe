"""The comparison with reference encoders: tables, messages, and one small run."""

import json
from pathlib import Path

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper

from benchmarks.colour_layout import ColourLayout
from benchmarks.pace import RESNET18, Pace
from benchmarks.sscd import SscdEncoder
from benchmarks.yardstick_tables import difference_table, differences, means, pace_table
from benchmarks.yardsticks import NO_SSCD, ComparedEmbedders, main
from core.encoders.base import Fit
from core.errors import EncoderError, InputError
from tests.benchmarks.refused import refusal_of
from tests.clips import drawing, write_clip
from training.evaluation.library import RowResult


def _row(shot: float, within: float) -> RowResult:
    return RowResult(1.0, shot, within, 1.0, 100)


FOUND = {
    "ours": {"clean": _row(0.95, 0.90), "crop": _row(0.50, 0.40), "mirror": _row(0.80, 0.60)},
    "theirs": {"clean": _row(0.96, 0.91), "crop": _row(0.51, 0.42), "mirror": _row(0.30, 0.20)},
}


def _copy_detector(path: Path, *, kind: int = TensorProto.UINT8) -> Path:
    """Mean colours of pictures of any size, with a fourth number that is always 0, not of length 1."""
    graph = helper.make_graph(
        [
            helper.make_node("Cast", ["image"], ["floats"], to=TensorProto.FLOAT),
            helper.make_node("ReduceMean", ["floats"], ["colours"], axes=[1, 2], keepdims=0),
            helper.make_node("MatMul", ["colours", "wide"], ["embedding"]),
        ],
        "colours",
        [helper.make_tensor_value_info("image", kind, ("batch", "height", "width", 3))],
        [helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ("batch", 4))],
        [numpy_helper.from_array(np.eye(3, 4, dtype=np.float32), "wide")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    path.write_bytes(model.SerializeToString())
    return path


def test_only_more_than_a_point_is_under() -> None:
    (difference,) = differences(FOUND, ["ours"], ["theirs"])
    assert difference.under == ("crop",)
    assert list(difference.rows["crop"]) == pytest.approx([-0.01, -0.02])
    assert difference.to_json()["rows"] == {
        "clean": {"right_shot": -0.01, "within_0.5s": -0.01},
        "crop": {"right_shot": -0.01, "within_0.5s": -0.02},
        "mirror": {"right_shot": 0.5, "within_0.5s": 0.4},
    }


def test_the_table_has_shares_differences_and_means() -> None:
    table = difference_table(FOUND, differences(FOUND, ["ours"], ["theirs"]))
    assert table.header == ("distortion", "ours", "theirs", "ours - theirs, points")
    assert table.rows == (
        ("clean", "0.950 / 0.900", "0.960 / 0.910", "-1.0 / -1.0"),
        ("crop", "0.500 / 0.400", "0.510 / 0.420", "**-1.0 / -2.0**"),
        ("mirror", "0.800 / 0.600", "0.300 / 0.200", "+50.0 / +40.0"),
        ("mean", "0.750 / 0.633", "0.590 / 0.510", "1 under"),
    )
    assert means(FOUND)["ours"] == {"right_shot": 0.75, "within_0.5s": 0.6333}


def test_paces_are_told_beside_a_unit() -> None:
    table = pace_table({"ours": Pace(3.0, 2.0), "unit": Pace(12.0, 10.0)}, "unit")
    assert table.rows[0] == ("ours", "3.00", "0.25", "2.00", "0.20")
    assert table.rows[1][2] == "1.00"


def test_a_copy_detector_takes_any_size_and_gives_unit_vectors(tmp_path: Path) -> None:
    encoder = SscdEncoder(_copy_detector(tmp_path / "model.onnx"), Fit.PAD, width=32, height=18, threads=1)
    batch = np.random.default_rng(0).integers(0, 256, (9, 18, 32, 3), np.uint8)
    vectors = encoder.embed(batch)
    assert encoder.spec.dim == 4
    expected = batch.mean(axis=(1, 2)) / np.linalg.norm(batch.mean(axis=(1, 2)), axis=1, keepdims=True)
    assert np.allclose(vectors[:, :3], expected, atol=1e-5)
    assert encoder.embed(batch[:0]).shape == (0, 4)
    with pytest.raises(EncoderError, match="takes frames of shape"):
        encoder.embed(batch[:, :9])


def test_what_is_no_copy_detector_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"absent\.onnx cannot be read"):
        SscdEncoder(tmp_path / "absent.onnx", Fit.PAD)
    broken = tmp_path / "broken.onnx"
    broken.write_bytes(b"nothing")
    with pytest.raises(EncoderError, match=r"broken\.onnx cannot be loaded"):
        SscdEncoder(broken, Fit.PAD)
    with pytest.raises(EncoderError, match="is not SSCD's model"):
        SscdEncoder(_copy_detector(tmp_path / "floats.onnx", kind=TensorProto.FLOAT), Fit.PAD)


def test_a_small_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "videos" / "Show"
    folder.mkdir(parents=True)
    write_clip(folder / "1.mp4", [drawing(0, 320, 180, shot=number // 8) for number in range(24)])
    out = tmp_path / "found" / "yardsticks.json"
    sscd = _copy_detector(tmp_path / "sscd_distilled.onnx")
    arguments = [str(folder.parent), "--queries", "2", "--rounds", "1", "--row", "clean", "--row", "mirror"]
    main([*arguments, "--sscd", str(sscd), "--out", str(out)])
    report = json.loads(out.read_text("utf-8"))
    names = {"SSCD, pad", "SSCD, stretch", "ImageNet start", "colour layout", "colour layout, borders cut"}
    assert names < report["by_distortion"]["clean"].keys()
    assert list(report["by_distortion"]) == ["clean", "mirror"]
    assert report["by_distortion"]["clean"]["colour layout"]["right_shot"] == 1.0
    assert [difference["reference"] for difference in report["against_sscd"]] == ["SSCD, pad", "SSCD, stretch"]
    assert report["ms_per_picture"]["ResNet18, 224 x 224"]["of_resnet18"] == 1.0
    assert report["notes"] == []
    table = out.with_suffix(".md").read_text("utf-8")
    printed = capsys.readouterr()
    assert table in printed.err
    assert json.loads(printed.out) == report
    assert table.count("\n| clean |") == 1


def test_without_sscd_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from benchmarks import yardsticks

    alone = ComparedEmbedders([ColourLayout()], ours=["colour layout"], sscd=[], networks={})
    reports: list[dict[str, object]] = []
    monkeypatch.setattr(yardsticks, "write_report", lambda values, _out: reports.append(values))
    monkeypatch.setattr(yardsticks, "assemble", lambda *_args, **_kw: alone)
    monkeypatch.setattr(yardsticks, "paces", lambda *_args, **_kw: {RESNET18: Pace(1.0, 1.0)})
    (tmp_path / "Show").mkdir()
    write_clip(tmp_path / "Show" / "1.mp4", [drawing(0, 320, 180, shot=number // 8) for number in range(16)])
    main([str(tmp_path / "Show"), "--queries", "1", "--row", "clean"])
    assert reports[0]["notes"] == [NO_SSCD]
    assert reports[0]["against_sscd"] == []


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--row", "sideways"], "--row sideways: there is no such distortion"),
        (["--sscd", "absent.onnx"], "absent.onnx cannot be read"),
    ],
)
def test_what_cannot_be_used_ends_with_two(
    options: list[str], sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert sentence in refusal_of(main, [str(tmp_path), *options], capsys)
