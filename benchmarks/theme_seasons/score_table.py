"""Tables of figures in Markdown: a row a system, a row a condition."""

from collections.abc import Mapping
from typing import Any, Final

from training.evaluation.tables import Table

_COLUMNS: Final = (
    ("F1@.5", ("f1@0.5",), 3),
    ("F1@.9", ("f1@0.9",), 3),
    ("start MAE, s", ("start_mae_s",), 2),
    ("end MAE, s", ("end_mae_s",), 2),
    ("±1 s, start / end", ("start_within_1_s", "end_within_1_s"), 3),
    ("silent / misplaced", ("silent_misses", "misplaced"), 0),
    ("false alarms", ("false_alarms", "episodes_without"), 0),
)


def systems_table(systems: Mapping[str, Any]) -> str:
    """Openings, endings and harm of each system."""
    header = (
        "system",
        *(f"OP {c[0]}" for c in _COLUMNS),
        *(f"ED {c[0]}" for c in _COLUMNS),
        "story skipped, s an episode",
        "published score, s (answered)",
    )
    return Table("Openings and endings", header, tuple(_row(name, some) for name, some in systems.items())).markdown()


def conditions_table(conditions: Mapping[str, Any]) -> str:
    """The same of one system by condition."""
    header = (
        "condition (episodes)",
        *(f"OP {c[0]}" for c in _COLUMNS),
        *(f"ED {c[0]}" for c in _COLUMNS),
        "story skipped, s an episode",
        "published score, s (answered)",
    )
    rows = tuple(_row(f"{name} ({some['episodes']})", some) for name, some in conditions.items())
    return Table("By condition", header, rows).markdown()


def _row(name: str, summary: Mapping[str, Any]) -> tuple[str, ...]:
    cells = [name]
    for kind in ("opening", "ending"):
        for _, keys, digits in _COLUMNS:
            cells.append(" / ".join(_number(summary[kind][key], digits) for key in keys))
    published = summary["published"]
    cells.append(_number(summary["harm"]["story_skipped_s_per_episode"], 2))
    cells.append(f"{_number(published['score_s'], 2)} ({_number(published['answered'], 2)})")
    return tuple(cells)


def _number(value: float | None, digits: int) -> str:
    return "–" if value is None else f"{value:.{digits}f}"
