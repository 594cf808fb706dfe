"""From where a video lies and what it is called to show, season and episode. Layouts and results: docs/filenames.md."""

import itertools
import re
import unicodedata
from dataclasses import dataclass, replace
from pathlib import PurePath

from core.domain import EpisodeKind, EpisodeName
from ingest.naming import folder_patterns as shelves
from ingest.naming.episode_patterns import PART, kind_of, normalise, season_of
from ingest.naming.release_names import Reading, read_release, read_title
from ingest.naming.release_tags import without_bracketed_tags

_LARGEST_SEED_SEASON = 50
_YEAR = re.compile(r"\(?\b(?:19|20)\d\d\b\)?")


@dataclass(slots=True)
class _Folders:
    """What the folders say, gathered from the file upwards; `part` is one of a season or of the show (`Part 2`),
    `stand_in` is the root's name, for want of a better.
    """

    show: str = ""
    season: int | None = None
    season_name: str = ""
    has_season: bool = False
    part: str = ""
    kind: EpisodeKind | None = None
    stand_in: str = ""


def read_name(
    path: PurePath, *, root: PurePath | None = None, show: str | None = None, season: int | None = None
) -> EpisodeName:
    """Read the names of a file and of the folders between `root` and it; never raises and never drops a file.

    `root` is the folder that the operator named: what lies above is not read; its own name stands in when neither the
    file nor a folder below names the show (its parent's, when `root` is itself a folder inside a show's). `show` and
    `season` are the operator's word and win over everything; an empty `show` says nothing. A name that cannot be read
    comes back with `understood` false, the file's name without suffix as `name`, and as `show` the nearest folder that
    may be one, else `name`.
    """
    stem = unicodedata.normalize("NFC", path.stem)
    reading = read_release(stem)
    folders = _read_folders(path, root, reading)
    in_season = folders.has_season or bool(folders.part)
    if in_season and not reading.explicit and not _key(reading.show).startswith(_key(folders.show) or "\0"):
        reading = read_release(stem, numbered_first=True)
    if (folders.show and _key(stem) == _key(folders.show)) or (reading.guessed and in_season):
        reading = Reading()
    elif folders.show and PART.fullmatch(reading.show):
        reading = replace(reading, show="", season_name=reading.show)
    elif reading.guessed and folders.show and folders.kind not in {None, EpisodeKind.MOVIE}:
        reading = Reading(name=reading.show, understood=True)
    name = _combine(stem or str(path), reading, folders)
    if show:
        name = replace(name, show=unicodedata.normalize("NFC", show))
    return name if season is None else _in_season(replace(name, season=season))


def _combine(stem: str, reading: Reading, folders: _Folders) -> EpisodeName:
    kind = reading.kind
    understood = reading.understood
    if folders.kind and (kind is EpisodeKind.EPISODE or reading.guessed):
        kind = folders.kind
        understood = True
    of_another = reading.guessed and not _same(reading.show, folders.show)
    season = reading.season if reading.season is not None or of_another else folders.season
    unnumbered = folders.has_season or bool(folders.part)
    if season is None and understood and kind is EpisodeKind.EPISODE and not unnumbered:
        season = 1
    name = EpisodeName(
        show=_show(reading, folders) or stem,
        season=season,
        season_name=" ".join(filter(None, (folders.season_name, folders.part))) or reading.season_name,
        kind=kind,
        first=reading.first,
        last=reading.last,
        name=reading.name if reading.understood else stem,
        understood=understood,
    )
    return _in_season(name)


def _in_season(name: EpisodeName) -> EpisodeName:
    """Episodes of season 0 are specials."""
    if name.season == 0 and name.kind is EpisodeKind.EPISODE and name.understood:
        return replace(name, kind=EpisodeKind.SPECIAL)
    return name


def _show(reading: Reading, folders: _Folders) -> str:
    if folders.show and (not reading.show or reading.weak or _same(reading.show, folders.show)):
        return folders.show
    if reading.explicit and (title := read_title(reading.show)).season == reading.season:
        return folders.show if _same(title.show, folders.show) else reading.show
    return reading.show or (folders.stand_in if reading.understood or folders.has_season else "")


