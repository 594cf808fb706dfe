"""How a model of others is to be used. Apart, so that a command line can offer it without torch."""

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
    """The side that is 3 holds the colours; where nothing says so, they come first."""
    NCHW = "nchw"
    """Colours first: (n, 3, height, width)."""
    NHWC = "nhwc"
    """Colours last: (n, height, width, 3)."""


class Values(StrEnum):
    """What numbers a model takes that does not take bytes."""

    NORMALISED = "normalised"
    """0..1 less the mean, divided by the deviation."""
    UNIT = "unit"
    """0..1."""
    BYTES = "bytes"
    """0..255."""


@dataclass(frozen=True, slots=True)
class ImportSpec:
    """`None`: the file's name, the model's size or 288 x 160, ImageNet's colours. `licences` are lines for the card."""

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
