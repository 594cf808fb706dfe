"""What the catalogue holds of one video."""

from bisect import bisect_right
from dataclasses import dataclass
from enum import StrEnum

from core.domain import EpisodeName, FileId
from core.timecode import START_MS, Millis


class FileState(StrEnum):
    """`ready`: whole; `damaged`: searchable as far as it could be decoded; `failed`: nothing could be read."""

    READY = "ready"
    DAMAGED = "damaged"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class FileStamp:
    """How a file on disk is recognised: unchanged by size and time, moved by content.

    `relative` is its path below the folder that was added, with `/`; a media root continues from there.
    """

    path: str
    relative: str
    size_bytes: int
    modified_ns: int
    content: str


@dataclass(frozen=True, slots=True)
class FileOutcome:
    """What indexing made of it. `problem` says what should be known of it, also of a file that is ready; `cuts_ms` are
    the first times of its shots after the first one, ascending; `seekable`: whether seeking in it leads to the frames
    that reading it through shows.
    """

    state: FileState
    problem: str = ""
    encoder: str = ""
    duration_ms: Millis = START_MS
    frames: int = 0
    cuts_ms: tuple[int, ...] = ()
    seekable: bool = True

    def shot_at(self, time_ms: int) -> tuple[Millis, Millis]:
        """First and end time of the shot that `time_ms` is in."""
        index = bisect_right(self.cuts_ms, time_ms)
        start = self.cuts_ms[index - 1] if index else 0
        end = self.cuts_ms[index] if index < len(self.cuts_ms) else max(self.duration_ms, time_ms)
        return Millis(start), Millis(end)


@dataclass(frozen=True, slots=True)
class NameOverride:
    """What the operator said of a video, in place of what its path says: the show, the season, `None` for neither.

    `place` is the file or folder that it was said of.
    """

    show: str | None = None
    season: int | None = None
    place: str | None = None

    def __bool__(self) -> bool:
        return self.show is not None or self.season is not None


NO_OVERRIDE = NameOverride()


@dataclass(frozen=True, slots=True)
class FileRecord:
    """One row."""

    id: FileId
    stamp: FileStamp
    name: EpisodeName
    outcome: FileOutcome
    name_override: NameOverride = NO_OVERRIDE

    @property
    def searchable(self) -> bool:
        """Whether its frames belong in the index."""
        return self.outcome.state is not FileState.FAILED
