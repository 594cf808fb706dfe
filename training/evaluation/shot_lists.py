"""Lists of shots beside videos."""

import json
import math
from fractions import Fraction
from pathlib import Path
from typing import Any

from core.errors import InputError


def listed_shots(video: Path) -> tuple[Fraction, ...] | None:
    """First seconds of the shots, ascending, from the file beside the video that has its name and ends in `.json`.

    It holds `{"shots": [{"start": seconds, …}, …]}`; `None` when there is no such file or it has another content.
    `InputError` when its list of shots is not valid.
    """
    path = video.with_suffix(".json")
    try:
        values = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return None
    shots = values.get("shots") if isinstance(values, dict) else None
    if not isinstance(shots, list) or not shots:
        return None
    starts = [_start(path, number, shot) for number, shot in enumerate(shots)]
    if starts != sorted(starts):
        raise InputError(f"{path}: `shots` are not in the order of their starts.")
    return tuple(starts)


def _start(path: Path, number: int, shot: Any) -> Fraction:
    seconds = shot.get("start") if isinstance(shot, dict) else None
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not math.isfinite(seconds):
        raise InputError(f"{path}: `start` of shot {number + 1} must be a number of seconds, not {seconds!r}.")
    return Fraction(str(seconds))
