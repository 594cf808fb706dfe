"""Tables and JSON of answers."""

from collections.abc import Mapping, Sequence

import numpy as np

from benchmarks.answer_certainty import Certainty, Threshold
from benchmarks.answer_judging import Answer, shares
from core.domain import Verdict
from training.evaluation.tables import Table

Answers = Mapping[str, Mapping[str, Sequence[Answer]]]
"""Answers by row, then by stage; rows without answers are left out."""
OutsideAnswers = Mapping[str, Sequence[Answer]]
"""Answers to pictures that are not in the library, by kind."""


def stage_table(answers: Answers) -> Table:
    """Right scene / within half a second or the same drawing: a row for each picture, a column for each stage."""
    stages = list(dict.fromkeys(stage for by_stage in answers.values() for stage in by_stage))
    sums = {row: {stage: shares(some) for stage, some in by_stage.items()} for row, by_stage in answers.items()}
    rows = [
        (row, *(f"{by[stage].right_scene:.3f} / {by[stage].within:.3f}" for stage in stages))
        for row, by in sums.items()
    ]
    means = (
        (np.mean([by[stage].right_scene for by in sums.values()]), np.mean([by[stage].within for by in sums.values()]))
        for stage in stages
    )
    rows.append(("mean of rows", *(f"{scene:.3f} / {within:.3f}" for scene, within in means)))
    return Table("Right scene / within 0.5 s or the same drawing", ("picture", *stages), tuple(rows))


def verdict_table(answers_by_row: Mapping[str, Sequence[Answer]], title: str) -> Table:
    """Shares of the three verdicts, a row for each kind of picture."""
    rows = []
    for row, answers in answers_by_row.items():
        sums = shares(answers)
        rows.append((row, str(sums.queries), *(f"{sums.verdicts[verdict]:.3f}" for verdict in Verdict)))
    return Table(title, ("picture", "asked", *(verdict.replace("_", " ") for verdict in Verdict)), tuple(rows))


def time_table(answers_by_row: Mapping[str, Sequence[Answer]]) -> Table:
    """Errors of the time of right answers: median and 95th percentile."""
    rows = []
    for row, answers in answers_by_row.items():
        sums = shares(answers)
        pairs = (sums.error_s, sums.error_s_held, sums.error_frames_held)
        rows.append((row, *("" if both is None else f"{both[0]:.3f} / {both[1]:.3f}" for both in pairs)))
    header = ("picture", "s", "s, held drawings right", "frames, held drawings right")
    return Table("Error of time, 50 % / 95 %", header, tuple(rows))


def cost_table(answers: Answers) -> Table:
    """Median milliseconds of the parts of a search, and how many searches had that part."""
    rows = []
    for stage in dict.fromkeys(stage for by_stage in answers.values() for stage in by_stage):
        timings = [answer.timing_ms for by_stage in answers.values() for answer in by_stage.get(stage, ())]
        parts = dict.fromkeys(part for timing in timings for part in timing)
        for part in sorted(parts, key=lambda name: name == "total"):
            spent = [timing[part] for timing in timings if part in timing]
            middle, most = np.percentile(spent, (50, 99))
            rows.append((stage, part, f"{middle:.1f}", f"{most:.1f}", f"{len(spent) / len(timings):.2f}"))
    return Table("Milliseconds", ("stage", "part", "50 %", "99 %", "share of searches"), tuple(rows))


def threshold_table(measured: Certainty) -> Table:
    """Levels of probability; the first is the lowest with at most 1 % false alarms."""
    levels = [
        ("at 1 % false", measured.at_allowed),
        *((f"{threshold.probability:.2f}", threshold) for threshold in measured.levels),
    ]
    rows = tuple((name, *_level(threshold)) for name, threshold in levels)
    title = f"Thresholds (expected calibration error {measured.error:.3f}, area under the ROC curve {measured.auc:.4f})"
    return Table(title, ("", "probability", "not in the library", "in it, right scene first"), rows)


def answers_json(answers_by_row: Answers) -> Mapping[str, object]:
    """Shares by row, then by stage."""
    return {
        row: {stage: shares(answers).to_json() for stage, answers in by_stage.items()}
        for row, by_stage in answers_by_row.items()
    }


def outside_json(answers_by_kind: OutsideAnswers) -> Mapping[str, object]:
    """Shares of the verdicts by kind."""
    sums = {kind: shares(answers) for kind, answers in answers_by_kind.items()}
    return {
        kind: {
            "asked": kind_sums.queries,
            **{str(verdict): round(share, 4) for verdict, share in kind_sums.verdicts.items()},
        }
        for kind, kind_sums in sums.items()
    }


def _level(threshold: Threshold) -> tuple[str, str, str]:
    return f"{threshold.probability:.4f}", f"{threshold.alarms:.4f}", f"{threshold.recall:.4f}"
