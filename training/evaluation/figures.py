"""Figures of charts: set-up and PNG bytes, by matplotlib."""

import io
from importlib.util import find_spec
from typing import TYPE_CHECKING

from core.errors import EncoderError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

GRAY = "#A0A0A0"
GRID_GRAY = "#E8E8E8"
_DPI = 130
_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#4D4D4D", "#B8A800")
"""The palette of Okabe and Ito, whose colours colour-blind readers can distinguish."""


def require_matplotlib() -> None:
    """`EncoderError` when matplotlib is not installed; called before a long run."""
    if find_spec("matplotlib") is None:
        raise EncoderError("Drawing charts needs matplotlib: `uv sync --extra train` installs it.")


def new_figure(width: float, height: float) -> "Figure":
    """A figure of this size in inches, without a display and without pyplot's global state.

    `EncoderError` when matplotlib is not installed.
    """
    require_matplotlib()
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415  # takes a second to import
    from matplotlib.figure import Figure  # noqa: PLC0415

    figure = Figure((width, height), dpi=_DPI, layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def series_colour(number: int) -> str:
    """The colour of a series by its number; the palette repeats after eight."""
    return _COLOURS[number % len(_COLOURS)]


def set_roc_axes(panel: "Axes", limit: float) -> None:
    """Axes of a ROC curve: false alarms on a scale that is linear up to `limit`, which is marked, then logarithmic."""
    panel.axvline(limit, color=GRAY, linewidth=0.8, linestyle=":")
    panel.set_xscale("symlog", linthresh=limit, linscale=0.6)
    panel.set_xticks([0, 0.01, 0.03, 0.1, 0.3, 1], ["0", "1 %", "3 %", "10 %", "30 %", "100 %"])
    panel.minorticks_off()
    panel.set_xlim(0, 1)
    panel.set_ylim(0, 1.01)
    panel.grid(color=GRID_GRAY)
    remove_frame(panel)


def remove_frame(panel: "Axes") -> None:
    """Remove the upper and right edges of a panel, and draw its grid below the data."""
    panel.set_axisbelow(True)
    for side in ("top", "right"):
        panel.spines[side].set_visible(False)


def png_bytes(figure: "Figure") -> bytes:
    """The figure as a PNG file; the same figure gives the same bytes."""
    data = io.BytesIO()
    figure.savefig(data, format="png", metadata={"Software": None})
    return data.getvalue()
