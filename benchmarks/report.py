"""Commands and reports of benchmarks: exit codes, lines of progress, JSON with the machine it was measured on."""

import argparse
import json
import os
import platform
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

from core.errors import WhenAnimeError


def run_command(
    parser: argparse.ArgumentParser,
    measure: Callable[[argparse.Namespace], None],
    arguments: Sequence[str] | None,
) -> None:
    """Parse the arguments and measure; an error of ours ends the process with its message and exit code."""
    options = parser.parse_args(arguments)
    try:
        measure(options)
    except WhenAnimeError as exc:
        sys.stderr.write(f"{exc}\n")
        raise SystemExit(exc.exit_code) from exc


def log_line(line: str) -> None:
    """A line on standard error, shown at once."""
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


def median_and_p95(values: Sequence[float]) -> tuple[float, float] | None:
    """Median and 95th percentile; `None` when there are no values."""
    if not values:
        return None
    median, p95 = np.percentile(values, (50, 95)).tolist()
    return median, p95


def write_report(values: Mapping[str, object], out: Path | None) -> None:
    """Print the figures as JSON, with the machine they were measured on; also to a file when one is named."""
    machine = {"cores": os.cpu_count(), "machine": platform.machine(), "python": platform.python_version()}
    text = json.dumps({"machine": machine, **values}, ensure_ascii=False, indent=1)
    sys.stdout.write(text + "\n")
    if out:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(text + "\n", "utf-8")
