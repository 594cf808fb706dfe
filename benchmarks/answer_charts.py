"""Probabilities of answers as charts: PNG bytes, drawn by matplotlib."""

import io
from typing import TYPE_CHECKING, Final

from benchmarks.answer_certainty import MAX_FALSE_ALARMS, Certainty
from training.evaluation.charts import require_matplotlib

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_DPI: Final = 130
_BLUE: Final = "#0072B2"
_GRAY: Final = "#A0A0A0"


def reliability_chart(measured: Certainty) -> bytes:
    """What was right over what was promised, and how many answers each point stands for.

    `EncoderError` when matplotlib is not installed.
    """
    figure = _figure(6.4, 7.4)
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    promised = [point.mean_probability for point in measured.bins]
    upper.plot((0, 1), (0, 1), color=_GRAY, linewidth=0.8, linestyle=":")
    upper.plot(promised, [point.right_share for point in measured.bins], "o-", color=_BLUE, markersize=5)
    upper.set_ylabel("share that was right")
    upper.set_title(f"expected calibration error {measured.error:.3f}", fontsize=11)
    upper.set_ylim(-0.02, 1.02)
    bars = lower.bar(promised, [point.answers for point in measured.bins], width=0.03, color=_BLUE)
    lower.bar_label(bars, fontsize=7, color="#404040")
    lower.set_yscale("log")
    lower.set_ylabel("answers")
    lower.set_xlabel("probability of the first scene")
    lower.set_xlim(-0.02, 1.02)
    for panel in (upper, lower):
        _plain(panel)
    return _png(figure)


def roc_chart(measured: Certainty) -> bytes:
    """Pictures in the library over pictures that are not, by probability. `EncoderError` without matplotlib."""
    figure = _figure(6.4, 5.6)
    panel = figure.subplots()
    alarms, recalls = zip(*measured.curve, strict=True)
    panel.step(alarms, recalls, where="post", color=_BLUE)
    panel.axvline(MAX_FALSE_ALARMS, color=_GRAY, linewidth=0.8, linestyle=":")
    panel.set_xscale("symlog", linthresh=MAX_FALSE_ALARMS, linscale=0.6)
    panel.set_xticks([0, 0.01, 0.03, 0.1, 0.3, 1], ["0", "1 %", "3 %", "10 %", "30 %", "100 %"])
    panel.minorticks_off()
    panel.set_xlim(0, 1)
    panel.set_ylim(0, 1.01)
    panel.set_xlabel("pictures not in the library at or above a probability")
    panel.set_ylabel("pictures in the library at or above it")
    panel.set_title(f"area under the curve {measured.auc:.4f}", fontsize=11)
    _plain(panel)
    return _png(figure)


def _figure(width: float, height: float) -> "Figure":
    """Inches; drawn without a screen, and without the state that pyplot keeps."""
    require_matplotlib()
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415  # takes a second to import
    from matplotlib.figure import Figure  # noqa: PLC0415

    figure = Figure((width, height), dpi=_DPI, layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def _plain(panel: "Axes") -> None:
    panel.set_axisbelow(True)
    panel.grid(color="#E8E8E8")
    for side in ("top", "right"):
        panel.spines[side].set_visible(False)


def _png(figure: "Figure") -> bytes:
    data = io.BytesIO()
    figure.savefig(data, format="png", metadata={"Software": None})
    return data.getvalue()
