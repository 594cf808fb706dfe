"""Charts of the probabilities of answers, as PNG bytes."""

from benchmarks.answer_certainty import MAX_FALSE_ALARMS, Certainty
from training.evaluation.figures import (
    GRAY,
    GRID_GRAY,
    new_figure,
    png_bytes,
    remove_frame,
    series_colour,
    set_roc_axes,
)


def reliability_chart(measured: Certainty) -> bytes:
    """The share of right answers over the mean probability of each bin, and the number of answers in each.

    `EncoderError` when matplotlib is not installed.
    """
    figure = new_figure(6.4, 7.4)
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    probabilities = [point.mean_probability for point in measured.bins]
    upper.plot((0, 1), (0, 1), color=GRAY, linewidth=0.8, linestyle=":")
    shares = [point.right_share for point in measured.bins]
    upper.plot(probabilities, shares, "o-", color=series_colour(0), markersize=5)
    upper.set_ylabel("share that was right")
    upper.set_title(f"expected calibration error {measured.error:.3f}", fontsize=11)
    upper.set_ylim(-0.02, 1.02)
    bars = lower.bar(probabilities, [point.answers for point in measured.bins], width=0.03, color=series_colour(0))
    lower.bar_label(bars, fontsize=7, color="#404040")
    lower.set_yscale("log")
    lower.set_ylabel("answers")
    lower.set_xlabel("probability of the first scene")
    lower.set_xlim(-0.02, 1.02)
    for panel in (upper, lower):
        panel.grid(color=GRID_GRAY)
        remove_frame(panel)
    return png_bytes(figure)


def roc_chart(measured: Certainty) -> bytes:
    """The ROC curve of the probability: pictures in the library against pictures that are not.

    `EncoderError` when matplotlib is not installed.
    """
    figure = new_figure(6.4, 5.6)
    panel = figure.subplots()
    alarms, recalls = zip(*measured.curve, strict=True)
    panel.step(alarms, recalls, where="post", color=series_colour(0))
    set_roc_axes(panel, MAX_FALSE_ALARMS)
    panel.set_xlabel("pictures not in the library at or above a probability")
    panel.set_ylabel("pictures in the library at or above it")
    panel.set_title(f"area under the curve {measured.auc:.4f}", fontsize=11)
    return png_bytes(figure)
