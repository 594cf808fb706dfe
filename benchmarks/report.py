"""Writing what a benchmark measured."""

import json
import os
import platform
import sys
from collections.abc import Mapping
from pathlib import Path


def write_report(values: Mapping[str, object], out: Path | None) -> None:
    """Print the figures as JSON, with the machine they were measured on; also to a file when one is named."""
    machine = {"cores": os.cpu_count(), "machine": platform.machine(), "python": platform.python_version()}
    text = json.dumps({"machine": machine, **values}, ensure_ascii=False, indent=1)
    sys.stdout.write(text + "\n")
    if out:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(text + "\n", "utf-8")
