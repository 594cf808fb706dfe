"""Import of an external model (ONNX or TorchScript, from a picture to a vector) as an encoder.

The model is checked, run, and wrapped so that it satisfies the contract of encoders. Nothing in it is unpickled.
"""

import hashlib
import math
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from core.encoders.base import Encoder, EncoderSpec, PreprocessSpec
from core.errors import EncoderError, InputError
from training.export.model_card import CardTable, ModelCard, render
from training.export.onnx_export import check_free, write_encoder
from training.importing.external_model import ExternalModel
from training.importing.onnx_model import OnnxModel
from training.importing.spec import IMAGENET_MEAN, IMAGENET_STD, Colours, ImportSpec, Layout, Values
from training.importing.torchscript_model import TorchScriptModel

WIDTH, HEIGHT = 288, 160
"""The size of frames for models of any size."""
MAX_SIDE = 4096
_MAX_BYTES = 2**31 - 1
_ZIP = b"PK\x03\x04"
_PICKLES = (b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05")

Measure = Callable[[Encoder], tuple[CardTable, ...]]
"""Measures an encoder; called before anything is written."""


class ModelKind(StrEnum):
    """The format of a model."""

    ONNX = "onnx"
    TORCHSCRIPT = "torchscript"


_MODELS: dict[ModelKind, Callable[[bytes, str, Layout], ExternalModel]] = {
    ModelKind.ONNX: OnnxModel,
    ModelKind.TORCHSCRIPT: TorchScriptModel,
}
_ARTICLES = {ModelKind.ONNX: "An ONNX", ModelKind.TORCHSCRIPT: "A TorchScript"}


@dataclass(frozen=True, slots=True)
class ImportedEncoder:
    """An encoder's folder that was written; `sha256` is that of the model's file."""

    folder: Path
    name: str
    fingerprint: str
    dim: int
    sha256: str
    kind: ModelKind
    width: int
    height: int
    model_bytes: int
    tables: tuple[CardTable, ...]


def import_encoder(
    file: Path,
    folder: Path,
    spec: ImportSpec | None = None,
    *,
    sha256: str | None = None,
    measure: Measure | None = None,
) -> ImportedEncoder:
    """Write the encoder of the model in `file` to `folder`, with the tables of `measure` on its card.

    The file is read once, and not parsed when its checksum is not `sha256`. `InputError` for a file or an option that
    cannot be used, `EncoderError` for a model that is no encoder or that gives other vectors when it is wrapped,
    `StorageError` when the folder cannot be written. Nothing is written then.
    """
    spec = spec or ImportSpec()
    check_free(folder)
    data = _read(file)
    checksum = hashlib.sha256(data).hexdigest()
    if sha256 is not None:
        _check_sum(file, checksum, sha256)
    kind = _kind(file, data)
    model = _MODELS[kind](data, str(file), spec.layout)
    preprocess = _preprocess(file, spec, model)
    wrapped = model.wrap(preprocess)
    name = (spec.name if spec.name is not None else file.stem).strip()
    if not name:
        raise InputError("The name of an encoder must not be empty.")
    tables: tuple[CardTable, ...] = ()

    def card(encoder: Encoder, model_bytes: int) -> str:
        nonlocal tables
        tables = measure(encoder) if measure else ()
        return render(
            ModelCard(
                name,
                encoder.fingerprint,
                wrapped.dim,
                model_bytes,
                preprocess,
                architecture=f"{_ARTICLES[kind]} model from elsewhere, not changed; vectors are scaled to length 1.",
                start=f"the file `{file.name}`, SHA-256 `{checksum}`; large weights are stored as {spec.weights}.",
                licences=spec.licences,
                tables=tables,
            )
        )

    written = write_encoder(
        wrapped.graph,
        EncoderSpec(name, wrapped.dim, preprocess),
        folder,
        reference=wrapped.reference,
        weights=spec.weights,
        card=card,
    )
    return ImportedEncoder(
        folder,
        name,
        written.fingerprint,
        wrapped.dim,
        checksum,
        kind,
        preprocess.width,
        preprocess.height,
        written.model_bytes,
        tables,
    )


def _read(file: Path) -> bytes:
    if file.is_dir():
        raise InputError(f"{file} is a folder: name the file of the model.")
    try:
        if file.stat().st_size > _MAX_BYTES:
            raise InputError(f"{file} is larger than 2 GiB, more than an ONNX file can hold.")
        data = file.read_bytes()
    except FileNotFoundError as exc:
        raise InputError(f"There is no file {file}.") from exc
    except OSError as exc:
        raise InputError(f"{file} cannot be read: {exc}.") from exc
    if not data:
        raise InputError(f"{file} is empty.")
    return data


def _check_sum(file: Path, checksum: str, expected: str) -> None:
    expected = expected.strip().lower()
    if len(expected) != 64 or set(expected) - set("0123456789abcdef"):
        raise InputError(f"--sha256 must be 64 hexadecimal digits, not {expected!r}.")
    if checksum != expected:
        raise EncoderError(f"{file} is not the expected file: its SHA-256 is {checksum}, not {expected}.")


def _kind(file: Path, data: bytes) -> ModelKind:
    if data.startswith(_PICKLES):
        raise EncoderError(
            f"{file} is a Python pickle: loading it could run any code, so it is refused. Ask its authors for "
            "TorchScript or ONNX, or export it with their code."
        )
    return ModelKind.TORCHSCRIPT if data.startswith(_ZIP) else ModelKind.ONNX


def _preprocess(file: Path, spec: ImportSpec, model: ExternalModel) -> PreprocessSpec:
    """The frame size of model and options, and the normalisation of the model's input."""
    sides = {}
    for side, fixed, requested, usual in (
        ("width", model.width, spec.width, WIDTH),
        ("height", model.height, spec.height, HEIGHT),
    ):
        if fixed is not None and requested is not None and fixed != requested:
            raise InputError(f"{file} takes pictures of {side} {fixed} only, not {requested}: leave out --{side}.")
        sides[side] = fixed or requested or usual
        if not 1 <= sides[side] <= MAX_SIDE:
            raise InputError(f"The {side} of frames must be from 1 to {MAX_SIDE}, not {sides[side]}.")
    mean, std = _colours(spec)
    return PreprocessSpec(sides["width"], sides["height"], spec.fit, mean, std)


def _colours(spec: ImportSpec) -> tuple[Colours, Colours]:
    if spec.values is not Values.NORMALISED:
        if spec.mean is not None or spec.std is not None:
            raise InputError(f"--mean and --std are for normalised input; --input-values {spec.values} uses neither.")
        return (0.0, 0.0, 0.0), ((1.0, 1.0, 1.0) if spec.values is Values.UNIT else (1 / 255, 1 / 255, 1 / 255))
    mean, std = spec.mean or IMAGENET_MEAN, spec.std or IMAGENET_STD
    if not all(math.isfinite(number) for number in (*mean, *std)) or min(std) <= 0:
        raise InputError("--mean and --std must be finite numbers, and those of --std above zero.")
    return mean, std
