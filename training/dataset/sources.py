"""Sources of frames: videos and folders of pictures with the names of their shows, and their splits."""

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Final

from core.catalogue.records import FileRecord
from core.domain import EpisodeName
from core.errors import InputError
from core.library.media import video_place
from core.pictures.file_types import PICTURE_SUFFIXES, VIDEO_SUFFIXES
from training.dataset.spec import DatasetSpec, Split, SplitBy

_SUFFIXES: Final = PICTURE_SUFFIXES | VIDEO_SUFFIXES
_SEASON_FOLDER: Final = re.compile(
    r"(?:(?:season|saison|staffel|series|part|cour|s)[ ._-]*)?\d{1,2}(?:\D.*)?|第.+[季期]|specials?|extras?|ovas?", re.I
)


@dataclass(frozen=True, slots=True)
class FrameSource:
    """A video (one place, a path or a URL), or the pictures of one folder.

    `key` identifies it in a later run, `stamp` changes when its files do. A folder of pictures has no episode.
    """

    key: str
    stamp: str
    show: str
    episode: str
    places: tuple[Path | str, ...]
    size_bytes: int
    is_video: bool = True

    def unit(self, by: SplitBy) -> tuple[str, str]:
        """What must be in one split: two files of one episode are one unit, and so is a folder of pictures."""
        return (self.show, "" if by is SplitBy.SHOW else self.episode or self.key)


def sources_below(places: Sequence[Path], *, leave_out: Path) -> list[FrameSource]:
    """Videos and pictures of folders (recursive, links followed, hidden ones passed over) and files named one by one.

    The show of a video is the top folder below the one that was named, its episode the rest of its path. The folder
    that was named is the show itself for videos right in it, and when all folders in it are called like seasons
    (`Season 2`, `1-Spring`, `S03`, `Specials`). Pictures of one folder are one source: of that show when there are
    videos below the same top folder, else of a show named like the folder's path. `leave_out` is not searched.

    `InputError` when a place does not exist, is neither a video nor a picture, or holds none.
    """
    sources: dict[str, FrameSource] = {}
    for place in places:
        root = place.resolve()
        if not root.exists():
            raise InputError(f"{place}: there is no such file or folder.")
        if root.is_dir():
            files = [path for path in _walk(root, leave_out.resolve()) if path.suffix.lower() in _SUFFIXES]
            problem = "it holds no video and no picture"
        else:
            files = [root] if root.suffix.lower() in _SUFFIXES else []
            root, problem = root.parent, "it is no video and no picture"
        if not files:
            raise InputError(f"{place}: {problem}.")
        for source in _sources(root, files):
            sources.setdefault(source.key, source)
    return list(sources.values())


def sources_of_library(records: Iterable[FileRecord], media_root: str | None) -> list[FrameSource]:
    """The videos of a library, named as its catalogue says, read from where the engine would read them."""
    sources = []
    for record in records:
        stamp = record.stamp
        sources.append(
            FrameSource(
                key=stamp.path,
                stamp=f"{stamp.size_bytes} {stamp.modified_ns}",
                show=record.name.show,
                episode=_episode(record.name) or Path(stamp.relative).with_suffix("").as_posix(),
                places=(video_place(stamp, media_root),),
                size_bytes=stamp.size_bytes,
            )
        )
    return sources


def assign_splits(
    sources: Sequence[FrameSource], spec: DatasetSpec, recorded: Mapping[str, Split]
) -> Mapping[str, Split]:
    """The split of every source, by key. `recorded` are the splits of sources that were extracted before; they stay.

    Units (`FrameSource.unit`) are held back in an order that depends only on the seed and their names, until the share
    `validation` is reached: at least one, and never all, when there are two or more. So a continued run splits in the
    same way, and sources that are added later do not change the splits of others.
    """
    sides: dict[tuple[str, str], Split] = {}
    for source in sources:
        if source.key in recorded:
            sides.setdefault(source.unit(spec.split), recorded[source.key])
    units = sorted({source.unit(spec.split) for source in sources}, key=lambda unit: _rank(spec.seed, unit))
    validation_count = round(spec.validation * len(units))
    if 0 < spec.validation < 1 and len(units) > 1:
        validation_count = min(max(validation_count, 1), len(units) - 1)
    left = validation_count - sum(side is Split.VALIDATION for side in sides.values())
    for unit in units:
        if unit not in sides:
            sides[unit] = Split.VALIDATION if left > 0 else Split.TRAIN
            left -= 1
    return {source.key: recorded.get(source.key, sides[source.unit(spec.split)]) for source in sources}


