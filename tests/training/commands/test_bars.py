"""Progress bars, on terminals only."""

import io

import pytest
from rich.console import Console
from rich.progress import MofNCompleteColumn

from training.commands.bars import make_bars


def _shown(*, terminal: bool, counts: tuple[MofNCompleteColumn, ...] = (), transient: bool = False) -> str:
    """The output while a quarter of a task with brackets in its name is done."""
    text = io.StringIO()
    with make_bars(Console(file=text, force_terminal=terminal, width=100), *counts, transient=transient) as bars:
        bars.update(bars.add_task("reading [1]", total=40), completed=10)
        bars.console.print("a line")
    return text.getvalue()


@pytest.mark.parametrize(("counts", "message"), [((), "25 %"), ((MofNCompleteColumn(),), "10/40")])
def test_a_terminal_is_shown_the_name_and_the_counts(counts: tuple[MofNCompleteColumn, ...], message: str) -> None:
    shown = _shown(terminal=True, counts=counts)
    assert "reading [1]" in shown
    assert message in shown


def test_what_is_no_terminal_gets_only_lines() -> None:
    assert _shown(terminal=False) == _shown(terminal=False, transient=True) == "a line\n"