def _read_folders(path: PurePath, root: PurePath | None, reading: Reading) -> _Folders:
    folders = _Folders()
    if root is None or not path.parent.is_relative_to(root):
        below, roots = path.parent, []
    else:
        below, roots = path.parent.relative_to(root), [root.name, root.parent.name]
    parts = [part for part in below.parts if part != below.anchor]
    for depth, part in reversed(list(enumerate(parts))):
        above = [*reversed(roots), *parts[:depth]]
        on_shelf = bool(above) and _is_generic(above[-1])
        if _is_part_of_show(part, folders, reading.show, on_shelf=on_shelf) or _is_generic(part):
            continue
        if _is_in_season(above) and not _same(reading.show, part):
            continue
        _take_show(part, folders, reading)
        return folders
    for part in roots:
        if _is_generic(part):
            folders.stand_in = unicodedata.normalize("NFC", part)
            break
        if not _is_part_of_show(part, folders, reading.show, on_shelf=False):
            _take_show(part, folders, reading)
            break
    return folders


def _is_part_of_show(part: str, folders: _Folders, file_show: str, *, on_shelf: bool) -> bool:
    """Take what a folder inside a show's says (`Season 2`, `Part 2`, `SPs`, `BD`); false when it is not one.

    `on_shelf`: the folder stands among other shows, so that `7 Seeds` is one of them and not the seventh season, and
    `05` below `2024` a month.
    """
    text = normalise(part)
    if shelves.MEDIA_FOLDER.match(text):
        return True
    if not folders.has_season and (match := shelves.KIND_FOLDER.match(text)):
        folders.kind = folders.kind or kind_of(match)
        return True
    if folders.has_season or _same(file_show, text):
        return False
    if on_shelf and shelves.BARE_NUMBER.match(text):
        return True
    if not folders.part and not on_shelf and PART.match(text):
        folders.part = without_bracketed_tags(text)
        return True
    return _take_season(part, text, folders, on_shelf=on_shelf)


def _take_season(part: str, text: str, folders: _Folders, *, on_shelf: bool) -> bool:
    if shelves.NUMBERLESS_SEASON_FOLDER.match(text):
        folders.season_name = text
    elif match := shelves.SEASON_FOLDER.match(text) or _seed(part, on_shelf):
        folders.season = season_of(match)
        folders.season_name = without_bracketed_tags(normalise(match["rest"]))
    else:
        return False
    folders.has_season = True
    return True


def _is_in_season(above: list[str]) -> bool:
    """Whether a folder among these is called a season, not only numbered, and stands in one that may be a show."""
    texts = [normalise(part) for part in above]
    return any(
        bool(shelves.SEASON_FOLDER.match(text)) and not shelves.BARE_NUMBER.match(text) and not _is_generic(show)
        for show, text in itertools.pairwise(texts)
    )


def _seed(part: str, on_shelf: bool) -> re.Match[str] | None:
    """`2-Name of the season`."""
    match = shelves.SEED_FOLDER.match(unicodedata.normalize("NFC", part))
    if match is None or int(match["s1"]) > _LARGEST_SEED_SEASON or (on_shelf and match["separator"].isspace()):
        return None
    return match


def _is_generic(part: str) -> bool:
    text = normalise(part)
    return not text or bool(shelves.GENERIC_FOLDER.match(text))


def _take_show(part: str, folders: _Folders, reading: Reading) -> None:
    title = read_title(part, keep_number=folders.has_season or reading.explicit)
    folders.show = title.show or unicodedata.normalize("NFC", part).strip()
    if not folders.has_season:
        folders.season = title.season
    if title.kind is not EpisodeKind.EPISODE:
        folders.kind = folders.kind or title.kind


def _same(one: str, other: str) -> bool:
    return bool(one) and _key(one) == _key(other)


def _key(text: str) -> str:
    """Spelling that does not tell `K-ON!` from `k on`, nor a show from the same with its year."""
    text = normalise(text)
    return "".join(char for char in _YEAR.sub("", text).casefold() if char.isalnum()) or text
