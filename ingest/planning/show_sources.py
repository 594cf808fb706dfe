"""Sources around videos that say something of their shows: files `show.toml`, and numbers at AniList in names."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from core.domain import EpisodeName
from ingest.naming.anilist_numbers import anilist_mark, bare_number, folders_of_show
from ingest.naming.show_file import SHOW_FILE, ShowFile, read_show_file
from ingest.planning.scan import VideoFile


@dataclass(frozen=True, slots=True)
class NearbySources:
    """Sources around one video: the nearest `show.toml`, and the nearest folder, or its own name, with a number at
    AniList. `folders` are those that were looked into, the nearest first.
    """

    folders: tuple[Path, ...] = ()
    file: ShowFile | None = None
    numbered: Path | None = None
    number: int | None = None

    def show_name(self, read: EpisodeName, before: EpisodeName | None) -> str:
        """The show's name in the library by its `show.toml`, empty where that says none; `read` is the name that paths
        give and `before` the one that the catalogue has, which stays while the file is broken.

        A show that is called by nothing but its number is called by its first title.
        """
        if self.file is None:
            return ""
        if self.file.problem:
            return before.show if before else ""
        if not self.file.name and read.show.isdecimal() and bare_number(read.show) is not None:
            return self.file.first_title
        return self.file.name


NOTHING_NEARBY: Final = NearbySources()


class ShowSources:
    """Looks for sources around videos; every folder is looked into once."""

    def __init__(self) -> None:
        self._files: dict[Path, ShowFile | None] = {}

    def near(self, video: VideoFile) -> NearbySources:
        """Sources around a video. Nothing is raised: what cannot be read says so."""
        folders = folders_of_show(video.path, video.root)
        file = next((file for folder in folders if (file := self._file(folder))), None)
        for place in (video.path, *folders):
            if number := anilist_mark(place.stem if place == video.path else place.name):
                return NearbySources(tuple(folders), file, place, number)
        for folder in folders:
            if number := bare_number(folder.name):
                return NearbySources(tuple(folders), file, folder, number)
        return NearbySources(tuple(folders), file)

    def _file(self, folder: Path) -> ShowFile | None:
        if folder not in self._files:
            path = folder / SHOW_FILE
            self._files[folder] = read_show_file(path) if path.is_file() else None
        return self._files[folder]
