"""Tables of evaluation results."""

from collections.abc import Mapping
from dataclasses import dataclass

from training.evaluation.library import RowResult
from training.evaluation.metrics import TOPS, Retrieval
from training.evaluation.open_set import OpenSet


@dataclass(frozen=True, slots=True)
class Table:
    """A table of texts; the first column has names, the others numbers."""

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def markdown(self) -> str:
        """GitHub's Markdown, with the title above."""
        lines = [
            "| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in (self.header, *self.rows)
        ]
        rule = "|---" + "|--:" * (len(self.header) - 1) + "|"
        return "\n".join([f"### {self.title}", "", lines[0], rule, *lines[1:], ""])


def seed_table(results: Mapping[str, Retrieval]) -> Table:
    """The seed protocol; a row for each encoder, by name."""
    rows = (
        (name, *(_share(result.top[k]) for k in TOPS), f"{result.mrr:.4f}", str(result.queries))
        for name, result in results.items()
    )
    header = ("encoder", *(f"top-{k}" for k in TOPS), "MRR", "queries")
    return Table("Seed protocol", header, tuple(rows))


def library_table(results: Mapping[str, Mapping[str, RowResult]], row: str = "clean") -> Table:
    """The library protocol for one distortion; a row for each encoder that was measured with it."""
    rows = (
        (
            name,
            _share(rows[row].right_file),
            _share(rows[row].right_shot),
            _share(rows[row].within),
            _share(rows[row].within_10),
            str(rows[row].queries),
        )
        for name, rows in results.items()
        if row in rows
    )
    header = ("encoder", "right file", "right shot", "within 0.5 s", "within 0.5 s, best of 10", "queries")
    return Table(f"Library protocol, {row}", header, tuple(rows))


def sweep_table(results: Mapping[str, Mapping[str, RowResult]]) -> Table:
    """A row for each distortion: right shot / within 0.5 s of each encoder."""
    names = list(dict.fromkeys(row for rows in results.values() for row in rows))
    rows = (
        (
            row,
            *(
                f"{_share(rows[row].right_shot)} / {_share(rows[row].within)}" if row in rows else ""
                for rows in results.values()
            ),
        )
        for row in names
    )
    return Table("Distortions: right shot / within 0.5 s", ("distortion", *results), tuple(rows))


def open_set_table(results: Mapping[str, Mapping[str, OpenSet]]) -> Table:
    """A row for each encoder, distortion and score."""
    rows = (
        (
            name,
            change,
            score,
            f"{separation.auc:.4f}",
            f"{separation.threshold:.4f}",
            _share(separation.recall),
        )
        for name, changes in results.items()
        for change, both in changes.items()
        for score, separation in (("likeness", both.similarity), ("margin", both.margin))
    )
    header = ("encoder", "asked with", "score", "AUC", "threshold at 1 % false alarms", "recall there")
    return Table("Not in the library", header, tuple(rows))


def _share(value: float) -> str:
    return f"{value:.3f}"
