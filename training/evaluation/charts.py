"""Results as pictures: PNG bytes, drawn by matplotlib."""

import io
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from typing import TYPE_CHECKING

from core.errors import EncoderError
from training.evaluation.library import RowResult
from training.evaluation.open_set import OpenSet

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#4D4D4D", "#B8A800")
"""Okabe and Ito's, which people with colour-blind eyes can tell apart."""
_DPI = 130


def sweep_chart(results: Mapping[str, Mapping[str, RowResult]]) -> bytes:
    """A group of bars for each distortion, a colour for each describer: right shot, and within half a second.

    `EncoderError` when matplotlib is not installed.
    """
    names = list(dict.fromkeys(row for rows in results.values() for row in rows))
    figure = _figure(12, 1.4 + len(names) * (0.14 + 0.13 * len(results)))
    kinds: tuple[tuple[str, Callable[[RowResult], float]], ...] = (
        ("right shot", lambda row: row.right_shot),
        ("within 0.5 s", lambda row: row.within),
    )
    panels = figure.subplots(1, len(kinds), sharey=True)
    thick = 0.84 / max(1, len(results))
    for panel, (title, value) in zip(panels, kinds, strict=True):
        for number, (name, rows) in enumerate(results.items()):
            places = [at - 0.42 + (number + 0.5) * thick for at, name in enumerate(names) if name in rows]
            values = [value(rows[name]) for name in names if name in rows]
            bars = panel.barh(places, values, thick * 0.9, color=_colour(number), label=name)
            panel.bar_label(bars, fmt="%.2f", padding=2, fontsize=7, color="#404040")
        panel.set_title(title, fontsize=11)
        panel.set_xlim(0, 1.08)
        panel.set_ylim(len(names) - 0.4, -0.6)
        panel.set_yticks(range(len(names)), names, fontsize=9)
        panel.grid(axis="x", color="#E0E0E0")
        _plain(panel)
    handles, labels = panels[0].get_legend_handles_labels()
    columns = max(1, 120 // max(20, *map(len, labels)))
    figure.legend(handles, labels, loc="outside upper center", ncols=columns, frameon=False, fontsize=10)
    return _png(figure)


def roc_chart(results: Mapping[str, Mapping[str, OpenSet]]) -> bytes:
    """ROC curves, a panel for each distortion asked with: solid by likeness, dashed by margin.

    False alarms are on a scale that shows the few that a user bears. `EncoderError` when matplotlib is not installed.
    """
    changes = list(dict.fromkeys(change for both in results.values() for change in both))
    figure = _figure(max(6.4, 5.4 * len(changes)), 5.4 + 0.34 * len(results))
    panels = figure.subplots(1, len(changes), sharey=True, squeeze=False)[0]
    for panel, change in zip(panels, changes, strict=True):
        for number, (name, both) in enumerate(results.items()):
            if change not in both:
                continue
            for score, line, separation in (
                ("likeness", "-", both[change].similarity),
                ("margin", "--", both[change].margin),
            ):
                alarms, recalls = zip(*separation.curve, strict=True)
                label = f"{name}, {score}: AUC {separation.auc:.3f}"
                panel.step(alarms, recalls, line, where="post", color=_colour(number), label=label)
        panel.axvline(0.01, color="#A0A0A0", linewidth=0.8, linestyle=":")
        panel.set_xscale("symlog", linthresh=0.01, linscale=0.6)
        panel.set_xticks([0, 0.01, 0.03, 0.1, 0.3, 1], ["0", "1 %", "3 %", "10 %", "30 %", "100 %"])
        panel.minorticks_off()
        panel.set_xlim(0, 1)
        panel.set_ylim(0, 1.01)
        panel.set_xlabel("pictures not in the library taken for known")
        panel.set_title(f"asked with: {change}", fontsize=11)
        panel.grid(color="#E8E8E8")
        panel.legend(loc="upper center", bbox_to_anchor=(0.5, -0.12), frameon=False, fontsize=8)
        _plain(panel)
    panels[0].set_ylabel("pictures in the library taken for known")
    return _png(figure)


def require_matplotlib() -> None:
    """Ask for it before a long run. `EncoderError` when it is not installed."""
    if find_spec("matplotlib") is None:
        raise EncoderError("Drawing charts needs matplotlib: `uv sync --extra train` installs it.")


def _figure(width: float, height: float) -> "Figure":
    """Inches; drawn without a screen, and without the state that pyplot keeps."""
    require_matplotlib()
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415  # takes a second to import
    from matplotlib.figure import Figure  # noqa: PLC0415

    figure = Figure((width, height), dpi=_DPI, layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def _colour(number: int) -> str:
    return _COLOURS[number % len(_COLOURS)]


def _plain(panel: "Axes") -> None:
    panel.set_axisbelow(True)
    for side in ("top", "right"):
        panel.spines[side].set_visible(False)


def _png(figure: "Figure") -> bytes:
    data = io.BytesIO()
    figure.savefig(data, format="png", metadata={"Software": None})
    return data.getvalue()
