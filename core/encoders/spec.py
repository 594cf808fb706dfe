"""The file `spec.json` of an encoder's folder, and the encoder's fingerprint.

    {
      "name": "…", "dim": 256,
      "preprocess": {"width": 288, "height": 160, "fit": "stretch", "mean": [r, g, b], "std": [r, g, b],
                     "pad_rgb": [r, g, b]},
      "confidence": null or {"bias": …, "similarity": …, "margin": …,
                             "checked": null or {"bias": …, "similarity": …, "margin": …, "score": …, "lead": …}}
    }

Mean and deviation are applied inside `model.onnx`, which takes bytes; they are repeated here for further training.
`pad_rgb`, `confidence` and its `checked` may be left out; any other field is an error, so that misspellings are found.
"""

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from dataclasses import fields as dataclass_fields
from pathlib import Path

from core.encoders.base import ConfidenceSpec, EncoderSpec, Fit, PreprocessSpec, VerifiedCurveSpec
from core.errors import EncoderError
from core.files import StagedPath, storage_errors

SPEC_NAME = "spec.json"
MODEL_NAME = "model.onnx"
_MAX_SIDE_PX = 4096
_MAX_DIM = 65536


@dataclass(frozen=True, slots=True)
class Port:
    """An input or output of a graph: NumPy's name of its type, and its shape, batch first."""

    dtype: str
    shape: tuple[object, ...]


def read_spec(folder: Path) -> EncoderSpec:
    """Read `spec.json` of an encoder's folder. `EncoderError` names the file and the field that is wrong."""
    path = folder / SPEC_NAME
    if not folder.is_dir():
        raise EncoderError(f"There is no encoder at {folder}: it is not a folder.")
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError as exc:
        raise EncoderError(f"There is no encoder in {folder}: it has no {SPEC_NAME}.") from exc
    except (OSError, UnicodeDecodeError) as exc:
        raise EncoderError(f"{path} cannot be read: {exc}.") from exc
    try:
        content = json.loads(text)
    except (json.JSONDecodeError, RecursionError) as exc:
        raise EncoderError(f"{path} is not valid JSON: {exc}.") from exc
    return _encoder(_Fields(content, path, ""))


def write_spec(spec: EncoderSpec, folder: Path) -> None:
    """Write `spec.json` into a folder that exists. `StorageError` when it cannot be written."""
    path = folder / SPEC_NAME
    with storage_errors(path), StagedPath(path) as part:
        part.write_text(json.dumps(asdict(spec), indent=2) + "\n", "utf-8")


def fingerprint(weights: bytes, spec: EncoderSpec) -> str:
    """Hash, 16 hex digits, of all that determines a vector: the bytes of `model.onnx`, preprocessing and length.

    Name and calibration are not part of it: they may change while the index stays valid.
    """
    plain = json.dumps({"dim": spec.dim, "preprocess": asdict(spec.preprocess)}, sort_keys=True)
    return hashlib.sha256(plain.encode() + b"\0" + weights).hexdigest()[:16]


def check_ports(spec: EncoderSpec, source: str, inputs: Sequence[Port], outputs: Sequence[Port]) -> None:
    """`EncoderError` unless a loaded graph has one input and one output, of the shapes and types that `spec` says."""
    if len(inputs) != 1 or len(outputs) != 1:
        raise EncoderError(f"{source} has {len(inputs)} inputs and {len(outputs)} outputs; an encoder has one of each.")
    size = spec.preprocess
    if inputs[0].dtype != "uint8" or tuple(inputs[0].shape[1:]) != (size.height, size.width, 3):
        raise EncoderError(
            f"{source} takes {inputs[0].dtype} {inputs[0].shape}, but {SPEC_NAME} says frames of width {size.width} "
            f"and height {size.height}: uint8 (n, {size.height}, {size.width}, 3)."
        )
    if outputs[0].dtype != "float32" or tuple(outputs[0].shape[1:]) != (spec.dim,):
        raise EncoderError(
            f"{source} gives {outputs[0].dtype} {outputs[0].shape}, but {SPEC_NAME} says dim {spec.dim}."
        )


