"""Cache of decoded sources, written by several processes at a time."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def own_part(target: Path) -> Iterator[Path]:
    """A path beside `target` that no other process writes, put in its place at the end of the block."""
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f"{target.name}.{os.getpid()}.part")
    yield part
    part.replace(target)
