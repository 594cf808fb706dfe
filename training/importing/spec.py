"""Settings of importing; a module of its own, so that the command line does not import torch."""

from dataclasses import dataclass
from enum import StrEnum

from core.encoders.base import Fit
from training.export.precision import Precision

Colours = tuple[float, float, float]
"""Red, green, blue."""

IMAGENET_MEAN: Colours = (0.485, 0.456, 0.406)
IMAGENET_STD: Colours = (0.229, 0.224, 0.225)


class Layout(StrEnum):
    """The order of the sides of a model's input."""

    AUTO = "auto"
    """The side of size 3 holds the colours; first when the sizes do not tell."""
    NCHW = "nchw"
    """Colours first: (n, 3, height, width)."""
    NHWC = "nhwc"
    """Colours last: (n, height, width, 3)."""


class Values(StrEnum):
    """The range of the input of models of floats."""

    NORMALISED = "normalised"
    """0..1, minus the mean, divided by the deviation."""
    UNIT = "unit"
    """0..1."""
    BYTES = "bytes"
    """0..255."""


@dataclass(frozen=True, slots=True)
class ImportSpec:
    """`None` means the file's name, the model's size or 288 x 160, and ImageNet's mean and deviation. `licences` are
    lines of the card.
    """

    name: str | None = None
    width: int | None = None
    height: int | None = None
    fit: Fit = Fit.PAD
    mean: Colours | None = None
    std: Colours | None = None
    values: Values = Values.NORMALISED
    layout: Layout = Layout.AUTO
    weights: Precision = Precision.FLOAT16
    licences: tuple[str, ...] = ()
