"""Numbers at AniList in the names of folders and files, as media servers and trace.moe have them."""

import re
from pathlib import Path
from typing import Final

from ingest.naming.folder_patterns import is_inside_show

_MARK: Final = re.compile(r"[\[{(]\s*anilist(?:id)?\s*[-=: ]\s*(\d{1,9})\s*[\]})]", re.IGNORECASE)
"""`[anilistid-21827]` is Jellyfin's, `{anilist-21827}` Plex's way to mark a folder."""
_BARE: Final = re.compile(r"(?!(?:19|20)\d\d$)[1-9]\d{2,8}")
"""A folder that trace.moe would read. One or two digits are a season, a year is a collection of shows."""
_HEIGHTS: Final = frozenset({240, 360, 480, 540, 576, 720, 1080, 1440, 2160, 4320})
"""Lines of a picture, after which people sort videos too."""


def anilist_mark(name: str) -> int | None:
    """The number at AniList that a folder's or a file's name is marked with: `Name [anilistid-21827]`."""
    match = _MARK.search(name)
    return (int(match[1]) or None) if match else None


def without_mark(name: str) -> str:
    """A file's name without the mark; a name that is nothing else stays."""
    return _MARK.sub("", name).strip() or name


def bare_number(name: str) -> int | None:
    """The number that is all of a folder's name, where it may be one at AniList."""
    return int(name) if _BARE.fullmatch(name) and name.isascii() else None


def may_be_height(number: int) -> bool:
    """Whether a number may be the height of the videos in a folder as well."""
    return number in _HEIGHTS


def folders_of_show(path: Path, root: Path) -> list[Path]:
    """Folders that may speak of the show of a video, the nearest first: those between it and `root`, the folder that
    was added, with that; and the one above where `root` is itself inside a show's, such as `Season 2`.
    """
    folders = [folder for folder in path.parents if folder == root or root in folder.parents]
    if folders and is_inside_show(root.name) and root.parent != root:
        folders.append(root.parent)
    return folders
