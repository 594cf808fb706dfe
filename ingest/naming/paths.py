"""Parsing the path of a video to show, season and episode. Layouts and results: docs/filenames.md."""

import itertools
import re
import unicodedata
from dataclasses import dataclass, replace
from pathlib import PurePath

from core.domain import EpisodeKind, EpisodeName
from ingest.naming import folder_patterns
from ingest.naming.anilist_numbers import without_mark
from ingest.naming.episode_patterns import PART, kind_of, normalise, season_of
from ingest.naming.release_names import ParsedName, parse_file_name, parse_title
from ingest.naming.release_tags import without_bracketed_tags

_NUMBERED_SEASON_MAX = 50
_YEAR = re.compile(r"\(?\b(?:19|20)\d\d\b\)?")


@dataclass(slots=True)
class _FolderNames:
    """The names in the folders above a file, gathered upwards; `part` is a part of a season or show (`Part 2`),
    `fallback_show` the name of the root, for files without a better one.
    """

    show: str = ""
    season: int | None = None
    season_name: str = ""
    has_season: bool = False
    part: str = ""
    kind: EpisodeKind | None = None
    fallback_show: str = ""


def parse_name(
    path: PurePath, *, root: PurePath | None = None, show: str | None = None, season: int | None = None
) -> EpisodeName:
    """Parse the names of a file and of the folders between `root` and it. Never raises; every file gets a name.

    `root` is the folder that the operator named. Folders above it are not parsed; its name is the show when neither the
    file nor a folder below has one (its parent's name, when `root` is itself a folder inside a show's). `show` and
    `season` are given by the operator and override everything; an empty `show` is ignored. For a name that cannot be
    parsed `understood` is false, `name` is the file's name without suffix, and `show` the nearest folder that may be
    one, else `name`.
    """
    stem = unicodedata.normalize("NFC", without_mark(path.stem))
    parsed = parse_file_name(stem)
    folders = _parse_folders(path, root, parsed)
    in_season = folders.has_season or bool(folders.part)
    if (
        in_season
        and not parsed.has_season_code
        and not _spelling_key(parsed.show).startswith(_spelling_key(folders.show) or "\0")
    ):
        parsed = parse_file_name(stem, numbered_first=True)
    if (folders.show and _spelling_key(stem) == _spelling_key(folders.show)) or (parsed.is_assumed_film and in_season):
        parsed = ParsedName()
    elif folders.show and PART.fullmatch(parsed.show):
        parsed = replace(parsed, show="", season_name=parsed.show)
    elif parsed.is_assumed_film and folders.show and folders.kind not in {None, EpisodeKind.MOVIE}:
        parsed = ParsedName(name=parsed.show, understood=True)
    name = _combine(stem or str(path), parsed, folders)
    if show:
        name = replace(name, show=unicodedata.normalize("NFC", show))
    return name if season is None else _with_special_kind(replace(name, season=season))


def _combine(stem: str, parsed: ParsedName, folders: _FolderNames) -> EpisodeName:
    kind = parsed.kind
    understood = parsed.understood
    if folders.kind and (kind is EpisodeKind.EPISODE or parsed.is_assumed_film):
        kind = folders.kind
        understood = True
    is_other_show = parsed.is_assumed_film and not _is_same_title(parsed.show, folders.show)
    season = parsed.season if parsed.season is not None or is_other_show else folders.season
    in_season_folder = folders.has_season or bool(folders.part)
    if season is None and understood and kind is EpisodeKind.EPISODE and not in_season_folder:
        season = 1
    name = EpisodeName(
        show=_show(parsed, folders) or stem,
        season=season,
        season_name=" ".join(filter(None, (folders.season_name, folders.part))) or parsed.season_name,
        kind=kind,
        first=parsed.first,
        last=parsed.last,
        name=parsed.name if parsed.understood else stem,
        understood=understood,
    )
    return _with_special_kind(name)


def _with_special_kind(name: EpisodeName) -> EpisodeName:
    """The name, as a special if it is an episode of season 0."""
    if name.season == 0 and name.kind is EpisodeKind.EPISODE and name.understood:
        return replace(name, kind=EpisodeKind.SPECIAL)
    return name


def _show(parsed: ParsedName, folders: _FolderNames) -> str:
    if folders.show and (not parsed.show or parsed.is_show_uncertain or _is_same_title(parsed.show, folders.show)):
        return folders.show
    if parsed.has_season_code and (title := parse_title(parsed.show)).season == parsed.season:
        return folders.show if _is_same_title(title.show, folders.show) else parsed.show
    return parsed.show or (folders.fallback_show if parsed.understood or folders.has_season else "")


