"""Advice to the operator about a video, as the command that carries it out."""

import shlex
from collections.abc import Collection
from pathlib import Path
from typing import Final

from core.catalogue.records import FileRecord

_NAMED_VIDEOS_LIMIT = 3

MISSING_ADVICE: Final = (
    "`whenanime library list --missing` says which, `whenanime library remove --missing` forgets them"
)
"""The end of a sentence about missing videos."""


def reread_hint(path: str) -> str:
    """How to make the features and stored pictures of a video again, as the end of a sentence."""
    quoted = shlex.quote(path)
    if Path(path).exists():
        return f"`whenanime library add --again {quoted}` reads its video again"
    return (
        f"its video is gone: bring it back and run `whenanime library add --again {quoted}`, "
        f"or forget it with `whenanime library remove {quoted}`"
    )


def reread_command(records: Collection[FileRecord]) -> str:
    """The command that reads these videos again: up to three by name, more by the folders that they were added with,
    with everything else in those folders.
    """
    paths = [record.stamp.path for record in records]
    if len(paths) > _NAMED_VIDEOS_LIMIT:
        paths = sorted({record.stamp.path.removesuffix(f"/{record.stamp.relative}") or "/" for record in records})
    return f"`whenanime library add --again {shlex.join(paths)}`"
