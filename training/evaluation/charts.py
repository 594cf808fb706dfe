"""Charts of evaluation results, as PNG bytes."""

from collections.abc import Callable, Mapping

from training.evaluation.figures import new_figure, png_bytes, remove_frame, series_colour, set_roc_axes
from training.evaluation.library import RowResult
from training.evaluation.open_set import MAX_FALSE_ALARMS, OpenSet


def sweep_chart(results: Mapping[str, Mapping[str, RowResult]]) -> bytes:
    """A group of bars for each distortion, a colour for each encoder: right shot, and within half a second.

    `EncoderError` when matplotlib is not installed.
    """
    rows = list(dict.fromkeys(row for encoder_rows in results.values() for row in encoder_rows))
    figure = new_figure(12, 1.4 + len(rows) * (0.14 + 0.13 * len(results)))
    kinds: tuple[tuple[str, Callable[[RowResult], float]], ...] = (
        ("right shot", lambda result: result.right_shot),
        ("within 0.5 s", lambda result: result.within),
    )
    panels = figure.subplots(1, len(kinds), sharey=True)
    thickness = 0.84 / max(1, len(results))
    for panel, (title, value) in zip(panels, kinds, strict=True):
        for number, (encoder, encoder_rows) in enumerate(results.items()):
            places = [at - 0.42 + (number + 0.5) * thickness for at, row in enumerate(rows) if row in encoder_rows]
            values = [value(encoder_rows[row]) for row in rows if row in encoder_rows]
            bars = panel.barh(places, values, thickness * 0.9, color=series_colour(number), label=encoder)
            panel.bar_label(bars, fmt="%.2f", padding=2, fontsize=7, color="#404040")
        panel.set_title(title, fontsize=11)
        panel.set_xlim(0, 1.08)
        panel.set_ylim(len(rows) - 0.4, -0.6)
        panel.set_yticks(range(len(rows)), rows, fontsize=9)
        panel.grid(axis="x", color="#E0E0E0")
        remove_frame(panel)
    handles, labels = panels[0].get_legend_handles_labels()
    columns = max(1, 120 // max(20, *map(len, labels)))
    figure.legend(handles, labels, loc="outside upper center", ncols=columns, frameon=False, fontsize=10)
    return png_bytes(figure)


def roc_chart(results: Mapping[str, Mapping[str, OpenSet]]) -> bytes:
    """ROC curves, a panel for each distortion of the queries: solid by similarity, dashed by margin.

    `EncoderError` when matplotlib is not installed.
    """
    changes = list(dict.fromkeys(change for open_sets in results.values() for change in open_sets))
    figure = new_figure(max(6.4, 5.4 * len(changes)), 5.4 + 0.34 * len(results))
    panels = figure.subplots(1, len(changes), sharey=True, squeeze=False)[0]
    for panel, change in zip(panels, changes, strict=True):
        for number, (encoder, open_sets) in enumerate(results.items()):
            if change not in open_sets:
                continue
            for score, line, separation in (
                ("likeness", "-", open_sets[change].similarity),
                ("margin", "--", open_sets[change].margin),
            ):
                alarms, recalls = zip(*separation.curve, strict=True)
                label = f"{encoder}, {score}: AUC {separation.auc:.3f}"
                panel.step(alarms, recalls, line, where="post", color=series_colour(number), label=label)
        set_roc_axes(panel, MAX_FALSE_ALARMS)
        panel.set_xlabel("pictures not in the library taken for known")
        panel.set_title(f"asked with: {change}", fontsize=11)
        panel.legend(loc="upper center", bbox_to_anchor=(0.5, -0.12), frameon=False, fontsize=8)
    panels[0].set_ylabel("pictures in the library taken for known")
    return png_bytes(figure)
