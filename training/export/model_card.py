"""Model cards in Markdown: the architecture, origin, data and measurements of an encoder."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from core.encoders.base import PreprocessSpec

Cell = str | int | float | None
"""A cell of a table; `None` and NaN are shown as not measured."""
NOT_MEASURED = "not measured"


@dataclass(frozen=True, slots=True)
class CardTable:
    """A titled table; `head` names its columns, and each row has as many cells."""

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True, slots=True)
class CardData:
    """The training data of an encoder; `None` for what was not counted.

    `split` is a sentence on how training and validation data were separated.
    """

    shows: int | None
    files: int | None
    frames: int | None
    hours: float | None
    split: str


@dataclass(frozen=True, slots=True)
class ModelCard:
    """The facts of a card.

    `architecture` and `start` (what the weights were before training, or where they came from) are sentences,
    `licences` one line for each part. `data` is `None` for an encoder that was not trained here. `settings` are those
    of the training, `tables` what was measured.
    """

    name: str
    fingerprint: str
    dim: int
    model_bytes: int
    preprocess: PreprocessSpec
    architecture: str
    start: str
    licences: tuple[str, ...] = ()
    data: CardData | None = None
    settings: tuple[tuple[str, Cell], ...] = ()
    tables: tuple[CardTable, ...] = ()


def render(card: ModelCard) -> str:
    """The card in Markdown, ending with a line break. Missing facts are stated as missing."""
    size = card.preprocess
    parts = [
        f"# `{_code(card.name)}`",
        f"Fingerprint `{card.fingerprint}`. Frames of {size.width} × {size.height} in, vectors of {card.dim} numbers "
        f"out. {card.model_bytes / 1e6:.1f} MB.",
        "## What it is",
        card.architecture,
        f"Start: {card.start}",
        _preprocess(size),
        "## Licence",
        "\n".join(f"- {_line(licence)}" for licence in card.licences) or "Not stated.",
        "## Data",
        _data(card.data),
    ]
    if card.settings:
        parts += ["## Training", _table(("setting", "value"), card.settings, missing="not set")]
    parts.append("## How good it is")
    if not card.tables:
        parts.append("Not measured.")
    for table in card.tables:
        parts += [f"### {_line(table.title)}", _table(table.head, table.rows)]
    return "\n\n".join(parts) + "\n"


def _preprocess(spec: PreprocessSpec) -> str:
    ways = {
        "stretch": "are stretched to that size",
        "pad": f"keep their shape and are padded to that size with the colour {_three(spec.pad_rgb)}",
        "cover": "keep their shape and are cut to that size",
    }
    return (
        f"Pictures {ways[spec.fit]}. Red, green and blue, from 0 to 1, are normalised by the mean {_three(spec.mean)} "
        f"and the standard deviation {_three(spec.std)}; `model.onnx` contains the normalisation and takes bytes."
    )


def _data(data: CardData | None) -> str:
    if data is None:
        return "Not trained by this project; its data are not known."
    counts = ((data.frames, "frames"), (data.files, "files"), (data.shows, "shows"))
    facts = [f"{count:,} {noun}" for count, noun in counts if count is not None]
    facts += [f"{data.hours:.1f} hours of video"] if data.hours is not None else []
    return f"{', '.join(facts) or 'Not counted'}. {_line(data.split)}"


def _table(head: tuple[str, ...], rows: Iterable[tuple[Cell, ...]], *, missing: str = NOT_MEASURED) -> str:
    lines = [head, ("---",) * len(head), *(tuple(_cell(cell, missing) for cell in row) for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(cell: Cell, missing: str) -> str:
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, int):
        return f"{cell:,}"
    if isinstance(cell, float):
        return missing if math.isnan(cell) else f"{cell:.4g}"
    return missing if cell is None else _line(cell).replace("|", "\\|")


def _three(numbers: tuple[float, float, float]) -> str:
    return ", ".join(f"{number:.4g}" for number in numbers)


def _line(text: str) -> str:
    return " ".join(text.split())


def _code(text: str) -> str:
    return _line(text).replace("`", "'")