def missing_split(sources: Sequence[FrameSource], spec: DatasetSpec, recorded: Mapping[str, Split]) -> str:
    """Which split will have no frames, and why, in words; empty when both will have some.

    It is known before any source is read. `recorded` are the splits of sources that were extracted before.
    """
    sides = {*recorded.values(), *assign_splits(sources, spec, recorded).values()}
    if sides == set(Split):
        return ""
    units = {source.unit(spec.split) for source in sources}
    lacking = "train on" if Split.TRAIN not in sides else "validate by"
    if len(units) == 1:
        return f"no frames to {lacking}: a whole {spec.split} is held back, and there is only one"
    share = "all" if lacking == "train on" else "none"
    return f"no frames to {lacking}: {share} of {len(units)} {spec.split}s are held back"


def _rank(seed: int, unit: tuple[str, str]) -> bytes:
    return blake2b("\0".join((str(seed), *unit)).encode("utf-8", "surrogateescape"), digest_size=16).digest()


def _walk(root: Path, leave_out: Path) -> Iterator[Path]:
    """Files in the order of their names; every folder once, however many links lead to it."""
    visited = set()
    for folder, names, files in os.walk(root, followlinks=True):
        real = Path(folder).resolve()
        if real in visited or real == leave_out:
            names.clear()
            continue
        visited.add(real)
        names[:] = sorted(name for name in names if not name.startswith("."))
        yield from (Path(folder, name) for name in sorted(files) if not name.startswith("."))


def _sources(root: Path, files: Sequence[Path]) -> Iterator[FrameSource]:
    relatives = [path.relative_to(root) for path in files]
    shows = {_top(path) for path in relatives if path.suffix.lower() in VIDEO_SUFFIXES}
    is_show = all(_SEASON_FOLDER.fullmatch(top) for top in shows if top)
    folders: dict[Path, list[Path]] = {}
    for relative in relatives:
        if relative.suffix.lower() in VIDEO_SUFFIXES:
            yield _of_video(root, relative, is_show=is_show)
        else:
            folders.setdefault(relative.parent, []).append(relative)
    for folder, pictures in folders.items():
        top = _top(pictures[0])
        show = folder.as_posix().removeprefix(".")
        if top in shows:
            show = "" if is_show else top
        yield _of_pictures([root / path for path in pictures], show or root.name)


def _top(relative: Path) -> str:
    return relative.parts[0] if len(relative.parts) > 1 else ""


def _of_video(root: Path, relative: Path, *, is_show: bool) -> FrameSource:
    path, top = root / relative, "" if is_show else _top(relative)
    size, stamp = _stamp([path])
    episode = relative.with_suffix("").as_posix().removeprefix(f"{top}/")
    return FrameSource(str(path), stamp, top or root.name, episode, (path,), size)


def _of_pictures(paths: Sequence[Path], show: str) -> FrameSource:
    size, stamp = _stamp(paths)
    return FrameSource(str(paths[0].parent), stamp, show, "", tuple(paths), size, is_video=False)


def _stamp(paths: Sequence[Path]) -> tuple[int, str]:
    """Bytes, and a text that changes when the files do. A file without a status is reported when it is read."""
    try:
        statuses = [path.stat() for path in paths]
    except OSError:
        return 0, ""
    size = sum(status.st_size for status in statuses)
    newest = max(status.st_mtime_ns for status in statuses)
    return size, f"{size} {newest}" if len(paths) == 1 else f"{size} {newest} {len(paths)}"


def _episode(name: EpisodeName) -> str:
    """`S2 E5`, `S1 OVA 2`, `Movie`; empty when the name has no number."""
    number = name.number
    if number is None or not name.understood:
        return ""
    text = number if isinstance(number, str) and not number[0].isdigit() else f"E{number}"
    return text if name.season is None else f"S{name.season} {text}"
