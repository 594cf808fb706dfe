"""Video locations: where the videos of a library are now, at the path they were added from or below a media root."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from core.catalogue.records import FileStamp
from core.errors import MediaError
from core.video.remote import require_ranges


def is_remote(place: Path | str) -> bool:
    """Whether a place is a URL, not a path."""
    return isinstance(place, str) and "://" in place


def video_place(stamp: FileStamp, media_root: str | None) -> Path | str:
    """Returns where a file's video should be: its path, or its place below the media root, a folder or http(s) URL."""
    if media_root is None:
        return Path(stamp.path)
    if is_remote(media_root):
        return f"{media_root.rstrip('/')}/{quote(stamp.relative)}"
    return Path(media_root) / stamp.relative


def is_missing(place: Path | str) -> bool:
    """Whether there is no file at a path; a URL is not requested and never counts as missing."""
    if isinstance(place, str):
        return False
    try:
        return not place.is_file()
    except OSError:
        return True


def is_gone(path: Path) -> bool:
    """Whether a path certainly does not exist; false where the folder may not be read, as nobody can tell."""
    try:
        return not path.exists()
    except OSError:
        return False


def local_paths(stamp: FileStamp, media_root: str | None) -> list[Path]:
    """Local paths at which a file's video may be: where it was added from, then below a media root that is a folder."""
    places = (Path(stamp.path), video_place(stamp, media_root))
    return list(dict.fromkeys(place for place in places if isinstance(place, Path)))


def is_gone_everywhere(stamp: FileStamp, media_root: str | None) -> bool:
    """Whether a video is neither where it was added from nor below the media root; one that may be on a server is not
    gone. A mistyped media root alone makes no video gone.
    """
    return is_gone(Path(stamp.path)) and is_missing(video_place(stamp, media_root))


@dataclass(frozen=True, slots=True)
class VideoPlaces:
    """Locations of all videos of a library, and problems with them as sentences for the operator."""

    stamps: Sequence[FileStamp]
    media_root: str | None

    def root_problem(self) -> str:
        """Problem of a media root that is a folder; empty when any video is below it, and for a URL."""
        if self.media_root is None or is_remote(self.media_root):
            return ""
        root = Path(self.media_root)
        if not root.is_dir():
            return f"The media root {root} is {'not a folder' if root.exists() else 'not there'} (media_root)."
        places = [video_place(stamp, self.media_root) for stamp in self.stamps]
        if not places or not all(map(is_missing, places)):
            return ""
        return f"None of the library's videos is below the media root {root} (media_root): {places[0]} is not there."

    def problem(self, timeout_s: float) -> str:
        """Reason why videos cannot be read now; empty when all can. Looks for every file, or asks a server for one."""
        if self.media_root and self.stamps and is_remote(self.media_root):
            return self._server_problem(self.stamps[0], timeout_s)
        missing, count = self.missing(), len(self.stamps)
        if not missing:
            return ""
        return self.root_problem() or (
            f"{missing} of {count} videos {'is' if missing == 1 else 'are'} not where the library has them: "
            "answers from them have the time and the picture of the index, and no moving preview."
        )

    def missing(self) -> int:
        """Number of videos that are not where they should be; 0 when they are on a server."""
        return sum(is_missing(video_place(stamp, self.media_root)) for stamp in self.stamps)

    def _server_problem(self, stamp: FileStamp, timeout_s: float) -> str:
        try:
            require_ranges(str(video_place(stamp, self.media_root)), timeout_s)
        except MediaError as exc:
            return f"The media root cannot be used (media_root): {exc}."
        return ""