class _Fields:
    """Reads the fields of one JSON object by name and type; every error names file and field."""

    def __init__(self, content: object, path: Path, prefix: str) -> None:
        self._path = path
        self._prefix = prefix
        if not isinstance(content, Mapping):
            raise EncoderError(f"{path}: {prefix.rstrip('.') or 'the file'} must be an object with fields.")
        self._unread = dict(content)

    def error(self, name: str, complaint: str) -> EncoderError:
        return EncoderError(f"{self._path}: the field {self._prefix}{name} {complaint}.")

    def take(self, name: str) -> object:
        if name not in self._unread:
            raise self.error(name, "is missing")
        return self._unread.pop(name)

    def has(self, name: str) -> bool:
        """Whether the field is there and not null; a null counts as read."""
        if self._unread.get(name) is None:
            self._unread.pop(name, None)
        return name in self._unread

    def text(self, name: str) -> str:
        value = self.take(name)
        if not isinstance(value, str) or not value.strip():
            raise self.error(name, "must be a text")
        return value

    def whole_number(self, name: str, least: int, most: int) -> int:
        value = self.take(name)
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise self.error(name, f"must be a whole number from {least} to {most}")
        return value

    def number(self, name: str) -> float:
        return self._as_number(name, self.take(name))

    def three_numbers(self, name: str) -> tuple[float, float, float]:
        value = self.take(name)
        if not isinstance(value, list) or len(value) != 3:
            raise self.error(name, "must be a list of three numbers: red, green, blue")
        red, green, blue = (self._as_number(name, part) for part in value)
        return red, green, blue

    def nested(self, name: str) -> "_Fields":
        return _Fields(self.take(name), self._path, f"{self._prefix}{name}.")

    def check_no_more(self) -> None:
        for name in self._unread:
            raise self.error(str(name), "is not known")

    def _as_number(self, name: str, value: object) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise self.error(name, "must hold numbers only")
        return float(value)


def _encoder(fields: _Fields) -> EncoderSpec:
    spec = EncoderSpec(
        name=fields.text("name"),
        dim=fields.whole_number("dim", 1, _MAX_DIM),
        preprocess=_preprocess(fields.nested("preprocess")),
        confidence=_confidence(fields.nested("confidence")) if fields.has("confidence") else None,
    )
    fields.check_no_more()
    return spec


def _preprocess(fields: _Fields) -> PreprocessSpec:
    width = fields.whole_number("width", 1, _MAX_SIDE_PX)
    height = fields.whole_number("height", 1, _MAX_SIDE_PX)
    fit = fields.text("fit")
    if fit not in set(Fit):
        raise fields.error("fit", f"must be one of {', '.join(Fit)}")
    mean, std = fields.three_numbers("mean"), fields.three_numbers("std")
    if min(std) <= 0:
        raise fields.error("std", "must hold numbers above zero")
    spec = PreprocessSpec(width, height, Fit(fit), mean, std)
    if fields.has("pad_rgb"):
        red, green, blue = pad = fields.three_numbers("pad_rgb")
        if any(not part.is_integer() or not 0 <= part <= 255 for part in pad):
            raise fields.error("pad_rgb", "must hold whole numbers from 0 to 255")
        spec = replace(spec, pad_rgb=(int(red), int(green), int(blue)))
    fields.check_no_more()
    return spec


def _confidence(fields: _Fields) -> ConfidenceSpec:
    spec = ConfidenceSpec(
        bias=fields.number("bias"),
        similarity=fields.number("similarity"),
        margin=fields.number("margin"),
        checked=_checked(fields.nested("checked")) if fields.has("checked") else None,
    )
    fields.check_no_more()
    return spec


def _checked(fields: _Fields) -> VerifiedCurveSpec:
    spec = VerifiedCurveSpec(**{field.name: fields.number(field.name) for field in dataclass_fields(VerifiedCurveSpec)})
    fields.check_no_more()
    return spec
