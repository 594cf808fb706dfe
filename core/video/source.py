"""Video sources."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class VideoSource:
    """A file or an http(s) URL; `seekable`: whether seeking leads to the same frames as reading it through."""

    place: Path | str
    seekable: bool = True

    @property
    def is_file(self) -> bool:
        """Whether it is a local file, not a URL."""
        return isinstance(self.place, Path)
