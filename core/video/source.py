"""Where a video is read from."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class VideoSource:
    """A file, or an http(s) URL; `seekable`: whether seeking leads to the frames that reading it through shows."""

    place: Path | str
    seekable: bool = True

    @property
    def is_file(self) -> bool:
        """Whether it is on a disk here, rather than on a server."""
        return isinstance(self.place, Path)
