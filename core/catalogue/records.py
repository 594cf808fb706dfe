"""Records of the catalogue: one video."""

from bisect import bisect_right
from dataclasses import dataclass
from enum import StrEnum

from core.domain import EpisodeKind, EpisodeName, FileId
from core.timecode import START_MS, Millis


class FileState(StrEnum):
    """`ready`: whole; `damaged`: searchable as far as it could be decoded; `failed`: nothing could be read."""

    READY = "ready"
    DAMAGED = "damaged"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class FileStamp:
    """Identity of a file on disk: unchanged by size and time, moved by content.

    `relative` is its path below the folder that was added, with `/`; a media root replaces that folder.
    """

    path: str
    relative: str
    size_bytes: int
    modified_ns: int
    content: str


@dataclass(frozen=True, slots=True)
class FileOutcome:
    """Outcome of indexing. `problem`: a note for the operator, also of a file that is ready; `cuts_ms`: the start times
    of its shots after the first one, ascending; `seekable`: whether seeking leads to the same frames as reading it
    through.
    """

    state: FileState
    problem: str = ""
    encoder: str = ""
    duration_ms: Millis = START_MS
    frames: int = 0
    cuts_ms: tuple[int, ...] = ()
    seekable: bool = True

    def shot_at(self, time_ms: int) -> tuple[Millis, Millis]:
        """Start and end time of the shot at `time_ms`."""
        index = bisect_right(self.cuts_ms, time_ms)
        start = self.cuts_ms[index - 1] if index else 0
        end = self.cuts_ms[index] if index < len(self.cuts_ms) else max(self.duration_ms, time_ms)
        return Millis(start), Millis(end)


@dataclass(frozen=True, slots=True)
class NameOverride:
    """A show or season that the operator set in place of what the path says; `None` where the path decides.

    `place` is the file or folder for which it was set.
    """

    show: str | None = None
    season: int | None = None
    place: str | None = None

    def __bool__(self) -> bool:
        return self.show is not None or self.season is not None


NO_OVERRIDE = NameOverride()


@dataclass(frozen=True, slots=True)
class FileRecord:
    """One video: a row of the catalogue."""

    id: FileId
    stamp: FileStamp
    name: EpisodeName
    outcome: FileOutcome
    name_override: NameOverride = NO_OVERRIDE

    @property
    def episode_order(self) -> tuple[bool, float, str, FileId]:
        """Sort key within a season: episodes by number, then what else there is."""
        number = float("inf") if self.name.first is None else self.name.first
        return self.name.kind is not EpisodeKind.EPISODE, number, self.stamp.relative, self.id

    @property
    def searchable(self) -> bool:
        """Whether its frames belong in the index."""
        return self.outcome.state is not FileState.FAILED