def _parse_folders(path: PurePath, root: PurePath | None, parsed: ParsedName) -> _FolderNames:
    folders = _FolderNames()
    if root is None or not path.parent.is_relative_to(root):
        below, roots = path.parent, []
    else:
        below, roots = path.parent.relative_to(root), [root.name, root.parent.name]
    parts = [part for part in below.parts if part != below.anchor]
    for depth, part in reversed(list(enumerate(parts))):
        above = [*reversed(roots), *parts[:depth]]
        in_collection = bool(above) and _is_collection(above[-1])
        if _apply_inner_folder(part, folders, parsed.show, in_collection=in_collection) or _is_collection(part):
            continue
        if _has_season_above(above) and not _is_same_title(parsed.show, part):
            continue
        _apply_show(part, folders, parsed)
        return folders
    for part in roots:
        if _is_collection(part):
            folders.fallback_show = unicodedata.normalize("NFC", part)
            break
        if not _apply_inner_folder(part, folders, parsed.show, in_collection=False):
            _apply_show(part, folders, parsed)
            break
    return folders


def _apply_inner_folder(part: str, folders: _FolderNames, file_show: str, *, in_collection: bool) -> bool:
    """Add the name of a folder inside a show's (`Season 2`, `Part 2`, `SPs`, `BD`); false when it is not such a folder.

    `in_collection`: the folder is among shows, so that `7 Seeds` is a show and no season, and `05` below `2024` a
    month.
    """
    text = normalise(part)
    if folder_patterns.MEDIA_FOLDER.match(text):
        return True
    if not folders.has_season and (match := folder_patterns.KIND_FOLDER.match(text)):
        folders.kind = folders.kind or kind_of(match)
        return True
    if folders.has_season or _is_same_title(file_show, text):
        return False
    if in_collection and folder_patterns.BARE_NUMBER.match(text):
        return True
    if not folders.part and not in_collection and PART.match(text):
        folders.part = without_bracketed_tags(text)
        return True
    return _apply_season(part, text, folders, in_collection=in_collection)


def _apply_season(part: str, text: str, folders: _FolderNames, *, in_collection: bool) -> bool:
    if folder_patterns.NUMBERLESS_SEASON_FOLDER.match(text):
        folders.season_name = text
    elif match := folder_patterns.SEASON_FOLDER.match(text) or _numbered_season(part, in_collection):
        folders.season = season_of(match)
        folders.season_name = without_bracketed_tags(normalise(match["rest"]))
    else:
        return False
    folders.has_season = True
    return True


def _has_season_above(above: list[str]) -> bool:
    """Whether one of these folders is called a season, not just numbered, and is in a folder that may be a show."""
    texts = [normalise(part) for part in above]
    return any(
        bool(folder_patterns.SEASON_FOLDER.match(text))
        and not folder_patterns.BARE_NUMBER.match(text)
        and not _is_collection(show)
        for show, text in itertools.pairwise(texts)
    )


def _numbered_season(part: str, in_collection: bool) -> re.Match[str] | None:
    """The match of `2-Name of the season`."""
    match = folder_patterns.NUMBERED_NAME_FOLDER.match(unicodedata.normalize("NFC", part))
    if match is None or int(match["s1"]) > _NUMBERED_SEASON_MAX or (in_collection and match["separator"].isspace()):
        return None
    return match


def _is_collection(part: str) -> bool:
    text = normalise(part)
    return not text or bool(folder_patterns.COLLECTION_FOLDER.match(text))


def _apply_show(part: str, folders: _FolderNames, parsed: ParsedName) -> None:
    title = parse_title(part, keep_number=folders.has_season or parsed.has_season_code)
    folders.show = title.show or unicodedata.normalize("NFC", part).strip()
    if not folders.has_season:
        folders.season = title.season
    if title.kind is not EpisodeKind.EPISODE:
        folders.kind = folders.kind or title.kind


def _is_same_title(first: str, second: str) -> bool:
    return bool(first) and _spelling_key(first) == _spelling_key(second)


def _spelling_key(text: str) -> str:
    """A key that is equal for `K-ON!` and `k on`, and for a title with and without its year."""
    text = normalise(text)
    return "".join(char for char in _YEAR.sub("", text).casefold() if char.isalnum()) or text
