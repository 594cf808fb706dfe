import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from core.encoders.base import ConfidenceSpec, EncoderSpec, Fit, PreprocessSpec, VerifiedCurveSpec
from core.encoders.spec import SPEC_NAME, fingerprint, read_spec, write_spec
from core.errors import EncoderError, StorageError

SPEC = EncoderSpec(
    "tiny",
    8,
    PreprocessSpec(32, 16, Fit.PAD, (0.5, 0.25, 0.125), (1.0, 0.5, 0.25), (1, 2, 3)),
    ConfidenceSpec(-9.5, 12.0, 3.25, VerifiedCurveSpec(-7.0, 3.0, 2.0, 8.0, 4.5)),
)


def written(folder: Path, change: dict[str, Any]) -> Path:
    """A spec with some of its fields set, `a.b` for a field inside, `...` to leave one out."""
    write_spec(SPEC, folder)
    content = json.loads((folder / SPEC_NAME).read_text("utf-8"))
    for name, value in change.items():
        *outer, last = name.split(".")
        place = content
        for part in outer:
            place = place[part]
        if value is ...:
            del place[last]
        else:
            place[last] = value
    (folder / SPEC_NAME).write_text(json.dumps(content), "utf-8")
    return folder


@pytest.mark.parametrize("spec", [SPEC, replace(SPEC, confidence=None, name="名前")])
def test_what_is_written_is_read(spec: EncoderSpec, tmp_path: Path) -> None:
    write_spec(spec, tmp_path)
    assert read_spec(tmp_path) == spec


def test_optional_fields_may_be_left_out(tmp_path: Path) -> None:
    spec = read_spec(written(tmp_path, {"confidence": ..., "preprocess.pad_rgb": ...}))
    assert spec.confidence is None
    assert spec.preprocess.pad_rgb == (124, 116, 104)
    spec = read_spec(written(tmp_path, {"confidence.checked": ...}))
    assert spec.confidence == ConfidenceSpec(-9.5, 12.0, 3.25)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"dim": "256"}, "dim must be a whole number"),
        ({"dim": 0}, "dim must be a whole number"),
        ({"dim": True}, "dim must be a whole number"),
        ({"dim": ...}, "dim is missing"),
        ({"name": ""}, "name must be a text"),
        ({"colour": 1}, "colour is not known"),
        ({"preprocess": ...}, "preprocess is missing"),
        ({"preprocess": [1]}, "preprocess must be an object"),
        ({"preprocess.widht": 5}, r"preprocess\.widht is not known"),
        ({"preprocess.width": 10**6}, r"preprocess\.width must be a whole number"),
        ({"preprocess.fit": "squeeze"}, r"preprocess\.fit must be one of stretch, pad, cover"),
        ({"preprocess.mean": [0.5, 0.5]}, r"preprocess\.mean must be a list of three"),
        ({"preprocess.mean": [0.5, 0.5, "x"]}, r"preprocess\.mean must hold numbers"),
        ({"preprocess.mean": [0.5, 0.5, float("nan")]}, r"preprocess\.mean must hold numbers"),
        ({"preprocess.std": [0.5, 0, 1]}, r"preprocess\.std must hold numbers above zero"),
        ({"preprocess.pad_rgb": [0, 0, 256]}, r"preprocess\.pad_rgb must hold whole numbers"),
        ({"preprocess.pad_rgb": [0, 0, 0.5]}, r"preprocess\.pad_rgb must hold whole numbers"),
        ({"confidence": {"bias": 1.0, "similarity": 2.0}}, r"confidence\.margin is missing"),
        ({"confidence.slope": 1.0}, r"confidence\.slope is not known"),
        ({"confidence.checked.lead": ...}, r"confidence\.checked\.lead is missing"),
        ({"confidence.checked.score": "much"}, r"confidence\.checked\.score must hold numbers only"),
    ],
)
def test_a_wrong_field_is_named_with_its_file(change: dict[str, Any], field: str, tmp_path: Path) -> None:
    with pytest.raises(EncoderError, match=field) as caught:
        read_spec(written(tmp_path, change))
    assert str(tmp_path / SPEC_NAME) in str(caught.value)


@pytest.mark.parametrize("text", ["", "{", "nonsense", "[" * 100_000])
def test_bad_json_is_said(text: str, tmp_path: Path) -> None:
    (tmp_path / SPEC_NAME).write_text(text, "utf-8")
    with pytest.raises(EncoderError, match=r"spec\.json is not valid JSON"):
        read_spec(tmp_path)


def test_bytes_that_are_no_text_are_said(tmp_path: Path) -> None:
    (tmp_path / SPEC_NAME).write_bytes(b"\xff\xfe\x00")
    with pytest.raises(EncoderError, match=r"spec\.json cannot be read"):
        read_spec(tmp_path)


def test_a_missing_folder_and_a_missing_file_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(EncoderError, match="is not a folder"):
        read_spec(tmp_path / "nowhere")
    with pytest.raises(EncoderError, match=r"it has no spec\.json"):
        read_spec(tmp_path)


def test_a_folder_that_is_not_there_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match=r"spec\.json: cannot be written"):
        write_spec(SPEC, tmp_path / "nowhere")


def test_the_fingerprint_follows_what_decides_a_vector_and_nothing_else() -> None:
    first = fingerprint(b"weights", SPEC)
    assert len(first) == 16
    assert int(first, 16) >= 0
    assert fingerprint(b"weights", replace(SPEC, name="other", confidence=None)) == first
    changed = {
        fingerprint(b"weightz", SPEC),
        fingerprint(b"weights", replace(SPEC, dim=9)),
        fingerprint(b"weights", replace(SPEC, preprocess=replace(SPEC.preprocess, fit=Fit.COVER))),
        fingerprint(b"weights", replace(SPEC, preprocess=replace(SPEC.preprocess, pad_rgb=(0, 0, 0)))),
    }
    assert len(changed | {first}) == 5
