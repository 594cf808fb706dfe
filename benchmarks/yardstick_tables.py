"""Tables of the comparison with reference encoders: by distortion, differences, inference time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.pace import Pace
from training.evaluation.library import RowResult
from training.evaluation.tables import Table

POINT = 0.01
_ROUNDING = 1e-9

SweepResults = Mapping[str, Mapping[str, RowResult]]
"""Results by embedder, then by distortion."""


@dataclass(frozen=True, slots=True)
class Difference:
    """Ours minus the reference, right shot and within half a second, by distortion; and the distortions (`under`) for
    which either of the two is more than one point (0.01) lower.
    """

    name: str
    reference: str
    rows: Mapping[str, tuple[float, float]]
    under: tuple[str, ...]

    def to_json(self) -> Mapping[str, object]:
        """For the report."""
        rows = {
            row: {"right_shot": round(shot, 4), "within_0.5s": round(within, 4)}
            for row, (shot, within) in self.rows.items()
        }
        return {"encoder": self.name, "reference": self.reference, "rows": rows, "more_than_a_point_under": self.under}


def differences(results: SweepResults, ours: Sequence[str], references: Sequence[str]) -> Sequence[Difference]:
    """The differences of each of ours from each reference."""
    compared = []
    for name in ours:
        for reference in references:
            theirs = results[reference]
            rows = {
                row: (ours_row.right_shot - theirs[row].right_shot, ours_row.within - theirs[row].within)
                for row, ours_row in results[name].items()
            }
            under = tuple(row for row, both in rows.items() if min(both) < -POINT - _ROUNDING)
            compared.append(Difference(name, reference, rows, under))
    return compared


def means(results: SweepResults) -> Mapping[str, Mapping[str, float]]:
    """Means by embedder, over all distortions."""
    return {
        name: {
            "right_shot": round(float(np.mean([row.right_shot for row in rows.values()])), 4),
            "within_0.5s": round(float(np.mean([row.within for row in rows.values()])), 4),
        }
        for name, rows in results.items()
    }


def difference_table(results: SweepResults, compared: Sequence[Difference]) -> Table:
    """A row for each distortion: right shot / within 0.5 s of each, then differences in points, in bold when under."""
    rows = []
    for row in next(iter(results.values()), {}):
        shares = (f"{results[row].right_shot:.3f} / {results[row].within:.3f}" for results in results.values())
        rows.append((row, *shares, *(_points(difference, row) for difference in compared)))
    average = means(results)
    both = (f"{average[name]['right_shot']:.3f} / {average[name]['within_0.5s']:.3f}" for name in results)
    under = (f"{len(difference.under)} under" for difference in compared)
    header = (
        "distortion",
        *results,
        *(f"{difference.name} - {difference.reference}, points" for difference in compared),
    )
    return Table("Right shot / within 0.5 s", header, (*rows, ("mean", *both, *under)))


def pace_table(measured: Mapping[str, Pace], unit: str) -> Table:
    """Milliseconds a picture, and the ratio to the time of `unit`."""
    rows = tuple(
        (
            name,
            f"{pace.whole_ms:.2f}",
            f"{pace.whole_ms / measured[unit].whole_ms:.2f}",
            f"{pace.chunked_ms:.2f}",
            f"{pace.chunked_ms / measured[unit].chunked_ms:.2f}",
        )
        for name, pace in measured.items()
    )
    header = ("network", "batch 16 in one go", f"of {unit}", "as the engine sends it", f"of {unit}")
    return Table("Milliseconds a picture", header, rows)


def _points(difference: Difference, row: str) -> str:
    shot, within = difference.rows[row]
    text = f"{100 * shot:+.1f} / {100 * within:+.1f}"
    return f"**{text}**" if row in difference.under else text
