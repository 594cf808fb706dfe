"""Status of the run that changes the library, or of the last one: a small JSON file that other processes read while
the run goes on.
"""

from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Annotated, Final

from pydantic import Field, TypeAdapter, ValidationError

from core.errors import StorageError
from core.files import is_locked, storage_errors, write_file

STALE_S: Final = 10.0
"""Age from which a status of a run that goes on is doubted."""
_LIMIT_BYTES: Final = 64 << 10

_REMAINING_LIMIT_S: Final = 30 * 86_400.0

Count = Annotated[int, Field(ge=0)]
Seconds = Annotated[float, Field(ge=0, le=1e11, allow_inf_nan=False)]


class RunState(StrEnum):
    """State of a run: `stopped` by Ctrl-C, `failed` by an error that ended it."""

    PREPARING = "preparing"
    READING = "reading"
    FINISHED = "finished"
    STOPPED = "stopped"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class RunStatus:
    """What a run has done so far. Times are seconds since the epoch; `reading_s` is when the first video was begun.

    `problem`: why it failed. `files` are to be read, of `total_bytes`; `done` of them are finished, `failed` of these
    with a problem, with `done_bytes`. `frames`: pictures that were indexed. `name` is the file that is read, of
    `name_bytes`, up to `share` (0..1). `step` is work other than reading, such as `index`, with its frames.
    """

    command: str
    pid: Count
    started_s: Seconds
    changed_s: Seconds
    state: RunState = RunState.PREPARING
    problem: str = ""
    reading_s: Seconds = 0.0
    files: Count = 0
    done: Count = 0
    failed: Count = 0
    total_bytes: Count = 0
    done_bytes: Count = 0
    frames: Count = 0
    name: str = ""
    name_bytes: Count = 0
    share: Annotated[float, Field(ge=0, le=1)] = 0.0
    step: str = ""
    step_done: Count = 0
    step_total: Count = 0

    @property
    def is_running(self) -> bool:
        """Whether the run had not ended when it wrote this; it may have been killed since."""
        return self.state in {RunState.PREPARING, RunState.READING}

    @property
    def read_share(self) -> float:
        """The part (0..1) of all bytes that is read."""
        read_bytes = self.done_bytes + self.name_bytes * self.share
        return min(1.0, read_bytes / self.total_bytes) if self.total_bytes else 0.0

    @property
    def remaining_s(self) -> float | None:
        """Seconds until all is read, at the pace so far; `None` when that cannot be told yet, or beyond a month."""
        share = self.read_share
        if self.state is not RunState.READING or share <= 0:
            return None
        remaining_s = max(0.0, self.changed_s - self.reading_s) / share * (1 - share)
        return remaining_s if remaining_s <= _REMAINING_LIMIT_S else None


def write_run_status(path: Path, status: RunStatus) -> None:
    """Replace the status file atomically; not synced, as it means nothing after a power cut. `StorageError` when the
    disk refuses.
    """
    write_file(path, _adapter().dump_json(status), sync=False, problem="the status of the run cannot be written")


def read_run_status(path: Path) -> RunStatus | None:
    """The status in a file; `None` when there is none. `StorageError` when it cannot be read or is damaged."""
    with storage_errors(path, "the status of the run cannot be read"):
        try:
            with path.open("rb") as file:
                content = file.read(_LIMIT_BYTES + 1)
        except FileNotFoundError:
            return None
    try:
        return _adapter().validate_json(content)
    except ValidationError as exc:
        raise StorageError(f"{path}: is no status of a run: {exc.error_count()} problems.") from exc


def is_dead(status: RunStatus, lock: Path, now_s: float) -> bool:
    """Whether a run was killed: it has not ended, has been silent for long, and nobody holds the library's `lock`."""
    return status.is_running and now_s - status.changed_s > STALE_S and not is_locked(lock)


@cache
def _adapter() -> TypeAdapter[RunStatus]:
    return TypeAdapter(RunStatus)
